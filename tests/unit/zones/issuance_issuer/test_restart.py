"""
Power cuts, kills and time-outs at every await: a number always ends in one state, and nobody gets another's certificate.

Source: incidents T1 (lock time-out), T3 (same second), T6 (previous applicant), T8 (masked alarm).
"""

from __future__ import annotations

import errno
import itertools
import os
import random
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest

from akashi.rules.states import State
from akashi.wire.errors import Refused, WireCode
from akashi.wire.messages import (
    CertificateAnswer,
    IntentEntry,
    Outcome,
    OutcomeAck,
    OutcomeEntry,
    RefusalAnswer,
    StopEntry,
)
from akashi.zones.issuance.issuer import ledgering
from akashi.zones.issuance.issuer.errors import StoreRefused
from akashi.zones.issuance.issuer.numbering import RANDOM_BYTES
from unit.zones.issuance_issuer.stage import TRANSFER, Finished, Stage, run, step
from unit.zones.issuance_issuer.visitor import Visitor, frame_of

ISSUE_AWAITS = [
    "gather",
    "append",
    "append answered",
    "read_record",
    "read_record answered",
    "compose",
    "attest_certificate",
    "attest_certificate answered",
    "gather",
    "append",
    "append answered",
]
"""Every await of an ISSUE, in order. At "gather" what was decided is written and not on the disk yet."""


def opened(stage: Stage, owner: str = "朝倉", seed: int = 7) -> Visitor:
    visitor = Visitor(stage, owner, kiosk=1, seed=seed)
    visitor.open_grant()
    return visitor


def advance(work: Coroutine[Any, Any, bytes], awaits: int) -> list[str]:
    """Step until the coroutine waits for the `awaits`-th time."""
    return [step(work) for _ in range(awaits)]


def test_the_list_of_awaits_is_complete(stage: Stage) -> None:
    work = stage.issuer.forward(TRANSFER, frame_of(opened(stage).order()))
    assert advance(work, len(ISSUE_AWAITS)) == ISSUE_AWAITS
    with pytest.raises(Finished):
        step(work)


@pytest.mark.promise("C15")
@pytest.mark.parametrize("awaits", range(1, len(ISSUE_AWAITS) + 1))
def test_a_power_cut_at_any_await_leaves_no_number_half_way(stage: Stage, awaits: int) -> None:
    visitor = opened(stage)
    journey = visitor.order()
    work = stage.issuer.forward(TRANSFER, frame_of(journey))
    advance(work, awaits)
    stage.restart()
    assert stage.rows("SELECT count(*) FROM numbers WHERE state = 'intent'") == [(0,)]
    assert stage.rows("SELECT count(*) FROM orders WHERE state = 'working'") == [(0,)]
    answer = visitor.ask(journey)
    if awaits == 1:
        # The number was not on the disk: nobody was told of it, and nobody will be.
        assert answer == RefusalAnswer(journey.envelope_hash, WireCode.GRANT_ENDED)
        assert stage.recorder.of_kind(IntentEntry) == []
        assert stage.rows("SELECT count(*) FROM numbers") == [(0,)]
        work.close()
        return
    sealed_before_the_cut = awaits > ISSUE_AWAITS.index("attest_certificate answered") + 2
    if sealed_before_the_cut:
        assert isinstance(answer, CertificateAnswer)
    else:
        assert answer == RefusalAnswer(journey.envelope_hash, WireCode.ISSUE_VOIDED)
    # the same again, before and after the ledger was told
    assert visitor.ask(journey) == answer
    stage.tick()
    assert visitor.ask(journey) == answer
    (intent,) = stage.recorder.of_kind(IntentEntry)
    assert isinstance(intent, IntentEntry)
    assert stage.recorder.state(intent.issue_number) is (State.SEALED if sealed_before_the_cut else State.VOID)
    assert visitor.refused(visitor.order(2)) is WireCode.GRANT_ENDED
    work.close()


@pytest.mark.promise("C15")
@pytest.mark.parametrize("awaits", range(1, len(ISSUE_AWAITS) + 1))
def test_work_killed_at_any_await_leaves_no_number_half_way_and_the_grant_goes_on(stage: Stage, awaits: int) -> None:
    visitor = opened(stage)
    journey = visitor.order()
    work = stage.issuer.forward(TRANSFER, frame_of(journey))
    advance(work, awaits)
    work.close()
    assert stage.rows("SELECT count(*) FROM numbers WHERE state = 'intent'") == [(0,)]
    first = visitor.ask(journey)
    assert isinstance(first, CertificateAnswer) or first.code is WireCode.ISSUE_VOIDED  # type: ignore[union-attr]  # one of two
    assert visitor.issue(2).number == 2
    stage.tick()
    states = {stage.recorder.state(row[0]) for row in stage.rows("SELECT issue_number FROM numbers")}
    assert states <= {State.SEALED, State.VOID}


@pytest.mark.parametrize("slow", ["read_record", "attest_certificate", "compose"])
def test_t1_a_slow_step_ends_the_whole_issue_and_the_next_person_gets_their_own(stage: Stage, slow: str) -> None:
    first, second = opened(stage), opened(stage, "井手", seed=9)
    if slow == "compose":
        stage.compute.takes_ms = 60_000
    else:
        stage.link.takes_ms[slow] = 60_000
    late = first.order()
    with pytest.raises(Refused) as refused:
        stage.forward(frame_of(late))
    assert refused.value.code is WireCode.DEADLINE_PASSED
    stage.compute.takes_ms = 0
    stage.link.takes_ms.clear()
    answer = second.issue()
    assert "井手氏名目印".encode() in answer.pdf
    assert "朝倉氏名目印".encode() not in answer.pdf
    assert first.refused(late) is WireCode.ISSUE_VOIDED
    assert first.issue(2).number == 2


@pytest.mark.promise("C4")
@pytest.mark.parametrize("seed", range(12))
def test_t3_many_at_the_same_instant_each_get_their_own(tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)
    stage = Stage(tmp_path)
    visitors = [opened(stage, owner, seed=10 + place) for place, owner in enumerate(("朝倉", "井手", "宇野", "江口", "朝倉"))]
    journeys = {visitor.seed: visitor.order() for visitor in visitors}
    work = {visitor.seed: stage.issuer.forward(TRANSFER, frame_of(journeys[visitor.seed])) for visitor in visitors}
    sealed: dict[int, bytes] = {}
    while work:
        who = dice.choice(sorted(work))
        try:
            step(work[who])
        except Finished as finished:
            sealed[who] = finished.value
            del work[who]
    numbers = set()
    for visitor in visitors:
        answer = visitor.open(journeys[visitor.seed], sealed[visitor.seed])
        assert isinstance(answer, CertificateAnswer)
        numbers.add(answer.issue_number)
        others = {f"{other.owner}氏名目印" for other in visitors} - {f"{visitor.owner}氏名目印"}
        assert f"{visitor.owner}氏名目印".encode() in answer.pdf
        assert not any(name.encode() in answer.pdf for name in others)
        for other in visitors:
            if other is not visitor:
                with pytest.raises(Refused):
                    other.open(journeys[visitor.seed], sealed[visitor.seed])
    assert len(numbers) == len(visitors)


@pytest.mark.promise("C4")
@pytest.mark.parametrize("awaits", range(1, len(ISSUE_AWAITS) + 1))
def test_t6_the_next_person_at_the_same_kiosk_gets_nothing_of_the_one_before(stage: Stage, awaits: int) -> None:
    first = opened(stage)
    work = stage.issuer.forward(TRANSFER, frame_of(first.order()))
    advance(work, awaits)
    if awaits % 2:
        stage.restart()
    second = opened(stage, "井手", seed=9)
    answer = second.issue()
    assert "朝倉氏名目印".encode() not in answer.pdf
    assert "井手氏名目印".encode() in answer.pdf
    work.close()


@pytest.mark.promise("C15")
def test_t8_one_mismatch_stops_the_city_and_a_retry_that_works_does_not_clear_it(stage: Stage) -> None:
    visitor = opened(stage)
    stage.residents.wrong.add("read_record")
    assert visitor.refused(visitor.order(1)) is WireCode.CHECK_FAILED
    stage.residents.wrong.clear()
    for number in (2, 3):
        assert visitor.refused(visitor.order(number)) is WireCode.CITY_STOPPED
    stage.restart()
    stage.tick()
    again = opened(stage, seed=20)
    assert again.refused(again.order(1)) is WireCode.CITY_STOPPED
    assert len(stage.recorder.of_kind(StopEntry)) == 1
    stage.recorder.reopen()
    again.issue(2)


def test_t8_a_stop_survives_a_recorder_that_is_down_and_a_power_cut(stage: Stage) -> None:
    visitor = opened(stage)
    stage.residents.wrong.add("read_record")
    work = stage.issuer.forward(TRANSFER, frame_of(visitor.order(1)))
    while step(work) != "read_record answered":
        pass
    stage.link.fails["append"] = WireCode.RELAY_DOWN
    run(work)
    assert stage.recorder.of_kind(StopEntry) == []
    stage.restart()
    stage.tick()
    assert stage.recorder.of_kind(StopEntry) == []
    stage.link.fails.clear()
    stage.tick()
    assert len(stage.recorder.of_kind(StopEntry)) == 1
    stage.tick()
    assert len(stage.recorder.of_kind(StopEntry)) == 1


def test_a_void_waits_while_the_city_is_stopped(stage: Stage) -> None:
    """The recorder takes no intent of a stopped city; a VOID without its intent would be a contradiction of our own."""
    visitor = opened(stage)
    stage.link.fails["append"] = WireCode.LEDGER_DOWN
    assert visitor.refused(visitor.order(1)) is WireCode.ISSUE_VOIDED
    stage.link.fails["append"] = WireCode.CITY_STOPPED
    stage.tick()
    assert stage.rows("SELECT receipt FROM outcomes") == [(None,)]
    stage.link.fails.clear()
    stage.tick()
    ((number,),) = stage.rows("SELECT issue_number FROM numbers")
    assert stage.recorder.state(number) is State.VOID


def test_lines_that_never_settle_do_not_keep_the_issuers_own_voids_from_the_ledger(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A kiosk's lines come first by their numbers; then it is revoked, and the recorder refuses them for ever."""
    monkeypatch.setattr(ledgering, "BATCH", 2)
    counted, draw = itertools.count(), stage.ids.random_bytes
    monkeypatch.setattr(stage.ids, "random_bytes", lambda n: next(counted).to_bytes(n, "big") if n == RANDOM_BYTES else draw(n))
    visitor = opened(stage)
    told = [visitor.issue(order).issue_number for order in (1, 2, 3)]
    stage.link.fails["append"] = WireCode.RELAY_DOWN
    lines = [OutcomeEntry(place, number, Outcome.TAKEN, None) for place, number in enumerate(told, start=1)]
    assert visitor.refused(visitor.outcome(*lines)) is WireCode.RELAY_DOWN
    other = opened(stage, "井手", seed=9)
    for order in range(1, 5):
        assert other.refused(other.order(order)) is WireCode.ISSUE_VOIDED
    own = {row[0] for row in stage.rows("SELECT issue_number FROM outcomes WHERE kiosk_id = 'issuer'")}
    stage.link.fails.clear()
    stage.renew_center(sequence=2, revoked_kiosks=("K0007",))
    for _ in range(4):
        stage.tick()
    assert {stage.recorder.state(number) for number in own} == {State.VOID}
    assert {stage.recorder.state(number) for number in told} == {State.SEALED}
    assert {row[0] for row in stage.rows("SELECT issue_number FROM outcomes WHERE receipt IS NULL")} == set(told)


@pytest.mark.parametrize("awaits", range(1, 4))
def test_a_power_cut_while_an_outcome_is_recorded_loses_nothing(stage: Stage, awaits: int) -> None:
    visitor = opened(stage)
    number = visitor.issue().issue_number
    report = visitor.outcome(OutcomeEntry(1, number, Outcome.VOID, WireCode.INTERNAL))
    work = stage.issuer.forward(TRANSFER, frame_of(report))
    advance(work, awaits)
    stage.restart()
    assert isinstance(visitor.ask(report), OutcomeAck)
    assert stage.recorder.state(number) is State.VOID
    work.close()


def test_calls_that_are_ready_together_wait_for_the_disk_once(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    fdatasync = os.fdatasync

    def sync(descriptor: int) -> None:
        synced.append(descriptor)
        fdatasync(descriptor)

    monkeypatch.setattr(os, "fdatasync", sync)
    works = []
    for seed in (21, 22, 23):
        visitor = Visitor(stage, kiosk=1, seed=seed)
        works.append(stage.issuer.forward(TRANSFER, frame_of(visitor.eligibility(), visitor.token())))
    assert [step(work) for work in works] == ["gather"] * 3
    synced.clear()
    assert [step(work) for work in works] == ["open_grant"] * 3
    assert len(synced) == 1
    for work in works:
        work.close()


def test_where_the_disk_says_no_nothing_leaves_and_nothing_goes_on(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    visitor = opened(stage)

    def broken(_descriptor: int) -> None:
        raise OSError(errno.EIO, "broken")

    with monkeypatch.context() as dying:
        dying.setattr(os, "fdatasync", broken)
        with pytest.raises(StoreRefused):
            stage.forward(frame_of(visitor.order()))
    # The disk works again, perhaps: what it holds is not known, so only a new start helps.
    with pytest.raises(StoreRefused):
        stage.forward(frame_of(visitor.order(2)))
    assert not {"append", "read_record", "attest_certificate"} & set(stage.link.calls)
    stage.restart()
    assert stage.rows("SELECT count(*) FROM numbers") == [(0,)]
    assert visitor.refused(visitor.order(3)) is WireCode.GRANT_ENDED
