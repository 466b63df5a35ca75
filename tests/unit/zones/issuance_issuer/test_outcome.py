"""What became of the paper: only the kiosk says it, a line counts once, a voided sheet is replaced once without a second fee."""

from __future__ import annotations

import pytest

from akashi.rules.states import State
from akashi.sealing.signing import Purpose, sign_message
from akashi.wire import codec
from akashi.wire.errors import WireCode
from akashi.wire.messages import (
    JourneyClass,
    Outcome,
    OutcomeAck,
    OutcomeEntry,
    OutcomeRecorded,
    OutcomeReport,
    OutcomeRequest,
    Predecessor,
    RefusalAnswer,
    StopEntry,
    StopScope,
)
from unit.zones.issuance_issuer.stage import Stage, deployment
from unit.zones.issuance_issuer.visitor import Visitor

JAM = WireCode.INTERNAL


@pytest.fixture
def visitor(stage: Stage) -> Visitor:
    made = Visitor(stage, kiosk=1)
    made.open_grant()
    return made


def stop_of(stage: Stage) -> StopEntry:
    (stop,) = stage.recorder.of_kind(StopEntry)
    assert isinstance(stop, StopEntry)
    return stop


@pytest.mark.promise("C15")
@pytest.mark.parametrize(
    ("outcome", "cause", "state"),
    [(Outcome.TAKEN, None, State.TAKEN), (Outcome.VOID, JAM, State.VOID)],
)
def test_an_outcome_is_acknowledged_when_the_ledger_has_it(
    stage: Stage, visitor: Visitor, outcome: Outcome, cause: WireCode | None, state: State
) -> None:
    number = visitor.issue().issue_number
    assert stage.recorder.state(number) is State.SEALED
    answer = visitor.tell(1, number, outcome, cause)
    assert isinstance(answer, OutcomeAck)
    assert answer.sequences == (1,)
    assert stage.recorder.state(number) is state
    assert stage.rows("SELECT state FROM numbers") == [(state.value,)]


@pytest.mark.promise("C15")
def test_a_revoked_kiosks_report_is_not_believed(stage: Stage, visitor: Visitor) -> None:
    number = visitor.issue().issue_number
    stage.renew_center(sequence=2, revoked_kiosks=("K0001", "K0007"))
    answer = visitor.tell(1, number, Outcome.TAKEN)
    assert isinstance(answer, RefusalAnswer)
    assert answer.code is WireCode.KIOSK_UNTRUSTED
    assert stage.recorder.state(number) is State.SEALED
    assert stage.recorder.of_kind(StopEntry) == []


def test_a_line_told_again_changes_nothing(stage: Stage, visitor: Visitor) -> None:
    number = visitor.issue().issue_number
    for _ in range(3):
        assert isinstance(visitor.tell(1, number, Outcome.TAKEN), OutcomeAck)
    assert len(stage.recorder.of_kind(OutcomeRecorded)) == 1
    stage.restart()
    assert isinstance(visitor.tell(1, number, Outcome.TAKEN), OutcomeAck)
    assert len(stage.recorder.of_kind(OutcomeRecorded)) == 1


def test_many_lines_in_one_report(visitor: Visitor) -> None:
    numbers = [visitor.issue(order).issue_number for order in range(1, 5)]
    entries = [OutcomeEntry(place, number, Outcome.TAKEN, None) for place, number in enumerate(numbers, start=10)]
    answer = visitor.ask(visitor.outcome(*entries))
    assert isinstance(answer, OutcomeAck)
    assert answer.sequences == (10, 11, 12, 13)


@pytest.mark.promise("C15")
@pytest.mark.parametrize(
    ("first", "second"),
    [
        ((Outcome.TAKEN, None), (Outcome.VOID, JAM)),
        ((Outcome.VOID, JAM), (Outcome.TAKEN, None)),
        ((Outcome.TAKEN, None), (Outcome.TAKEN, None)),
    ],
)
@pytest.mark.parametrize("sequence", [1, 2])
def test_two_outcomes_of_one_number_are_a_contradiction(
    stage: Stage,
    visitor: Visitor,
    first: tuple[Outcome, WireCode | None],
    second: tuple[Outcome, WireCode | None],
    sequence: int,
) -> None:
    number = visitor.issue().issue_number
    visitor.tell(1, number, *first)
    answer = visitor.tell(sequence, number, *second)
    if first == second and sequence == 1:
        assert isinstance(answer, OutcomeAck)
        return
    assert isinstance(answer, RefusalAnswer)
    assert answer.code is WireCode.CONTRADICTION
    stop = stop_of(stage)
    assert (stop.scope, stop.kiosk_id, stop.cause) == (StopScope.KIOSK, "K0007", WireCode.CONTRADICTION)
    # told again it is the same incident, and the first outcome stands
    visitor.tell(sequence, number, *second)
    stop_of(stage)
    assert stage.rows("SELECT outcome FROM outcomes") == [(first[0].value,)]
    assert visitor.refused(visitor.order(2)) is WireCode.KIOSK_STOPPED


def test_unknown_and_other_kiosks_numbers_are_contradictions(stage: Stage, visitor: Visitor) -> None:
    number = visitor.issue().issue_number
    other = Visitor(stage, "井手", kiosk=0, seed=9)
    for told in (other.tell(1, number, Outcome.TAKEN), other.tell(2, "139998-0000-0000-0000-0000", Outcome.TAKEN)):
        assert isinstance(told, RefusalAnswer)
        assert told.code is WireCode.CONTRADICTION
    stops = stage.recorder.of_kind(StopEntry)
    assert {(stop.scope, stop.kiosk_id) for stop in stops if isinstance(stop, StopEntry)} == {(StopScope.KIOSK, "K0001")}
    assert stage.rows("SELECT state FROM numbers") == [("sealed",)]


@pytest.mark.promise("C16")
@pytest.mark.parametrize("fails", [{}, {"append": WireCode.LEDGER_DOWN}], ids=["recorder up", "recorder down"])
def test_a_kiosk_that_invents_numbers_fills_neither_ledger_nor_store(
    stage: Stage, visitor: Visitor, fails: dict[str, WireCode]
) -> None:
    stage.link.fails.update(fails)
    for which in range(8):
        told = visitor.tell(which + 1, f"139998-0000-0000-0000-000{which}", Outcome.TAKEN)
        assert isinstance(told, RefusalAnswer)
        assert told.code is WireCode.CONTRADICTION
        assert len(stage.rows("SELECT key FROM incidents")) == 1
    stage.link.fails.clear()
    stage.tick()
    assert stop_of(stage).kiosk_id == "K0007"
    assert stage.rows("SELECT recorded FROM incidents") == [(1,)]
    # Looked into by two people: what it says next is a new matter, also where it said that before.
    stage.recorder.reopen()
    visitor.tell(8, "139998-0000-0000-0000-0007", Outcome.TAKEN)
    assert len(stage.recorder.of_kind(StopEntry)) == 2


def test_a_waiting_incident_of_one_kiosk_keeps_nobody_elses_away(stage: Stage, visitor: Visitor) -> None:
    stage.link.fails["append"] = WireCode.LEDGER_DOWN
    other = Visitor(stage, "井手", kiosk=0, seed=9)
    for who in (visitor, visitor, other):
        who.tell(1, "139998-0000-0000-0000-0000", Outcome.TAKEN)
    stage.link.fails.clear()
    stage.tick()
    stops = stage.recorder.of_kind(StopEntry)
    assert {stop.kiosk_id for stop in stops if isinstance(stop, StopEntry)} == {"K0001", "K0007"}
    assert len(stops) == 2
    (plan,) = stage.rows("EXPLAIN QUERY PLAN SELECT key, entry FROM incidents WHERE recorded = 0 LIMIT 1")
    assert "incidents_pending" in plan[3]


def test_an_outcome_of_a_number_that_never_left_stops_the_city(stage: Stage, visitor: Visitor) -> None:
    stage.link.fails["read_record"] = WireCode.RELAY_DOWN
    visitor.refused(visitor.order(1))
    ((number,),) = stage.rows("SELECT issue_number FROM numbers")
    stage.link.fails.clear()
    stage.tick()
    told = visitor.tell(1, number, Outcome.TAKEN)
    assert isinstance(told, RefusalAnswer)
    assert stop_of(stage).scope is StopScope.CITY


@pytest.mark.promise("C15")
def test_right_lines_beside_a_wrong_one_count(stage: Stage, visitor: Visitor) -> None:
    jammed, taken = visitor.issue(1).issue_number, visitor.issue(2).issue_number
    visitor.tell(1, taken, Outcome.TAKEN)
    report = visitor.outcome(OutcomeEntry(2, taken, Outcome.VOID, JAM), OutcomeEntry(3, jammed, Outcome.VOID, JAM))
    assert visitor.refused(report) is WireCode.CONTRADICTION
    stage.tick()
    assert stage.recorder.state(jammed) is State.VOID
    assert stage.recorder.state(taken) is State.TAKEN


@pytest.mark.parametrize(
    "entry",
    [
        OutcomeEntry(1, "139998-0000-0000-0000-0000", Outcome.TAKEN, JAM),
        OutcomeEntry(1, "139998-0000-0000-0000-0000", Outcome.VOID, None),
        OutcomeEntry(2**63, "139998-0000-0000-0000-0000", Outcome.TAKEN, None),
    ],
)
def test_a_line_has_a_form(stage: Stage, visitor: Visitor, entry: OutcomeEntry) -> None:
    assert visitor.refused(visitor.outcome(entry)) is WireCode.MALFORMED
    assert stage.recorder.of_kind(StopEntry) == []


def test_a_report_that_the_device_did_not_sign_stops_nobody(stage: Stage, visitor: Visitor) -> None:
    number = visitor.issue().issue_number
    report = OutcomeReport("K0007", (OutcomeEntry(1, number, Outcome.VOID, JAM),))
    signed = sign_message(deployment().kiosks[0].device_key, Purpose.OUTCOME, report)
    request = OutcomeRequest(visitor.kem.public_bytes, visitor.keys.certificate, signed)
    assert visitor.refused(visitor.journey(JourneyClass.OUTCOME, codec.encode(request))) is WireCode.SIGNATURE_BAD
    assert visitor.refused(visitor.outcome(*report.entries, kiosk_id="K0001")) is WireCode.KIOSK_UNTRUSTED
    assert stage.recorder.of_kind(StopEntry) == []
    assert stage.rows("SELECT state FROM numbers") == [("sealed",)]


def test_a_ledger_that_is_down_gives_no_acknowledgement_and_loses_nothing(stage: Stage, visitor: Visitor) -> None:
    number = visitor.issue().issue_number
    stage.link.fails["append"] = WireCode.LEDGER_DOWN
    told = visitor.tell(1, number, Outcome.VOID, JAM)
    assert isinstance(told, RefusalAnswer)
    assert told.code is WireCode.LEDGER_DOWN
    assert stage.recorder.state(number) is State.SEALED
    stage.link.fails.clear()
    stage.restart()
    stage.tick()
    assert stage.recorder.state(number) is State.VOID
    assert isinstance(visitor.tell(1, number, Outcome.VOID, JAM), OutcomeAck)


class TestReprint:
    """A jam, and the same certificate again under the same payment (C15)."""

    @pytest.fixture
    def jammed(self, visitor: Visitor) -> Predecessor:
        number = visitor.issue(1).issue_number
        visitor.tell(4, number, Outcome.VOID, JAM)
        return Predecessor(number, 4)

    @pytest.mark.promise("C15")
    def test_it_costs_nothing_and_happens_once(self, stage: Stage, visitor: Visitor, jammed: Predecessor) -> None:
        answer = visitor.issue(2, fee_yen=0, predecessor=jammed)
        assert answer.fee_yen == 0
        assert answer.issue_number != jammed.issue_number
        assert visitor.refused(visitor.order(3, fee_yen=0, predecessor=jammed)) is WireCode.GRANT_ORDER
        assert stage.recorder.of_kind(StopEntry) == []

    @pytest.mark.promise("C15")
    def test_the_second_jam_is_replaced_in_its_turn(self, visitor: Visitor, jammed: Predecessor) -> None:
        second = visitor.issue(2, fee_yen=0, predecessor=jammed).issue_number
        visitor.tell(5, second, Outcome.VOID, JAM)
        visitor.issue(3, fee_yen=0, predecessor=Predecessor(second, 5))
        assert visitor.refused(visitor.order(4, fee_yen=0, predecessor=jammed)) is WireCode.GRANT_ORDER

    @pytest.mark.promise("C15")
    def test_an_attempt_that_failed_here_does_not_use_it_up(self, stage: Stage, visitor: Visitor, jammed: Predecessor) -> None:
        stage.link.fails["read_record"] = WireCode.RELAY_DOWN
        assert visitor.refused(visitor.order(2, fee_yen=0, predecessor=jammed)) is WireCode.ISSUE_VOIDED
        stage.link.fails.clear()
        visitor.issue(3, fee_yen=0, predecessor=jammed)

    @pytest.mark.promise("C15")
    def test_also_in_a_later_session_at_the_same_kiosk_only(self, stage: Stage, jammed: Predecessor) -> None:
        elsewhere, later = Visitor(stage, kiosk=0, seed=11), Visitor(stage, kiosk=1, seed=12)
        elsewhere.open_grant()
        assert elsewhere.refused(elsewhere.order(1, fee_yen=0, predecessor=jammed)) is WireCode.GRANT_ORDER
        later.open_grant()
        later.issue(1, fee_yen=0, predecessor=jammed)

    def test_not_with_another_journal_line_or_before_it_came(self, visitor: Visitor, jammed: Predecessor) -> None:
        wrong = Predecessor(jammed.issue_number, 5)
        assert visitor.refused(visitor.order(2, fee_yen=0, predecessor=wrong)) is WireCode.GRANT_ORDER
        sealed = Predecessor(visitor.issue(3).issue_number, 6)
        assert visitor.refused(visitor.order(4, fee_yen=0, predecessor=sealed)) is WireCode.GRANT_ORDER

    def test_a_number_that_was_taken_is_not_replaced_and_naming_it_is_a_contradiction(
        self, stage: Stage, visitor: Visitor
    ) -> None:
        number = visitor.issue(1).issue_number
        visitor.tell(4, number, Outcome.TAKEN)
        refused = visitor.refused(visitor.order(2, fee_yen=0, predecessor=Predecessor(number, 4)))
        assert refused is WireCode.CONTRADICTION
        assert stop_of(stage).scope is StopScope.KIOSK


@pytest.mark.promise("C15", "C23")
def test_a_report_is_kept_until_the_ledger_has_its_lines_and_proves_them_after_a_restart(stage: Stage, visitor: Visitor) -> None:
    numbers = [visitor.issue(order).issue_number for order in (1, 2)]
    lines = [OutcomeEntry(place, number, Outcome.TAKEN, None) for place, number in enumerate(numbers, start=1)]
    stage.link.fails["append"] = WireCode.RELAY_DOWN
    assert isinstance(visitor.ask(visitor.outcome(*lines)), RefusalAnswer)
    assert len(stage.rows("SELECT hash FROM reports")) == 1
    stage.restart()
    del stage.link.fails["append"]
    stage.tick()
    # The recorder of the stage believes only what the kiosk signed, as the real one does.
    assert [stage.recorder.state(number) for number in numbers] == [State.TAKEN, State.TAKEN]
    assert stage.rows("SELECT hash FROM reports") == []


@pytest.mark.promise("C15")
def test_a_line_told_again_in_another_report_stands_with_the_first_one(stage: Stage, visitor: Visitor) -> None:
    numbers = [visitor.issue(order).issue_number for order in (1, 2)]
    lines = [OutcomeEntry(place, number, Outcome.TAKEN, None) for place, number in enumerate(numbers, start=1)]
    assert isinstance(visitor.ask(visitor.outcome(lines[0])), OutcomeAck)
    answer = visitor.ask(visitor.outcome(*lines))
    assert isinstance(answer, OutcomeAck)
    assert answer.sequences == (1, 2)
    recorded = stage.recorder.of_kind(OutcomeRecorded)
    assert len({entry.report_hash for entry in recorded if isinstance(entry, OutcomeRecorded)}) == len(recorded) == 2
    assert stage.recorder.of_kind(StopEntry) == []


@pytest.mark.promise("C15")
def test_a_line_is_acknowledged_also_after_the_recorders_key_changed(stage: Stage, visitor: Visitor) -> None:
    """The acknowledgement was lost; when the kiosk tells again, the receipt that is kept is by a key that counts no more."""
    numbers = [visitor.issue(order).issue_number for order in (1, 2)]
    lines = [OutcomeEntry(place, number, Outcome.TAKEN, None) for place, number in enumerate(numbers, start=1)]
    assert isinstance(visitor.ask(visitor.outcome(*lines)), OutcomeAck)
    kept = stage.rows("SELECT receipt FROM outcomes ORDER BY sequence")
    entries = len(stage.recorder.entries)
    stage.renew_receipt_key(sequence=2)
    stage.link.calls.clear()
    for _ in range(2):
        assert isinstance(visitor.ask(visitor.outcome(*lines)), OutcomeAck)
    # Asked for once each, about the entries that are there; nothing is recorded twice.
    assert stage.link.calls.count("append") == len(lines)
    assert len(stage.recorder.entries) == entries
    assert all(old != new for old, new in zip(kept, stage.rows("SELECT receipt FROM outcomes ORDER BY sequence"), strict=True))


def test_a_recorder_that_is_down_leaves_the_old_receipt(stage: Stage, visitor: Visitor) -> None:
    number = visitor.issue().issue_number
    visitor.tell(1, number, Outcome.TAKEN)
    kept = stage.rows("SELECT receipt FROM outcomes")
    stage.renew_receipt_key(sequence=2)
    stage.link.fails["append"] = WireCode.RELAY_DOWN
    told = visitor.tell(1, number, Outcome.TAKEN)
    assert isinstance(told, RefusalAnswer)
    assert told.code is WireCode.RELAY_DOWN
    assert stage.rows("SELECT receipt FROM outcomes") == kept
    stage.link.fails.clear()
    assert isinstance(visitor.tell(1, number, Outcome.TAKEN), OutcomeAck)
