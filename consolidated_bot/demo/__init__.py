"""`consolidated-bot demo`: the whole product on one machine, without a token."""
