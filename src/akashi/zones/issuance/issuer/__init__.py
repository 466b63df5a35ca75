"""The server issuance/issuer; its README says what it guarantees."""
