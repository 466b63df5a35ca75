"""
Where things may stand on a page: the measure that every kind of certificate writes down for itself, from its legal form.

Lengths in mm from the sheet's top left corner.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from datetime import date

SHEET_MM = (210.0, 297.0)
PT_PER_MM = 72 / 25.4


class Role(enum.StrEnum):
    """What stands in a box."""

    TITLE = "title"
    """The form's heading: the same on all certificates of the kind."""
    LABEL = "label"
    """Words of the form."""
    SEAL = "seal"
    """The official seal (公印): columns from the right."""
    CODE = "code"
    """Room for the 2D code; no words."""
    VALUE = "value"
    """Words of this one certificate."""
    IMAGE = "image"
    """An image of this one certificate, which fills its box; its words are its description."""


@dataclass(frozen=True, slots=True)
class Box:
    """
    A place for one text; edges in mm from the sheet's top left corner.

    Attributes:
        name: of the box, such as "person-2 name"; no value.
        role: what stands in it.
        row: from 1, where several boxes share a place in which texts flow: a text of a later row stands below all earlier rows,
            texts of one row stand in columns of their own. 0 for a box that has its place alone.
        flush: on a page with rows, the text begins at the left edge: a step further in would mean something else.
    """

    name: str
    left: float
    top: float
    right: float
    bottom: float
    role: Role = Role.VALUE
    row: int = 0
    flush: bool = False


@dataclass(frozen=True, slots=True)
class Frame:
    """A rectangle: a heavy frame by the middle of its lines, or the place in which rows flow."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PageMap:
    """
    All boxes of one page, and the lines that may be drawn there.

    Attributes:
        name: tells this map from all others of all kinds: what is remembered of a form is remembered under it.
        boxes: in the order in which the page is read out; no two overlap.
        ruled: the boxes that have lines around them; the page has these lines and no others.
        heavy: the one heavy frame, around the seal; None on a page without.
        modules: of the 2D code, across and down.
        flow: where rows flow, and where a certificate may have lines of its own, which cross no text; None where there are none.
        fixed: names of the boxes whose words are the form's.
    """

    name: tuple[str | int, ...]
    boxes: tuple[Box, ...]
    ruled: tuple[Box, ...]
    heavy: Frame | None = None
    modules: int = 69
    flow: Frame | None = None
    fixed: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        fixed = tuple(box.name for box in self.boxes if box.role in (Role.TITLE, Role.LABEL, Role.SEAL))
        object.__setattr__(self, "fixed", fixed)


@dataclass(frozen=True, slots=True)
class Picture:
    """An image: its dots across and down, its rows from above, each filled up to whole bytes; 1 is black."""

    columns: int
    rows: int
    bits: bytes


@dataclass(frozen=True, slots=True)
class ExpectedPage:
    """
    One page: its map, the words of each box by name, and the images of those boxes that have one.

    `lines` are exactly the certificate's own lines in their order, each a frame without width or without height, where the map
    says that there may be any; None where all that is known of them is that they cross no text.
    """

    places: PageMap
    words: dict[str, str]
    pictures: dict[str, Picture] = field(default_factory=dict)
    lines: tuple[Frame, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """
    What a whole file must say.

    Attributes:
        title: of the kind, in the file's properties.
        author: the city, in the file's properties.
        issued_on: day of issue in Japan, in the file's properties.
        letters: of which the form's words are made, in all its shapes: its fonts of labels may have these.
        pages: in order.
    """

    title: str
    author: str
    issued_on: date
    letters: frozenset[str]
    pages: tuple[ExpectedPage, ...]
