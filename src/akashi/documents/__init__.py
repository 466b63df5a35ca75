"""Certificates as files: `compose` makes them, `read` checks a finished one by its own field map; neither knows the other."""
