"""
A form: its cells and words, read once from the TOML that the drawing (`forms/*.typ`) reads, too.

A form knows where values may stand, never what they are.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

import msgspec

FORMS = Path(__file__).with_name("forms")
PT_PER_MM = 72 / 25.4


class Cell(msgspec.Struct, frozen=True):
    """
    One cell for a value.

    Attributes:
        name: item of the record, or a name of the form's own.
        box: x, y, width, height in mm; y downwards.
        size: usual size in pt, in halves.
        size_min: smallest size in pt that counts as legible here.
        lines_max: lines that the cell can take.
        align: "left", "right" or "center".
        label, label_foreign: words beside the cell; the second for a foreign resident, where they differ.
    """

    name: str
    box: tuple[float, float, float, float]
    size: float
    size_min: float
    lines_max: int
    align: str = "left"
    label: str = ""
    label_foreign: str = ""


class Fixed(msgspec.Struct, frozen=True):
    """Words of the form, or the seal (no words); x and y in mm, `dy` for words that hang on something else, side in mm."""

    text: str = ""
    x: float = 0.0
    y: float = 0.0
    side: float = 0.0


class Block(msgspec.Struct, frozen=True):
    """A block of cells that repeats downwards: place of the first one, distance to the next, height, in mm; how many at most."""

    x: float
    y: float
    pitch: float
    height: float
    most: int


class Code(msgspec.Struct, frozen=True):
    """The 2D code: lower left corner and size of a module in pt, modules along a side, and its description."""

    x: float
    y: float
    modules: int
    module: float
    alt: str


class Marks(msgspec.Struct, frozen=True):
    """Words of the form that stand where a value could, such as （省略）, and their size in pt, the same in all larger cells."""

    size: float
    words: frozenset[str]


class Form(msgspec.Struct, frozen=True):
    """
    A form.

    Attributes:
        name: of its files.
        title: of the certificate, for the file's properties.
        inset: mm left free at both sides of a cell.
        code: the place of the 2D code, on every page.
        marks: words in place of values.
        cells: groups of cells, in reading order.
        fixed: words.
        blocks: groups of cells that repeat.
    """

    name: str
    title: str
    inset: float
    code: Code
    marks: Marks
    cells: dict[str, tuple[Cell, ...]]
    fixed: dict[str, Fixed] = {}
    blocks: dict[str, Block] = {}

    @property
    def template(self) -> Path:
        """The file that the typesetter draws."""
        return FORMS / f"{self.name}.typ"

    def words(self) -> tuple[str, ...]:
        """Return all words that the form can draw, whatever the shape."""
        labels = [label for cells in self.cells.values() for cell in cells for label in (cell.label, cell.label_foreign)]
        return tuple(word for word in (*labels, *(fixed.text for fixed in self.fixed.values())) if word)


@cache
def load_form(name: str) -> Form:
    """Return one of the forms that come with this package."""
    return msgspec.convert(tomllib.loads((FORMS / f"{name}.toml").read_text(encoding="utf-8")), Form)
