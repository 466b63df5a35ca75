"""
The card's user-authentication certificate (利用者証明用電子証明書) and how it is verified.

Promises: a `CardIdentity` was certified by an authority and under a policy that the table accepts at that time, for a key that
signs and does nothing else. Names are never used to choose the issuer: several generations of the authority share one name.
Revocation is not checked here (see crl, ocsp). Nothing of a certificate gets into an error's text.
Source: docs/spec/pki.md section 4; 公的個人認証法 (Act on JPKI) 第22条, 第38条.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID
from cryptography.x509.verification import Criticality, ExtensionPolicy, Policy, PolicyBuilder, Store, VerificationError

from akashi.pki.authority import (
    EXTENSIONS_UNREAD,
    authority_identifier,
    is_issued_by,
    key_identifier,
    own_certificate,
)
from akashi.pki.errors import CardExpired, CardUntrusted
from akashi.pki.moments import millis, moment

DER_BYTES_MAX = 4096
USER_AUTHENTICATION_POLICY = "1.2.392.200149.8.5.1.3.30"
"""Policy of the user-authentication certificate. The signature certificate has another one and must not pass here."""

_RSA_BITS = 2048
_RSA_EXPONENT = 65537
_READ_CRITICAL = frozenset(
    {ExtensionOID.CERTIFICATE_POLICIES, ExtensionOID.KEY_USAGE, ExtensionOID.BASIC_CONSTRAINTS, ExtensionOID.EXTENDED_KEY_USAGE}
)


@dataclass(frozen=True, slots=True)
class AcceptedPolicy:
    """
    One row of the table of what is accepted: certificates of this policy by this authority, between these dates.

    Attributes:
        policy_oid: dotted, such as `USER_AUTHENTICATION_POLICY`.
        authority_key_id: subject key identifier of the authority's certificate.
        not_before_ms, not_after_ms: when verifiers accept it; both ends included.
    """

    policy_oid: str
    authority_key_id: bytes
    not_before_ms: int
    not_after_ms: int


@dataclass(frozen=True, slots=True, repr=False)
class CardIdentity:
    """
    A verified card certificate. Has no repr: the serial stands for a person.

    Attributes:
        issuer_dn_der: the issuer's name, DER.
        serial: the certificate's serial number; with the issuer's name it is what the city knows a resident by.
        public_key: RSA-2048 or ECDSA P-384; which of them a suite wants is checked with the signature.
        not_after_ms: the certificate's last moment.
        policy_oid: the accepted policy.
        authority_der: certificate of the authority that issued it: one generation of several.
        distribution_points: names (DER) of the revocation lists that may list it; empty if it names none.
    """

    issuer_dn_der: bytes
    serial: int
    public_key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey
    not_after_ms: int
    policy_oid: str
    authority_der: bytes
    distribution_points: tuple[bytes, ...]


def verify_card_certificate(
    untrusted_der: bytes, *, authorities: Sequence[bytes], now_ms: int, policies: Sequence[AcceptedPolicy]
) -> CardIdentity:
    """
    Return the card that this certificate stands for.

    Args:
        untrusted_der: the certificate as the card gave it; at most 4 KiB, nothing after its end.
        authorities: certificates (DER) of all accepted generations of the authority.
        now_ms: the verifier's time.
        policies: what is accepted of which authority, and when.

    Raises:
        CardUntrusted: no certificate of this profile, no accepted authority made its signature, not valid yet, a policy or key
            that is not accepted, or a critical extension that is not read here.
        CardExpired: all of that is in order and its last moment has passed.
        MaterialBad: an authority's certificate cannot be parsed.
    """
    # 1. Parse. 2. Find the authority by key identifier and signature. 3. Profile. 4. Policy table. 5. Chain at a time when
    # the certificate was valid: so that only a genuine one is ever called expired. 6. Its own last moment, last of all.
    certificate, extensions = _parse(untrusted_der)  # 1
    authority = _find_authority(certificate, authorities)  # 2
    key = _check_key(certificate)  # 3
    _check_extensions(extensions)
    policy = _accepted_policy(extensions, authority, now_ms, policies)  # 4
    now, last = moment(now_ms), certificate.not_valid_after_utc
    _check_chain(certificate, authority, min(now, last))  # 5
    if now > last:  # 6
        raise CardExpired
    return CardIdentity(
        issuer_dn_der=certificate.issuer.public_bytes(),
        serial=certificate.serial_number,
        public_key=key,
        not_after_ms=millis(last),
        policy_oid=policy,
        authority_der=authority.public_bytes(Encoding.DER),
        distribution_points=_distribution_points(extensions),
    )


def _parse(untrusted_der: bytes) -> tuple[x509.Certificate, x509.Extensions]:
    if len(untrusted_der) > DER_BYTES_MAX:
        raise CardUntrusted("certificate larger than 4 KiB")
    try:
        certificate = x509.load_der_x509_certificate(untrusted_der)
        extensions = certificate.extensions
        _ = (certificate.issuer, certificate.subject, certificate.serial_number)
    except EXTENSIONS_UNREAD:
        raise CardUntrusted("not a certificate") from None
    if certificate.serial_number <= 0:
        raise CardUntrusted("the serial number is not positive")
    return certificate, extensions


def _find_authority(certificate: x509.Certificate, authorities: Sequence[bytes]) -> x509.Certificate:
    wanted = authority_identifier(certificate)
    if wanted is None:
        raise CardUntrusted("no authority key identifier")
    for der in authorities:
        authority = own_certificate(der)
        if key_identifier(authority) == wanted and is_issued_by(certificate, authority):
            return authority
    raise CardUntrusted("not issued by an accepted authority")


def _check_key(certificate: x509.Certificate) -> rsa.RSAPublicKey | ec.EllipticCurvePublicKey:
    try:
        key = certificate.public_key()
    except EXTENSIONS_UNREAD:
        raise CardUntrusted("the key cannot be read") from None
    if isinstance(key, rsa.RSAPublicKey) and key.key_size == _RSA_BITS and key.public_numbers().e == _RSA_EXPONENT:
        return key
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP384R1):
        return key
    raise CardUntrusted("neither RSA-2048 nor ECDSA P-384")


def _check_extensions(extensions: x509.Extensions) -> None:
    if any(each.critical and each.oid not in _READ_CRITICAL for each in extensions):
        raise CardUntrusted("a critical extension that is not read here")
    by_oid = {each.oid: each.value for each in extensions}
    constraints = by_oid.get(ExtensionOID.BASIC_CONSTRAINTS)
    if isinstance(constraints, x509.BasicConstraints) and constraints.ca:
        raise CardUntrusted("a CA certificate")
    purposes = by_oid.get(ExtensionOID.EXTENDED_KEY_USAGE)
    if isinstance(purposes, x509.ExtendedKeyUsage) and ExtendedKeyUsageOID.CLIENT_AUTH not in purposes:
        raise CardUntrusted("extended key usage without client authentication")


def _accepted_policy(
    extensions: x509.Extensions, authority: x509.Certificate, now_ms: int, policies: Sequence[AcceptedPolicy]
) -> str:
    try:
        named = extensions.get_extension_for_class(x509.CertificatePolicies).value
    except x509.ExtensionNotFound:
        raise CardUntrusted("no certificate policy") from None
    present = {each.policy_identifier.dotted_string for each in named}
    key_id = key_identifier(authority)
    for row in policies:
        if row.policy_oid in present and row.authority_key_id == key_id and row.not_before_ms <= now_ms <= row.not_after_ms:
            return row.policy_oid
    raise CardUntrusted("policy not accepted of this authority at this time")


def _check_chain(certificate: x509.Certificate, authority: x509.Certificate, when: datetime) -> None:
    builder = PolicyBuilder().store(_store(authority)).time(when).max_chain_depth(0)
    builder = builder.extension_policies(ca_policy=_CA_POLICY, ee_policy=_LEAF_POLICY)
    try:
        builder.build_client_verifier().verify(certificate, [])
    except (VerificationError, *EXTENSIONS_UNREAD):
        raise CardUntrusted("chain, dates or profile") from None


@lru_cache(maxsize=64)
def _store(authority: x509.Certificate) -> Store:
    return Store([authority])


def _authority_usage(_policy: Policy, _certificate: x509.Certificate, usage: x509.KeyUsage) -> None:
    if not usage.key_cert_sign:
        raise ValueError("the authority's key is not for certificates")


def _authority_constraints(_policy: Policy, _certificate: x509.Certificate, constraints: x509.BasicConstraints) -> None:
    if not constraints.ca:
        raise ValueError("the authority is no CA")


def _card_usage(_policy: Policy, _certificate: x509.Certificate, usage: x509.KeyUsage) -> None:
    others = (usage.content_commitment, usage.key_encipherment, usage.data_encipherment, usage.key_agreement)
    if not usage.digital_signature or usage.key_cert_sign or usage.crl_sign or any(others):
        raise ValueError("the card's key is not for signing only")


_CA_POLICY = (
    ExtensionPolicy.permit_all()
    .require_present(x509.BasicConstraints, Criticality.CRITICAL, _authority_constraints)
    .require_present(x509.KeyUsage, Criticality.CRITICAL, _authority_usage)
)


_LEAF_POLICY = (
    # Which policies are accepted is asked before; here it is that the certificate insists on being read by them.
    ExtensionPolicy.permit_all()
    .require_present(x509.CertificatePolicies, Criticality.CRITICAL, None)
    .require_present(x509.KeyUsage, Criticality.CRITICAL, _card_usage)
)


def _distribution_points(extensions: x509.Extensions) -> tuple[bytes, ...]:
    try:
        points = extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    except x509.ExtensionNotFound:
        return ()
    names = [name for point in points for name in point.full_name or ()]
    return tuple(name.value.public_bytes() for name in names if isinstance(name, x509.DirectoryName))
