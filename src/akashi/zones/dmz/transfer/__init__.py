"""The server dmz/transfer; its README says what it guarantees."""
