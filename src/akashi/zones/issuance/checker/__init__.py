"""The server issuance/checker; its README says what it guarantees."""
