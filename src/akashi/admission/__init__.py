"""
Who is let in: what issuer, registry and center/validity each check for themselves of a card, a kiosk and a validity token.

Pure: no clock, no file, no network. Every failure has its own code; nothing personal stands in an error.
"""
