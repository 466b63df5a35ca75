"""
Kiosk device certificates: an Ed25519 key per kiosk, certified by the center's KIOSK_AUTHORITY.

The device key says *where* a card was used: it signs the transcript beside the card, and the journal of outcomes.
It is another key than the kiosk's hop certificate. Source: docs/spec/protocol.md sections 2.2, 3.5, 6.1.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.x509.oid import ExtensionOID, NameOID

from akashi.pki.authority import (
    EXTENSIONS_UNREAD,
    USAGE_SIGN,
    Authority,
    draft,
    is_issued_by,
    make_authority,
    own_certificate,
    uri_names,
)
from akashi.pki.errors import KioskUntrusted, MaterialBad
from akashi.pki.moments import moment

AUTHORITY_DAYS = 3650
CERTIFICATE_DAYS = 730
DER_BYTES_MAX = 4096
_REMEMBERED_MAX = 4096

_KIOSK_ID = r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}"
_URI = re.compile(rf"spiffe://akashi/kiosk/(?P<kiosk>{_KIOSK_ID})", re.ASCII)
_READ_CRITICAL = frozenset({ExtensionOID.BASIC_CONSTRAINTS, ExtensionOID.KEY_USAGE, ExtensionOID.SUBJECT_ALTERNATIVE_NAME})


@dataclass(frozen=True, slots=True)
class KioskIdentity:
    """
    A kiosk whose certificate was verified.

    Attributes:
        kiosk_id: such as "K0001".
        public: its Ed25519 public key, 32 bytes.
    """

    kiosk_id: str
    public: bytes


def make_kiosk_authority(*, now_ms: int) -> Authority:
    """Return a new authority for kiosk device certificates, good for 10 years. The center uses it off line."""
    return make_authority("Akashi kiosk authority", now_ms=now_ms, lifetime_days=AUTHORITY_DAYS)


def issue_kiosk_certificate(
    authority: Authority, *, kiosk_id: str, public: bytes, now_ms: int, lifetime_days: int = CERTIFICATE_DAYS
) -> bytes:
    """
    Return the device certificate (DER) of one kiosk.

    Args:
        authority: the kiosk authority.
        kiosk_id: 1-32 of A-Z a-z 0-9 _ -, such as "K0001".
        public: the device's Ed25519 public key, 32 bytes; the private key never leaves the kiosk.
        now_ms: the certificate begins 5 minutes earlier.
        lifetime_days: 1 or more.

    Raises:
        MaterialBad: a wrong kiosk id or key.
    """
    if not re.fullmatch(_KIOSK_ID, kiosk_id, re.ASCII):
        raise MaterialBad("a kiosk id is 1-32 of A-Z a-z 0-9 _ -")
    try:
        key = ed25519.Ed25519PublicKey.from_public_bytes(public)
    except ValueError:
        raise MaterialBad("a kiosk's device key is 32 bytes of Ed25519") from None
    certificate = (
        draft(
            x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"kiosk {kiosk_id}")]),
            authority.certificate.subject,
            key,
            now_ms=now_ms,
            lifetime_days=lifetime_days,
        )
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(USAGE_SIGN, critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.UniformResourceIdentifier(f"spiffe://akashi/kiosk/{kiosk_id}")]),
            critical=False,
        )
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key()), critical=False)
        .sign(authority.key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.DER)


def verify_kiosk_certificate(
    untrusted_der: bytes, *, authority_der: bytes, now_ms: int, revoked: Collection[str]
) -> KioskIdentity:
    """
    Return which kiosk this device certificate belongs to.

    Args:
        untrusted_der: the certificate from the request; at most 4 KiB.
        authority_der: the KIOSK_AUTHORITY certificate from the center's verified directory.
        now_ms: the verifier's time.
        revoked: `revoked_kiosks` of the same directory.

    Raises:
        KioskUntrusted: no certificate, another issuer, outside its or its authority's dates, not an Ed25519 signing key,
            not exactly one kiosk name, a critical extension that we do not read, or the kiosk is revoked.
        MaterialBad: the authority's certificate cannot be parsed.
    Source: docs/spec/protocol.md sections 2.2 and 4.5.
    """
    found = _issued_by(untrusted_der, authority_der)
    now = moment(now_ms)
    if not found.not_before <= now <= found.not_after:
        raise KioskUntrusted("outside the dates of the certificate or its authority")
    if found.identity.kiosk_id in revoked:
        raise KioskUntrusted("revoked by the center's directory")
    return found.identity


@dataclass(frozen=True, slots=True)
class _Issued:
    """What follows from the bytes alone: whose certificate it is, and when both it and its authority's count."""

    identity: KioskIdentity
    not_before: datetime
    not_after: datetime


@lru_cache(maxsize=_REMEMBERED_MAX)
def _issued_by(untrusted_der: bytes, authority_der: bytes) -> _Issued:
    """
    Return what the certificate says, if the authority issued it.

    A kiosk shows the same certificate each time, so what follows from its bytes is remembered; refusals are not, so nobody can
    push out what is. Dates and revocation are asked at every use.
    """
    authority = own_certificate(authority_der)
    if len(untrusted_der) > DER_BYTES_MAX:
        raise KioskUntrusted("certificate larger than 4 KiB")
    try:
        certificate = x509.load_der_x509_certificate(untrusted_der)
        extensions = certificate.extensions
        names = uri_names(certificate)
        key = certificate.public_key()
    except EXTENSIONS_UNREAD:
        raise KioskUntrusted("not a certificate") from None
    if not is_issued_by(certificate, authority):
        raise KioskUntrusted("not issued by the kiosk authority")
    if not isinstance(key, ed25519.Ed25519PublicKey):
        raise KioskUntrusted("not an Ed25519 key")
    _check_extensions(extensions)
    match = _URI.fullmatch(names[0]) if len(names) == 1 else None
    if match is None:
        raise KioskUntrusted("not exactly one kiosk name")
    return _Issued(
        KioskIdentity(match["kiosk"], key.public_bytes_raw()),
        max(certificate.not_valid_before_utc, authority.not_valid_before_utc),
        min(certificate.not_valid_after_utc, authority.not_valid_after_utc),
    )


def _check_extensions(extensions: x509.Extensions) -> None:
    if any(each.critical and each.oid not in _READ_CRITICAL for each in extensions):
        raise KioskUntrusted("a critical extension that is not read here")
    try:
        usage = extensions.get_extension_for_class(x509.KeyUsage).value
        constraints = extensions.get_extension_for_class(x509.BasicConstraints).value
    except x509.ExtensionNotFound:
        raise KioskUntrusted("key usage or basic constraints are missing") from None
    if usage != USAGE_SIGN or constraints.ca:
        raise KioskUntrusted("not a signing end entity")
