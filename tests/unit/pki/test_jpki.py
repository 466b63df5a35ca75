"""The card's certificate: one truth table, one refusal a row. Backs C24: the real card's profile, nothing beside it."""

from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from akashi.pki.authority import key_identifier, own_certificate
from akashi.pki.errors import CardExpired, CardUntrusted, MaterialBad
from akashi.pki.jpki import USER_AUTHENTICATION_POLICY, AcceptedPolicy, CardIdentity, verify_card_certificate
from akashi.pki.testca import TestAuthority
from akashi.wire.errors import WireCode
from unit.pki.made_pki import (
    DAY_MS,
    NOW,
    SIGNATURE_POLICY,
    Odd,
    card,
    card_key,
    jpki_ca,
    other_ca,
    p384_key,
    usage,
)


def verify(
    der: bytes,
    *,
    now_ms: int = NOW,
    authorities: tuple[bytes, ...] | None = None,
    policies: tuple[AcceptedPolicy, ...] | None = None,
) -> CardIdentity:
    ca = jpki_ca()
    return verify_card_certificate(
        der,
        authorities=ca.authorities if authorities is None else authorities,
        now_ms=now_ms,
        policies=ca.accepted() if policies is None else policies,
    )


@pytest.mark.promise("C24")
@pytest.mark.parametrize("generation", [0, 1, 2])
def test_the_generation_is_found_by_key_and_signature_though_all_share_one_name(generation: int) -> None:
    ca = jpki_ca()
    assert len({own_certificate(der).subject.public_bytes() for der in ca.authorities}) == 1
    material = card(generation)
    for authorities in (ca.authorities, ca.authorities[::-1]):
        found = verify(material.certificate_der, authorities=authorities)
        assert found.authority_der == ca.authorities[generation]
        assert found.serial == material.serial
        assert found.issuer_dn_der == own_certificate(ca.authorities[0]).subject.public_bytes()
        assert found.policy_oid == USER_AUTHENTICATION_POLICY
        assert len(found.distribution_points) == 1


def test_both_kinds_of_card_keys_are_taken() -> None:
    assert isinstance(verify(card().certificate_der).public_key, rsa.RSAPublicKey)
    assert isinstance(verify(Odd(key=p384_key().public_key()).build()).public_key, ec.EllipticCurvePublicKey)


@pytest.mark.parametrize(
    "der",
    [
        pytest.param(Odd().build(), id="plain"),
        pytest.param(Odd(ca=False).build(), id="says it is no CA"),
        pytest.param(Odd(purposes=(ExtendedKeyUsageOID.CLIENT_AUTH,)).build(), id="client authentication"),
    ],
)
def test_certificates_within_the_profile_are_taken(der: bytes) -> None:
    assert verify(der).serial == 77


@pytest.mark.promise("C24")
@pytest.mark.parametrize(
    "der",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(bytes(5000), id="too long"),
        pytest.param(card().certificate_der + b"\x00", id="bytes left over"),
        pytest.param(Odd(policy=SIGNATURE_POLICY).build(), id="signature certificate's policy"),
        pytest.param(Odd(policy=None).build(), id="no policy"),
        pytest.param(Odd(policy_critical=False).build(), id="policy not critical"),
        pytest.param(Odd(usage=None).build(), id="no key usage"),
        pytest.param(Odd(usage_critical=False).build(), id="key usage not critical"),
        pytest.param(Odd(usage=usage(digital_signature=False, key_encipherment=True)).build(), id="may not sign"),
        pytest.param(Odd(usage=usage(content_commitment=True)).build(), id="signature certificate's usage"),
        pytest.param(Odd(usage=usage(key_cert_sign=True)).build(), id="may sign certificates"),
        pytest.param(Odd(ca=True).build(), id="a CA"),
        pytest.param(Odd(purposes=(ExtendedKeyUsageOID.OCSP_SIGNING,)).build(), id="for OCSP"),
        pytest.param(Odd(names_authority=False).build(), id="no authority key identifier"),
        pytest.param(Odd(unknown_critical=True).build(), id="unknown critical extension"),
        pytest.param(Odd(days=(1, 10)).build(), id="not valid yet"),
        pytest.param(Odd(key=ec.generate_private_key(ec.SECP256R1()).public_key()).build(), id="P-256"),
        pytest.param(Odd(key=ed25519.Ed25519PrivateKey.generate().public_key()).build(), id="Ed25519"),
        pytest.param(Odd(key=rsa.generate_private_key(65537, 3072).public_key()).build(), id="RSA-3072"),
        pytest.param(Odd(key=rsa.generate_private_key(3, 2048).public_key()).build(), id="exponent 3"),
        pytest.param(Odd().build(signer=other_ca().generations[0].key), id="named authority did not sign"),
        pytest.param(other_ca().issue(now_ms=NOW, public_key=card_key().public_key()).certificate_der, id="other CA"),
        pytest.param(jpki_ca().authorities[0], id="the authority itself"),
    ],
)
def test_what_is_not_a_user_authentication_certificate_is_refused(der: bytes) -> None:
    with pytest.raises(CardUntrusted) as refusal:
        verify(der)
    assert refusal.value.code is WireCode.CARD_UNTRUSTED


@pytest.mark.promise("C24")
def test_expired_is_said_of_genuine_certificates_only() -> None:
    expired = Odd(days=(-10, -1))
    with pytest.raises(CardExpired) as refusal:
        verify(expired.build())
    assert refusal.value.code is WireCode.CARD_EXPIRED
    for other in (
        expired.build(signer=other_ca().generations[0].key),
        Odd(days=(-10, -1), policy=SIGNATURE_POLICY).build(),
        Odd(days=(-10, -1), usage_critical=False).build(),
    ):
        with pytest.raises(CardUntrusted):
            verify(other)


@pytest.mark.parametrize(("late_ms", "code"), [(0, None), (999, None), (1_000, WireCode.CARD_EXPIRED)])
def test_the_last_second_counts(late_ms: int, code: WireCode | None) -> None:
    der, last_ms = Odd(days=(-10, 3)).build(), NOW + 3 * DAY_MS
    if code is None:
        assert verify(der, now_ms=last_ms + late_ms).not_after_ms == last_ms
    else:
        with pytest.raises(CardExpired):
            verify(der, now_ms=last_ms + late_ms)


def test_a_generation_that_is_not_accepted_or_not_any_more_is_refused() -> None:
    ca = jpki_ca()
    material = card(0)
    oldest, *others = ca.accepted()
    assert key_identifier(own_certificate(material.authority_der)) == oldest.authority_key_id
    with pytest.raises(CardUntrusted, match="not issued"):
        verify(material.certificate_der, authorities=ca.authorities[1:])
    with pytest.raises(CardUntrusted, match="policy"):
        verify(material.certificate_der, policies=tuple(others))
    ended = AcceptedPolicy(oldest.policy_oid, oldest.authority_key_id, 0, NOW - 1)
    ahead = AcceptedPolicy(oldest.policy_oid, oldest.authority_key_id, NOW + 1, NOW + 2)
    for row in (ended, ahead):
        with pytest.raises(CardUntrusted, match="policy"):
            verify(material.certificate_der, policies=(row,))
    exactly = AcceptedPolicy(oldest.policy_oid, oldest.authority_key_id, NOW, NOW)
    assert verify(material.certificate_der, policies=(exactly,)).serial == material.serial


def test_a_policy_accepted_of_one_generation_is_not_accepted_of_another() -> None:
    newest = jpki_ca().accepted()[-1]
    borrowed = AcceptedPolicy(SIGNATURE_POLICY, newest.authority_key_id, 0, NOW * 2)
    with pytest.raises(CardUntrusted, match="policy"):
        verify(card(0).certificate_der, policies=(borrowed, newest))
    der = Odd(policy=SIGNATURE_POLICY).build()
    assert verify(der, policies=(newest, borrowed)).policy_oid == SIGNATURE_POLICY


def test_an_authority_whose_own_time_is_over_vouches_for_nobody() -> None:
    ended = TestAuthority.create(now_ms=NOW - 12 * 365 * DAY_MS, generations=1)
    der = Odd(days=(-1, 10)).build(issuer=ended.generations[0])
    row = AcceptedPolicy(USER_AUTHENTICATION_POLICY, ended.accepted()[0].authority_key_id, 0, NOW * 2)
    with pytest.raises(CardUntrusted, match="chain"):
        verify(der, authorities=ended.authorities, policies=(row,))


def test_an_authority_in_the_table_that_is_none_is_our_fault_not_the_cards() -> None:
    with pytest.raises(MaterialBad):
        verify(card().certificate_der, authorities=(b"not a certificate",))


def test_nothing_of_the_card_shows() -> None:
    material = card()
    found = verify(material.certificate_der)
    for text in (repr(found), repr(material)):
        assert str(material.serial) not in text
        assert f"{material.serial:x}" not in text
    with pytest.raises(CardUntrusted) as refusal:
        verify(Odd(policy=SIGNATURE_POLICY, serial=9_182_736_455).build())
    assert "9182736455" not in str(refusal.value)


def test_a_name_with_two_spellings_of_the_authority_key_identifier_is_no_way_around() -> None:
    """Pointing at an accepted generation while another key signs must fail on the signature, whatever is named."""
    ca = jpki_ca()
    der = Odd().build(issuer=ca.generations[0], signer=ca.generations[1].key)
    with pytest.raises(CardUntrusted, match="not issued"):
        verify(der)
    assert x509.load_der_x509_certificate(der).issuer == ca.generations[1].certificate.subject
