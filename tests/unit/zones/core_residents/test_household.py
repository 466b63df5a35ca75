"""Incident T10: a household of n, a selection of k: each printed person was chosen, nobody is missing, order by the standard."""

from __future__ import annotations

import itertools
import random
from pathlib import Path

import pytest

from akashi.registers.dates import parse_written_date
from akashi.registers.stores.engine import Engine
from akashi.wire.certificates import Item
from akashi.wire.errors import Refused, WireCode
from akashi.zones.core.residents.changes import (
    AddressCorrection,
    Birth,
    Death,
    HouseholdRow,
    MoveIn,
    Mover,
    MoveWithin,
    Relation,
    RelationshipCorrection,
    ResidentRow,
)
from akashi.zones.core.residents.records import Resident, ResidentState
from unit.zones.core_residents.counter import Counter, Made
from unit.zones.core_residents.people import City, feed, household, number, person, sample_city

IN_ORDER = (17, 16, 15, 14, 13, 12, 11, 20, 19, 18)
"""Household 6 of the sample city as 住民記録システム標準仕様書 5.2 lists it."""


def listed(engine: Engine, subject: int) -> list[str]:
    with engine.reading() as snapshot:
        snapshot.bind_subject(number(subject))
        return [str(row[0]) for row in snapshot.rows("SELECT resident_no FROM residents ORDER BY listed_at")]


def counter_of(made: Made, engine: Engine, tmp_path: Path, city: City, *, subject: int) -> Counter:
    city.card_links.append(made.cards[0].link(subject))
    city.load(engine, tmp_path)
    return Counter(made, engine)


@pytest.mark.promise("C3", "C4")
@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_exactly_the_chosen_members_for_every_selection(made: Made, engine: Engine, tmp_path: Path, size: int) -> None:
    city = City()
    members = [
        person(1, 1),
        *(person(one, 1, "子", birth=parse_written_date(f"平成{one}年1月1日")) for one in range(2, size + 1)),
    ]
    city.add(1, *members)
    city.add(2, person(50, 2))
    counter = counter_of(made, engine, tmp_path, city, subject=1)
    for k in range(1, size + 1):
        for tag, chosen in enumerate(itertools.combinations(range(size), k)):
            session = counter.session(made.cards[0], tag=16 * k + tag)
            reply = counter.open(session)
            record = counter.read(session, reply, chosen)
            assert tuple(sorted(one.member_ref for one in record.persons)) == chosen
            names = {one.member_ref: next(f.value for f in one.fields if f.item is Item.NAME) for one in record.persons}
            assert names == {ref: members[ref].name for ref in chosen}
            assert record.whole_household is (k == size)


def test_the_order_of_the_household(engine: Engine, tmp_path: Path) -> None:
    sample_city().load(engine, tmp_path)
    assert listed(engine, 17) == [number(one) for one in IN_ORDER]


def test_permuting_the_file_does_not_change_the_order(engine: Engine, tmp_path: Path) -> None:
    city = sample_city()
    random.Random(7).shuffle(city.residents)
    city.load(engine, tmp_path)
    assert listed(engine, 17) == [number(one) for one in IN_ORDER]


def test_children_by_birth_then_by_number(engine: Engine, tmp_path: Path) -> None:
    def child(serial: int, birth: str) -> Resident:
        return person(serial, 1, "子", birth=parse_written_date(birth))

    city = City()
    city.add(
        1, child(9, "平成20年1月1日"), child(2, "平成20年1月1日"), child(3, "年月日不詳"), child(4, "平成2年1月1日"), person(1, 1)
    )
    city.load(engine, tmp_path)
    assert listed(engine, 1) == [number(one) for one in (1, 4, 2, 9, 3)]


def test_the_citys_own_order_counts_where_it_is_complete(engine: Engine, tmp_path: Path) -> None:
    city = City()
    city.add(1, person(1, 1, position=2), person(2, 1, "妻", position=1))
    city.add(2, person(3, 2, position=2), person(4, 2, "妻", position=0))
    city.load(engine, tmp_path)
    assert listed(engine, 1) == [number(2), number(1)]
    assert listed(engine, 3) == [number(3), number(4)]


@pytest.mark.promise("C4")
def test_a_reference_never_passes_to_somebody_else(made: Made, engine: Engine, tmp_path: Path) -> None:
    """A wife is chosen; before the order arrives she moves away and a lodger moves in: the order names nobody."""
    city = City()
    city.add(1, person(1, 1), person(2, 1, "妻"))
    counter = counter_of(made, engine, tmp_path, city, subject=1)
    session = counter.session(made.cards[0])
    reply = counter.open(session)
    wife = counter.eligibility(reply).members[1].member_ref
    mover = Mover(resident_no=number(2), relationship="世帯主", address_since="令和8年9月21日")
    feed(
        engine,
        [
            MoveWithin(household=HouseholdRow(household(9)), movers=(mover,)),
            MoveIn(household=HouseholdRow(household(1)), members=(ResidentRow(person(3, 1, "同居人")),)),
        ],
    )
    with pytest.raises(Refused) as caught:
        counter.read(session, reply, (0, wife))
    assert caught.value.code is WireCode.MEMBER_UNKNOWN
    assert len(counter.eligibility(counter.open(counter.session(made.cards[0], tag=2))).members) == 2


def test_births_deaths_and_corrections_change_the_list(engine: Engine, tmp_path: Path) -> None:
    sample_city().load(engine, tmp_path)
    last = feed(
        engine,
        [
            Birth(resident=ResidentRow(person(30, 6, "子", birth=parse_written_date("令和8年9月20日")))),
            Death(resident_no=number(11), on=None),
            RelationshipCorrection(household_no=number(6), relations=(Relation(resident_no=number(18), relationship="弟の妻"),)),
            AddressCorrection(household=HouseholdRow(household(6, "東京都証野市中町一丁目6番1号　証野荘201"))),
        ],
    )
    assert listed(engine, 17) == [number(one) for one in (17, 16, 15, 30, 14, 13, 12, 18, 20, 19)]
    with engine.reading() as snapshot:
        snapshot.bind_subject(number(17))
        assert snapshot.rows("SELECT address, row_version FROM households") == [("東京都証野市中町一丁目6番1号　証野荘201", last)]
    with engine.reading() as snapshot:
        snapshot.bind_subject(number(1))
        assert snapshot.rows("SELECT row_version FROM households") == [(0,)]


def test_the_dead_and_the_gone_are_no_members(made: Made, engine: Engine, tmp_path: Path) -> None:
    city = City()
    city.add(1, person(1, 1), person(2, 1, "妻", state=ResidentState.DECEASED), person(3, 1, "子", state=ResidentState.MOVED_OUT))
    counter = counter_of(made, engine, tmp_path, city, subject=1)
    session = counter.session(made.cards[0])
    reply = counter.open(session)
    assert [one.member_ref for one in counter.eligibility(reply).members] == [0]
    assert counter.read(session, reply, (0,)).whole_household
