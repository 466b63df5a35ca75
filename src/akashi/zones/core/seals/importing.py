"""
A folder with seals.csv and its manifest into an empty register: all of it, or nothing.

Promise: the report names file, line, column and reason, never a value. Source: docs/spec/seals.md section 2.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from akashi.registers.csv_form import read_cells
from akashi.registers.errors import RecordRefused, StoreRefused
from akashi.registers.report import LinesReport
from akashi.registers.stores.engine import Engine, Row
from akashi.zones.core.seals.csv_form import SEALS
from akashi.zones.core.seals.manifest import MANIFEST_FILE, Manifest, parse_manifest
from akashi.zones.core.seals.rows import REGISTRATION_COLUMNS, registration_row

Progress = Callable[[str, int], None]
"""Told the file and how many of its lines are done, now and then."""

_PROGRESS_LINES: Final = 10_000


class _Refused(Exception):  # noqa: N818 - only to leave the transaction; never leaves this module
    """Something was refused: the transaction must not be committed."""


def import_seals(engine: Engine, folder: Path, *, progress: Progress = lambda _file, _lines: None) -> LinesReport:
    """
    Import the folder into a register that holds nothing yet; return what became of its lines.

    Args:
        engine: an open database with the right schema.
        folder: with seals.csv and manifest.toml.
        progress: told now and then how far it is.

    Raises:
        StoreRefused: the register is not empty.
        StoreFailed: the database said no; nothing was imported.
    """
    report = LinesReport()
    manifest = _read_manifest(folder, report)
    if manifest is None:
        return report
    try:
        with engine.writing() as transaction:
            if transaction.rows("SELECT 1 FROM registration_rows LIMIT 1"):
                raise StoreRefused("the register holds seals already; import into an empty one")
            transaction.load("registration_rows", REGISTRATION_COLUMNS, _rows(folder, report, manifest.sequence, progress))
            if report.counts.get(SEALS.file, 0) != manifest.seals:
                report.refuse(SEALS.file, 0, "", "not as many lines as the manifest says")
            if report.refused_count:
                raise _Refused  # noqa: TRY301 - the way to roll back
            transaction.run(
                "UPDATE feed_rows SET municipality = ?, sequence = ?, as_of_ms = ?",
                manifest.municipality,
                manifest.sequence,
                manifest.as_of_ms,
            )
    except _Refused:
        pass
    return report


def _rows(folder: Path, report: LinesReport, sequence: int, progress: Progress) -> Iterator[Row]:
    numbers: set[str] = set()
    residents: set[str] = set()
    report.counts[SEALS.file] = 0
    for line, cells in read_cells(folder, SEALS, report):
        report.counts[SEALS.file] += 1
        try:
            one = SEALS.parse(cells)
            for column, number, seen in (
                ("registration_no", one.registration_no, numbers),
                ("resident_no", one.resident_no, residents),
            ):
                if number in seen:
                    raise RecordRefused(column, "given twice")  # noqa: TRY301 - one way to refuse a line
                seen.add(number)
        except RecordRefused as refused:
            report.refuse(SEALS.file, line, refused.column, refused.reason)
        else:
            yield registration_row(one, row_version=sequence)
        if report.counts[SEALS.file] % _PROGRESS_LINES == 0:
            progress(SEALS.file, report.counts[SEALS.file])
    progress(SEALS.file, report.counts[SEALS.file])


def _read_manifest(folder: Path, report: LinesReport) -> Manifest | None:
    try:
        return parse_manifest((folder / MANIFEST_FILE).read_text(encoding="utf-8-sig"))
    except RecordRefused as refused:
        report.refuse(MANIFEST_FILE, 0, "", refused.reason)
    except OSError:
        report.refuse(MANIFEST_FILE, 0, "", "cannot be read")
    except UnicodeDecodeError:
        report.refuse(MANIFEST_FILE, 0, "", "not UTF-8")
    return None
