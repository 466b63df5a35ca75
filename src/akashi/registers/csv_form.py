"""
A register's CSV files: the columns of a form, one line to one record and back, and the parsers of single cells.

Promises: any bytes of a file end in cells or in the report; any text of a cell gives a value or `RecordRefused`, which names the
column and never a value; nothing is lost or normalised on the way. Source: docs/spec/registry.md section 2.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Generic, TypeVar

from akashi.registers.dates import WrittenDate, dated_as_entered, parse_written_date
from akashi.registers.errors import RecordRefused
from akashi.registers.report import LinesReport

R = TypeVar("R")
E = TypeVar("E", bound=StrEnum)

UNKNOWN_DAY = "unknown"
"""In a `_day` column: the written date names no day of the calendar, as a clerk decided."""

Cells = dict[str, str]


@dataclass(frozen=True, slots=True)
class Form(Generic[R]):
    """
    One kind of file.

    Attributes:
        file: its name in the folder.
        columns: the header line; a file has exactly these columns, in any order.
        parse: cells by column to the record; raises `RecordRefused`.
        cells: the record to its cells, in the order of `columns`.
    """

    file: str
    columns: tuple[str, ...]
    parse: Callable[[Cells], R]
    cells: Callable[[R], tuple[str, ...]]


def write_rows(folder: Path, form: Form[R], rows: Iterable[R]) -> int:
    """Write all rows into the form's file in `folder` (UTF-8, header line, LF) and return their count."""
    count = 0
    with (folder / form.file).open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(form.columns)
        for row in rows:
            writer.writerow(form.cells(row))
            count += 1
    return count


def read_cells(folder: Path, form: Form[R], report: LinesReport) -> Iterator[tuple[int, Cells]]:
    """
    Yield each record of a file as (line where it begins, cells by column); note what is not CSV of that form in the report.

    Any bytes in the file end in cells or in the report.
    """
    line = 0
    try:
        with (folder / form.file).open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.reader(stream, strict=True)
            header = next(reader, [])
            if sorted(header) != sorted(form.columns):
                report.refuse(form.file, 1, "", "the header line has not exactly the columns of the specification")
                return
            line = reader.line_num + 1
            for cells in reader:
                if len(cells) == len(header):
                    yield line, dict(zip(header, cells, strict=True))
                elif cells:
                    report.refuse(form.file, line, "", "another number of cells than the header")
                    report.counts[form.file] = report.counts.get(form.file, 0) + 1
                line = reader.line_num + 1
    except OSError:
        report.refuse(form.file, 0, "", "cannot be read")
    except UnicodeDecodeError:
        report.refuse(form.file, line, "", "from here on not UTF-8")
    except csv.Error:
        report.refuse(form.file, line, "", "from here on not CSV")


def parse_day(column: str, text: str) -> date:
    """Return the day in ISO form. Raises RecordRefused."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise RecordRefused(column, "not a day like 2026-04-01") from None
    if found.isoformat() != text:
        raise RecordRefused(column, "not a day like 2026-04-01")
    return found


def parse_day_or_none(column: str, text: str) -> date | None:
    """Return the day, or None where the cell is empty. Raises RecordRefused."""
    return parse_day(column, text) if text else None


def parse_written(cells: Cells, column: str) -> WrittenDate:
    """Return the written date of two columns, `column` and `column`_day (empty: as the form says). Raises RecordRefused."""
    text, day = cells[column], cells[f"{column}_day"]
    if not day:
        return parse_written_date(text, column=column)
    return dated_as_entered(text, None if day == UNKNOWN_DAY else parse_day(f"{column}_day", day), column=column)


def parse_written_or_none(cells: Cells, column: str) -> WrittenDate | None:
    """Return the written date of two columns, or None where both are empty. Raises RecordRefused."""
    if cells[column]:
        return parse_written(cells, column)
    if cells[f"{column}_day"]:
        raise RecordRefused(f"{column}_day", "a day without its written form")
    return None


def written_cells(value: WrittenDate | None) -> tuple[str, str]:
    """Return the two cells of a written date."""
    # The day is always stated, so that a reader with another table of eras gets the same record.
    if value is None:
        return "", ""
    return value.written, UNKNOWN_DAY if value.internal is None else value.internal.isoformat()


def parse_choice(kind: type[E], column: str, text: str) -> E:
    """Return the member of an enumeration by its value. Raises RecordRefused."""
    try:
        return kind(text)
    except ValueError:
        raise RecordRefused(column, "not one of " + ", ".join(kind)) from None


def parse_flag(column: str, text: str) -> bool:
    """Return the truth value that 0 or 1 stands for. Raises RecordRefused."""
    if text not in {"0", "1"}:
        raise RecordRefused(column, "not 0 or 1")
    return text == "1"


def parse_number(column: str, text: str, *, low: int, high: int) -> int:
    """Return a whole number within bounds, written without leading zeros or a plus sign. Raises RecordRefused."""
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 18) or str(int(text)) != text:  # noqa: PLR2004 - 64 bits
        raise RecordRefused(column, "not a whole number")
    if not low <= int(text) <= high:
        raise RecordRefused(column, "out of range")
    return int(text)


def parse_hex(column: str, text: str, *, bytes_max: int) -> bytes:
    """Return the bytes of lower-case hexadecimal digits, at least one. Raises RecordRefused."""
    if not text or len(text) > 2 * bytes_max or any(character not in "0123456789abcdef" for character in text) or len(text) % 2:
        raise RecordRefused(column, "not lower-case hexadecimal bytes")
    return bytes.fromhex(text)
