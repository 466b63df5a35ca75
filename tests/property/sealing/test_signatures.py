"""Signatures and directories: every flipped bit and every other purpose refuses; any bytes give a value or a documented error."""

from __future__ import annotations

import itertools

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from akashi.sealing.directory import DIRECTORY_AGE_MS_MAX, Directory, sign_directory, verify_directory
from akashi.sealing.errors import DirectoryStale, SignatureBad
from akashi.sealing.keys import SigningKey
from akashi.sealing.signing import Purpose, sign, sign_raw, verify, verify_message, verify_raw
from akashi.wire import codec
from akashi.wire.codec import Malformed
from akashi.wire.messages import BeaconPayload, DirectoryKey, DirectoryPayload, KeyUse, Signed
from akashi.wire.transcript import key_id, lp

FEW = settings(max_examples=60, deadline=None)
KEY = SigningKey.from_bytes(bytes(range(32)))
OTHER_KEY = SigningKey.from_bytes(bytes(range(1, 33)))
PURPOSES = st.sampled_from(Purpose)
PAYLOAD = b"what is signed"
BEGIN_MS = 1_000_000_000_000


@pytest.mark.promise("C4")
def test_every_flipped_bit_of_a_signed_refuses() -> None:
    signed = sign(KEY, Purpose.TICKET, PAYLOAD)
    assert verify(KEY.public_bytes, Purpose.TICKET, signed) == PAYLOAD
    for at, bit in itertools.product(range(len(signed)), range(8)):
        changed = signed[:at] + bytes([signed[at] ^ 1 << bit]) + signed[at + 1 :]
        with pytest.raises((SignatureBad, Malformed)):
            verify(KEY.public_bytes, Purpose.TICKET, changed)


def test_every_flipped_bit_of_signature_payload_and_key_refuses() -> None:
    signature = sign_raw(KEY, Purpose.KIOSK, PAYLOAD)
    for data in (signature, PAYLOAD, KEY.public_bytes):
        for at, bit in itertools.product(range(len(data)), range(8)):
            changed = data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :]
            public, payload, made = (changed if data is part else part for part in (KEY.public_bytes, PAYLOAD, signature))
            with pytest.raises(SignatureBad):
                verify_raw(public, Purpose.KIOSK, payload, made)


@pytest.mark.promise("C4")
def test_a_signature_verifies_for_its_own_purpose_only() -> None:
    for made, asked in itertools.product(Purpose, Purpose):
        signed, raw = sign(KEY, made, PAYLOAD), sign_raw(KEY, made, PAYLOAD)
        if made is asked:
            assert verify(KEY.public_bytes, asked, signed) == PAYLOAD
            verify_raw(KEY.public_bytes, asked, PAYLOAD, raw)
            continue
        with pytest.raises(SignatureBad):
            verify(KEY.public_bytes, asked, signed)
        with pytest.raises(SignatureBad):
            verify_raw(KEY.public_bytes, asked, PAYLOAD, raw)


@given(payload=st.binary(max_size=200), purpose=PURPOSES, label=st.sampled_from(["akashi/sign/2", "akashi/seal/1", ""]))
@FEW
def test_a_signature_under_another_label_refuses(payload: bytes, purpose: Purpose, label: str) -> None:
    assert verify(KEY.public_bytes, purpose, sign(KEY, purpose, payload)) == payload
    for framed in (
        lp(label.encode()) + lp(purpose.encode()) + lp(payload),
        b"akashi/sign/1" + purpose.encode() + payload,
        payload,
    ):
        signature = KEY.ed25519.sign(framed)
        with pytest.raises(SignatureBad):
            verify(KEY.public_bytes, purpose, codec.encode(Signed(payload, KEY.key_id, signature)))


@given(payload=st.binary(max_size=200), purpose=PURPOSES)
@FEW
def test_another_signer_and_another_key_id_refuse(payload: bytes, purpose: Purpose) -> None:
    for signed in (
        sign(OTHER_KEY, purpose, payload),
        codec.encode(Signed(payload, KEY.key_id, sign_raw(OTHER_KEY, purpose, payload))),
        codec.encode(Signed(payload, OTHER_KEY.key_id, sign_raw(KEY, purpose, payload))),
    ):
        with pytest.raises(SignatureBad):
            verify(KEY.public_bytes, purpose, signed)


@given(untrusted=st.binary(max_size=300), purpose=PURPOSES)
@FEW
def test_any_bytes_as_signed_refuse(untrusted: bytes, purpose: Purpose) -> None:
    with pytest.raises(Malformed):
        verify(KEY.public_bytes, purpose, untrusted)


@given(public=st.binary(max_size=40), payload=st.binary(max_size=40), signature=st.binary(max_size=70))
@FEW
def test_any_key_and_any_signature_refuse(public: bytes, payload: bytes, signature: bytes) -> None:
    for key, made in ((public, signature), (KEY.public_bytes, signature), (public, sign_raw(KEY, Purpose.ORDER, payload))):
        with pytest.raises(SignatureBad):
            verify_raw(key, Purpose.ORDER, payload, made)


@given(payload=st.binary(max_size=100))
@FEW
def test_a_signed_payload_is_a_message_or_malformed(payload: bytes) -> None:
    signed = sign(KEY, Purpose.BEACON, payload)
    try:
        message = verify_message(KEY.public_bytes, Purpose.BEACON, BeaconPayload, signed)
    except Malformed:
        return
    assert codec.parse(BeaconPayload, payload) == message


def directory_key(number: int, use: KeyUse, begin_ms: int, end_ms: int) -> DirectoryKey:
    size = {KeyUse.ISSUER_SEAL: 1216, KeyUse.VALIDITY_SEAL: 1216, KeyUse.PAPER: 33}.get(use, 32)
    public = number.to_bytes(2, "big") + bytes(size - 2)
    return DirectoryKey(key_id(public), use, public, begin_ms, end_ms)


HOUR_MS = 3_600_000
OFFSETS = st.integers(-30, 30).map(lambda hours: BEGIN_MS + hours * HOUR_MS)
DIRECTORY_KEYS = st.lists(st.tuples(st.sampled_from(KeyUse), OFFSETS, OFFSETS), max_size=8).map(
    lambda rows: tuple(directory_key(number, *row) for number, row in enumerate(rows))
)


def payload_with(keys: tuple[DirectoryKey, ...], *, sequence: int = 1, hours: int = 24) -> DirectoryPayload:
    return DirectoryPayload("139998", sequence, BEGIN_MS, BEGIN_MS + hours * HOUR_MS, keys)


@given(keys=DIRECTORY_KEYS, now_ms=OFFSETS, sequence=st.integers(1, 3), seen=st.integers(1, 3), hours=st.integers(1, 24))
@settings(FEW, max_examples=150)
def test_a_directory_counts_in_its_time_and_gives_keys_in_theirs(
    keys: tuple[DirectoryKey, ...], now_ms: int, sequence: int, seen: int, hours: int
) -> None:
    payload = payload_with(keys, sequence=sequence, hours=hours)
    signed = sign_directory(KEY, payload)

    def verified() -> Directory:
        return verify_directory(signed, root_public=KEY.public_bytes, authority="139998", now_ms=now_ms, sequence_min=seen)

    if not (BEGIN_MS <= now_ms < BEGIN_MS + hours * HOUR_MS and sequence >= seen):
        with pytest.raises(DirectoryStale):
            verified()
        return
    directory = verified()
    assert directory.payload == payload
    for key in keys:
        assert directory.by_id(key.key_id) == key
    for use in KeyUse:
        in_date = [key for key in keys if key.use is use and key.not_before_ms <= now_ms < key.not_after_ms]
        if not in_date:
            with pytest.raises(DirectoryStale):
                directory.current(use, now_ms)
            continue
        current = directory.current(use, now_ms)
        assert current in in_date
        assert current.not_before_ms == max(key.not_before_ms for key in in_date)


@given(untrusted=st.binary(max_size=300))
@FEW
def test_any_bytes_as_a_directory_refuse(untrusted: bytes) -> None:
    for signed in (untrusted, sign(KEY, Purpose.DIRECTORY, untrusted)):
        with pytest.raises(Malformed):
            verify_directory(signed, root_public=KEY.public_bytes, authority="139998", now_ms=BEGIN_MS)


@pytest.mark.promise("C4")
def test_every_flipped_bit_of_a_directory_refuses() -> None:
    signed = sign_directory(KEY, payload_with((directory_key(1, KeyUse.ANSWER, BEGIN_MS, BEGIN_MS + HOUR_MS),)))
    verify_directory(signed, root_public=KEY.public_bytes, authority="139998", now_ms=BEGIN_MS)
    for at, bit in itertools.product(range(len(signed)), range(8)):
        changed = signed[:at] + bytes([signed[at] ^ 1 << bit]) + signed[at + 1 :]
        with pytest.raises((SignatureBad, Malformed)):
            verify_directory(changed, root_public=KEY.public_bytes, authority="139998", now_ms=BEGIN_MS)


@given(begin=st.integers(0, 2**53) | st.just(2**53 - 1), length=st.integers(-1000, 2 * DIRECTORY_AGE_MS_MAX))
@FEW
def test_no_directory_over_24_hours_is_signed(begin: int, length: int) -> None:
    payload = msgspec.structs.replace(payload_with(()), not_before_ms=begin, not_after_ms=begin + length)
    if 0 < length <= DIRECTORY_AGE_MS_MAX and begin + length <= 2**53:
        assert verify(KEY.public_bytes, Purpose.DIRECTORY, sign_directory(KEY, payload)) == codec.encode(payload)
        return
    with pytest.raises(Malformed):
        sign_directory(KEY, payload)
