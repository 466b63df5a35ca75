"""Hashes: framing and labels keep every use and every split of the bytes apart."""

from __future__ import annotations

import hashlib

import msgspec
import pytest

from akashi.wire import transcript
from akashi.wire.codec import Malformed
from akashi.wire.messages import EligibilityRequest

REQUEST = EligibilityRequest(
    salt=b"\1" * 32,
    suite="jpki-rsa2048-sha256-v15",
    kem_public=b"\2" * 1216,
    sign_public=b"\3" * 32,
    session_secret=b"\4" * 32,
    build="kiosk-1",
    service="juminhyo",
    directory_sequence=5,
    beacon=b"beacon",
    card_certificate=b"\6" * 900,
    card_signature=b"\7" * 256,
    kiosk_certificate=b"\b" * 300,
    kiosk_signature=b"\t" * 64,
    deadline_ms=30_000,
)
KEY_ID = b"12345678"
COVERED_BY_TRANSCRIPT_ONLY = {"beacon", "card_certificate"}
NOT_COVERED = {"card_signature", "kiosk_signature", "deadline_ms"}


def root_of(request: EligibilityRequest, municipality: str = "139998", issuer_key_id: bytes = KEY_ID) -> bytes:
    return transcript.root_hash(request, municipality=municipality, issuer_key_id=issuer_key_id)


def transcript_of(request: EligibilityRequest) -> bytes:
    root = root_of(request)
    return transcript.transcript_hash(beacon=request.beacon, card_certificate=request.card_certificate, root=root)


def test_framing_is_length_then_bytes() -> None:
    assert transcript.lp(b"") == b"\0\0\0\0"
    assert transcript.lp(b"abc") == b"\0\0\0\3abc"


def test_a_labelled_hash_is_sha256_over_the_framed_parts() -> None:
    framed = b"\0\0\0\1L" + b"\0\0\0\2ab" + b"\0\0\0\0"
    assert transcript.labelled_hash("L", b"ab", b"") == hashlib.sha256(framed).digest()


def test_the_same_bytes_split_otherwise_hash_otherwise() -> None:
    splits = [(b"ab", b"c"), (b"a", b"bc"), (b"abc",), (b"abc", b""), (b"", b"abc")]
    assert len({transcript.labelled_hash("label", *parts) for parts in splits}) == len(splits)
    assert transcript.labelled_hash("label", b"x") != transcript.labelled_hash("labelx")


def test_each_use_has_a_hash_of_its_own() -> None:
    data = b"\0" * 32
    uses = (
        transcript.header_hash,
        transcript.envelope_hash,
        transcript.request_hash,
        transcript.order_hash,
        transcript.certificate_hash,
    )
    hashes = {use(data) for use in uses} | {transcript.intent_commitment(b"", data), transcript.intent_commitment(data, b"")}
    assert len(hashes) == len(uses) + 2
    assert {len(value) for value in hashes} == {transcript.HASH_BYTES}


def test_a_key_id_is_the_start_of_the_hash() -> None:
    assert transcript.key_id(b"key") == hashlib.sha256(b"key").digest()[:8]


def other(value: object) -> object:
    if isinstance(value, bytes):
        return bytes([value[0] ^ 1]) + value[1:]
    return value + 1 if isinstance(value, int) else f"{value}x"


@pytest.mark.promise("C4", "C7")
@pytest.mark.parametrize("name", EligibilityRequest.__struct_fields__)
def test_every_field_of_the_request_is_under_the_cards_signature_or_known_not_to_be(name: str) -> None:
    changed = msgspec.structs.replace(REQUEST, **{name: other(getattr(REQUEST, name))})
    assert (root_of(changed) == root_of(REQUEST)) is (name in COVERED_BY_TRANSCRIPT_ONLY | NOT_COVERED)
    assert (transcript_of(changed) == transcript_of(REQUEST)) is (name in NOT_COVERED)


@pytest.mark.promise("C4")
def test_municipality_and_issuer_key_of_the_header_are_under_the_cards_signature() -> None:
    assert len({root_of(REQUEST), root_of(REQUEST, "131008"), root_of(REQUEST, issuer_key_id=b"12345679")}) == 3


@pytest.mark.parametrize("serial", [0, -1, 1 << 160])
def test_a_serial_that_no_certificate_has_is_malformed(serial: int) -> None:
    with pytest.raises(Malformed):
        transcript.card_link(b"dn", serial)


@pytest.mark.promise("C4")
def test_a_subject_token_belongs_to_one_card_in_one_session() -> None:
    tokens = {
        transcript.subject_token(secret, transcript.card_link(dn, serial))
        for secret in (bytes(32), b"\1" * 32)
        for dn in (b"dn", b"dn2")
        for serial in (1, 256, (1 << 160) - 1)
    }
    assert len(tokens) == 12
    assert transcript.subject_token(bytes(32), transcript.card_link(b"dn", 1)) in tokens


@pytest.mark.promise("C4")
def test_a_row_and_a_person_are_named_for_one_session_only() -> None:
    rows = {transcript.subject_row_hash(session, number) for session in (bytes(32), b"\1" * 32) for number in ("1" * 10, "2" * 10)}
    people = {
        transcript.person_hash(session, name, born)
        for session in (bytes(32), b"\1" * 32)
        for name, born in (("朝倉", "昭和1年"), ("朝", "倉昭和1年"), ("朝倉", "昭和2年"))
    }
    assert len(rows | people) == 4 + 6
