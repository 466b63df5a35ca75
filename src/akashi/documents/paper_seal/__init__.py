"""
The 2D code on every page, and the scramble image on its back: what lets anybody check paper.

Promises: a code verifies only if the city's PAPER key signed exactly its words; what is not written in the one way that the
format has is refused; a drawn code is the symbol that any reader of QR codes expects.
Trusts: `cryptography` for ECDSA and AES. Knows neither file nor form, and only `sign` can hold a key.
Source: docs/spec/paper-seal.md.
"""

from akashi.documents.paper_seal.content import SALT_BYTES, PaperContent, PaperPage, content_hash, paper_page
from akashi.documents.paper_seal.errors import PaperMalformed, PaperUnfit, SealForged
from akashi.documents.paper_seal.shown import Shown, ShownItem, pick_shown
from akashi.documents.paper_seal.words import PageWords, VerifiedWords, parse_number, verify_code

__all__ = [
    "SALT_BYTES",
    "PageWords",
    "PaperContent",
    "PaperMalformed",
    "PaperPage",
    "PaperUnfit",
    "SealForged",
    "Shown",
    "ShownItem",
    "VerifiedWords",
    "content_hash",
    "paper_page",
    "parse_number",
    "pick_shown",
    "verify_code",
]
