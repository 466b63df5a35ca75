"""The server lgwan/gateway; its README says what it guarantees."""
