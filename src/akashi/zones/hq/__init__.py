"""Convenience headquarters (コンビニ本部)."""
