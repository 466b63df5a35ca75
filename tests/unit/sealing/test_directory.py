"""Directories: who signs them, how long they count, which key is used when."""

from __future__ import annotations

import msgspec
import pytest

from akashi.sealing.directory import DIRECTORY_AGE_MS_MAX, Directory, sign_directory, verify_directory
from akashi.sealing.errors import DirectoryStale, SignatureBad
from akashi.sealing.keys import SigningKey
from akashi.sealing.signing import Purpose, sign_message
from akashi.wire.codec import Malformed
from akashi.wire.errors import WireCode
from akashi.wire.messages import BeaconPayload, DirectoryKey, DirectoryPayload, KeyUse
from akashi.wire.transcript import key_id

HOUR_MS = 3_600_000
BEGIN_MS = 1_795_392_000_000
END_MS = BEGIN_MS + 24 * HOUR_MS
ROOT = SigningKey.from_bytes(bytes(32))
OLD, NEW, RECEIPT = (SigningKey.from_bytes(bytes([n]) * 32) for n in (1, 2, 3))


def named(key: SigningKey, use: KeyUse, begin_ms: int = BEGIN_MS, end_ms: int = END_MS) -> DirectoryKey:
    return DirectoryKey(key.key_id, use, key.public_bytes, begin_ms, end_ms)


PAYLOAD = DirectoryPayload(
    "139998",
    7,
    BEGIN_MS,
    END_MS,
    (
        named(OLD, KeyUse.ANSWER, end_ms=BEGIN_MS + 14 * HOUR_MS),
        named(NEW, KeyUse.ANSWER, begin_ms=BEGIN_MS + 12 * HOUR_MS),
        named(RECEIPT, KeyUse.RECEIPT),
    ),
)


def verified(
    signed: bytes, now_ms: int = BEGIN_MS, *, sequence_min: int = 1, authority: str = "139998", root: SigningKey = ROOT
) -> Directory:
    return verify_directory(signed, root_public=root.public_bytes, authority=authority, now_ms=now_ms, sequence_min=sequence_min)


SIGNED = sign_directory(ROOT, PAYLOAD)
DIRECTORY = verified(SIGNED)


def test_the_current_key_changes_with_time() -> None:
    for hours, key in ((0, OLD), (11, OLD), (12, NEW), (13, NEW), (23, NEW)):
        assert DIRECTORY.current(KeyUse.ANSWER, BEGIN_MS + hours * HOUR_MS).key_id == key.key_id


def test_a_key_begins_with_its_first_and_ends_before_its_last_millisecond() -> None:
    begin_ms = BEGIN_MS + 12 * HOUR_MS
    assert DIRECTORY.current(KeyUse.ANSWER, begin_ms - 1).key_id == OLD.key_id
    assert DIRECTORY.current(KeyUse.ANSWER, begin_ms).key_id == NEW.key_id


def test_a_use_without_key_is_stale() -> None:
    with pytest.raises(DirectoryStale) as refused:
        DIRECTORY.current(KeyUse.REGISTRY, BEGIN_MS)
    assert refused.value.code is WireCode.DIRECTORY_STALE


@pytest.mark.parametrize("now_ms", [BEGIN_MS - 1, END_MS, END_MS + HOUR_MS])
def test_a_directory_that_has_run_out_gives_no_key_even_if_it_was_verified_before(now_ms: int) -> None:
    signed = sign_message(NEW, Purpose.ANSWER, BeaconPayload(0, bytes(16)))
    with pytest.raises(DirectoryStale):
        DIRECTORY.current(KeyUse.RECEIPT, now_ms)
    with pytest.raises(DirectoryStale):
        DIRECTORY.verify(signed, use=KeyUse.ANSWER, purpose=Purpose.ANSWER, now_ms=now_ms)


def test_by_id_finds_keys_in_date_or_not() -> None:
    assert DIRECTORY.by_id(NEW.key_id).public == NEW.public_bytes
    with pytest.raises(DirectoryStale):
        DIRECTORY.by_id(ROOT.key_id)


def test_while_keys_change_both_verify() -> None:
    message = BeaconPayload(5, bytes(16))
    for hours, good in ((0, {OLD}), (12, {OLD, NEW}), (13, {OLD, NEW}), (14, {NEW})):
        now_ms = BEGIN_MS + hours * HOUR_MS
        for key in (OLD, NEW):
            signed = sign_message(key, Purpose.ANSWER, message)
            if key in good:
                found = DIRECTORY.verify_message(BeaconPayload, signed, use=KeyUse.ANSWER, purpose=Purpose.ANSWER, now_ms=now_ms)
                assert found == message
                continue
            with pytest.raises(SignatureBad):
                DIRECTORY.verify(signed, use=KeyUse.ANSWER, purpose=Purpose.ANSWER, now_ms=now_ms)


@pytest.mark.promise("C4")
def test_a_key_counts_for_its_own_use_only() -> None:
    for key in (RECEIPT, ROOT):
        signed = sign_message(key, Purpose.ANSWER, BeaconPayload(5, bytes(16)))
        with pytest.raises(SignatureBad):
            DIRECTORY.verify(signed, use=KeyUse.ANSWER, purpose=Purpose.ANSWER, now_ms=BEGIN_MS)
    with pytest.raises(SignatureBad):
        DIRECTORY.verify(
            sign_message(OLD, Purpose.RECEIPT, BeaconPayload(5, bytes(16))),
            use=KeyUse.ANSWER,
            purpose=Purpose.ANSWER,
            now_ms=BEGIN_MS,
        )
    with pytest.raises(Malformed):
        DIRECTORY.verify(b"", use=KeyUse.ANSWER, purpose=Purpose.ANSWER, now_ms=BEGIN_MS)


def test_the_pinned_root_speaks_for_its_own_authority() -> None:
    for root, authority in ((OLD, "139998"), (ROOT, "131008"), (ROOT, "center")):
        with pytest.raises(SignatureBad):
            verified(SIGNED, root=root, authority=authority)


@pytest.mark.promise("C23")
def test_an_older_sequence_is_stale() -> None:
    assert verified(SIGNED, sequence_min=7).payload == PAYLOAD
    with pytest.raises(DirectoryStale):
        verified(SIGNED, sequence_min=8)


@pytest.mark.promise("C23")
def test_a_directory_counts_for_24_hours_whatever_it_says() -> None:
    year = msgspec.structs.replace(PAYLOAD, not_after_ms=BEGIN_MS + 365 * 24 * HOUR_MS)
    signed = sign_message(ROOT, Purpose.DIRECTORY, year)
    directory = verified(signed, END_MS - 1)
    with pytest.raises(DirectoryStale):
        verified(signed, END_MS)
    with pytest.raises(DirectoryStale):
        directory.current(KeyUse.RECEIPT, END_MS)


@pytest.mark.parametrize(
    "payload",
    [
        msgspec.structs.replace(PAYLOAD, not_after_ms=BEGIN_MS + DIRECTORY_AGE_MS_MAX + 1),
        msgspec.structs.replace(PAYLOAD, not_after_ms=BEGIN_MS),
        msgspec.structs.replace(PAYLOAD, sequence=0),
        msgspec.structs.replace(PAYLOAD, authority="city of roses"),
        msgspec.structs.replace(PAYLOAD, keys=(named(OLD, KeyUse.ANSWER), named(OLD, KeyUse.RECEIPT))),
        msgspec.structs.replace(PAYLOAD, keys=(named(OLD, KeyUse.ISSUER_SEAL),)),
        msgspec.structs.replace(PAYLOAD, keys=(msgspec.structs.replace(named(OLD, KeyUse.ANSWER), key_id=bytes(8)),)),
        msgspec.structs.replace(PAYLOAD, revoked_kiosks=("K 1",)),
    ],
    ids=["over 24 h", "no time", "sequence 0", "authority", "two uses", "length", "key id", "kiosk name"],
)
def test_the_root_signs_nothing_that_no_verifier_takes(payload: DirectoryPayload) -> None:
    with pytest.raises(Malformed):
        sign_directory(ROOT, payload)


def test_a_certificate_is_named_by_its_der() -> None:
    der = bytes(range(200))
    key = DirectoryKey(key_id(der), KeyUse.DOCUMENT, der, BEGIN_MS, END_MS)
    signed = sign_directory(ROOT, msgspec.structs.replace(PAYLOAD, keys=(key,), revoked_kiosks=("K0001",)))
    directory = verified(signed)
    assert directory.current(KeyUse.DOCUMENT, BEGIN_MS).public == der
    assert directory.payload.revoked_kiosks == ("K0001",)
