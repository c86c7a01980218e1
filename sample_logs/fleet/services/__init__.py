"""One module per service of the fleet; `fleet.topology` names and builds them."""
