"""Trust lists and void lists: only what root and recorder signed, found by number, cut from the oldest day."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from msgspec import structs

from akashi.sealing.errors import SignatureBad
from akashi.sealing.keys import SigningKey
from akashi.sealing.paper_trust import (
    Voided,
    VoidState,
    sign_trust_list,
    verify_trust_list,
    verify_void_list,
    void_entries,
    void_hash,
)
from akashi.sealing.signing import Purpose, sign_message
from akashi.wire import codec
from akashi.wire.codec import Malformed
from akashi.wire.messages import DirectoryKey, KeyUse, Signed, VoidListPayload
from akashi.wire.transcript import key_id, labelled_hash
from unit.verifier.made_paper import DAY, NOW_MS, NUMBER, OTHER_NUMBER, MadeCity

CITY = MadeCity()
TRUST = verify_trust_list(CITY.trust_list(), root_public=CITY.root.public_bytes)


def _number(index: int) -> str:
    return f"139998-{index:04}-0000-0000-0000"


def test_keys_are_found_by_use_and_id() -> None:
    assert TRUST.payload.municipality == "139998"
    key = TRUST.by_id(KeyUse.PAPER, CITY.paper.key_id)
    assert key is not None
    assert key.public == CITY.paper.public_bytes
    assert TRUST.by_id(KeyUse.DOCUMENT, CITY.paper.key_id) is None
    assert TRUST.by_id(KeyUse.PAPER, bytes(8)) is None
    assert [each.public for each in TRUST.of_use(KeyUse.DOCUMENT)] == [CITY.certificate]


def test_a_trust_list_by_another_root_or_for_another_purpose_refuses() -> None:
    payload = codec.encode(TRUST.payload)
    for root, signed in (
        (SigningKey.generate().public_bytes, CITY.trust_list()),
        (CITY.root.public_bytes, sign_message(CITY.root, Purpose.DIRECTORY, TRUST.payload)),
        (CITY.root.public_bytes, codec.encode(Signed(payload, CITY.root.key_id, bytes(64)))),
    ):
        with pytest.raises(SignatureBad):
            verify_trust_list(signed, root_public=root)


@pytest.mark.parametrize("use", sorted(set(KeyUse) - {KeyUse.PAPER, KeyUse.DOCUMENT, KeyUse.RECEIPT}))
def test_keys_of_other_uses_have_no_place_in_it(use: KeyUse) -> None:
    public = bytes(1216) if use in (KeyUse.ISSUER_SEAL, KeyUse.VALIDITY_SEAL) else bytes(32)
    with pytest.raises(Malformed):
        CITY.trust_list(keys=(DirectoryKey(key_id(public), use, public, 0, NOW_MS),))


@pytest.mark.parametrize("public", [bytes(32), bytes(65)])
def test_a_paper_key_has_33_bytes(public: bytes) -> None:
    with pytest.raises(Malformed):
        CITY.trust_list(keys=(DirectoryKey(key_id(public), KeyUse.PAPER, public, 0, NOW_MS),))


def test_what_no_verifier_would_take_is_not_signed() -> None:
    twice = (TRUST.payload.keys[0],) * 2
    for payload in (
        structs.replace(TRUST.payload, keys=twice),
        structs.replace(TRUST.payload, municipality="1399"),
        structs.replace(TRUST.payload, city_name="証野市\u202e"),
        structs.replace(TRUST.payload, sequence=0),
    ):
        with pytest.raises(Malformed):
            sign_trust_list(CITY.root, payload)


@pytest.mark.promise("C15")
def test_what_is_void_is_found_and_nothing_else() -> None:
    voided = {_number(index): Voided(VoidState(1 + index % 2), DAY + timedelta(days=index % 9)) for index in range(300)}
    listed = verify_void_list(CITY.void_list(voided), TRUST)
    for number, expected in voided.items():
        assert listed.find(number) == expected
    assert listed.find(NUMBER) is None
    assert listed.complete_from() == date(1970, 1, 1)
    assert len(listed.payload.entries) == 300 * 11
    assert verify_void_list(CITY.void_list({}), TRUST).find(NUMBER) is None


@pytest.mark.promise("C15")
def test_of_too_many_the_oldest_days_are_left_out_and_that_is_said() -> None:
    voided = {void_hash(_number(index)): Voided(VoidState.VOID, DAY + timedelta(days=index // 10)) for index in range(100)}
    entries, complete = void_entries(voided, entries_max=55)
    assert complete == DAY + timedelta(days=5)
    assert len(entries) == 50 * 11
    payload = VoidListPayload("139998", NOW_MS, 9, (complete - date(1970, 1, 1)).days, entries)
    listed = verify_void_list(sign_message(CITY.receipt, Purpose.VOID_LIST, payload), TRUST)
    assert listed.complete_from() == complete
    assert listed.find(_number(49)) is None
    assert listed.find(_number(50)) == Voided(VoidState.VOID, complete)


def test_a_void_list_by_anybody_else_refuses() -> None:
    payload = VoidListPayload("139998", NOW_MS, 1, 0, b"")
    other_city = structs.replace(payload, municipality="131008")
    for signed in (
        sign_message(SigningKey.generate(), Purpose.VOID_LIST, payload),
        sign_message(CITY.root, Purpose.VOID_LIST, payload),
        sign_message(CITY.receipt, Purpose.RECEIPT, payload),
        sign_message(CITY.receipt, Purpose.VOID_LIST, other_city),
    ):
        with pytest.raises(SignatureBad):
            verify_void_list(signed, TRUST)


@pytest.mark.parametrize(
    "entries",
    [
        b"x",
        bytes(11),
        bytes(10) + b"\x03",
        (bytes(8) + b"\0\0\x01") * 2,
        b"\x02" + bytes(9) + b"\x01" + b"\x01" + bytes(9) + b"\x01",
    ],
    ids=["length", "state 0", "state 3", "twice", "falling"],
)
def test_entries_of_another_form_refuse(entries: bytes) -> None:
    payload = VoidListPayload("139998", NOW_MS, 1, 0, entries)
    with pytest.raises(Malformed):
        verify_void_list(sign_message(CITY.receipt, Purpose.VOID_LIST, payload), TRUST)


def test_what_stands_for_a_number() -> None:
    assert void_hash(OTHER_NUMBER) == labelled_hash("akashi/void/1", OTHER_NUMBER.encode())[:8]
