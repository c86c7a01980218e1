"""Critical path of a journey by two named rules (METHODS section 3): `sections` and `crisp`."""
