"""Blocked, unknown, dead, gone, going, too young: one code, and the very same work done as for a yes."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import pytest

from akashi.registers.dates import WrittenDate, parse_written_date
from akashi.registers.stores.engine import Cell, Engine, Row, Snapshot, Transaction
from akashi.rules.eras import jst_date
from akashi.sealing.keys import SigningKey
from akashi.sealing.signing import Purpose, sign_message
from akashi.wire.errors import Refused, WireCode
from akashi.wire.messages import Message
from akashi.zones.core.residents.records import Block, BlockReason, CardLink, ResidentState, Sex
from unit.zones.core_residents.counter import ISSUER, Counter, Made
from unit.zones.core_residents.people import AS_OF_MS, City, number, person, sample_city

TODAY = jst_date(AS_OF_MS)


class Watched:
    """An engine that notes every statement of its readers."""

    def __init__(self, inner: Engine) -> None:
        self.inner = inner
        self.statements: list[str] = []

    def create(self) -> None:
        self.inner.create()

    def schema_version(self) -> int | None:
        return self.inner.schema_version()

    @contextmanager
    def writing(self) -> Iterator[Transaction]:
        with self.inner.writing() as transaction:
            yield transaction

    @contextmanager
    def reading(self) -> Iterator[Snapshot]:
        with self.inner.reading() as snapshot:
            yield WatchedSnapshot(snapshot, self.statements)

    def close(self) -> None:
        self.inner.close()


class WatchedSnapshot:
    def __init__(self, inner: Snapshot, statements: list[str]) -> None:
        self._inner = inner
        self._statements = statements

    def bind_card(self, issuer_dn: bytes, serial: bytes) -> None:
        self._statements.append("bind card")
        self._inner.bind_card(issuer_dn, serial)

    def bind_subject(self, resident_no: str) -> None:
        self._statements.append("bind subject")
        self._inner.bind_subject(resident_no)

    def rows(self, sql: str, *parameters: Cell) -> list[Row]:
        self._statements.append(sql)
        return self._inner.rows(sql, *parameters)


def blocked(city: City) -> None:
    city.blocks.append(Block(resident_no=number(100), reason=BlockReason.SUPPORT_MEASURE, since=date(2026, 1, 1)))


def blocked_long_ago(city: City) -> None:
    """The end of the measure has passed; a block does not end by itself."""
    block = Block(resident_no=number(100), reason=BlockReason.COURT, since=date(2020, 1, 1), until=date(2021, 1, 1))
    city.blocks.append(block)


def wife_blocked(city: City) -> None:
    city.blocks.append(Block(resident_no=number(101), reason=BlockReason.SUPPORT_MEASURE, since=date(2026, 1, 1)))


def unknown(city: City) -> None:
    del city.card_links[-1]


def set_subject(**changes: object) -> Callable[[City], None]:
    def change(city: City) -> None:
        at = next(index for index, one in enumerate(city.residents) if one.resident_no == number(100))
        city.residents[at] = person(100, 100, **changes)  # type: ignore[arg-type]

    change.__name__ = "-".join(changes)
    return change


REASONS: dict[str, Callable[[City], None]] = {
    "blocked": blocked,
    "block whose end has passed": blocked_long_ago,
    "member blocked": wife_blocked,
    "unknown": unknown,
    "dead": set_subject(state=ResidentState.DECEASED),
    "moved out": set_subject(state=ResidentState.MOVED_OUT),
    "moving out": set_subject(state=ResidentState.MOVE_OUT_PLANNED),
    "too young": set_subject(birth=WrittenDate("子", date(TODAY.year - 15, TODAY.month, TODAY.day) + timedelta(days=1))),
    "no age": set_subject(birth=parse_written_date("年月日不詳")),
}


def city_with(made: Made, change: Callable[[City], None] = lambda _city: None) -> City:
    city = sample_city()
    city.add(100, person(100, 100), person(101, 100, "妻", sex=Sex.FEMALE))
    city.card_links.append(made.cards[0].link(100))
    change(city)
    return city


def code_of(counter: Counter) -> WireCode | None:
    try:
        counter.open(counter.session(counter.made.cards[0]))
    except Refused as refused:
        return refused.code
    return None


@pytest.mark.promise("C4")
def test_every_reason_has_the_one_code_and_does_the_same_work(made: Made, engine: Engine, tmp_path: Path) -> None:
    city_with(made).load(engine, tmp_path)
    watched = Watched(engine)
    assert code_of(Counter(made, watched)) is None
    granted, seen = watched.statements, {}
    for reason, change in REASONS.items():
        _empty(engine)
        city_with(made, change).load(engine, tmp_path)
        watched = Watched(engine)
        counter = Counter(made, watched)
        assert code_of(counter) is WireCode.NOT_AVAILABLE, reason
        seen[reason] = watched.statements
        assert counter.log.getvalue().endswith('"event": "open_grant", "code": "NOT_AVAILABLE"}\n')
    assert {reason: statements for reason, statements in seen.items() if statements != granted} == {}


def _empty(engine: Engine) -> None:
    with engine.writing() as transaction:
        for table in ("block_rows", "card_link_rows"):
            transaction.run(f"DELETE FROM {table}")  # noqa: S608 - names of tables
        transaction.run("DELETE FROM resident_rows WHERE household_no <> '0000000000'")
        transaction.run("DELETE FROM household_rows WHERE household_no <> '0000000000'")


@pytest.mark.promise("C4")
def test_a_refusal_signs_as_much_as_an_answer(
    made: Made, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed: list[str] = []

    def noted(key: SigningKey, purpose: Purpose, message: Message) -> bytes:
        signed.append(purpose)
        return sign_message(key, purpose, message)

    monkeypatch.setattr("akashi.zones.core.residents.service.sign_message", noted)
    city_with(made, unknown).load(engine, tmp_path)
    assert code_of(Counter(made, engine)) is WireCode.NOT_AVAILABLE
    assert signed == ["ticket", "eligibility"]


@pytest.mark.promise("C4")
@pytest.mark.parametrize("member", [100, 101])
def test_a_block_set_in_the_middle_ends_the_grants_of_the_household(
    made: Made, engine: Engine, tmp_path: Path, member: int
) -> None:
    city_with(made).load(engine, tmp_path)
    counter = Counter(made, engine)
    session = counter.session(made.cards[0])
    reply = counter.open(session)
    assert counter.read(session, reply, (0, 1)).whole_household
    with engine.writing() as transaction:
        transaction.run("INSERT INTO block_rows VALUES (?, 'support-measure', '2026-09-21', NULL)", number(member))
    with pytest.raises(Refused) as caught:
        counter.read(session, reply, (0,))
    assert caught.value.code is WireCode.NOT_AVAILABLE


def test_fifteen_today_is_old_enough(made: Made, engine: Engine, tmp_path: Path) -> None:
    birth = WrittenDate("平成23年9月21日", date(TODAY.year - 15, TODAY.month, TODAY.day))
    city_with(made, set_subject(birth=birth)).load(engine, tmp_path)
    assert code_of(Counter(made, engine)) is None
    assert code_of(Counter(made, engine, age_years_min=16)) is WireCode.NOT_AVAILABLE


@pytest.mark.parametrize(("days", "code"), [(0, None), (1, WireCode.NOT_AVAILABLE)])
def test_a_card_linked_today(made: Made, engine: Engine, tmp_path: Path, days: int, code: WireCode | None) -> None:
    city = city_with(made)
    link = city.card_links.pop()
    city.card_links.append(CardLink(issuer_dn=link.issuer_dn, serial=link.serial, resident_no=link.resident_no, linked_on=TODAY))
    city.load(engine, tmp_path)
    assert code_of(Counter(made, engine, card_days_min=days)) is code


@pytest.mark.parametrize(("refuses", "code"), [(False, None), (True, WireCode.NOT_AVAILABLE)])
def test_a_member_who_is_about_to_move(
    made: Made,
    engine: Engine,
    tmp_path: Path,
    refuses: bool,  # noqa: FBT001 - a parameter of the test
    code: WireCode | None,
) -> None:
    def moving_wife(city: City) -> None:
        city.residents[-1] = person(101, 100, "妻", state=ResidentState.MOVE_OUT_PLANNED)

    city_with(made, moving_wife).load(engine, tmp_path)
    assert code_of(Counter(made, engine, planned_move_out_refuses_household=refuses)) is code


def test_a_household_without_exactly_one_head_is_in_change(made: Made, engine: Engine, tmp_path: Path) -> None:
    city_with(made, set_subject(relationship="子")).load(engine, tmp_path)
    assert code_of(Counter(made, engine)) is WireCode.RECORD_CHANGED


@pytest.mark.promise("C4")
def test_the_decoy_is_nobody(made: Made, engine: Engine, tmp_path: Path) -> None:
    """What a refusal reads and signs for nobody never leaves, and holds nobody."""
    city_with(made).load(engine, tmp_path)
    with engine.reading() as snapshot:
        snapshot.bind_subject("0000000000")
        rows = snapshot.rows("SELECT * FROM residents")
        assert snapshot.rows("SELECT COUNT(*) FROM card_links") == [(0,)]
    assert len(rows) == 3
    assert not re.search("証野", repr(rows))


def test_a_stale_register_refuses_both_methods(made: Made, engine: Engine, tmp_path: Path) -> None:
    city_with(made).load(engine, tmp_path)
    counter = Counter(made, engine)
    session = counter.session(made.cards[0])
    counter.clock.time_ms += 600_000
    with pytest.raises(Refused):
        counter.open(session)  # the token has run out
    counter.clock.time_ms -= 600_000
    reply = counter.open(session)
    call = counter.read_call(session, reply, counter.order(session, (0,)))
    counter.clock.time_ms += 600_000
    asyncio.run(counter.service.read_record(ISSUER, call))
    counter.clock.time_ms += 1
    with pytest.raises(Refused) as caught:
        asyncio.run(counter.service.read_record(ISSUER, call))
    assert caught.value.code is WireCode.REGISTRY_STALE
    assert code_of(counter) is WireCode.REGISTRY_STALE
