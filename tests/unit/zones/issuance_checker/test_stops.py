"""After a contradiction: nothing is signed until the ledger knows, and no certificate before two people have re-opened."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from akashi.sealing.keys import SigningKey
from akashi.wire import codec
from akashi.wire.errors import Refused, WireCode
from akashi.wire.messages import CertificateAnswer, StopEntry, StopScope
from akashi.zones.issuance.checker.errors import StopsUnfit
from akashi.zones.issuance.checker.store import BYTES_MAX, Stops, StopStore
from unit.documents.people import NEIGHBOUR, WIFE
from unit.zones.issuance_checker.court import (
    CITY,
    ISSUER,
    STOP_INDEX,
    Case,
    Court,
    MemoryStops,
    opened,
    run,
)

pytestmark = pytest.mark.needs("fonts")

WRONG = Case(printed=(NEIGHBOUR, WIFE))
STOP = StopEntry(StopScope.CITY, CITY, "-", WireCode.CHECK_FAILED, b"i" * 16)


def asked(court: Court, case: Case) -> WireCode | None:
    try:
        answer = opened(run(court.checker.attest_certificate(ISSUER, case.certificate_call())))
    except Refused as refusal:
        return refusal.code
    assert isinstance(answer, CertificateAnswer)
    return None


def grant_asked(court: Court) -> WireCode | None:
    try:
        run(court.checker.attest_eligibility(ISSUER, Case().eligibility_call()))
    except Refused as refusal:
        return refusal.code
    return None


@pytest.mark.promise("C4", "C16")
def test_after_a_contradiction_only_an_intent_behind_the_stop_is_signed_for() -> None:
    court = Court()
    assert asked(court, Case()) is None
    assert asked(court, WRONG) is WireCode.CHECK_FAILED
    assert len(court.ledger.stops) == 1
    # The ledger knows. Orders whose intents were durable before the stop are lost, right ones and wrong ones alike.
    for before in (Case(), Case(intent_index=STOP_INDEX - 1), Case(intent_index=STOP_INDEX), WRONG):
        assert asked(court, before) is WireCode.CITY_STOPPED
    assert len(court.ledger.stops) == 1  # and nothing stops twice
    # The recorder takes no intent of a stopped city: one behind the stop means that two people have re-opened.
    assert asked(court, Case(intent_index=STOP_INDEX + 1)) is None
    assert asked(court, Case()) is WireCode.CITY_STOPPED


@pytest.mark.promise("C4", "C16")
def test_until_the_ledger_knows_of_a_contradiction_nothing_is_signed() -> None:
    court = Court()
    court.ledger.down = True
    assert asked(court, WRONG) is WireCode.CHECK_FAILED
    assert court.ledger.stops == []
    for again in (Case(), Case(intent_index=STOP_INDEX + 1), WRONG):
        assert asked(court, again) is WireCode.CITY_STOPPED
    assert grant_asked(court) is WireCode.CITY_STOPPED
    court.ledger.down = False
    assert run(court.checker.settle())
    assert len(court.ledger.stops) == 1
    assert grant_asked(court) is None
    assert asked(court, Case()) is WireCode.CITY_STOPPED
    assert asked(court, Case(intent_index=STOP_INDEX + 1)) is None


@pytest.mark.promise("C4", "C16")
def test_a_debt_and_a_stop_outlive_the_process() -> None:
    stops = MemoryStops()
    court = Court(stops=stops)
    court.ledger.down = True
    assert asked(court, WRONG) is WireCode.CHECK_FAILED
    owed = stops.load().owed
    assert owed is not None
    again = Court(stops=stops)
    again.ledger.down = True
    assert asked(again, Case(intent_index=STOP_INDEX + 1)) is WireCode.CITY_STOPPED
    again.ledger.down = False
    assert run(again.checker.settle())
    assert again.ledger.stops == [owed]  # the same incident, so the ledger holds one
    assert stops.load() == Stops(None, STOP_INDEX)
    third = Court(stops=stops)
    assert asked(third, Case()) is WireCode.CITY_STOPPED
    assert asked(third, Case(intent_index=STOP_INDEX + 1)) is None
    assert third.ledger.calls == 0


def test_the_debt_is_on_the_disk_before_the_recorder_is_asked() -> None:
    stops = MemoryStops()
    court = Court(stops=stops)
    seen: list[Stops] = []
    inner = court.ledger.call

    async def call(*args: Any, **kwargs: Any) -> bytes:
        seen.append(stops.load())
        return await inner(*args, **kwargs)

    court.ledger.call = call  # type: ignore[method-assign]  # the test looks on
    assert asked(court, WRONG) is WireCode.CHECK_FAILED
    assert [kept.owed for kept in seen] == court.ledger.stops


@pytest.mark.promise("C16")
def test_a_lost_or_wrong_receipt_settles_nothing() -> None:
    court = Court()
    court.ledger.loses_answer = True
    assert asked(court, WRONG) is WireCode.CHECK_FAILED
    assert asked(court, Case(intent_index=STOP_INDEX + 1)) is WireCode.CITY_STOPPED
    court.ledger.loses_answer, court.ledger.answers = False, STOP
    assert asked(court, Case(intent_index=STOP_INDEX + 1)) is WireCode.CITY_STOPPED
    court.ledger.answers, court.ledger.key = None, SigningKey.from_bytes(b"\x09" * 32)
    assert asked(court, Case(intent_index=STOP_INDEX + 1)) is WireCode.CITY_STOPPED
    court.ledger.key = None
    assert asked(court, Case(intent_index=STOP_INDEX + 1)) is None
    assert len(court.ledger.stops) == 1


@pytest.mark.promise("C16")
def test_a_full_disk_does_not_make_it_go_on() -> None:
    stops = MemoryStops()
    stops.full = True
    court = Court(stops=stops)
    court.ledger.down = True
    assert asked(court, WRONG) is WireCode.CHECK_FAILED
    assert asked(court, Case(intent_index=STOP_INDEX + 1)) is WireCode.CITY_STOPPED
    assert "stop_not_kept" in court.log.getvalue()
    court.ledger.down = False
    assert run(court.checker.settle())
    assert asked(court, Case()) is WireCode.CITY_STOPPED


@pytest.mark.promise("C16")
def test_many_contradictions_while_the_recorder_is_down_are_one_debt() -> None:
    court = Court()
    court.ledger.down = True
    assert asked(court, WRONG) is WireCode.CHECK_FAILED
    first = court.stops.load()
    for _ in range(3):
        with pytest.raises(Refused):
            run(court.checker.attest_outcome(ISSUER, Case(edits={"report": {"kiosk_id": "K0001"}}).outcome_call()))
    assert court.stops.load() == first


def test_the_file_is_replaced_whole_and_read_strictly(tmp_path: Path) -> None:
    store = StopStore(tmp_path / "stops")
    assert store.load() == Stops(None, -1)
    for stops in (Stops(STOP, -1), Stops(None, 7), Stops(STOP, 7)):
        store.save(stops)
        assert store.load() == stops
        assert [path.name for path in tmp_path.iterdir()] == ["stops"]
        assert (tmp_path / "stops").stat().st_mode & 0o777 == 0o600
    good = codec.encode(Stops(STOP, 7))
    for bad in (b"", good[:-1], good + b"\x00", codec.encode(Stops(STOP, -2)), good + bytes(BYTES_MAX)):
        (tmp_path / "stops").write_bytes(bad)
        with pytest.raises(StopsUnfit):
            store.load()
    with pytest.raises(StopsUnfit):
        StopStore(tmp_path / "stops" / "below").save(Stops())
    with pytest.raises(StopsUnfit):
        StopStore(tmp_path).load()


def test_nothing_personal_is_kept(tmp_path: Path) -> None:
    court = Court(stops=StopStore(tmp_path / "stops"))
    assert asked(court, WRONG) is WireCode.CHECK_FAILED
    assert codec.parse(Stops, (tmp_path / "stops").read_bytes()) == Stops(None, STOP_INDEX)


def test_the_background_settles_by_itself() -> None:
    court = Court()
    court.ledger.down = True
    assert asked(court, WRONG) is WireCode.CHECK_FAILED

    async def later() -> bool:
        assert not await court.checker.settle()
        court.ledger.down = False
        return await court.checker.settle()

    assert asyncio.run(later())
