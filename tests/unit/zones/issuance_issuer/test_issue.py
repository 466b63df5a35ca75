"""Orders: what is issued, what is refused and with which code, and what a number becomes."""

from __future__ import annotations

import hashlib
import re
from typing import Any

import pytest

from akashi.documents.compose import GlyphMissing, TextOverflow
from akashi.rules.states import State
from akashi.sealing.keys import SigningKey
from akashi.sealing.padding import SizeClass
from akashi.sealing.signing import Purpose, sign_message
from akashi.wire import codec
from akashi.wire.certificates import Choice, Kind
from akashi.wire.errors import Refused, WireCode
from akashi.wire.messages import (
    IntentEntry,
    IssueOrder,
    IssueRequest,
    JourneyClass,
    LedgerEntry,
    OutcomeRecorded,
    SealedEntry,
    StopEntry,
    StopScope,
)
from unit.zones.issuance_issuer.stage import TRANSFER, Stage, run, step
from unit.zones.issuance_issuer.visitor import Visitor, frame_of

SEALED_MEDIUM = SizeClass.MEDIUM + 1136


@pytest.fixture
def visitor(stage: Stage) -> Visitor:
    made = Visitor(stage, kiosk=1)
    made.open_grant()
    stage.link.calls.clear()
    return made


def plain_code(stage: Stage, frame: bytes) -> WireCode:
    with pytest.raises(Refused) as refused:
        stage.forward(frame)
    return refused.value.code


def kinds(entries: list[LedgerEntry]) -> list[type[LedgerEntry]]:
    return [type(entry) for entry in entries]


@pytest.mark.promise("C4")
@pytest.mark.promise("C10")
def test_a_certificate_comes_with_its_intent_durable_first(stage: Stage, visitor: Visitor) -> None:
    answer = visitor.issue()
    assert re.fullmatch(r"139998(-[0-9A-HJKMNP-TV-Z]{4}){4}", answer.issue_number)
    assert (answer.number, answer.kind, answer.fee_yen) == (1, Kind.JUMINHYO, 200)
    assert "朝倉氏名目印/name".encode() in answer.pdf
    assert stage.link.calls == ["append", "read_record", "attest_certificate", "append"]
    assert kinds(stage.recorder.entries) == [IntentEntry, SealedEntry]
    assert stage.residents.reads == [answer.issue_number]
    assert stage.recorder.state(answer.issue_number) is State.SEALED


def test_the_ledger_gets_the_hash_of_the_sealed_bytes(stage: Stage, visitor: Visitor) -> None:
    sealed = stage.forward(frame_of(visitor.order()))
    (entry,) = stage.recorder.of_kind(SealedEntry)
    assert isinstance(entry, SealedEntry)
    assert entry.answer_hash == hashlib.sha256(sealed).digest()


def test_a_grants_orders_are_numbered_one_two_three(stage: Stage, visitor: Visitor) -> None:
    numbers = [visitor.issue(number).issue_number for number in (1, 2, 3)]
    assert len(set(numbers)) == 3
    assert visitor.refused(visitor.order(5)) is WireCode.GRANT_ORDER
    assert visitor.issue(4).number == 4
    assert len(stage.recorder.of_kind(IntentEntry)) == 4


def test_the_last_order_of_a_grant(stage: Stage, visitor: Visitor) -> None:
    stage.change_policy(certificates_max=2)
    visitor.issue(1)
    visitor.issue(2)
    assert visitor.refused(visitor.order(3)) is WireCode.GRANT_ENDED


@pytest.mark.promise("C4")
def test_a_kiosk_revoked_in_the_middle_of_a_grant_orders_nothing_more(stage: Stage, visitor: Visitor) -> None:
    visitor.issue(1)
    stage.renew_center(sequence=2, revoked_kiosks=("K0001", "K0007"))
    assert visitor.refused(visitor.order(2)) is WireCode.KIOSK_UNTRUSTED
    assert stage.link.calls[-1:] == ["attest_refusal"]
    assert len(stage.residents.reads) == len(stage.recorder.of_kind(IntentEntry)) == 1
    stage.renew_center(sequence=3)
    assert visitor.issue(2).number == 2  # the refusal used no number up


@pytest.mark.promise("C1")
@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"choices": (Choice.JUMINHYO_CODE,)}, WireCode.OPTION_OFF),
        ({"choices": (Choice.HONSEKI, Choice.RELATIONSHIP)}, WireCode.MALFORMED),
        ({"members": (1, 0)}, WireCode.MALFORMED),
        ({"fee_yen": 0}, WireCode.FEE_CHANGED),
        ({"fee_yen": 210}, WireCode.FEE_CHANGED),
    ],
)
def test_the_citys_rules_refuse_before_anything_is_read(
    stage: Stage, visitor: Visitor, change: dict[str, Any], code: WireCode
) -> None:
    journey = visitor.order(**change)
    sealed = stage.forward(frame_of(journey))
    assert len(sealed) == SEALED_MEDIUM
    assert stage.checker.refused == [code]
    assert stage.link.calls == ["attest_refusal"]
    assert stage.rows("SELECT * FROM numbers") == []
    # the refused order used its number up: the same bytes for it, and the next order is number 2
    assert stage.forward(frame_of(journey)) == sealed
    assert visitor.issue(2).number == 2


@pytest.mark.promise("C1")
def test_hours_and_kinds_are_decided_at_the_moment_of_the_order(stage: Stage) -> None:
    stage.clock.add(int(10.9 * 3_600_000))
    visitor = Visitor(stage, kiosk=1)
    visitor.open_grant()
    visitor.issue(1)
    stage.clock.add(10 * 60_000)
    assert visitor.refused(visitor.order(2)) is WireCode.CLOSED_HOURS
    stage.change_policy(kinds={})
    assert visitor.refused(visitor.order(3)) is WireCode.KIND_OFF


@pytest.mark.promise("C4")
def test_an_order_not_signed_by_the_session_is_refused_and_uses_nothing_up(stage: Stage, visitor: Visitor) -> None:
    stranger = Visitor(stage, "井手", kiosk=1, seed=9)
    forged = IssueOrder(visitor.transcript, 1, Kind.JUMINHYO, (0,), (), 0, 200, None, 30_000)
    signed = sign_message(SigningKey.generate(), Purpose.ORDER, forged)
    journey = stranger.journey(JourneyClass.ISSUE, codec.encode(IssueRequest(signed)))
    stage.forward(frame_of(journey))
    assert stage.checker.refused == [WireCode.SIGNATURE_BAD]
    assert stage.recorder.entries == []
    visitor.issue(1)


def test_another_kiosks_name_outside_an_order_is_refused(visitor: Visitor) -> None:
    order = IssueOrder(visitor.transcript, 1, Kind.JUMINHYO, (0,), (), 0, 200, None, 30_000)
    content = codec.encode(IssueRequest(sign_message(visitor.session_key, Purpose.ORDER, order)))
    assert visitor.refused(visitor.journey(JourneyClass.ISSUE, content, sender="store/kiosk/K0001")) is WireCode.KIOSK_UNTRUSTED
    visitor.issue(1)


def test_without_a_grant_only_a_plain_code_can_leave(stage: Stage) -> None:
    assert plain_code(stage, frame_of(Visitor(stage).order())) is WireCode.GRANT_ENDED


def test_a_grant_ends_after_thirty_minutes(stage: Stage, visitor: Visitor) -> None:
    first = visitor.order(1)
    sealed = stage.forward(frame_of(first))
    stage.clock.add(30 * 60_000 - 121)
    stage.tick()
    assert stage.forward(frame_of(first)) == sealed
    stage.clock.add(1)
    assert visitor.refused(visitor.order(2)) is WireCode.GRANT_ENDED
    stage.tick()
    assert plain_code(stage, frame_of(first)) is WireCode.GRANT_ENDED
    assert stage.rows("SELECT * FROM grants") == stage.rows("SELECT * FROM orders") == []
    assert stage.rows("SELECT state FROM numbers") == [("sealed",)]


def test_a_restart_ends_the_grant_and_keeps_its_answers(stage: Stage, visitor: Visitor) -> None:
    first = visitor.order(1)
    sealed = stage.forward(frame_of(first))
    stage.restart()
    assert stage.forward(frame_of(first)) == sealed
    assert visitor.refused(visitor.order(2)) is WireCode.GRANT_ENDED


def test_the_same_order_again_gets_the_same_bytes_and_reads_nothing(stage: Stage, visitor: Visitor) -> None:
    frame = frame_of(visitor.order())
    first = stage.forward(frame)
    assert [stage.forward(frame) for _ in range(3)] == [first] * 3
    assert len(stage.residents.reads) == len(stage.recorder.of_kind(IntentEntry)) == 1


def test_the_same_order_twice_at_once_gets_one_number(stage: Stage, visitor: Visitor) -> None:
    frame = frame_of(visitor.order())
    first, second = stage.issuer.forward(TRANSFER, frame), stage.issuer.forward(TRANSFER, frame)
    assert [step(first), step(first)] == ["gather", "append"]
    assert step(second) == "sleep"
    assert step(second) == "sleep"
    assert run(first) == run(second)
    assert len(stage.residents.reads) == 1


def test_two_orders_with_one_number_are_an_incident(stage: Stage, visitor: Visitor) -> None:
    visitor.issue(1)
    assert visitor.refused(visitor.order(1, choices=())) is WireCode.REPLAYED
    (stop,) = stage.recorder.of_kind(StopEntry)
    assert isinstance(stop, StopEntry)
    assert (stop.scope, stop.kiosk_id, stop.cause) == (StopScope.KIOSK, "K0007", WireCode.REPLAYED)
    assert len(stage.residents.reads) == 1
    assert visitor.refused(visitor.order(2)) is WireCode.KIOSK_STOPPED


@pytest.mark.parametrize("code", [WireCode.CITY_STOPPED, WireCode.KIOSK_STOPPED])
def test_a_stop_refuses_before_anything_is_read(stage: Stage, visitor: Visitor, code: WireCode) -> None:
    stage.link.fails["append"] = code
    assert visitor.refused(visitor.order()) is code
    assert stage.residents.reads == []
    assert stage.rows("SELECT state, voided_by, intent_ledger FROM numbers") == [("void", "issuer", "refused")]
    stage.link.fails.clear()
    stage.tick()
    assert stage.recorder.entries == []


@pytest.mark.parametrize(
    ("method", "code", "told"),
    [
        ("read_record", WireCode.NOT_AVAILABLE, WireCode.NOT_AVAILABLE),
        ("read_record", WireCode.MEMBER_UNKNOWN, WireCode.MEMBER_UNKNOWN),
        ("read_record", WireCode.REGISTRY_STALE, WireCode.REGISTRY_STALE),
        ("read_record", WireCode.RECORD_CHANGED, WireCode.RECORD_CHANGED),
        ("read_record", WireCode.RELAY_DOWN, WireCode.ISSUE_VOIDED),
        ("read_record", WireCode.INTERNAL, WireCode.ISSUE_VOIDED),
        ("read_record", WireCode.CHECK_FAILED, WireCode.ISSUE_VOIDED),
        ("attest_certificate", WireCode.CHECK_FAILED, WireCode.CHECK_FAILED),
        ("attest_certificate", WireCode.BUSY, WireCode.ISSUE_VOIDED),
    ],
)
def test_a_no_after_the_intent_voids_the_number(
    stage: Stage, visitor: Visitor, method: str, code: WireCode, told: WireCode
) -> None:
    stage.link.fails[method] = code
    journey = visitor.order()
    sealed = stage.forward(frame_of(journey))
    assert len(sealed) == SEALED_MEDIUM
    assert stage.checker.refused == [told]
    stage.link.fails.clear()
    assert stage.forward(frame_of(journey)) == sealed
    stage.tick()
    (intent,) = stage.recorder.of_kind(IntentEntry)
    (void,) = stage.recorder.of_kind(OutcomeRecorded)
    assert isinstance(intent, IntentEntry)
    assert isinstance(void, OutcomeRecorded)
    assert (void.issue_number, void.kiosk_id) == (intent.issue_number, "issuer")
    # the ledger learns that the checker said no, and nobody can say it for the checker; of any other reason it learns nothing
    assert void.cause is (WireCode.CHECK_FAILED if told is WireCode.CHECK_FAILED else WireCode.ISSUE_VOIDED)
    assert visitor.issue(2).number == 2


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (GlyphMissing("name"), WireCode.GLYPH_MISSING),
        (TextOverflow("address"), WireCode.TEXT_OVERFLOW),
    ],
)
def test_what_cannot_be_drawn_is_refused(stage: Stage, visitor: Visitor, error: Exception, told: WireCode) -> None:
    stage.compute.refusal = error
    assert visitor.refused(visitor.order()) is told
    assert stage.rows("SELECT state FROM numbers") == [("void",)]


def test_a_bug_voids_the_number_and_shows_itself(stage: Stage, visitor: Visitor) -> None:
    stage.compute.refusal = ZeroDivisionError()
    journey = visitor.order()
    with pytest.raises(ZeroDivisionError):
        stage.forward(frame_of(journey))
    assert stage.rows("SELECT state, voided_by FROM numbers") == [("void", "issuer")]
    assert visitor.refused(journey) is WireCode.ISSUE_VOIDED


@pytest.mark.promise("C4")
def test_a_record_of_another_order_stops_the_city(stage: Stage, visitor: Visitor) -> None:
    stage.residents.wrong.add("read_record")
    assert visitor.refused(visitor.order()) is WireCode.CHECK_FAILED
    assert stage.compute.runs == 0
    (stop,) = stage.recorder.of_kind(StopEntry)
    assert isinstance(stop, StopEntry)
    assert (stop.scope, stop.cause) == (StopScope.CITY, WireCode.CHECK_FAILED)
    stage.residents.wrong.clear()
    assert visitor.refused(visitor.order(2)) is WireCode.CITY_STOPPED


def test_no_neighbour_but_the_checker_says_check_failed(stage: Stage, visitor: Visitor) -> None:
    """A plain code of the registry or the recorder must not become the word that stops a city."""
    stage.link.fails["append"] = WireCode.CHECK_FAILED
    assert visitor.refused(visitor.order()) is WireCode.ISSUE_VOIDED
    stage.link.fails = {"open_grant": WireCode.CHECK_FAILED}
    other = Visitor(stage, "井手", seed=9)
    assert other.refused(other.eligibility(), other.token()) is WireCode.INTERNAL
    stage.link.fails.clear()
    stage.tick()
    assert [entry.cause for entry in stage.recorder.of_kind(OutcomeRecorded) if isinstance(entry, OutcomeRecorded)] == [
        WireCode.ISSUE_VOIDED
    ]
    assert stage.recorder.of_kind(StopEntry) == []


def test_a_ledger_that_is_down_lets_nothing_be_read(stage: Stage, visitor: Visitor) -> None:
    stage.link.fails["append"] = WireCode.LEDGER_DOWN
    assert visitor.refused(visitor.order()) is WireCode.ISSUE_VOIDED
    assert stage.residents.reads == []
    stage.link.fails.clear()
    stage.tick()
    assert kinds(stage.recorder.entries) == [IntentEntry, OutcomeRecorded]


def test_an_intent_whose_receipt_was_lost_is_voided_in_the_ledger_too(stage: Stage, visitor: Visitor) -> None:
    stage.link.loses_answer.add("append")
    assert visitor.refused(visitor.order()) is WireCode.ISSUE_VOIDED
    assert kinds(stage.recorder.entries) == [IntentEntry]
    stage.link.loses_answer.clear()
    stage.tick()
    assert kinds(stage.recorder.entries) == [IntentEntry, OutcomeRecorded]
    stage.tick()
    assert len(stage.recorder.entries) == 2


def test_nothing_leaves_before_the_ledger_knows_that_it_is_sealed(stage: Stage, visitor: Visitor) -> None:
    frame = frame_of(visitor.order())
    work = stage.issuer.forward(TRANSFER, frame)
    while step(work) != "attest_certificate answered":
        pass
    stage.link.fails["append"] = WireCode.LEDGER_DOWN
    with pytest.raises(Refused) as refused:
        run(work)
    assert refused.value.code is WireCode.LEDGER_DOWN
    assert stage.rows("SELECT state, seal_ledger FROM numbers") == [("sealed", "unknown")]
    assert plain_code(stage, frame) is WireCode.LEDGER_DOWN
    stage.link.fails.clear()
    sealed = stage.forward(frame)
    assert kinds(stage.recorder.entries) == [IntentEntry, SealedEntry]
    assert stage.forward(frame) == sealed
    assert len(stage.residents.reads) == 1


def test_a_large_certificate_is_in_the_large_class(stage: Stage, visitor: Visitor) -> None:
    stage.checker.pad_bytes = 300_000
    assert len(stage.forward(frame_of(visitor.order()))) == SizeClass.LARGE + 1136


def test_the_inner_deadline_of_an_order_counts(stage: Stage, visitor: Visitor) -> None:
    stage.link.takes_ms["read_record"] = 2_000
    journey = visitor.order(deadline_ms=1_000)
    assert plain_code(stage, frame_of(journey)) is WireCode.DEADLINE_PASSED
    assert stage.rows("SELECT state FROM numbers") == [("void",)]
    assert visitor.refused(journey) is WireCode.ISSUE_VOIDED


def test_the_inner_deadline_never_lengthens_the_outer_one(stage: Stage, visitor: Visitor) -> None:
    stage.link.takes_ms["read_record"] = 2_000
    journey = visitor.order(deadline_ms=30_000)
    assert plain_code(stage, frame_of(journey, deadline_ms=1_000)) is WireCode.DEADLINE_PASSED
    assert stage.rows("SELECT state FROM numbers") == [("void",)]


@pytest.mark.parametrize("content", [b"", b"\x91\xc4\x01\x00", codec.encode(IssueRequest(b"\x93\xc4\x00")), bytes(100)])
def test_content_that_is_no_order_gets_a_plain_code(stage: Stage, visitor: Visitor, content: bytes) -> None:
    assert plain_code(stage, frame_of(visitor.journey(JourneyClass.ISSUE, content))) is WireCode.MALFORMED
