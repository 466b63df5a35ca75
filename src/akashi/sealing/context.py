"""
The HPKE `info` of each kind of seal: purpose, sender, receiver and the header, so that a seal opens in one place only.

Source: docs/spec/protocol.md section 3.4; RFC 9180 section 5.1 (info).
"""

from __future__ import annotations

from akashi.wire.transcript import lp

SEAL_OVERHEAD_BYTES = 1136
"""What a seal adds: X-Wing ciphertext (1,088 + 32) and AES-GCM tag (16)."""

_LABEL = lp(b"akashi/seal/1")
_VALIDITY = _LABEL + lp(b"validity") + lp(b"store/kiosk") + lp(b"center/validity")
_ISSUER = _LABEL + lp(b"issuer") + lp(b"store/kiosk") + lp(b"issuance/issuer")
_ANSWER = _LABEL + lp(b"answer") + lp(b"issuance/issuer") + lp(b"store/kiosk")


def validity_info(header_hash: bytes) -> bytes:
    """Return the context of part V. It holds the header's hash only, so that validity never learns the municipality."""
    return _VALIDITY + lp(header_hash)


def issuer_info(header: bytes) -> bytes:
    """Return the context of part I."""
    return _ISSUER + lp(header)


def answer_info(header: bytes, envelope_hash: bytes) -> bytes:
    """Return the context of an answer: it opens only where exactly this envelope was sent."""
    return _ANSWER + lp(header) + lp(envelope_hash)
