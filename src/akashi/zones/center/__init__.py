"""The certificate center (証明書交付センター)."""
