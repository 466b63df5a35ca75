"""Signatures: messages, purposes, and keys under which anybody could sign."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from akashi.sealing import signing
from akashi.sealing.errors import Oversize, SignatureBad
from akashi.sealing.keys import SigningKey
from akashi.sealing.signing import PAYLOAD_BYTES_MAX, Purpose, sign, sign_message, sign_raw, verify, verify_message, verify_raw
from akashi.wire import codec
from akashi.wire.codec import Malformed
from akashi.wire.errors import WireCode
from akashi.wire.messages import BeaconPayload, BulletinRequest, Signed
from akashi.wire.transcript import key_id, lp

KEY = SigningKey.from_bytes(bytes(range(32)))
BEACON = BeaconPayload(1_000, bytes(16))
SPEC = Path(__file__).parents[3] / "docs/spec/protocol.md"

P = 2**255 - 19
D = -121665 * pow(121666, -1, P) % P


def test_a_message_comes_back() -> None:
    signed = sign_message(KEY, Purpose.BEACON, BEACON)
    assert verify_message(KEY.public_bytes, Purpose.BEACON, BeaconPayload, signed) == BEACON
    assert codec.parse(Signed, signed).key_id == KEY.key_id


def test_a_signed_message_of_another_kind_is_malformed() -> None:
    signed = sign_message(KEY, Purpose.BEACON, BEACON)
    with pytest.raises(Malformed):
        verify_message(KEY.public_bytes, Purpose.BEACON, BulletinRequest, signed)


def test_the_signature_is_checked_before_the_payload_is_parsed() -> None:
    forged = codec.encode(Signed(b"not a message", KEY.key_id, bytes(64)))
    with pytest.raises(SignatureBad) as refused:
        verify_message(KEY.public_bytes, Purpose.BEACON, BeaconPayload, forged)
    assert refused.value.code is WireCode.SIGNATURE_BAD


def test_signing_is_deterministic() -> None:
    assert sign(KEY, Purpose.ORDER, b"x") == sign(KEY, Purpose.ORDER, b"x")


def test_a_payload_has_a_largest_length() -> None:
    largest = bytes(PAYLOAD_BYTES_MAX)
    assert verify(KEY.public_bytes, Purpose.RECORD, sign(KEY, Purpose.RECORD, largest)) == largest
    with pytest.raises(Oversize):
        sign(KEY, Purpose.RECORD, largest + b"\0")


def test_the_purposes_are_those_of_the_specification() -> None:
    listed = re.search(r"^Purposes: ([^.]*)\.$", SPEC.read_text(encoding="utf-8"), re.MULTILINE)
    assert listed
    assert set(re.split(r",\s", listed[1])) | {"kiosk"} == set(Purpose)


def test_the_kiosks_signature_is_over_its_own_purpose() -> None:
    transcript = bytes(range(32))
    signature = sign_raw(KEY, Purpose.KIOSK, transcript)
    public = Ed25519PublicKey.from_public_bytes(KEY.public_bytes)
    public.verify(signature, lp(b"akashi/sign/1") + lp(b"kiosk") + lp(transcript))
    verify_raw(KEY.public_bytes, Purpose.KIOSK, transcript, signature)


def small_order_encodings() -> set[bytes]:
    """Every y of a point whose order divides 8, by the curve's own equations, in every 255-bit encoding."""
    found = {0, 1, P - 1}
    # A point of order 8 doubles to (+-sqrt(-1), 0). y(2P) = 0 means y**2 + x**2 = 0; put into the curve's equation
    # y**2 - x**2 = 1 + d x**2 y**2 this is d y**4 + 2 y**2 - 1 = 0.
    root = _square_root((1 + D) % P)
    for sign_ in (root, P - root):
        square = (sign_ - 1) * pow(D, -1, P) % P
        y = _square_root_or_none(square)
        if y is not None:
            found |= {y, P - y}
    return {value.to_bytes(32, "little") for y in found for value in (y, y + P) if value < 2**255}


def _square_root_or_none(value: int) -> int | None:
    root = pow(value, (P + 3) // 8, P)
    for candidate in (root, root * pow(2, (P - 1) // 4, P) % P):
        if candidate * candidate % P == value:
            return candidate
    return None


def _square_root(value: int) -> int:
    root = _square_root_or_none(value)
    assert root is not None
    return root


def test_the_list_of_weak_keys_is_complete() -> None:
    assert small_order_encodings() == signing._SMALL_ORDER


@pytest.mark.promise("C4", "C23")
@pytest.mark.parametrize("sign_bit", [0x00, 0x80])
@pytest.mark.parametrize("weak", sorted(signing._SMALL_ORDER), ids=lambda key: key.hex()[:8])
def test_a_key_for_which_anybody_can_sign_is_refused(weak: bytes, sign_bit: int) -> None:
    public = weak[:-1] + bytes([weak[-1] | sign_bit])
    for payload in (b"an order", b"another order"):
        for forged in (b"\1" + bytes(63), public + bytes(32)):
            with pytest.raises(SignatureBad):
                verify_raw(public, Purpose.ORDER, payload, forged)
            with pytest.raises(SignatureBad):
                verify(public, Purpose.ORDER, codec.encode(Signed(payload, key_id(public), forged)))


def test_without_that_rule_the_forgery_would_verify() -> None:
    identity = b"\1" + bytes(31)
    Ed25519PublicKey.from_public_bytes(identity).verify(identity + bytes(32), b"any order at all")
