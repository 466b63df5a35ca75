"""
Where each text of the papers of a family register stands, written down from docs/spec/form-koseki.md sections 1, 2 and 4.

Sections of rows come in; pages with a box for every text and all lines come out. This map is the reader's own; it is compared
with the composer's geometry by tests only.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple

from akashi.documents.read.errors import FileRefused, Rule
from akashi.documents.read.places import PT_PER_MM, SHEET_MM, Box, Frame, PageMap, Role

LABELS: dict[str, str] = {"label number": "発行番号", "label as_of": "記録の時点"}
HEAD_LABELS: dict[str, str] = {"label honseki": "本籍", "label hittosha": "氏名"}
NOTE, CONTINUED = "この印は黒色です", "次葉に続く"
"""Words of the form that never change."""

END, REMOVED, GOES_ON = "以下余白", "除　籍", "（続き）"
"""Words of the body."""

PAGES_MAX = 99
_LEFT, _MIDDLE, _RIGHT = 15.0, 60.0, 195.0
_HEAD_TOP, _BODY_TOP, _BODY_END = 21.5, 37.5, 246.5
_STEP = 4.0
_ROW_MM, _MORE_MM = 5.0, 3.5
_CHARACTERS = {0: (39, 37), 1: (38, 36)}
"""By level: so many stand on one line alone; on each of several lines."""
_MARKS = re.compile(r"[\u0300-\u036F\u3099\u309A\uFE00-\uFE0F\U000E0100-\U000E01EF]")
_ONCE = (
    Box("label number", 15, 10.6, 34, 15, Role.LABEL),
    Box("number", 34, 10.6, 96, 15),
    Box("label as_of", 15, 15.2, 34, 19.6, Role.LABEL),
    Box("as_of", 34, 15.2, 96, 19.6),
    Box("sheet", 96, 10, 130, 18),
    Box("title", 131, 10, 196, 18, Role.TITLE),
)
_HEAD = (
    Box("label honseki", 15, 21.5, 60, 30.3, Role.LABEL),
    Box("honseki", 60, 21.5, 195, 30.3),
    Box("label hittosha", 15, 30.3, 60, 37.5, Role.LABEL),
    Box("hittosha", 60, 30.3, 195, 37.5),
)
_FOOT = (
    Box("statement", 49, 248, 195, 255),
    Box("issued_on", 59, 257.5, 119, 264.5),
    Box("certifier", 49, 267, 115, 276),
    Box("officer", 117, 267, 166, 276),
    Box("seal", 168, 255.5, 190, 277.5, Role.SEAL),
    Box("seal note", 169, 278, 193, 282, Role.LABEL),
)
_CONTINUED = Box("statement", 49, 248, 195, 255, Role.LABEL)
_CODE_PT = (48.0, 46.2, 82.8)
"""The 2D code's left and lower edge, from the sheet's lower left corner, and its side: 69 modules of 1.2 pt."""
_CODE = Box(
    "code",
    _CODE_PT[0] / PT_PER_MM,
    SHEET_MM[1] - (_CODE_PT[1] + _CODE_PT[2]) / PT_PER_MM,
    (_CODE_PT[0] + _CODE_PT[2]) / PT_PER_MM,
    SHEET_MM[1] - _CODE_PT[1] / PT_PER_MM,
    Role.CODE,
)
_SEAL_FRAME = Frame(168.4, 255.9, 189.6, 277.1)


class Row(NamedTuple):
    """
    A row of the body: what stands on the left (a heading, or one step in a title) and on the right (one step in at level 1).

    `removed`: 「除　籍」 begins here.
    """

    heading: str = ""
    title: str = ""
    line: str = ""
    level: int = 0
    removed: bool = False


class Unit(NamedTuple):
    """
    Rows that stand together.

    Attributes:
        rows: one or more.
        section: heading of the section on a row of its own; empty where it has none.
        first: the section begins with it.
        goes_on: title of the matter that it is in the middle of.
        whose: rows above the section on a page that begins within it.
    """

    rows: tuple[Row, ...]
    section: str = ""
    first: bool = False
    goes_on: str = ""
    whose: tuple[Row, ...] = ()


@dataclass(slots=True)
class Body:
    """The body of a page: a box for each text in reading order, its words, and the lines."""

    boxes: list[Box] = field(default_factory=list)
    words: dict[str, str] = field(default_factory=dict)
    lines: list[Frame] = field(default_factory=list)
    rows: int = 0


def row_mm(row: Row) -> float:
    """Return the height of a row."""
    count = len(_MARKS.sub("", row.line))
    alone, each = _CHARACTERS[row.level]
    lines = 1 if count <= alone else math.ceil(count / each)
    return _ROW_MM + _MORE_MM * (lines - 1)


def bodies_of(units: Iterable[Unit], *, head: bool) -> list[Body]:
    """
    Return the bodies of all pages.

    Args:
        units: in order; one or more.
        head: 本籍 and 氏名 stand above.

    Raises:
        FileRefused: RECORD_ITEMS, for what no paper can take.
    """
    top = _BODY_TOP if head else _HEAD_TOP
    bodies, y = [Body()], top
    left_over = list(units)
    for place, unit in enumerate(left_over):
        last = place == len(left_over) - 1
        rows = (Row(heading=unit.section), *unit.rows) if unit.first and unit.section else unit.rows
        need = sum(map(row_mm, rows)) + (_ROW_MM if last else 0.0)
        if y + need <= _BODY_END:
            if unit.first and y != top:
                bodies[-1].lines.append(_across(y))
        else:
            above = unit.whose
            rows = _anew(unit) if not unit.first else rows
            need = sum(map(row_mm, (*above, *rows))) + (_ROW_MM if last else 0.0)
            if top + need > _BODY_END or len(bodies) == PAGES_MAX:
                raise FileRefused(Rule.RECORD_ITEMS)
            bodies.append(Body())
            y = top
            if above:
                y = _fill(bodies[-1], above, y)
                bodies[-1].lines.append(_across(y))
        y = _fill(bodies[-1], rows, y)
    body = bodies[-1]
    body.lines.append(_across(y))
    body.boxes.append(Box("end", _MIDDLE, y, _RIGHT, y + _ROW_MM))
    body.words["end"] = END
    return bodies


def _anew(unit: Unit) -> tuple[Row, ...]:
    """Return the rows of a unit with which a page begins, within its section."""
    first, *others = unit.rows
    if unit.goes_on:
        first = first._replace(title=unit.goes_on + GOES_ON)
    heading = (Row(heading=unit.section + GOES_ON),) if unit.section else ()
    return (*heading, first, *others)


def _fill(body: Body, rows: Iterable[Row], y: float) -> float:
    """Put rows on a page from there, and return where they end."""
    for row in rows:
        body.rows += 1
        down = y + row_mm(row)
        if row.heading:
            _put(body, "left", (_LEFT, y, _MIDDLE, y + _ROW_MM), row.heading)
        if row.title:
            _put(body, "left", (_LEFT + _STEP, y, _MIDDLE, y + _ROW_MM), row.title)
        if row.removed:
            left, up, right, low = 20.0, y + 1, 38.0, y + 8
            _put(body, "removed", (left, up, right, low), REMOVED)
            body.lines += [Frame(left, up, right, up), Frame(left, low, right, low)]
            body.lines += [Frame(left, up, left, low), Frame(right, up, right, low)]
        if row.line:
            _put(body, "right", (_MIDDLE + _STEP * row.level, y, _RIGHT, down), row.line)
        y = down
    return y


def _put(body: Body, side: str, edges: tuple[float, float, float, float], words: str) -> None:
    name = f"row-{body.rows} {side}"
    body.boxes.append(Box(name, *edges, flush=side != "removed"))
    body.words[name] = words


def _across(y: float) -> Frame:
    return Frame(_LEFT, y, _RIGHT, y)


def page_map(body: Body, *, head: bool, last: bool) -> PageMap:
    """Return the map of a page with that body."""
    before, ruled, behind = _around(head=head, last=last)
    return PageMap(
        # What a form has to show depends on how many texts there are, not on where they stand.
        name=("koseki", head, last, len(body.boxes)),
        boxes=(*before, *body.boxes, *behind),
        ruled=ruled,
        heavy=_SEAL_FRAME if last else None,
        flow=Frame(_LEFT, _BODY_TOP if head else _HEAD_TOP, _RIGHT, _BODY_END),
    )


@cache
def _around(*, head: bool, last: bool) -> tuple[tuple[Box, ...], tuple[Box, ...], tuple[Box, ...]]:
    """Return the boxes before the body, the ruled boxes of the page, and the boxes behind the body."""
    top = _BODY_TOP if head else _HEAD_TOP
    columns = (Box("body left", _LEFT, top, _MIDDLE, _BODY_END), Box("body right", _MIDDLE, top, _RIGHT, _BODY_END))
    above = _HEAD if head else ()
    return (*_ONCE, *above), (*above, *columns), (*(_FOOT if last else (_CONTINUED,)), _CODE)
