"""The server store/kiosk; its README says what it guarantees."""
