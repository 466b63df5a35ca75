"""Incident T5: whatever happens to a person, in whatever order, is issuable exactly when a small model says so."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from akashi.registers.errors import FeedRefused
from akashi.registers.stores.engine import Engine
from akashi.zones.core.residents.changes import (
    BlockCleared,
    BlockRow,
    BlockSet,
    CardLinked,
    CardLinkRow,
    CardUnlinked,
    Change,
    Death,
    FeedRecord,
    HouseholdRow,
    MoveIn,
    MoveOut,
    ResidentRow,
    format_line,
)
from akashi.zones.core.residents.feeding import apply_record
from akashi.zones.core.residents.importing import import_city
from akashi.zones.core.residents.manifest import MANIFEST_FILE
from akashi.zones.core.residents.reading import read_grant
from akashi.zones.core.residents.records import Block, BlockReason, ResidentState
from akashi.zones.core.residents.stores.opening import open_engine
from unit.zones.core_residents.people import AS_OF_MS, ISSUER_DN, LINKED_ON, City, household, link, number, person, serial_of

HEAD, WIFE = 1, 2


def out(who: int, state: ResidentState) -> MoveOut:
    return MoveOut(resident_nos=(number(who),), state=state, on=None)


def comes(who: int, relationship: str) -> MoveIn:
    return MoveIn(household=HouseholdRow(household(1)), members=(ResidentRow(person(who, 1, relationship)),))


def block(who: int) -> BlockSet:
    return BlockSet(block=BlockRow(Block(resident_no=number(who), reason=BlockReason.SUPPORT_MEASURE, since=LINKED_ON)))


def clear(who: int, *, temporary: bool = False) -> BlockCleared:
    return BlockCleared(resident_no=number(who), reason=BlockReason.SUPPORT_MEASURE, temporary=temporary)


EVENTS: dict[str, Change] = {
    "plan": out(HEAD, ResidentState.MOVE_OUT_PLANNED),
    "cancel": out(HEAD, ResidentState.RESIDENT),
    "leave": out(HEAD, ResidentState.MOVED_OUT),
    "return": comes(HEAD, "世帯主"),
    "die": Death(resident_no=number(HEAD), on=None),
    "block": block(HEAD),
    "clear": clear(HEAD),
    "release": clear(HEAD, temporary=True),
    "link": CardLinked(link=CardLinkRow(link(serial_of(HEAD), HEAD))),
    "unlink": CardUnlinked(link=CardLinkRow(link(serial_of(HEAD), HEAD))),
    "block wife": block(WIFE),
    "clear wife": clear(WIFE),
    "wife leaves": out(WIFE, ResidentState.MOVED_OUT),
    "wife returns": comes(WIFE, "妻"),
}


@dataclass
class Model:
    """The whole of what must hold."""

    state: str = "here"
    wife_here: bool = True
    blocked: bool = False
    wife_blocked: bool = False
    linked: bool = True

    def take(self, event: str) -> bool:
        """Take an event; return whether it fits at all."""
        current = self.state in {"here", "going"}
        match event:
            case "plan" | "cancel" | "leave":
                if current:
                    self.state = {"plan": "going", "cancel": "here", "leave": "gone"}[event]
                return current
            case "return":
                fits = self.state == "gone"
                self.state = "here" if fits else self.state
                return fits
            case "die":
                self.state = "dead"
            case "block":
                self.blocked = True
            case "clear":
                fits, self.blocked = self.blocked, False
                return fits
            case "link":
                self.linked = True
            case "unlink":
                fits, self.linked = self.linked, False
                return fits
            case "block wife":
                self.wife_blocked = True
            case "clear wife":
                fits, self.wife_blocked = self.wife_blocked, False
                return fits
            case "wife leaves" | "wife returns":
                fits = self.wife_here is (event == "wife leaves")
                self.wife_here = event == "wife returns"
                return fits
        return True

    @property
    def issuable(self) -> bool:
        return self.state == "here" and self.linked and not self.blocked and not (self.wife_blocked and self.wife_here)

    @property
    def members(self) -> int:
        return 1 + self.wife_here if self.issuable else 3  # the made-up household has three


def couple(engine: Engine, folder: Path) -> None:
    if not (folder / MANIFEST_FILE).exists():
        city = City()
        city.add(1, person(HEAD, 1), person(WIFE, 1, "妻"))
        city.write(folder)
    assert import_city(engine, folder).refused == []


def check(engine: Engine, model: Model, history: tuple[str, ...]) -> None:
    read = read_grant(engine, ISSUER_DN, serial_of(HEAD))
    assert (read.household.found and read.link is not None) is model.issuable, history
    if model.issuable:
        assert read.resident_no == number(HEAD), history
        assert len(read.members) == model.members, history


def play(engine: Engine, history: tuple[str, ...]) -> None:
    model, sequence = Model(), 0
    check(engine, model, ())
    for at, event in enumerate(history, start=1):
        record = FeedRecord(sequence=sequence + 1, time_ms=AS_OF_MS + at, change=EVENTS[event])
        try:
            apply_record(engine, record, format_line(record))
            applied = True
            sequence += 1
        except FeedRefused:
            applied = False
        assert applied is model.take(event), history[:at]
        check(engine, model, history[:at])


def start_again(engine: Engine) -> None:
    with engine.writing() as transaction:
        for table in ("block_rows", "card_link_rows", "applied_rows"):
            transaction.run(f"DELETE FROM {table}")  # noqa: S608 - names of tables
        transaction.run("DELETE FROM resident_rows WHERE household_no <> '0000000000'")
        transaction.run("DELETE FROM household_rows WHERE household_no <> '0000000000'")
        transaction.run("UPDATE feed_rows SET sequence = 0")


def every_history(folder: Path, histories: Iterable[tuple[str, ...]]) -> None:
    engine = open_engine("sqlite:///:memory:", create=True)
    for history in histories:
        start_again(engine)
        couple(engine, folder)
        play(engine, history)
    engine.close()


@pytest.mark.promise("C2", "C4")
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(tuple(EVENTS)), max_size=12).map(tuple))
def test_issuable_exactly_when_the_model_says_so(engine: Engine, tmp_path: Path, history: tuple[str, ...]) -> None:
    start_again(engine)
    couple(engine, tmp_path)
    play(engine, history)


@pytest.mark.promise("C2", "C4")
@pytest.mark.parametrize("first", EVENTS)
def test_every_history_of_three_events(tmp_path: Path, first: str) -> None:
    every_history(tmp_path, itertools.product((first,), EVENTS, EVENTS))


@pytest.mark.promise("C2", "C4")
@pytest.mark.nightly
@pytest.mark.parametrize("first", EVENTS)
@pytest.mark.parametrize("second", EVENTS)
def test_every_history_of_five_events(tmp_path: Path, first: str, second: str) -> None:
    every_history(tmp_path, itertools.product((first,), (second,), EVENTS, EVENTS, EVENTS))
