"""The server center/validity; its README says what it guarantees."""
