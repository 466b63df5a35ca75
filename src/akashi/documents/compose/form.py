"""The form's cells with their measures, read once from juminhyo.toml, which the drawing reads, too."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

import msgspec

FORM_FILE = Path(__file__).with_name("juminhyo.toml")
PT_PER_MM = 72 / 25.4


class Cell(msgspec.Struct, frozen=True):
    """
    One cell for a value.

    Attributes:
        name: item of the record, or a name of the form's own.
        box: x, y, width, height in mm.
        size: usual size in pt.
        size_min: smallest size in pt that counts as legible here.
        lines_max: lines that the cell can take.
    """

    name: str
    box: tuple[float, float, float, float]
    size: float
    size_min: float
    lines_max: int


class Sheet(msgspec.Struct, frozen=True):
    """Persons on one sheet at most; space in mm left free at both sides of a cell."""

    persons_max: int
    inset: float


class _Person(msgspec.Struct, frozen=True):
    cell: tuple[Cell, ...]


class Form(msgspec.Struct, frozen=True):
    """
    Cells of the form.

    Attributes:
        sheet: limits.
        once: cells at the head of every page.
        last: cells of the certifying statement, on the last page.
        person: cells of one person, in the order of drawing.
    """

    sheet: Sheet
    once: tuple[Cell, ...]
    last: tuple[Cell, ...]
    person: _Person


@cache
def juminhyo_form() -> Form:
    """Return the form of the 住民票の写し (世帯連記式)."""
    return msgspec.convert(tomllib.loads(FORM_FILE.read_text(encoding="utf-8")), Form)
