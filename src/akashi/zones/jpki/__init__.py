"""The outside party that publishes revocation (J-LIS); a test one on this route."""
