"""The city's issuing segment: composes, checks, signs."""
