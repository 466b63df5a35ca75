"""Ends of ranges, and a database that does not hold what it should."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from akashi.entry.commands.city import city as city_command
from akashi.registers.errors import FeedRefused, StoreFailed
from akashi.registers.report import RefusedLine
from akashi.registers.stores.engine import Engine, number, octets, text, text_or_none
from akashi.zones.core.residents.changes import Birth, ResidentRow
from akashi.zones.core.residents.importing import import_city
from akashi.zones.core.residents.records import Block, BlockReason
from unit.zones.core_residents.people import LINKED_ON, City, feed, link, person, sample_city


@pytest.mark.parametrize(("narrow", "wrong"), [(text, 1), (number, "1"), (octets, "x"), (text_or_none, b"x"), (text, None)])
def test_a_cell_of_another_type_is_an_error_of_the_store(narrow: Callable[[object], object], wrong: object) -> None:
    with pytest.raises(StoreFailed):
        narrow(wrong)


def test_a_household_that_used_all_its_references_stops_the_feed(engine: Engine, tmp_path: Path) -> None:
    sample_city().load(engine, tmp_path)
    with engine.writing() as transaction:
        transaction.run("UPDATE household_rows SET next_ref = 999")
    last = feed(engine, [Birth(resident=ResidentRow(person(30, 1, "子")))])
    with pytest.raises(FeedRefused):
        feed(engine, [Birth(resident=ResidentRow(person(31, 1, "子")))], after=last)


def test_links_and_blocks_given_twice_are_refused(engine: Engine, tmp_path: Path) -> None:
    city = sample_city()
    block = Block(resident_no=city.residents[0].resident_no, reason=BlockReason.OTHER, since=LINKED_ON)
    city.card_links += [link(7, 1), link(7, 2)]
    city.blocks += [block, block]
    city.write(tmp_path)
    assert import_city(engine, tmp_path).refused == [
        RefusedLine("card_links.csv", 23, "serial", "given twice"),
        RefusedLine("blocks.csv", 3, "reason", "given twice"),
    ]


def test_a_household_of_more_than_a_thousand_is_refused(tmp_path: Path, engine: Engine) -> None:
    city = City()
    city.add(1, *(person(one, 1, "同居人") for one in range(1, 1_003)))
    city.write(tmp_path)
    report = import_city(engine, tmp_path)
    assert ("residents.csv", "more than a thousand people") in {(line.file, line.reason) for line in report.refused}


def test_the_command_tells_of_unsettled_households(tmp_path: Path) -> None:
    city = City()
    city.add(1, person(1, 1, "子"))
    city.write(tmp_path)
    done = CliRunner().invoke(city_command, ["import", "--url", f"sqlite:///{tmp_path}/r.db", str(tmp_path)])
    assert "1 households without exactly one head" in done.output
