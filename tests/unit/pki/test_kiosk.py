"""Kiosk device certificates: one truth table, one refusal a row."""

from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding

from akashi.pki.authority import USAGE_SIGN, draft
from akashi.pki.errors import KioskUntrusted, MaterialBad
from akashi.pki.kiosk import KioskIdentity, issue_kiosk_certificate, make_kiosk_authority, verify_kiosk_certificate
from akashi.wire.errors import WireCode
from unit.pki.made_pki import DAY_MS, NOW, device_public, hop_authority, kiosk_authority, usage


def good(**changes: int) -> bytes:
    return issue_kiosk_certificate(
        kiosk_authority(), kiosk_id="K0001", public=device_public(), now_ms=NOW, lifetime_days=changes.get("days", 730)
    )


def verify(der: bytes, *, authority: bytes | None = None, now_ms: int = NOW, revoked: tuple[str, ...] = ()) -> KioskIdentity:
    return verify_kiosk_certificate(
        der, authority_der=authority or kiosk_authority().certificate_der, now_ms=now_ms, revoked=revoked
    )


def odd(
    *,
    uris: tuple[str, ...] = ("spiffe://akashi/kiosk/K0001",),
    key: ed25519.Ed25519PublicKey | ec.EllipticCurvePublicKey | None = None,
    key_usage: x509.KeyUsage | None = USAGE_SIGN,
    ca: bool = False,
    unknown_critical: bool = False,
) -> bytes:
    authority = kiosk_authority()
    public = key or ed25519.Ed25519PublicKey.from_public_bytes(device_public())
    builder = draft(x509.Name([]), authority.certificate.subject, public, now_ms=NOW, lifetime_days=1)
    builder = builder.add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    if key_usage is not None:
        builder = builder.add_extension(key_usage, critical=True)
    if uris:
        names = [x509.UniformResourceIdentifier(uri) for uri in uris]
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    if unknown_critical:
        unknown = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.99999.1"), b"\x05\x00")
        builder = builder.add_extension(unknown, critical=True)
    return builder.sign(authority.key, hashes.SHA256()).public_bytes(Encoding.DER)


def test_a_device_certificate_says_which_kiosk_and_which_key() -> None:
    assert verify(good()) == KioskIdentity("K0001", device_public())
    assert verify(odd()) == KioskIdentity("K0001", device_public())


def test_another_kiosks_revocation_is_not_its_own() -> None:
    assert verify(good(), revoked=("K0002", "K00011")).kiosk_id == "K0001"


@pytest.mark.parametrize(
    "der",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(bytes(5000), id="too long"),
        pytest.param(odd(uris=()), id="no name"),
        pytest.param(odd(uris=("spiffe://akashi/kiosk/K0001", "spiffe://akashi/kiosk/K0002")), id="two names"),
        pytest.param(odd(uris=("spiffe://akashi/store/kiosk/K0001",)), id="a hop name"),
        pytest.param(odd(uris=("spiffe://akashi/kiosk/K0001/x",)), id="a longer name"),
        pytest.param(odd(key=ec.generate_private_key(ec.SECP256R1()).public_key()), id="not Ed25519"),
        pytest.param(odd(key_usage=None), id="no key usage"),
        pytest.param(odd(key_usage=usage(key_cert_sign=True)), id="may sign certificates"),
        pytest.param(odd(key_usage=usage(digital_signature=False, key_agreement=True)), id="may not sign"),
        pytest.param(odd(ca=True), id="a CA"),
        pytest.param(odd(unknown_critical=True), id="unknown critical extension"),
    ],
)
def test_what_is_not_a_device_certificate_is_refused(der: bytes) -> None:
    with pytest.raises(KioskUntrusted) as refusal:
        verify(der)
    assert refusal.value.code is WireCode.KIOSK_UNTRUSTED


def test_the_authority_of_the_directory_alone_counts() -> None:
    for other in (make_kiosk_authority(now_ms=NOW), hop_authority()):
        with pytest.raises(KioskUntrusted, match="not issued"):
            verify(good(), authority=other.certificate_der)


@pytest.mark.parametrize(
    ("now_ms", "counts"),
    [
        (NOW - 301_000, False),
        (NOW - 300_000, True),
        (NOW + 10 * DAY_MS, True),
        (NOW + 10 * DAY_MS + 1_000, False),
    ],
)
def test_dates_count_at_both_ends(now_ms: int, counts: bool) -> None:  # noqa: FBT001 - a column of the table
    der = good(days=10)
    if counts:
        assert verify(der, now_ms=now_ms).kiosk_id == "K0001"
    else:
        with pytest.raises(KioskUntrusted, match="dates"):
            verify(der, now_ms=now_ms)


def test_the_authoritys_own_dates_count_too() -> None:
    with pytest.raises(KioskUntrusted, match="dates"):
        verify(good(days=5000), now_ms=NOW + 4000 * DAY_MS)


def test_a_revoked_kiosk_is_refused() -> None:
    with pytest.raises(KioskUntrusted, match="revoked"):
        verify(good(), revoked=("K0000", "K0001"))


def test_a_flipped_signature_bit_is_refused() -> None:
    der = bytearray(good())
    der[-1] ^= 1
    with pytest.raises(KioskUntrusted, match="not issued"):
        verify(bytes(der))


def test_no_certificate_for_a_wrong_id_or_key() -> None:
    for kiosk_id, public in (("", device_public()), ("K/1", device_public()), ("K0001", b"short")):
        with pytest.raises(MaterialBad):
            issue_kiosk_certificate(kiosk_authority(), kiosk_id=kiosk_id, public=public, now_ms=NOW)


def test_an_authority_that_is_no_certificate_is_our_fault_not_the_kiosks() -> None:
    with pytest.raises(MaterialBad):
        verify(good(), authority=b"not a certificate of anybody")
