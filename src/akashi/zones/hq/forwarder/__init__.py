"""The server hq/forwarder; its README says what it guarantees."""
