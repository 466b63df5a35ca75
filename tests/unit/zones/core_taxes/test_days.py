"""A day's file: served whole or not at all; the one before it stays until the new one is whole."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from akashi.base.log import Log
from akashi.entry.commands.taxes import group
from akashi.registers.errors import RecordRefused
from akashi.registers.stores.engine import Engine
from akashi.wire.errors import Refused, WireCode
from akashi.wire.tax_items import TaxItem
from akashi.zones.core.taxes.arriving import Arrivals
from akashi.zones.core.taxes.csv_form import TAXES
from akashi.zones.core.taxes.manifest import file_digest, parse_manifest
from akashi.zones.core.taxes.store import TaxStore
from unit.registers.asker import CITY
from unit.zones.core_taxes.desk import MASKED, TAXED, UNTAXED, YESTERDAY, entry, write_day

TODAY = date(2026, 6, 16)


def served(store: TaxStore) -> tuple[date | None, int]:
    day = store.day()
    return day.data_on, day.batch


def resealed(folder: Path) -> None:
    """Give an altered table a manifest of its own."""
    manifest = (folder / "manifest.toml").read_text().splitlines()
    (folder / "manifest.toml").write_text("\n".join((*manifest[:-1], f'sha256 = "{file_digest(folder)}"')) + "\n")


def rows_of(engine: Engine) -> int:
    with engine.writing() as transaction:
        return int(str(transaction.rows("SELECT COUNT(*) FROM tax_rows")[0][0]))


@pytest.mark.promise("C2")
def test_a_new_day_replaces_the_old_one_at_once(engine: Engine, tmp_path: Path) -> None:
    store = TaxStore(engine)
    assert served(store) == (None, 0)
    first = write_day(tmp_path / "a", entry(1), entry(2))
    assert store.load_day(first, municipality=CITY) is not None
    assert served(store) == (YESTERDAY, 1)
    assert store.load_day(first, municipality=CITY) is None
    second = write_day(tmp_path / "b", entry(1, amounts=UNTAXED), data_on=TODAY)
    assert store.load_day(second, municipality=CITY) is not None
    assert (served(store), rows_of(engine)) == ((TODAY, 2), 1)


def _truncated(folder: Path) -> None:
    table = (folder / TAXES.file).read_bytes()
    (folder / TAXES.file).write_bytes(table[: len(table) // 2])


def _truncated_at_a_line(folder: Path) -> None:
    lines = (folder / TAXES.file).read_bytes().splitlines(keepends=True)
    (folder / TAXES.file).write_bytes(b"".join(lines[:-1]))


def _one_bit(folder: Path) -> None:
    table = bytearray((folder / TAXES.file).read_bytes())
    table[-3] ^= 1
    (folder / TAXES.file).write_bytes(table)


def _no_table(folder: Path) -> None:
    (folder / TAXES.file).unlink()


def _no_manifest(folder: Path) -> None:
    (folder / "manifest.toml").unlink()


def _bad_manifest(folder: Path) -> None:
    (folder / "manifest.toml").write_bytes(b"\xff" * 10)


@pytest.mark.promise("C2")
@pytest.mark.parametrize("damage", [_truncated, _truncated_at_a_line, _one_bit, _no_table, _no_manifest, _bad_manifest])
def test_a_day_that_is_not_whole_changes_nothing(engine: Engine, tmp_path: Path, damage: Callable[[Path], None]) -> None:
    store = TaxStore(engine)
    store.load_day(write_day(tmp_path / "a", entry(1), entry(2)), municipality=CITY)
    folder = write_day(tmp_path / "b", entry(1), entry(2), entry(3), data_on=TODAY)
    damage(folder)
    with pytest.raises(Refused):
        store.load_day(folder, municipality=CITY)
    assert (served(store), rows_of(engine)) == ((YESTERDAY, 1), 2)


@pytest.mark.promise("C2")
def test_fewer_or_more_lines_than_the_manifest_says_are_refused(engine: Engine, tmp_path: Path) -> None:
    store = TaxStore(engine)
    for more in (-1, 1):
        report = store.load_day(write_day(tmp_path / f"x{more}", entry(1), entry(2), more=more), municipality=CITY)
        assert report is not None
        assert [line.reason for line in report.refused] == ["not as many lines as the manifest says"]
    assert (served(store), rows_of(engine)) == ((None, 0), 0)


@pytest.mark.promise("C2")
@pytest.mark.parametrize(
    ("column", "cell", "shown", "reason"),
    [
        ("resident_no", "1", "resident_no", "not 10 digits with their check digit"),
        ("fiscal_year", "026", "fiscal_year", "not a whole number"),
        ("name", "", "name", "must not be empty"),
        ("declared", "yes", "declared", "not 0 or 1"),
        ("tax_total", "*", "tax-total", "masked where it must not be"),
        ("tax_total", "1", "tax-total", "not the sum of its parts"),
        ("deductions_total", "1", "deductions-total", "not the sum of its parts"),
        ("salary_income", "-1", "salary-income", "out of range"),
        ("dependants_general", "100", "dependants-general", "out of range"),
        ("income_sum", "1,000", "", "another number of cells than the header"),
    ],
)
def test_one_line_that_cannot_be_refuses_the_day_and_names_no_value(  # noqa: PLR0917 - a table of cells
    engine: Engine, tmp_path: Path, column: str, cell: str, shown: str, reason: str
) -> None:
    folder = write_day(tmp_path / "a", entry(2), entry(1))
    header, first, second = (folder / TAXES.file).read_text().splitlines()
    cells = second.split(",")
    cells[TAXES.columns.index(column)] = cell
    (folder / TAXES.file).write_text("\n".join((header, first, ",".join(cells))) + "\n")
    resealed(folder)
    store = TaxStore(engine)
    report = store.load_day(folder, municipality=CITY)
    assert report is not None
    assert [(line.line, line.column, line.reason) for line in report.refused] == [(3, shown, reason)]
    assert served(store) == (None, 0)


def test_the_same_person_and_year_twice_is_refused(engine: Engine, tmp_path: Path) -> None:
    report = TaxStore(engine).load_day(write_day(tmp_path / "a", entry(1), entry(1, 2025), entry(1)), municipality=CITY)
    assert report is not None
    assert [line.reason for line in report.refused] == ["given twice"]


@pytest.mark.promise("C2")
def test_an_older_day_another_city_and_other_bytes_of_the_same_day_are_refused(engine: Engine, tmp_path: Path) -> None:
    store = TaxStore(engine)
    store.load_day(write_day(tmp_path / "a", entry(1)), municipality=CITY)
    for name, code, folder in (
        ("older", WireCode.CONTRADICTION, write_day(tmp_path / "b", entry(2), data_on=date(2026, 6, 14))),
        ("same day", WireCode.CONTRADICTION, write_day(tmp_path / "c", entry(2))),
        ("another city", WireCode.CITY_UNKNOWN, write_day(tmp_path / "d", entry(2), data_on=TODAY, municipality="011002")),
    ):
        with pytest.raises(Refused) as caught:
            store.load_day(folder, municipality=CITY)
        assert caught.value.code is code, name
    assert (served(store), rows_of(engine)) == ((YESTERDAY, 1), 1)


@pytest.mark.promise("C2")
def test_arrivals_take_the_newest_good_day_and_tell_the_log_of_bad_ones(engine: Engine, tmp_path: Path) -> None:
    store, log, source = TaxStore(engine), io.StringIO(), tmp_path / "days"
    arrivals = Arrivals(source, store, municipality=CITY, log=Log("core/taxes", log))
    assert not arrivals.take()
    write_day(source / "2026-06-14", entry(1), data_on=date(2026, 6, 14))
    write_day(source / "2026-06-15", entry(1), entry(2))
    broken = write_day(source / "2026-06-16", entry(1), data_on=TODAY)
    _one_bit(broken)
    lines = write_day(source / "2026-06-17", entry(1), data_on=date(2026, 6, 17), more=1)
    _bad_manifest(write_day(source / "junk", entry(1)))
    (source / "in-progress").mkdir()
    assert arrivals.take()
    assert served(store)[0] == YESTERDAY
    assert not arrivals.take()
    told = log.getvalue()
    assert told.count("the_table_is_not_the_one_of_the_manifest") == 1
    assert told.count("not_as_many_lines_as_the_manifest_says") == 1
    assert told.count("manifest_refused") == 1
    assert "朝倉" not in told
    # A day that is delivered again, right this time, is taken.
    write_day(lines, entry(1), data_on=date(2026, 6, 17))
    assert arrivals.take()
    assert served(store)[0] == date(2026, 6, 17)


def test_the_command_checks_a_day_without_keeping_anything(tmp_path: Path) -> None:
    good = write_day(tmp_path / "good", entry(1))
    done = CliRunner().invoke(group, ["check", str(good)])
    assert (done.exit_code, done.output) == (0, "taxes.csv: 1\nmunicipality 139998, data of 2026-06-15\n")
    bad = write_day(tmp_path / "bad", entry(1), more=1)
    assert CliRunner().invoke(group, ["check", str(bad)]).exit_code == 1


@pytest.mark.parametrize(
    ("declared", "amounts", "column"),
    [
        (False, MASKED, "salary-revenue"),
        (True, {**TAXED, TaxItem.TAX_TOTAL: 245_501}, "tax-total"),
        (True, {**TAXED, TaxItem.BASIC: 430_001}, "deductions-total"),
        (True, {**TAXED, TaxItem.FOREST_TAX: None}, "forest-tax"),
    ],
)
def test_a_record_that_cannot_be_cannot_be_made(*, declared: bool, amounts: dict[TaxItem, int | None], column: str) -> None:
    with pytest.raises(RecordRefused) as caught:
        entry(declared=declared, amounts=amounts)
    assert caught.value.column == column


@pytest.mark.parametrize("text", ["", "format = 1", "x" * 5000, "format = 2\n"])
def test_a_manifest_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        parse_manifest(text.encode())
