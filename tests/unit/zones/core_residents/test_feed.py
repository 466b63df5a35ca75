"""The change feed: in order, once each, whole or not at all; a gap, a contradiction or a standstill refuses."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from akashi.registers.errors import FeedRefused
from akashi.registers.stores.engine import Engine
from akashi.registers.tail import LINES_MAX, FeedTail
from akashi.wire.errors import Refused, WireCode
from akashi.zones.core.residents.changes import (
    Birth,
    BlockCleared,
    BlockRow,
    BlockSet,
    CardLinked,
    CardLinkRow,
    CardUnlinked,
    Change,
    Correction,
    Death,
    EditingBegun,
    HeadChange,
    HouseholdRow,
    MoveIn,
    MoveOut,
    Mover,
    MoveWithin,
    NameCorrection,
    Relation,
    ResidentRow,
    parse_line,
)
from akashi.zones.core.residents.records import Block, BlockReason, ResidentState
from unit.zones.core_residents.counter import ISSUER, Counter, Made
from unit.zones.core_residents.people import (
    AS_OF_MS,
    LINKED_ON,
    feed,
    household,
    line,
    link,
    number,
    person,
    sample_city,
    serial_of,
)

MINUTE_MS = 60_000


def counter_of(made: Made, engine: Engine, tmp_path: Path) -> Counter:
    city = sample_city()
    city.card_links.append(made.cards[0].link(1))
    city.load(engine, tmp_path)
    return Counter(made, engine)


def refused(counter: Counter, *lines: bytes) -> WireCode:
    with pytest.raises(FeedRefused) as caught:
        counter.service.apply_feed(lines)
    return caught.value.code


def issues(counter: Counter) -> WireCode | None:
    try:
        asyncio.run(counter.service.open_grant(ISSUER, counter.session(counter.made.cards[0]).call))
    except Refused as no:
        return no.code
    return None


def rename(serial: int, name: str) -> NameCorrection:
    return NameCorrection(resident_no=number(serial), name=name, name_kana="", kana_confirmed=False)


def name_of(engine: Engine, serial: int) -> str:
    with engine.reading() as snapshot:
        snapshot.bind_subject(number(serial))
        return str(snapshot.rows("SELECT name FROM residents WHERE resident_no = ?", number(serial))[0][0])


@pytest.mark.promise("C2")
def test_records_apply_in_order_and_the_lag_is_shown(made: Made, engine: Engine, tmp_path: Path) -> None:
    counter = counter_of(made, engine, tmp_path)
    counter.clock.time_ms = AS_OF_MS + 5 * MINUTE_MS
    status = counter.service.apply_feed(
        [line(1, time_ms=AS_OF_MS + MINUTE_MS), line(2, rename(1, "証野新"), time_ms=AS_OF_MS + 2)]
    )
    assert (status.sequence, status.as_of_ms, status.lag_ms) == (2, AS_OF_MS + MINUTE_MS, 4 * MINUTE_MS)
    assert (status.stopped, status.stale) == ("", False)
    assert name_of(engine, 1) == "証野新"


@pytest.mark.promise("C2")
def test_the_same_record_twice_counts_once(made: Made, engine: Engine, tmp_path: Path) -> None:
    counter = counter_of(made, engine, tmp_path)
    lines = [line(1, rename(1, "証野甲")), line(2, rename(1, "証野乙"))]
    counter.service.apply_feed(lines)
    assert counter.service.apply_feed(lines).sequence == 2
    assert name_of(engine, 1) == "証野乙"
    assert Counter(made, engine).service.apply_feed([*lines, line(3)]).sequence == 3


@pytest.mark.promise("C2")
def test_a_number_with_other_content_stops(made: Made, engine: Engine, tmp_path: Path) -> None:
    counter = counter_of(made, engine, tmp_path)
    counter.service.apply_feed([line(1, rename(1, "証野甲"))])
    assert refused(counter, line(1, rename(1, "証野乙"))) is WireCode.CONTRADICTION
    assert name_of(engine, 1) == "証野甲"
    assert issues(counter) is WireCode.REGISTRY_STALE


@pytest.mark.promise("C2")
def test_after_a_gap_nothing_is_read_until_it_is_filled(made: Made, engine: Engine, tmp_path: Path) -> None:
    counter = counter_of(made, engine, tmp_path)
    assert issues(counter) is None
    assert refused(counter, line(1), line(3), line(4)) is WireCode.CONTRADICTION
    status = counter.service.feed_status()
    assert (status.sequence, status.stopped, status.stale) == (1, "CONTRADICTION", True)
    assert issues(counter) is WireCode.REGISTRY_STALE
    assert issues(Counter(made, engine)) is WireCode.REGISTRY_STALE  # a restart does not forget it
    assert counter.service.apply_feed([line(2), line(3)]).stale is False
    assert issues(counter) is None


@pytest.mark.promise("C2")
def test_a_feed_that_stands_still_refuses_after_its_limit(made: Made, engine: Engine, tmp_path: Path) -> None:
    counter = counter_of(made, engine, tmp_path)
    counter.clock.time_ms = AS_OF_MS + 10 * MINUTE_MS
    assert issues(counter) is None
    counter.clock.time_ms += 1
    assert issues(counter) is WireCode.REGISTRY_STALE
    counter.service.apply_feed([line(1, time_ms=counter.clock.time_ms)])
    assert issues(counter) is None


def test_a_source_whose_clock_is_ahead_is_refused(made: Made, engine: Engine, tmp_path: Path) -> None:
    counter = counter_of(made, engine, tmp_path)
    assert counter.service.apply_feed([line(1, time_ms=AS_OF_MS + MINUTE_MS)]).lag_ms == -MINUTE_MS
    assert refused(counter, line(2, time_ms=AS_OF_MS + MINUTE_MS + 1)) is WireCode.MALFORMED


def test_a_time_that_goes_back_does_not_make_the_register_older(made: Made, engine: Engine, tmp_path: Path) -> None:
    counter = counter_of(made, engine, tmp_path)
    assert counter.service.apply_feed([line(1, time_ms=AS_OF_MS - MINUTE_MS)]).as_of_ms == AS_OF_MS


@pytest.mark.parametrize(
    "bad",
    [
        b"",
        b"{}",
        b'{"sequence": 1',
        b'{"sequence": 1, "time_ms": 1, "change": {"kind": "no-such"}}',
        b'{"sequence": 1, "time_ms": 1, "change": {"kind": "heartbeat", "more": 1}}',
        b'{"sequence": 1, "time_ms": 1, "change": {"kind": "birth", "resident": {"name": "x"}}}',
        b'{"sequence": 0, "time_ms": 1, "change": {"kind": "heartbeat"}}',
        b"\xff\xfe",
        b"[" * 100_000,
        line(1, rename(1, "証野")).replace("証野".encode(), "証\\u0007野".encode()),
        line(1, rename(1, "証野")).replace("証野".encode(), b""),
    ],
)
def test_what_is_no_record_stops(made: Made, engine: Engine, tmp_path: Path, bad: bytes) -> None:
    counter = counter_of(made, engine, tmp_path)
    assert refused(counter, bad) is WireCode.MALFORMED
    assert counter.service.feed_status().stopped == "MALFORMED"
    assert "証" not in counter.log.getvalue()


def test_an_endless_line_is_refused() -> None:
    with pytest.raises(FeedRefused) as caught:
        parse_line(b"{" + b" " * 1_100_000)
    assert caught.value.code is WireCode.OVERSIZE


def mover(serial: int, relationship: str = "世帯主") -> Mover:
    return Mover(resident_no=number(serial), relationship=relationship, address_since="令和8年9月21日")


UNFIT: dict[str, Change] = {
    "unknown resident": Death(resident_no=number(999), on=None),
    "unknown household": EditingBegun(household_no=number(999)),
    "lives here already": MoveIn(household=HouseholdRow(household(2)), members=(ResidentRow(person(1, 2)),)),
    "dead moves in": MoveIn(household=HouseholdRow(household(4)), members=(ResidentRow(person(8, 4)),)),
    "member of another household": MoveIn(household=HouseholdRow(household(7)), members=(ResidentRow(person(90, 2)),)),
    "moves in as gone": MoveIn(
        household=HouseholdRow(household(7)), members=(ResidentRow(person(90, 7, state=ResidentState.MOVED_OUT)),)
    ),
    "gone moves within": MoveWithin(household=HouseholdRow(household(7)), movers=(mover(10),)),
    "household with two addresses": MoveWithin(
        household=HouseholdRow(household(3, "東京都証野市どこか")), movers=(mover(5, "同居人"),)
    ),
    "gone moves out": MoveOut(resident_nos=(number(10),), state=ResidentState.MOVED_OUT, on=None),
    "move out that is a death": MoveOut(resident_nos=(number(1),), state=ResidentState.DECEASED, on=None),
    "birth twice": Birth(resident=ResidentRow(person(3, 1, "子"))),
    "birth into another state": Birth(resident=ResidentRow(person(91, 1, "子", state=ResidentState.DECEASED))),
    "correction that moves": Correction(resident=ResidentRow(person(5, 1))),
    "relationship elsewhere": HeadChange(
        household_no=number(1), relations=(Relation(resident_no=number(5), relationship="世帯主"),)
    ),
    "relationship unknown": HeadChange(household_no=number(1), relations=(Relation(resident_no=number(1), relationship="隣人"),)),
    "card of somebody else": CardLinked(link=CardLinkRow(link(serial_of(1), 5))),
    "card of nobody": CardUnlinked(link=CardLinkRow(link(77, 1))),
    "block that is not there": BlockCleared(resident_no=number(1), reason=BlockReason.OTHER, temporary=False),
}


@pytest.mark.promise("C2", "C4")
@pytest.mark.parametrize("why", UNFIT)
def test_a_change_that_does_not_fit_is_refused_whole(made: Made, engine: Engine, tmp_path: Path, why: str) -> None:
    counter = counter_of(made, engine, tmp_path)
    before = _all_rows(engine)
    assert refused(counter, line(1, UNFIT[why])) in {WireCode.CONTRADICTION, WireCode.MALFORMED}
    assert _all_rows(engine) == before
    assert counter.service.feed_status().sequence == 0


def _all_rows(engine: Engine) -> list[object]:
    with engine.writing() as transaction:
        return [
            transaction.rows(f"SELECT * FROM {table} ORDER BY 1, 2")  # noqa: S608 - names of tables
            for table in ("household_rows", "resident_rows", "card_link_rows", "block_rows")
        ]


@pytest.mark.promise("C4")
def test_a_release_at_the_counter_does_not_reach_the_kiosk(made: Made, engine: Engine, tmp_path: Path) -> None:
    counter = counter_of(made, engine, tmp_path)
    block = Block(resident_no=number(1), reason=BlockReason.SUPPORT_MEASURE, since=LINKED_ON)

    def cleared(*, temporary: bool) -> BlockCleared:
        return BlockCleared(resident_no=number(1), reason=BlockReason.SUPPORT_MEASURE, temporary=temporary)

    counter.service.apply_feed([line(1, BlockSet(block=BlockRow(block)))])
    assert issues(counter) is WireCode.NOT_AVAILABLE
    counter.service.apply_feed([line(2, cleared(temporary=True))])
    assert issues(counter) is WireCode.NOT_AVAILABLE
    counter.service.apply_feed([line(3, cleared(temporary=False))])
    assert issues(counter) is None


def test_old_numbers_are_forgotten_but_not_applied_again(made: Made, engine: Engine, tmp_path: Path) -> None:
    counter = counter_of(made, engine, tmp_path)
    feed(engine, [rename(1, "証野甲")])
    with engine.writing() as transaction:
        transaction.run("UPDATE feed_rows SET sequence = 20000")
        transaction.run("DELETE FROM applied_rows")
    counter.service.apply_feed([line(20_001)])
    assert counter.service.apply_feed([line(1, rename(1, "証野乙")), line(20_002)]).sequence == 20_002
    assert name_of(engine, 1) == "証野甲"


@pytest.mark.promise("C2")
def test_the_tail_hands_out_whole_lines_only(tmp_path: Path) -> None:
    source = tmp_path / "feed.jsonl"
    tail = FeedTail(source)
    with pytest.raises(FeedRefused) as caught:
        tail.lines()
    assert caught.value.code is WireCode.RELAY_DOWN
    whole = line(1, rename(1, "証野甲"))
    for cut in range(len(whole)):
        source.write_bytes(whole[:cut])
        assert tail.lines() == []
    source.write_bytes(whole + line(2)[:10])
    assert tail.lines() == tail.lines() == [whole]
    tail.taken()
    assert tail.lines() == []
    source.write_bytes(whole + b"\n" + line(2))
    assert tail.lines() == [line(2)]
    source.write_bytes(line(1))  # replaced by a shorter one
    tail.taken()
    assert tail.lines() == [line(1)]


def test_the_tail_follows_a_folder_in_the_order_of_names(tmp_path: Path) -> None:
    tail = FeedTail(tmp_path)
    (tmp_path / "b.jsonl").write_bytes(line(3))
    (tmp_path / "a.jsonl").write_bytes(line(1) + line(2))
    (tmp_path / "notes.txt").write_bytes(b"no feed\n")
    assert tail.lines() == [line(1), line(2)]
    tail.taken()
    assert tail.lines() == [line(3)]
    tail.taken()
    assert tail.lines() == []
    (tmp_path / "c.jsonl").write_bytes(b"".join(line(n) for n in range(4, 4 + LINES_MAX + 1)))
    assert len(tail.lines()) == LINES_MAX
    tail.taken()
    assert tail.lines() == [line(4 + LINES_MAX)]


def test_the_tail_hands_an_endless_line_on_to_be_refused(tmp_path: Path) -> None:
    (tmp_path / "feed.jsonl").write_bytes(b"x" * 3_000_000)
    first, *_ = FeedTail(tmp_path / "feed.jsonl").lines()
    with pytest.raises(FeedRefused):
        parse_line(first)
