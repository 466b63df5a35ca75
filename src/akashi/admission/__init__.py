"""
Who is let in: what issuer, registry and center/validity each check for themselves of a card, a kiosk and a validity token.

Pure: no clock, no file, no network. Every failure has its own code; nothing personal stands in an error.
"""

from akashi.admission.admit import Admitted, Trust, admit
from akashi.admission.cards import CardProof, CardTrust, trust_authorities, verify_card
from akashi.admission.kiosks import check_kiosk_standing, verify_kiosk
from akashi.admission.table import card_trust_files, parse_card_trust
from akashi.admission.tokens import verify_token

__all__ = [
    "Admitted",
    "CardProof",
    "CardTrust",
    "Trust",
    "admit",
    "card_trust_files",
    "check_kiosk_standing",
    "parse_card_trust",
    "trust_authorities",
    "verify_card",
    "verify_kiosk",
    "verify_token",
]
