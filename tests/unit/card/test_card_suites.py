"""The table of suites, against independent values."""

from __future__ import annotations

import hashlib

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from akashi.card.errors import KeyUnsuited, PinForm, SignatureRefused, SuiteUnknown
from akashi.card.suites import (
    AUTH_PIN_RULES,
    JPKI_RSA2048,
    JPKI_RSA2048_PSS,
    NEXT_ECDSA_P384,
    SIGN_PASSWORD_RULES,
    SUITES,
    CardSuite,
    Encoding,
    Standing,
    suite,
)
from akashi.wire.errors import WireCode
from card.made_cards import ec_key, rsa_key

MESSAGE = bytes(range(32))


def sign(row: CardSuite, message: bytes) -> bytes:
    """Sign with the library's whole signing function, not with the way the card goes."""
    if row.encoding is Encoding.PKCS1_V15:
        return rsa_key().sign(message, padding.PKCS1v15(), hashes.SHA256())
    if row.encoding is Encoding.PSS:
        return rsa_key().sign(message, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())
    r, s = decode_dss_signature(ec_key().sign(message, ec.ECDSA(hashes.SHA384())))
    return r.to_bytes(48) + s.to_bytes(48)


def public_key(row: CardSuite) -> rsa.RSAPublicKey | ec.EllipticCurvePublicKey:
    return ec_key().public_key() if row is NEXT_ECDSA_P384 else rsa_key().public_key()


def test_the_table_finds_rows_by_name_and_refuses_other_names() -> None:
    assert [suite(row.name) for row in SUITES] == list(SUITES)
    assert [row.name for row in SUITES if row.standing is Standing.IN_USE] == ["jpki-rsa2048-sha256-v15"]
    for name in ("", "jpki", "JPKI-RSA2048-SHA256-V15", "none"):
        with pytest.raises(SuiteUnknown) as refusal:
            suite(name)
        assert refusal.value.code is WireCode.CARD_UNTRUSTED


def test_no_prepared_suite_claims_a_policy_that_is_not_published() -> None:
    assert JPKI_RSA2048.policy_oids == ("1.2.392.200149.8.5.1.3.30",)
    assert NEXT_ECDSA_P384.policy_oids == ()


def test_digest_info_is_the_der_of_rfc_8017() -> None:
    # SEQUENCE { SEQUENCE { OID sha256, NULL }, OCTET STRING }, written out by hand.
    expected = bytes.fromhex("3031 300d 0609 608648016503040201 0500 0420") + hashlib.sha256(MESSAGE).digest()
    assert JPKI_RSA2048.digest_info(MESSAGE) == expected
    assert JPKI_RSA2048.card_input(MESSAGE) == expected
    assert JPKI_RSA2048_PSS.card_input(MESSAGE) == hashlib.sha256(MESSAGE).digest()
    expected = bytes.fromhex("3041 300d 0609 608648016503040202 0500 0430") + hashlib.sha384(MESSAGE).digest()
    assert NEXT_ECDSA_P384.digest_info(MESSAGE) == expected
    assert NEXT_ECDSA_P384.card_input(MESSAGE) == hashlib.sha384(MESSAGE).digest()


@pytest.mark.parametrize("row", SUITES, ids=lambda row: row.name)
def test_a_signature_verifies_and_any_change_refuses(row: CardSuite) -> None:
    signature = sign(row, MESSAGE)
    assert len(signature) == row.signature_bytes
    row.verify(public_key(row), MESSAGE, signature)
    flipped = bytes([signature[0], signature[1] ^ 1]) + signature[2:]
    for message, bad in (
        (MESSAGE + b"\0", signature),
        (MESSAGE, flipped),
        (MESSAGE, signature[:-1]),
        (MESSAGE, signature + b"\0"),
        (MESSAGE, b"\0" + signature),
        (MESSAGE, bytes(len(signature))),
        (MESSAGE, b"\xff" * len(signature)),
        (MESSAGE, b""),
    ):
        with pytest.raises(SignatureRefused) as refusal:
            row.verify(public_key(row), message, bad)
        assert refusal.value.code is WireCode.CARD_SIGNATURE


@pytest.mark.parametrize("row", SUITES, ids=lambda row: row.name)
def test_a_signature_of_another_suite_refuses(row: CardSuite) -> None:
    for other in SUITES:
        if other is not row:
            with pytest.raises((SignatureRefused, KeyUnsuited)):
                row.verify(public_key(other), MESSAGE, sign(other, MESSAGE))


def test_keys_of_another_kind_or_size_are_refused() -> None:
    small = rsa.generate_private_key(65537, 1024).public_key()  # noqa: S505 - to be refused
    curve = ec.generate_private_key(ec.SECP256R1()).public_key()
    edwards = ed25519.Ed25519PrivateKey.generate().public_key()
    for row in SUITES:
        for key in (small, curve, edwards):
            with pytest.raises(KeyUnsuited) as refusal:
                row.verify(key, MESSAGE, bytes(row.signature_bytes))
            assert refusal.value.code is WireCode.CARD_UNTRUSTED


@pytest.mark.parametrize("pin", ["0000", "9999", "1234"])
def test_four_digits_are_a_pin(pin: str) -> None:
    AUTH_PIN_RULES.check(pin)


@pytest.mark.parametrize("pin", ["", "123", "12345", "12a4", "１２３４", "12 4", "-123", "١٢٣٤", "123\n"])
def test_anything_else_is_not(pin: str) -> None:
    with pytest.raises(PinForm) as refusal:
        AUTH_PIN_RULES.check(pin)
    assert refusal.value.code is WireCode.PIN_FORM
    assert pin == "" or pin not in str(refusal.value)


@pytest.mark.parametrize(
    ("password", "good"), [("ABC123", True), ("A" * 16, True), ("abc123", False), ("ABC12", False), ("A" * 17, False)]
)
def test_the_sign_password_has_six_to_sixteen_capitals_and_digits(password: str, good: bool) -> None:  # noqa: FBT001 - a case
    if good:
        SIGN_PASSWORD_RULES.check(password)
    else:
        with pytest.raises(PinForm):
            SIGN_PASSWORD_RULES.check(password)
