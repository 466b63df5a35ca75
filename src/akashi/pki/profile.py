"""
The shape of the certificates around a card, as builders: authority, user authentication, OCSP responder.

Used by the test CA; `jpki` verifies against the same profile but shares no code with it.
Source: docs/spec/pki.md section 4 (what is confirmed of the real profile and what is not).
"""

from __future__ import annotations

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from akashi.pki.authority import USAGE_CA, USAGE_SIGN, key_identifier
from akashi.pki.moments import moment

CardKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey


def jp_name(organization: str, *units: str, common_name: str = "") -> x509.Name:
    """Return a name of the form C=JP, O=, OU= …, CN=; an empty organization or common name is left out."""
    parts = [x509.NameAttribute(NameOID.COUNTRY_NAME, "JP")]
    if organization:
        parts.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization))
    parts += [x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, unit) for unit in units]
    if common_name:
        parts.append(x509.NameAttribute(NameOID.COMMON_NAME, common_name))
    return x509.Name(parts)


def build_authority_certificate(
    key: rsa.RSAPrivateKey, *, name: x509.Name, alternative: x509.Name, serial: int, dates_ms: tuple[int, int]
) -> bytes:
    """
    Return a self-signed certificate (DER) of one generation.

    Args:
        key: the generation's key.
        name: the same for every generation.
        alternative: directory name in Japanese, as the real one carries.
        serial: 1 or more.
        dates_ms: first and last moment.
    """
    public = key.public_key()
    return (
        _draft(name, name, public, dates_ms)
        .serial_number(serial)
        .add_extension(USAGE_CA, critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DirectoryName(alternative)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .sign(key, hashes.SHA256())
        .public_bytes(Encoding.DER)
    )


def build_card_certificate(
    authority_key: rsa.RSAPrivateKey,
    authority: x509.Certificate,
    *,
    public_key: CardKey,
    dates_ms: tuple[int, int],
    policy_oid: str,
    partition: x509.Name,
) -> x509.Certificate:
    """
    Return a user-authentication certificate: random serial, opaque common name, nothing about the person.

    Args:
        authority_key: of the generation that issues.
        authority: its certificate.
        public_key: of the card.
        dates_ms: first and last moment.
        policy_oid: goes into the critical certificate policies.
        partition: distribution point of the revocation list.
    """
    subject = jp_name("", common_name=f"{x509.random_serial_number() % 16**22:022X}A")
    point = x509.DistributionPoint([x509.DirectoryName(partition)], None, None, None)
    policy = x509.PolicyInformation(x509.ObjectIdentifier(policy_oid), None)
    return (
        _draft(subject, authority.subject, public_key, dates_ms)
        .serial_number(x509.random_serial_number())
        .add_extension(USAGE_SIGN, critical=True)
        .add_extension(x509.CertificatePolicies([policy]), critical=True)
        .add_extension(x509.CRLDistributionPoints([point]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier(key_identifier(authority), None, None), critical=False)
        .sign(authority_key, hashes.SHA256())
    )


def build_responder_certificate(
    authority_key: rsa.RSAPrivateKey,
    authority: x509.Certificate,
    *,
    public_key: ec.EllipticCurvePublicKey,
    dates_ms: tuple[int, int],
    organization: str,
) -> bytes:
    """Return a certificate (DER) that may sign OCSP answers for the authority; short-lived and not itself revocable."""
    return (
        _draft(jp_name(organization, common_name="OCSP responder"), authority.subject, public_key, dates_ms)
        .serial_number(x509.random_serial_number())
        .add_extension(USAGE_SIGN, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), critical=False)
        # RFC 6960 section 4.2.2.2.1: its short life replaces a revocation check of its own.
        .add_extension(x509.OCSPNoCheck(), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier(key_identifier(authority), None, None), critical=False)
        .sign(authority_key, hashes.SHA256())
        .public_bytes(Encoding.DER)
    )


def _draft(subject: x509.Name, issuer: x509.Name, public_key: CardKey, dates_ms: tuple[int, int]) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .not_valid_before(moment(dates_ms[0]))
        .not_valid_after(moment(dates_ms[1]))
    )
