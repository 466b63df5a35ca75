"""
What hop and kiosk authorities share: an ECDSA P-256 key with a self-signed CA certificate, and reading untrusted certificates.

An authority's private key is used off line, when a machine is set up; no running server holds one.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.x509.oid import NameOID

from akashi.pki.errors import MaterialBad
from akashi.pki.moments import moment
from akashi.pki.pem import key_text, one_certificate, parse_key

NOT_PARSED = (ValueError, TypeError, OverflowError, UnsupportedAlgorithm, x509.InvalidVersion, UserWarning)
"""
What the X.509 library raises for bytes that are no certificate, or one with extensions it cannot read. It warns of what a later
release will refuse and of odd names; where warnings are errors, that is a refusal already.
"""

EXTENSIONS_UNREAD = (*NOT_PARSED, x509.DuplicateExtension, x509.UnsupportedGeneralNameType)
"""The same, where extensions are read; the library reads them on first use, not while parsing."""

USAGE_SIGN = x509.KeyUsage(
    digital_signature=True,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=False,
    crl_sign=False,
    encipher_only=False,
    decipher_only=False,
)
"""An end entity that signs and does nothing else."""

USAGE_CA = x509.KeyUsage(
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)
"""A CA: signs certificates and revocation lists, nothing else."""


@dataclass(frozen=True, slots=True, repr=False)
class Authority:
    """
    A hop or kiosk authority.

    Attributes:
        key: its private key; leave it on the machine that issues.
        certificate_der: its self-signed certificate; public.
    """

    key: ec.EllipticCurvePrivateKey
    certificate_der: bytes

    @property
    def certificate(self) -> x509.Certificate:
        """The parsed certificate."""
        return own_certificate(self.certificate_der)

    def key_pem(self) -> bytes:
        """Return the private key as PEM text, for `pem.write_private`."""
        return key_text(self.key)


def make_authority(common_name: str, *, now_ms: int, lifetime_days: int) -> Authority:
    """
    Return a new authority.

    Args:
        common_name: such as "Akashi hop authority"; people read it, programs do not.
        now_ms: start of its life; backdated by 5 minutes for servers whose clock is behind.
        lifetime_days: 1 or more.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name(
        [x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Akashi"), x509.NameAttribute(NameOID.COMMON_NAME, common_name)]
    )
    certificate = (
        draft(name, name, key.public_key(), now_ms=now_ms, lifetime_days=lifetime_days)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(USAGE_CA, critical=True)
        .sign(key, hashes.SHA256())
    )
    return Authority(key, certificate.public_bytes(serialization.Encoding.DER))


def load_authority(key_pem: bytes, certificate_pem: bytes) -> Authority:
    """
    Return the authority from its two PEM texts.

    Raises:
        MaterialBad: not an ECDSA P-256 key, no certificate, or the two do not belong together.
    """
    key = parse_key(key_pem)
    der = one_certificate(certificate_pem)
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise MaterialBad("an authority's key is ECDSA P-256")
    if own_certificate(der).public_key() != key.public_key():
        raise MaterialBad("key and certificate of the authority do not belong together")
    return Authority(key, der)


def draft(
    subject: x509.Name,
    issuer: x509.Name,
    public_key: CertificatePublicKeyTypes,
    *,
    now_ms: int,
    lifetime_days: int,
) -> x509.CertificateBuilder:
    """Return a certificate builder with names, key, random serial, dates and subject key identifier."""
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(moment(now_ms - 300_000))
        .not_valid_after(moment(now_ms + lifetime_days * 86_400_000))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
    )


@lru_cache(maxsize=256)
def own_certificate(der: bytes) -> x509.Certificate:
    """
    Return one of our own certificates (from a file or a verified directory), parsed; cached, since each is used for every card.

    Raises:
        MaterialBad: it cannot be parsed.
    """
    try:
        certificate = x509.load_der_x509_certificate(der)
        _ = certificate.extensions
    except EXTENSIONS_UNREAD:
        raise MaterialBad("a certificate of our own cannot be parsed") from None
    return certificate


def is_issued_by(certificate: x509.Certificate, authority: x509.Certificate) -> bool:
    """Return whether names match and the authority's key made the certificate's signature. Dates are the caller's."""
    try:
        certificate.verify_directly_issued_by(authority)
    except (InvalidSignature, *NOT_PARSED):
        return False
    return True


@lru_cache(maxsize=64)
def key_identifier(certificate: x509.Certificate) -> bytes:
    """
    Return the subject key identifier, by which one of several authorities of the same name is told apart.

    Raises:
        MaterialBad: the certificate has none.
    """
    try:
        return certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    except x509.ExtensionNotFound:
        raise MaterialBad("an authority without subject key identifier") from None


def authority_identifier(certificate: x509.Certificate) -> bytes | None:
    """Return the authority key identifier of an end entity, or None where it has none. Its extensions must be readable."""
    try:
        return certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
    except x509.ExtensionNotFound:
        return None


def uri_names(certificate: x509.Certificate) -> tuple[str, ...]:
    """Return all URI names of a certificate whose extensions are readable, in its order."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    return tuple(names.get_values_for_type(x509.UniformResourceIdentifier))
