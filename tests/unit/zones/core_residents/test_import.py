"""Import of a city's folder: all of it or nothing, with a report that names no value."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from akashi.registers.errors import StoreRefused
from akashi.registers.report import RefusedLine
from akashi.registers.stores.engine import Engine
from akashi.simulation.city import generator
from akashi.simulation.city.writer import write_city
from akashi.wire.errors import Refused
from akashi.zones.core.residents.csv_form import BLOCKS, CARD_LINKS, HOUSEHOLDS, RESIDENTS
from akashi.zones.core.residents.importing import ImportReport, import_city
from akashi.zones.core.residents.rows import RECORD_COLUMNS, resident_of
from akashi.zones.core.residents.stores.opening import open_engine
from unit.zones.core_residents.people import AS_OF_MS, CITY, City, foreigner, number, person, sample_city


def stored(engine: Engine, table: str) -> int:
    with engine.writing() as transaction:
        count = transaction.rows(f"SELECT COUNT(*) FROM {table}")[0][0]  # noqa: S608 - names of tables
    assert isinstance(count, int)
    return count


def nobody_is_there(engine: Engine) -> bool:
    return (stored(engine, "resident_rows"), stored(engine, "card_link_rows")) == (3, 0)  # the made-up household


def edited(folder: Path, file: str, edit: Callable[[str], str]) -> None:
    path = folder / file
    path.write_text(edit(path.read_text("utf-8")), "utf-8")


def test_what_is_imported_is_what_was_written(engine: Engine, tmp_path: Path) -> None:
    city = sample_city()
    report = city.load(engine, tmp_path, sequence=41)
    assert report.counts == {"households.csv": 6, "residents.csv": 20, "card_links.csv": 20, "blocks.csv": 0}
    assert report.unsettled_households == 0
    columns = ", ".join(RECORD_COLUMNS)
    with engine.writing() as transaction:
        rows = transaction.rows(f"SELECT {columns} FROM resident_rows WHERE household_no <> '0000000000'")  # noqa: S608
        feed = transaction.rows("SELECT municipality, sequence, as_of_ms, stopped FROM feed_rows")
        versions = transaction.rows("SELECT DISTINCT row_version FROM household_rows WHERE household_no <> '0000000000'")
    assert sorted((resident_of(row) for row in rows), key=lambda one: one.resident_no) == sorted(
        city.residents, key=lambda one: one.resident_no
    )
    assert feed == [(CITY, 41, AS_OF_MS, "")]
    assert versions == [(41,)]


def test_a_made_up_city_goes_in_whole(engine: Engine, tmp_path: Path) -> None:
    written = write_city(tmp_path, generator.generate(3, 400), as_of_ms=AS_OF_MS)
    told: list[tuple[str, int]] = []
    report = import_city(engine, tmp_path, progress=lambda file, lines: told.append((file, lines)))
    assert report.refused == []
    assert report.counts == {
        HOUSEHOLDS.file: written.households,
        RESIDENTS.file: written.residents,
        CARD_LINKS.file: written.card_links,
        BLOCKS.file: written.blocks,
    }
    assert told == list(report.counts.items())
    assert stored(engine, "resident_rows") == written.residents + 3


def test_a_mark_crlf_and_columns_in_any_order_are_read(engine: Engine, tmp_path: Path) -> None:
    sample_city().write(tmp_path)
    path = tmp_path / HOUSEHOLDS.file
    header, *lines = path.read_text("utf-8").splitlines()
    swapped = [",".join(reversed(row.split(","))) for row in (header, *lines)]
    path.write_bytes(b"\xef\xbb\xbf" + "\r\n".join([*swapped, ""]).encode())
    assert import_city(engine, tmp_path).refused == []


SPOILED: dict[str, tuple[str, Callable[[str], str], RefusedLine]] = {
    "value": (
        RESIDENTS.file,
        lambda text: text.replace("japanese", "martian", 1),
        RefusedLine(RESIDENTS.file, 2, "kind", "not one of japanese, foreign"),
    ),
    "check digit": (
        RESIDENTS.file,
        lambda text: text.replace(number(5), "1234567890", 1),
        RefusedLine(RESIDENTS.file, 6, "resident_no", "not 10 digits with their check digit"),
    ),
    "twice": (
        RESIDENTS.file,
        lambda text: text.replace(number(6) + ",", number(5) + ",", 1),
        RefusedLine(RESIDENTS.file, 7, "resident_no", "given twice"),
    ),
    "no household": (
        RESIDENTS.file,
        lambda text: text.replace(f",{number(2)},", f",{number(77)},", 1),
        RefusedLine(RESIDENTS.file, 6, "household_no", "no such household"),
    ),
    "date": (
        RESIDENTS.file,
        lambda text: text.replace("昭和55年4月5日,1980-04-05", "昭和65年4月5日,", 1),
        RefusedLine(RESIDENTS.file, 2, "birth", "a day outside its era"),
    ),
    "day": (
        RESIDENTS.file,
        lambda text: text.replace("1980-04-05", "19800405", 1),
        RefusedLine(RESIDENTS.file, 2, "birth_day", "not a day like 2026-04-01"),
    ),
    "household twice": (
        HOUSEHOLDS.file,
        lambda text: text.replace(number(2), number(1)),
        RefusedLine(HOUSEHOLDS.file, 3, "household_no", "given twice"),
    ),
    "cells": (
        HOUSEHOLDS.file,
        lambda text: text.replace(number(3), number(3) + ",", 1),
        RefusedLine(HOUSEHOLDS.file, 4, "", "another number of cells than the header"),
    ),
    "quote": (
        HOUSEHOLDS.file,
        lambda text: text.replace(number(3) + ",", number(3) + ',"x"y', 1),
        RefusedLine(HOUSEHOLDS.file, 4, "", "from here on not CSV"),
    ),
    "header": (
        CARD_LINKS.file,
        lambda text: text.replace("linked_on", "linked", 1),
        RefusedLine(CARD_LINKS.file, 1, "", "the header line has not exactly the columns of the specification"),
    ),
    "link of nobody": (
        CARD_LINKS.file,
        lambda text: text.replace(number(5), number(99)),
        RefusedLine(CARD_LINKS.file, 6, "resident_no", "no such resident"),
    ),
    "serial": (
        CARD_LINKS.file,
        lambda text: text.replace(",50", ",5x", 1),
        RefusedLine(CARD_LINKS.file, 2, "serial", "not lower-case hexadecimal bytes"),
    ),
    "block": (
        BLOCKS.file,
        lambda text: text + f"{number(1)},because,2026-01-01,\n",
        RefusedLine(BLOCKS.file, 2, "reason", "not one of support-measure, court, other"),
    ),
    "cut short": (
        RESIDENTS.file,
        lambda text: "\n".join(text.splitlines()[:-1]) + "\n",
        RefusedLine(RESIDENTS.file, 0, "", "not as many lines as the manifest says"),
    ),
    "manifest": (
        "manifest.toml",
        lambda text: text + "more = 1\n",
        RefusedLine("manifest.toml", 0, "", "ValidationError"),
    ),
    "format": (
        "manifest.toml",
        lambda text: text.replace("format = 1", "format = 2"),
        RefusedLine("manifest.toml", 0, "", "another format"),
    ),
}


@pytest.mark.parametrize("why", SPOILED)
def test_one_refused_line_and_nothing_is_imported(engine: Engine, tmp_path: Path, why: str) -> None:
    file, edit, expected = SPOILED[why]
    sample_city().write(tmp_path)
    edited(tmp_path, file, edit)
    report = import_city(engine, tmp_path)
    assert expected in report.refused
    assert report.refused_count == len(report.refused)
    assert nobody_is_there(engine)
    assert "証野" not in repr(report)


@pytest.mark.parametrize("file", [HOUSEHOLDS.file, RESIDENTS.file, CARD_LINKS.file, BLOCKS.file, "manifest.toml"])
def test_missing_files_and_other_encodings_are_refused(engine: Engine, tmp_path: Path, file: str) -> None:
    sample_city().write(tmp_path)
    content = (tmp_path / file).read_bytes()
    (tmp_path / file).unlink()
    assert import_city(engine, tmp_path).refused[0] == RefusedLine(file, 0, "", "cannot be read")
    (tmp_path / file).write_bytes(content + "証,".encode("cp932"))
    refused = import_city(engine, tmp_path).refused
    assert any("UTF-8" in line.reason for line in refused)
    assert nobody_is_there(engine)


def test_the_report_stays_short() -> None:
    report = ImportReport()
    for at in range(1_500):
        report.refuse(RESIDENTS.file, at, "", "x")
    assert (len(report.refused), report.refused_count) == (1_000, 1_500)


def test_a_register_with_residents_takes_no_second_city(engine: Engine, tmp_path: Path) -> None:
    sample_city().load(engine, tmp_path)
    with pytest.raises(StoreRefused):
        import_city(engine, tmp_path)


def test_unsettled_households_are_counted(engine: Engine, tmp_path: Path) -> None:
    city = City()
    city.add(1, person(1, 1), foreigner(2, 1, "世帯主"))
    city.add(2, person(3, 2, "子"))
    city.add(3, person(4, 3))
    assert city.load(engine, tmp_path).unsettled_households == 2


def test_a_register_of_another_version_is_refused(database_url: str) -> None:
    with pytest.raises(StoreRefused, match="no register yet"):
        open_engine(database_url)
    engine = open_engine(database_url, create=True)
    with engine.writing() as transaction:
        transaction.run("UPDATE register_version SET version = 2")
    with pytest.raises(StoreRefused):
        engine.create()
    engine.close()
    with pytest.raises(StoreRefused, match="schema version 2"):
        open_engine(database_url, create=True)


@pytest.mark.parametrize(
    "url", ["mysql://x", "sqlite://x", "", "sqlite:////no/such/folder/register.db", "postgresql:///x?host=/no/such/socket"]
)
def test_urls_that_lead_nowhere(url: str) -> None:
    with pytest.raises(Refused):
        open_engine(url, create=True)


def test_a_file_that_is_no_register(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_bytes(b"not a database" * 100)
    with pytest.raises(StoreRefused):
        open_engine(f"sqlite:///{tmp_path}/x.db", create=True)


def test_a_register_in_memory(tmp_path: Path) -> None:
    engine = open_engine("sqlite:///:memory:", create=True)
    sample_city().load(engine, tmp_path)
    with engine.reading() as snapshot:
        snapshot.bind_subject(number(1))
        assert snapshot.rows("SELECT COUNT(*) FROM residents") == [(4,)]
    engine.close()
