"""Cards of people who do not exist, with certificates just large enough to look like the real ones."""

from __future__ import annotations

import datetime as dt
import functools

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from akashi.card.signatures import CardPrivateKey
from akashi.card.virtual import SignSlot, VirtualCard

PIN = "4649"
PASSWORD = "AKASHI01"  # noqa: S105 - of a card that does not exist


@functools.cache
def rsa_key(number: int = 0) -> rsa.RSAPrivateKey:
    """Return the same key each time for the same number: making one takes a tenth of a second."""
    del number
    return rsa.generate_private_key(65537, 2048)


@functools.cache
def ec_key(number: int = 0) -> ec.EllipticCurvePrivateKey:
    del number
    return ec.generate_private_key(ec.SECP384R1())


@functools.cache
def make_certificate(key: CardPrivateKey, name: str) -> bytes:
    """Return a self-signed certificate: the same bytes each time, though ECDSA signatures are random."""
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "JP"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "JPKI-TEST"),
            x509.NameAttribute(NameOID.COMMON_NAME, name),
        ]
    )
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(0x0133C349)
        .not_valid_before(dt.datetime(2025, 10, 27, tzinfo=dt.UTC))
        .not_valid_after(dt.datetime(2030, 2, 17, tzinfo=dt.UTC))
    )
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)


def make_card(*, with_sign: bool = True, tries: int = 3) -> VirtualCard:
    """Return a card of today's kind."""
    key = rsa_key()
    sign = None
    if with_sign:
        second = rsa_key(1)
        sign = SignSlot(second, make_certificate(second, "sign"), make_certificate(rsa_key(2), "sign ca"), PASSWORD)
    return VirtualCard(key, make_certificate(key, "auth"), make_certificate(rsa_key(2), "ca"), PIN, sign=sign, tries=tries)


def make_next_card() -> VirtualCard:
    """Return a card of the prepared kind."""
    key = ec_key()
    return VirtualCard(key, make_certificate(key, "auth"), make_certificate(ec_key(1), "ca"), PIN)
