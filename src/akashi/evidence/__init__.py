"""Proof by measurement: what really crosses each link, and what an eavesdropper on it would read."""
