"""The server center/relay; its README says what it guarantees."""
