"""
A day's folder into the database: whole, or not at all.

Promises: while a day is being loaded the day before it is served; it is replaced in the very transaction in which the new one
became whole; a file that is cut short, altered, another city's, of an earlier day, or has one line that no record can be,
changes nothing.
Source: docs/spec/taxes.md section 3; requirements C2.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from akashi.registers.csv_form import read_cells
from akashi.registers.errors import RecordRefused
from akashi.registers.report import LinesReport
from akashi.registers.stores.engine import Engine, Row, Transaction, number, text
from akashi.wire.errors import WireCode
from akashi.wire.tax_items import TaxItem
from akashi.zones.core.taxes.csv_form import COLUMN_OF, TAXES
from akashi.zones.core.taxes.errors import DayRefused
from akashi.zones.core.taxes.manifest import MANIFEST_FILE, Manifest, file_digest, parse_manifest
from akashi.zones.core.taxes.records import TaxEntry

TAX_COLUMNS: Final = (
    "batch",
    "resident_no",
    "fiscal_year",
    "name",
    "birth_date",
    "address",
    "levy_address",
    "declared",
    "note",
    *COLUMN_OF.values(),
)
"""All columns of tax_rows."""


class _Refused(Exception):  # noqa: N818 - only to leave the transaction; never leaves this module
    """Something was refused: the transaction must not be committed."""


@dataclass(frozen=True, slots=True)
class Served:
    """The day that is served: its number, its day, the digest of its file; day and digest are empty before the first."""

    batch: int
    data_on: str
    digest: str


def load_day(engine: Engine, folder: Path, *, municipality: str) -> LinesReport | None:
    """
    Load one day's folder and serve it from then on; return what became of its lines, or None where it is served already.

    Args:
        engine: an open database with the right schema.
        folder: with taxes.csv and manifest.toml.
        municipality: whose data these must be.

    Raises:
        DayRefused: the manifest, the digest, the city or the day is wrong; nothing changed.
        StoreFailed: the database said no; nothing changed.
    """
    manifest = read_manifest(folder)
    if manifest.municipality != municipality:
        raise DayRefused("another city's file", code=WireCode.CITY_UNKNOWN)
    report = LinesReport()
    try:
        with engine.writing() as transaction:
            served = _served(transaction)
            if served.digest == manifest.sha256:
                return None
            if served.data_on and manifest.data_on <= date.fromisoformat(served.data_on):
                raise DayRefused("no newer than the day that is served", code=WireCode.CONTRADICTION)
            _check_digest(folder, manifest)
            batch = served.batch + 1
            transaction.load("tax_rows", TAX_COLUMNS, _rows(folder, report, batch))
            if report.counts.get(TAXES.file, 0) != manifest.count:
                report.refuse(TAXES.file, 0, "", "not as many lines as the manifest says")
            if report.refused_count:
                raise _Refused  # noqa: TRY301 - the way to roll back
            transaction.run("DELETE FROM tax_rows WHERE batch <> ?", batch)
            transaction.run(
                "UPDATE feed_rows SET municipality = ?, batch = ?, data_on = ?, as_of_ms = ?, digest = ?",
                manifest.municipality,
                batch,
                manifest.data_on.isoformat(),
                manifest.as_of_ms,
                manifest.sha256,
            )
    except _Refused:
        pass
    return report


def read_manifest(folder: Path) -> Manifest:
    """
    Return the folder's manifest.

    Raises:
        DayRefused: there is none, or it is none.
    """
    try:
        untrusted = (folder / MANIFEST_FILE).read_bytes()
    except OSError:
        raise DayRefused("the manifest cannot be read") from None
    return parse_manifest(untrusted)


def _check_digest(folder: Path, manifest: Manifest) -> None:
    try:
        digest = file_digest(folder)
    except OSError:
        raise DayRefused("the table cannot be read") from None
    if digest != manifest.sha256:
        raise DayRefused("the table is not the one of the manifest")


def _served(transaction: Transaction) -> Served:
    batch, data_on, digest = transaction.rows("SELECT batch, data_on, digest FROM feed_rows")[0]
    return Served(number(batch), text(data_on), text(digest))


def _rows(folder: Path, report: LinesReport, batch: int) -> Iterator[Row]:
    seen: set[tuple[str, int]] = set()
    report.counts[TAXES.file] = 0
    for line, cells in read_cells(folder, TAXES, report):
        report.counts[TAXES.file] += 1
        try:
            one = TAXES.parse(cells)
            key = (one.resident_no, one.fiscal_year)
            if key in seen:
                raise RecordRefused("fiscal_year", "given twice")  # noqa: TRY301 - one way to refuse a line
            seen.add(key)
        except RecordRefused as refused:
            report.refuse(TAXES.file, line, refused.column, refused.reason)
        else:
            yield _row(one, batch)


def _row(one: TaxEntry, batch: int) -> Row:
    return (
        batch,
        one.resident_no,
        one.fiscal_year,
        one.name,
        one.birth_date,
        one.address,
        one.levy_address,
        int(one.declared),
        one.note,
        *(one.amounts[item] for item in TaxItem),
    )
