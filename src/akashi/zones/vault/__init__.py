"""The ledger segment."""
