"""
What the card's signature command does with its data: one function a scheme (P1 of the command).

Source: docs/spec/card.md section 4. RSA pads through `cryptography`, so that a private key is never used bare.
"""

from __future__ import annotations

from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import NoDigestInfo, Prehashed, decode_dss_signature

from akashi.card.apdu import Status
from akashi.card.suites import Digest

CardPrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
"""The two kinds of key that a card of ours can hold."""

VERBATIM_BYTES_MAX: Final = 245
"""RSA-2048 less the 11 bytes that PKCS #1 v1.5 padding needs."""
_SHA256_BYTES: Final = 32
_SHA384_BYTES: Final = 48


def compute_signature(key: CardPrivateKey, scheme: int, data: bytes) -> tuple[bytes, int]:
    """
    Return what the card answers to COMPUTE DIGITAL SIGNATURE: a signature and 9000, or no data and a refusal.

    Args:
        key: RSA-2048 or P-384.
        scheme: P1. RSA: 0 pad verbatim, 1 hash and pad bare, 2 pad a given hash, 3 hash and pad, 4 PSS of a given hash,
            5 hash and PSS (padding is PKCS #1 v1.5 unless PSS; hash is SHA-256). P-384: 0 only, a given SHA-384 hash.
        data: 1 to 255 bytes.
    """
    if isinstance(key, rsa.RSAPrivateKey):
        return _compute_rsa(key, scheme, data)
    if scheme != 0:
        return b"", Status.WRONG_P1_P2
    if len(data) != _SHA384_BYTES:
        return b"", Status.WRONG_LENGTH
    r, s = decode_dss_signature(key.sign(data, ec.ECDSA(Prehashed(hashes.SHA384()))))
    return r.to_bytes(_SHA384_BYTES) + s.to_bytes(_SHA384_BYTES), Status.OK


def _compute_rsa(key: rsa.RSAPrivateKey, scheme: int, data: bytes) -> tuple[bytes, int]:
    sha256 = hashes.SHA256()
    if (scheme == 0 and len(data) > VERBATIM_BYTES_MAX) or (scheme in (2, 4) and len(data) != _SHA256_BYTES):
        return b"", Status.WRONG_LENGTH
    match scheme:
        case 0:
            return key.sign(data, padding.PKCS1v15(), NoDigestInfo()), Status.OK
        case 1:
            return key.sign(Digest.SHA256.of(data), padding.PKCS1v15(), NoDigestInfo()), Status.OK
        case 2:
            return key.sign(data, padding.PKCS1v15(), Prehashed(sha256)), Status.OK
        case 3:
            return key.sign(data, padding.PKCS1v15(), sha256), Status.OK
        case 4:
            return key.sign(data, padding.PSS(padding.MGF1(sha256), _SHA256_BYTES), Prehashed(sha256)), Status.OK
        case 5:
            return key.sign(data, padding.PSS(padding.MGF1(sha256), _SHA256_BYTES), sha256), Status.OK
        case _:
            return b"", Status.WRONG_P1_P2
