"""
The file's signature: PAdES B-B, ECDSA P-256 with SHA-256, in an invisible field that the composer left room for.

No network and no clock. Under 0.1 ms. Source: ETSI EN 319 142-1 (PAdES B-B), ISO 32000-1 12.8.
"""

from __future__ import annotations

from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from akashi.zones.issuance.checker.cms import signed_data
from akashi.zones.issuance.checker.errors import KeyUnfit, SigningFailed
from akashi.zones.issuance.checker.finishing import Prepared


class DocumentKey:
    """
    The private key of document signatures, with the certificate that the city's directory names for it.

    Args:
        private_key: ECDSA P-256.
    """

    __slots__ = ("_private_key", "public_der")

    def __init__(self, private_key: object) -> None:
        if not isinstance(private_key, ec.EllipticCurvePrivateKey) or not isinstance(private_key.curve, ec.SECP256R1):
            raise KeyUnfit("the document key is not an ECDSA P-256 private key")
        self._private_key = private_key
        self.public_der = _spki(private_key.public_key())

    def __repr__(self) -> str:
        return "<DocumentKey>"

    def sign(self, message: bytes) -> bytes:
        """Return the signature over the message (DER); the same message gives the same bytes (RFC 6979)."""
        return self._private_key.sign(message, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))

    def fits(self, certificate_der: bytes) -> bool:
        """Return whether the certificate is for this key."""
        try:
            return _spki(x509.load_der_x509_certificate(certificate_der).public_key()) == self.public_der
        except (ValueError, UnsupportedAlgorithm):
            return False


def embed_signature(prepared: Prepared, key: DocumentKey, certificate_der: bytes) -> bytes:
    """
    Return the signed file.

    Raises:
        SigningFailed: the signature does not fit into its room.
    """
    signature = signed_data(prepared.digest, certificate_der, key.sign)
    room = prepared.room_end - prepared.room_start - 2
    filled = signature.hex().encode().ljust(room, b"0")
    if len(filled) != room:
        raise SigningFailed("room")
    return b"".join((prepared.pdf[: prepared.room_start + 1], filled, prepared.pdf[prepared.room_end - 1 :]))


def _spki(public_key: Any) -> bytes:
    der: bytes = public_key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return der
