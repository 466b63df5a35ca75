"""
A city's folder of CSV files into an empty register: all of it, or nothing.

Promise: the report names file, line, column and reason, never a value. Source: docs/spec/registry.md section 2.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from akashi.registers.csv_form import Form, read_cells
from akashi.registers.errors import RecordRefused, StoreRefused
from akashi.registers.report import LinesReport
from akashi.registers.stores.engine import Engine, Row, Transaction, number
from akashi.zones.core.residents.applying import SORT_ALL
from akashi.zones.core.residents.csv_form import BLOCKS, CARD_LINKS, HOUSEHOLDS, RESIDENTS
from akashi.zones.core.residents.manifest import MANIFEST_FILE, Manifest, parse_manifest
from akashi.zones.core.residents.records import DECOY_NO, Block, CardLink, Household, Resident
from akashi.zones.core.residents.rows import (
    BLOCK_COLUMNS,
    CARD_LINK_COLUMNS,
    HOUSEHOLD_COLUMNS,
    RESIDENT_COLUMNS,
    block_row,
    card_link_row,
    household_row,
    resident_row,
)

R = TypeVar("R")
Progress = Callable[[str, int], None]
"""Told the file and how many of its lines are done, now and then."""

_PROGRESS_LINES: Final = 10_000


@dataclass(slots=True)
class ImportReport(LinesReport):
    """
    What became of an import.

    Attributes:
        unsettled_households: households without exactly one 世帯主; they are imported, but kiosks refuse them.
    """

    unsettled_households: int = 0


class _Refused(Exception):  # noqa: N818 - only to leave the transaction; never leaves this module
    """Something was refused: the transaction must not be committed."""


def import_city(engine: Engine, folder: Path, *, progress: Progress = lambda _file, _lines: None) -> ImportReport:
    """
    Import the folder into a register that holds nobody yet.

    Args:
        engine: an open database with the right schema.
        folder: with the five files of docs/spec/registry.md section 2.
        progress: told now and then how far it is.

    Raises:
        StoreRefused: the register is not empty.
        StoreFailed: the database said no; nothing was imported.
    """
    report = ImportReport()
    manifest = _read_manifest(folder, report)
    if manifest is None:
        return report
    try:
        with engine.writing() as transaction:
            if transaction.rows("SELECT 1 FROM resident_rows WHERE household_no <> ? LIMIT 1", DECOY_NO):
                raise StoreRefused("the register holds residents already; import into an empty one")
            _Import(transaction, folder, report, progress).run(manifest)
            if report.refused_count:
                raise _Refused  # noqa: TRY301 - the way to roll back
    except _Refused:
        pass
    return report


class _Import:
    def __init__(self, transaction: Transaction, folder: Path, report: ImportReport, progress: Progress) -> None:
        self._transaction = transaction
        self._folder = folder
        self._report = report
        self._progress = progress
        # Numbers as integers: a third of the memory of text, and a city has millions of them.
        self._households: dict[int, int] = {}
        self._residents: set[int] = set()
        self._codes: set[int] = set()
        self._my_numbers: set[int] = set()
        self._links: set[tuple[bytes, int]] = set()
        self._blocks: set[tuple[int, str]] = set()

    def run(self, manifest: Manifest) -> None:
        self._load("household_rows", HOUSEHOLD_COLUMNS, HOUSEHOLDS, self._household_rows(manifest.sequence))
        self._load("resident_rows", RESIDENT_COLUMNS, RESIDENTS, self._resident_rows())
        self._load("card_link_rows", CARD_LINK_COLUMNS, CARD_LINKS, self._link_rows())
        self._load("block_rows", BLOCK_COLUMNS, BLOCKS, self._block_rows())
        expected = (
            (HOUSEHOLDS.file, manifest.households),
            (RESIDENTS.file, manifest.residents),
            (CARD_LINKS.file, manifest.card_links),
            (BLOCKS.file, manifest.blocks),
        )
        for file, count in expected:
            if self._report.counts.get(file, 0) != count:
                self._report.refuse(file, 0, "", "not as many lines as the manifest says")
        if not self._report.refused_count:
            self._settle(manifest)

    def _load(self, table: str, columns: tuple[str, ...], form: Form[R], rows: Iterable[Row]) -> None:
        self._report.counts[form.file] = 0
        self._transaction.load(table, columns, rows)

    def _settle(self, manifest: Manifest) -> None:
        run = self._transaction.run
        run(
            "UPDATE household_rows SET next_ref ="
            " (SELECT COUNT(*) FROM resident_rows WHERE resident_rows.household_no = household_rows.household_no)"
        )
        run(SORT_ALL)
        run(
            "UPDATE feed_rows SET municipality = ?, sequence = ?, as_of_ms = ?",
            manifest.municipality,
            manifest.sequence,
            manifest.as_of_ms,
        )
        self._report.unsettled_households = number(
            self._transaction.rows(
                "SELECT COUNT(*) FROM (SELECT household_no FROM resident_rows WHERE state IN ('resident', 'move-out-planned')"
                " GROUP BY household_no HAVING COUNT(CASE WHEN place = 0 THEN 1 END) <> 1) AS unsettled"
            )[0][0]
        )

    def _household_rows(self, sequence: int) -> Iterator[Row]:
        def check(one: Household) -> None:
            if int(one.household_no) in self._households:
                raise RecordRefused("household_no", "given twice")
            self._households[int(one.household_no)] = 0

        for one in self._records(HOUSEHOLDS, check):
            yield household_row(one, row_version=sequence)

    def _resident_rows(self) -> Iterator[Row]:
        for one in self._records(RESIDENTS, self._check_resident):
            ref = self._households[int(one.household_no)]
            self._households[int(one.household_no)] = ref + 1
            yield resident_row(one, member_ref=ref)

    def _check_resident(self, one: Resident) -> None:
        if int(one.household_no) not in self._households:
            raise RecordRefused("household_no", "no such household")
        if self._households[int(one.household_no)] > 999:  # noqa: PLR2004 - references have at most 3 digits
            raise RecordRefused("household_no", "more than a thousand people")
        for column, number_text, seen in (
            ("resident_no", one.resident_no, self._residents),
            ("juminhyo_code", one.juminhyo_code, self._codes),
            ("my_number", one.my_number, self._my_numbers),
        ):
            if number_text and int(number_text) in seen:
                raise RecordRefused(column, "given twice")
        self._residents.add(int(one.resident_no))
        self._codes.add(int(one.juminhyo_code))
        if one.my_number:
            self._my_numbers.add(int(one.my_number))

    def _link_rows(self) -> Iterator[Row]:
        def check(one: CardLink) -> None:
            self._check_known(one.resident_no)
            if (one.issuer_dn, one.serial) in self._links:
                raise RecordRefused("serial", "given twice")
            self._links.add((one.issuer_dn, one.serial))

        for one in self._records(CARD_LINKS, check):
            yield card_link_row(one)

    def _block_rows(self) -> Iterator[Row]:
        def check(one: Block) -> None:
            self._check_known(one.resident_no)
            if (int(one.resident_no), one.reason.value) in self._blocks:
                raise RecordRefused("reason", "given twice")
            self._blocks.add((int(one.resident_no), one.reason.value))

        for one in self._records(BLOCKS, check):
            yield block_row(one)

    def _check_known(self, resident_no: str) -> None:
        if int(resident_no) not in self._residents:
            raise RecordRefused("resident_no", "no such resident")

    def _records(self, form: Form[R], check: Callable[[R], None]) -> Iterator[R]:
        """Yield the records of one file that can be; note the others."""
        for line, cells in read_cells(self._folder, form, self._report):
            try:
                record = form.parse(cells)
                check(record)
            except RecordRefused as refused:
                self._report.refuse(form.file, line, refused.column, refused.reason)
            else:
                yield record
            self._report.counts[form.file] += 1
            if self._report.counts[form.file] % _PROGRESS_LINES == 0:
                self._progress(form.file, self._report.counts[form.file])
        self._progress(form.file, self._report.counts[form.file])


def _read_manifest(folder: Path, report: ImportReport) -> Manifest | None:
    try:
        return parse_manifest((folder / MANIFEST_FILE).read_text(encoding="utf-8-sig"))
    except RecordRefused as refused:
        report.refuse(MANIFEST_FILE, 0, "", refused.reason)
    except OSError:
        report.refuse(MANIFEST_FILE, 0, "", "cannot be read")
    except UnicodeDecodeError:
        report.refuse(MANIFEST_FILE, 0, "", "not UTF-8")
    return None
