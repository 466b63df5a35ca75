"""Incident T2: updates between any two steps of a read; what is read is exactly one committed version."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from akashi.registers.stores.engine import Cell, Engine, Row, Snapshot, Transaction
from akashi.wire.certificates import Choice, items_for
from akashi.wire.transcript import card_link
from akashi.zones.core.residents.changes import (
    BlockCleared,
    BlockRow,
    BlockSet,
    Change,
    Correction,
    Death,
    FeedRecord,
    HeadChange,
    HouseholdRow,
    Mover,
    MoveWithin,
    NameCorrection,
    Relation,
    ResidentRow,
    format_line,
)
from akashi.zones.core.residents.feeding import apply_record
from akashi.zones.core.residents.reading import GrantRead, RecordRead, read_grant, read_record
from akashi.zones.core.residents.records import Block, BlockReason
from unit.zones.core_residents.people import AS_OF_MS, ISSUER_DN, LINKED_ON, household, number, person, sample_city, serial_of

STEPS_MAX = 12

CHANGES: tuple[Change, ...] = (
    NameCorrection(resident_no=number(3), name="証野別名", name_kana="アカシノ", kana_confirmed=True),
    HeadChange(
        household_no=number(1),
        relations=(
            Relation(resident_no=number(1), relationship="夫"),
            Relation(resident_no=number(2), relationship="世帯主"),
        ),
    ),
    MoveWithin(
        household=HouseholdRow(household(50, "東京都証野市新町5番地")),
        movers=(Mover(resident_no=number(4), relationship="世帯主", address_since="令和8年9月21日"),),
    ),
    BlockSet(block=BlockRow(Block(resident_no=number(3), reason=BlockReason.OTHER, since=LINKED_ON))),
    BlockCleared(resident_no=number(3), reason=BlockReason.OTHER, temporary=False),
    Correction(resident=ResidentRow(person(1, 1, "夫", honseki="東京都証野市新町5番地"))),
    MoveWithin(
        household=HouseholdRow(household(1, "東京都証野市新町6番地")),
        movers=tuple(
            Mover(resident_no=number(one), relationship=relationship, address_since="令和8年9月22日")
            for one, relationship in ((1, "夫"), (2, "世帯主"), (3, "子"))
        ),
    ),
    Death(resident_no=number(2), on=None, relations=(Relation(resident_no=number(1), relationship="世帯主"),)),
)


class Between:
    """An engine whose readers are interrupted: `act` runs before statement `step` of each read."""

    def __init__(self, inner: Engine, step: int, act: Callable[[], None]) -> None:
        self._inner = inner
        self._step = step
        self._act = act

    def create(self) -> None:
        self._inner.create()

    def schema_version(self) -> int | None:
        return self._inner.schema_version()

    @contextmanager
    def writing(self) -> Iterator[Transaction]:
        with self._inner.writing() as transaction:
            yield transaction

    @contextmanager
    def reading(self) -> Iterator[Snapshot]:
        with self._inner.reading() as snapshot:
            yield BetweenSnapshot(snapshot, self._step, self._act)

    def close(self) -> None:
        self._inner.close()


class BetweenSnapshot:
    def __init__(self, inner: Snapshot, step: int, act: Callable[[], None]) -> None:
        self._inner = inner
        self._left = step
        self._act = act

    def _before(self) -> None:
        if self._left == 0:
            self._act()
        self._left -= 1

    def bind_card(self, issuer_dn: bytes, serial: bytes) -> None:
        self._before()
        self._inner.bind_card(issuer_dn, serial)

    def bind_subject(self, resident_no: str) -> None:
        self._before()
        self._inner.bind_subject(resident_no)

    def rows(self, sql: str, *parameters: Cell) -> list[Row]:
        self._before()
        return self._inner.rows(sql, *parameters)


def grant(engine: Engine) -> GrantRead:
    return read_grant(engine, ISSUER_DN, serial_of(1))


def record(engine: Engine) -> RecordRead:
    items = items_for(tuple(Choice))
    return read_record(engine, number(1), card_link=card_link(ISSUER_DN, serial_of(1)), members=(0, 1, 2, 3), items=items)


def apply(engine: Engine, sequence: int, change: Change) -> None:
    one = FeedRecord(sequence=sequence, time_ms=AS_OF_MS + sequence, change=change)
    apply_record(engine, one, format_line(one))


@pytest.mark.promise("C2", "C4")
@pytest.mark.parametrize("read", [grant, record])
def test_what_is_read_is_one_committed_version(
    engine: Engine, tmp_path: Path, read: Callable[[Engine], GrantRead | RecordRead]
) -> None:
    sample_city().load(engine, tmp_path)
    versions = [read(engine)]
    for change_at, change in enumerate(CHANGES, start=1):
        apply(engine, change_at, change)
        versions.append(read(engine))
    assert len({repr(_facts(one)) for one in versions}) == len(versions)


@pytest.mark.promise("C2", "C4")
@pytest.mark.parametrize("step", range(STEPS_MAX))
@pytest.mark.parametrize("read", [grant, record])
def test_a_change_between_two_statements_is_not_seen_half(
    engine: Engine, tmp_path: Path, read: Callable[[Engine], GrantRead | RecordRead], step: int
) -> None:
    sample_city().load(engine, tmp_path)
    for sequence, change in enumerate(CHANGES, start=1):
        before = _facts(read(engine))
        done: list[int] = []

        def act(sequence: int = sequence, change: Change = change, done: list[int] = done) -> None:
            apply(engine, sequence, change)
            done.append(sequence)

        between = _facts(read(Between(engine, step, act)))
        if not done:
            act()
        after = _facts(read(engine))
        assert between in (before, after), type(change).__name__
        if step > 0 and done:
            assert between == before  # the snapshot was taken by the first statement


@pytest.mark.promise("C2")
def test_several_changes_during_one_read(engine: Engine, tmp_path: Path) -> None:
    sample_city().load(engine, tmp_path)
    before = _facts(record(engine))

    def act() -> None:
        for sequence, change in enumerate(CHANGES, start=1):
            apply(engine, sequence, change)

    assert _facts(record(Between(engine, 4, act))) == before
    assert record(engine).feed.sequence == len(CHANGES)


def _facts(read: GrantRead | RecordRead) -> list[object]:
    """All that was read, as values that can be compared."""
    people: list[object] = [(one.member_ref, one.values) for one in (read.persons if isinstance(read, RecordRead) else ())] + [
        (one.member_ref, one.name, one.relationship, one.is_applicant, one.foreign)
        for one in (read.members if isinstance(read, GrantRead) else ())
    ]
    home = read.household
    facts: list[object] = [read.feed, home.found, home.address, home.row_version, home.editing, home.heads, home.members]
    return [*facts, people, read.link is None, read.head_name if isinstance(read, RecordRead) else read.resident_no]
