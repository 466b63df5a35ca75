"""The desk: what a taken-over issuer cannot ask of a register, and what a block of a minute ago stops."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import structs

from akashi.base.ports import Caller
from akashi.registers.desk import Desk
from akashi.registers.errors import RecordChanging
from akashi.sealing.keys import SigningKey
from akashi.wire.certificates import Choice, Kind
from akashi.wire.errors import Refused, WireCode
from akashi.wire.kinds import Registry
from akashi.wire.messages import KeyUse, ReadRecordCall
from akashi.wire.transcript import subject_row_hash
from unit.registers.asker import CITY, ISSUER, NOW_MS, Asker, Clock, deployment, issue_number, number

STRANGER = SigningKey.from_bytes(b"\x2a" * 32)


def desk(asker: Asker, **settings: Any) -> Desk:
    given: dict[str, Any] = {"municipality": CITY, "sessions_max": 8, **settings}
    return Desk(Registry.SEALS, asker.trust(), clock=asker.clock, **given)


def refusal(one: Desk, call: ReadRecordCall, caller: Caller = ISSUER) -> WireCode | None:
    try:
        one.check_read(caller, call)
    except Refused as refused:
        return refused.code
    return None


@pytest.mark.promise("C4")
def test_a_right_call_is_let_in_with_the_person_of_the_ticket() -> None:
    asker = Asker(Clock())
    asked = desk(asker).check_read(ISSUER, asker.read_call(asker.order(Kind.INKAN), person=("朝倉 美咲", "昭和57年4月19日")))
    assert asked.ticket.resident_no == number(1)
    asked.check_same_person("朝倉 美咲", "昭和57年4月19日")
    for name, born in (("朝倉 美咲 ", "昭和57年4月19日"), ("朝倉 美咲", "昭和57年4月20日"), ("", "")):
        with pytest.raises(RecordChanging):
            asked.check_same_person(name, born)
    assert asked.subject_row(number(2)) == subject_row_hash(asker.transcript, number(2))


@pytest.mark.promise("C4", "C23")
@pytest.mark.parametrize("signer", ["ticket", "standing", "receipt", "order"])
def test_whatever_another_key_signed_is_refused(signer: str) -> None:
    for key in (STRANGER, deployment().city.seals, deployment().city.answer):
        asker = Asker(Clock())
        asker.signers[signer] = key
        assert refusal(desk(asker), asker.read_call(asker.order(Kind.INKAN))) is WireCode.SIGNATURE_BAD


@pytest.mark.promise("C4", "C23")
@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ({"ticket": {"municipality": "011002"}}, WireCode.CITY_UNKNOWN),
        ({"ticket": {"not_after_ms": NOW_MS}}, WireCode.GRANT_ENDED),
        ({"ticket": {"subject_token": bytes(32)}}, WireCode.SIGNATURE_BAD),
        ({"ticket": {"card_link": bytes(32)}}, WireCode.SIGNATURE_BAD),
        ({"ticket": {"transcript": bytes(32)}}, WireCode.SIGNATURE_BAD),
        ({"ticket": {"resident_no": number(2)}}, WireCode.SIGNATURE_BAD),
        ({"ticket": {"kiosk_id": "K0002"}}, WireCode.CONTRADICTION),
        ({"session_secret": bytes(32)}, WireCode.SIGNATURE_BAD),
        ({"standing": {"transcript": bytes(32)}}, WireCode.SIGNATURE_BAD),
        ({"standing": {"order_hash": bytes(32)}}, WireCode.SIGNATURE_BAD),
        ({"standing": {"issue_number": issue_number(2)}}, WireCode.SIGNATURE_BAD),
        ({"standing": {"resident_no": number(2)}}, WireCode.SIGNATURE_BAD),
        ({"standing": {"subject_token": bytes(32)}}, WireCode.SIGNATURE_BAD),
        ({"standing": {"not_after_ms": NOW_MS}}, WireCode.DEADLINE_PASSED),
        ({"intent": {"municipality": "011002"}}, WireCode.CONTRADICTION),
        ({"intent": {"issue_number": issue_number(2)}}, WireCode.CONTRADICTION),
        ({"intent": {"commitment": bytes(32)}}, WireCode.CONTRADICTION),
        ({"intent_salt": bytes(32)}, WireCode.CONTRADICTION),
        ({"issue_number": f"011002{issue_number(1)[6:]}"}, WireCode.MALFORMED),
        ({"intent": {}, "receipt": b""}, WireCode.MALFORMED),
    ],
)
def test_words_that_do_not_belong_together_are_refused(parts: dict[str, Any], code: WireCode) -> None:
    asker = Asker(Clock())
    assert refusal(desk(asker), asker.read_call(asker.order(Kind.INKAN), **parts)) is code


@pytest.mark.promise("C4")
@pytest.mark.parametrize(
    ("kind", "changes", "code"),
    [
        (Kind.INKAN, {}, None),
        (Kind.INKAN, {"members": (0,)}, WireCode.MALFORMED),
        (Kind.INKAN, {"year": 2026}, WireCode.MALFORMED),
        (Kind.INKAN, {"choices": (Choice.HONSEKI,)}, WireCode.MALFORMED),
        (Kind.INKAN, {"transcript": bytes(32)}, WireCode.SIGNATURE_BAD),
        (Kind.JUMINHYO, {}, WireCode.MALFORMED),
        (Kind.KAZEI, {}, WireCode.MALFORMED),
        (Kind.FUHYO, {}, WireCode.MALFORMED),
    ],
)
def test_only_orders_of_its_own_kinds_and_of_one_form_are_answered(
    kind: Kind, changes: dict[str, Any], code: WireCode | None
) -> None:
    asker = Asker(Clock())
    assert refusal(desk(asker), asker.read_call(asker.order(kind, **changes))) is code


@pytest.mark.promise("C4")
def test_without_a_fresh_word_of_the_resident_register_nobody_is_served() -> None:
    """A block that was set after the ticket was given: core/residents confirms no more, so no register reads."""
    asker = Asker(Clock())
    one = desk(asker)
    call = asker.read_call(asker.order(Kind.INKAN))
    assert refusal(one, structs.replace(call, standing=b"")) is WireCode.MALFORMED
    assert refusal(one, call) is None
    asker.clock.time_ms += 60_000
    assert refusal(one, call) is WireCode.DEADLINE_PASSED


@pytest.mark.promise("C4", "C23")
def test_only_the_issuer_asks_and_only_from_kiosks_in_good_standing() -> None:
    asker = Asker(Clock())
    call, held = asker.read_call(asker.order(Kind.INKAN)), asker.held_call()
    for name in ("dmz/transfer", "issuance/checker", "core/residents", "core/taxes", "vault/recorder"):
        assert refusal(desk(asker), call, Caller(name)) is WireCode.CALLER_REFUSED
        with pytest.raises(Refused, match="CALLER_REFUSED"):
            desk(asker).check_held(Caller(name), held)
    assert desk(asker).check_held(ISSUER, held).resident_no == number(1)
    asker.revoked = ("K0001",)
    assert refusal(desk(asker), call) is WireCode.KIOSK_UNTRUSTED
    with pytest.raises(Refused, match="KIOSK_UNTRUSTED"):
        desk(asker).check_held(ISSUER, held)


@pytest.mark.promise("C4", "C23")
def test_a_number_is_one_order_and_one_issue_number() -> None:
    asker = Asker(Clock())
    one = desk(asker)
    first = asker.read_call(asker.order(Kind.INKAN, 2))
    assert refusal(one, first) is None
    assert refusal(one, first) is None  # a lost answer is asked for again
    other = asker.order(Kind.INKAN, 2, fee_yen=0)
    assert refusal(one, asker.read_call(other)) is WireCode.CONTRADICTION
    assert refusal(one, asker.read_call(asker.order(Kind.INKAN, 1))) is WireCode.GRANT_ORDER
    assert refusal(one, asker.read_call(asker.order(Kind.INKAN, 3))) is None
    another = Asker(asker.clock, place=2, tag=2)
    assert refusal(one, another.read_call(another.order(Kind.INKAN, 1))) is None


def test_a_desk_is_busy_rather_than_forgetful() -> None:
    asker = Asker(Clock())
    one = desk(asker, sessions_max=1)
    assert refusal(one, asker.read_call(asker.order(Kind.INKAN))) is None
    second = Asker(asker.clock, tag=2)
    later = second.read_call(second.order(Kind.INKAN), ticket={"not_after_ms": NOW_MS + 4_000_000})
    assert refusal(one, later) is WireCode.BUSY
    asker.clock.time_ms += 1_800_000
    fresh = second.read_call(second.order(Kind.INKAN), ticket={"not_after_ms": NOW_MS + 4_000_000})
    assert refusal(one, fresh) is None


@pytest.mark.promise("C4")
def test_only_a_register_that_gives_tickets_itself_takes_its_own() -> None:
    asker = Asker(Clock())
    asker.signers["ticket"] = deployment().city.koseki
    with pytest.raises(Refused, match="SIGNATURE_BAD"):
        desk(asker).check_held(ISSUER, asker.held_call())
    own = Desk(
        Registry.KOSEKI,
        asker.trust(),
        clock=asker.clock,
        municipality=CITY,
        sessions_max=8,
        own_tickets=KeyUse.KOSEKI,
    )
    assert own.check_held(ISSUER, asker.held_call()).resident_no == number(1)
    assert refusal(own, asker.read_call(asker.order(Kind.KOSEKI_ZENBU), standing={})) is None
