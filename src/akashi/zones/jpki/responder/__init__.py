"""The server jpki/responder; its README says what it guarantees."""
