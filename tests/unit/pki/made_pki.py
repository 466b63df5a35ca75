"""Authorities and certificates of parties that do not exist; made once, since RSA keys take a tenth of a second each."""

from __future__ import annotations

import functools
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from akashi.pki.authority import USAGE_SIGN, Authority, key_identifier
from akashi.pki.hop import make_hop_authority
from akashi.pki.jpki import USER_AUTHENTICATION_POLICY, CardIdentity, verify_card_certificate
from akashi.pki.kiosk import make_kiosk_authority
from akashi.pki.moments import moment
from akashi.pki.testca import CardMaterial, Generation, TestAuthority

NOW = 1_795_000_000_000
DAY_MS = 86_400_000
SIGNATURE_POLICY = "1.2.392.200149.8.5.1.1.20"
"""Policy of the other certificate on the card, the one for signatures."""


@functools.cache
def jpki_ca() -> TestAuthority:
    """Three generations, all in date at NOW. Shared: do not revoke on it, use `fresh_ca`."""
    return TestAuthority.create(now_ms=NOW)


def fresh_ca() -> TestAuthority:
    """Return a CA with the same keys and nothing revoked, for tests that revoke."""
    return TestAuthority(
        Generation(each.key, each.certificate_der, each.responder_key, each.responder_der) for each in jpki_ca().generations
    )


@functools.cache
def other_ca() -> TestAuthority:
    """A CA of the same name that nobody accepts."""
    return TestAuthority.create(now_ms=NOW, generations=1)


@functools.cache
def card_key(number: int = 0) -> rsa.RSAPrivateKey:
    del number
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@functools.cache
def p384_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP384R1())


def card(generation: int = -1) -> CardMaterial:
    """Return the same card each time, one a generation."""
    return _card(generation % len(jpki_ca().generations))


@functools.cache
def _card(generation: int) -> CardMaterial:
    return jpki_ca().issue(now_ms=NOW - DAY_MS, public_key=card_key().public_key(), generation=generation)


def identity(material: CardMaterial) -> CardIdentity:
    ca = jpki_ca()
    return verify_card_certificate(material.certificate_der, authorities=ca.authorities, now_ms=NOW, policies=ca.accepted())


@functools.cache
def hop_authority() -> Authority:
    return make_hop_authority(now_ms=NOW)


@functools.cache
def kiosk_authority() -> Authority:
    return make_kiosk_authority(now_ms=NOW)


@functools.cache
def device_public() -> bytes:
    return ed25519.Ed25519PrivateKey.generate().public_key().public_bytes_raw()


def usage(**changes: bool) -> x509.KeyUsage:
    """Return "signs and nothing else" with some bits changed."""
    names = (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
    )
    bits = {name: name == "digital_signature" for name in names} | changes
    return x509.KeyUsage(**bits, encipher_only=False, decipher_only=False)


@dataclass(frozen=True)
class Odd:
    """A card certificate like the real ones, but for what is changed here."""

    policy: str | None = USER_AUTHENTICATION_POLICY
    policy_critical: bool = True
    usage: x509.KeyUsage | None = USAGE_SIGN
    usage_critical: bool = True
    ca: bool | None = None
    purposes: tuple[x509.ObjectIdentifier, ...] = ()
    names_authority: bool = True
    unknown_critical: bool = False
    serial: int = 77
    days: tuple[int, int] = (-1, 365)
    key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey | None = None

    def build(self, issuer: Generation | None = None, signer: rsa.RSAPrivateKey | None = None) -> bytes:
        issuer = issuer or jpki_ca().generations[-1]
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "odd")]))
            .issuer_name(issuer.certificate.subject)
            .public_key(self.key or card_key().public_key())
            .serial_number(self.serial)
            .not_valid_before(moment(NOW + self.days[0] * DAY_MS))
            .not_valid_after(moment(NOW + self.days[1] * DAY_MS))
        )
        if self.policy is not None:
            info = x509.PolicyInformation(x509.ObjectIdentifier(self.policy), None)
            builder = builder.add_extension(x509.CertificatePolicies([info]), critical=self.policy_critical)
        if self.usage is not None:
            builder = builder.add_extension(self.usage, critical=self.usage_critical)
        if self.ca is not None:
            builder = builder.add_extension(x509.BasicConstraints(ca=self.ca, path_length=None), critical=True)
        if self.purposes:
            builder = builder.add_extension(x509.ExtendedKeyUsage(self.purposes), critical=False)
        if self.names_authority:
            named = x509.AuthorityKeyIdentifier(key_identifier(issuer.certificate), None, None)
            builder = builder.add_extension(named, critical=False)
        if self.unknown_critical:
            unknown = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.99999.1"), b"\x05\x00")
            builder = builder.add_extension(unknown, critical=True)
        return builder.sign(signer or issuer.key, hashes.SHA256()).public_bytes(Encoding.DER)
