"""
The rows of a family register's papers: sections of units, put on pages, each text with its place.

Promises: a unit is never divided; a page that begins within a section says whose and which it is; a unit that fits no
page refuses.
Source: docs/spec/form-koseki.md sections 2 to 4.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from akashi.documents.compose.errors import GlyphMissing, RecordUnfit, TextOverflow
from akashi.documents.compose.form import Cell
from akashi.documents.compose.model import Rule, Slot, Text

PAGES_MAX = 99
END = "以下余白"
REMOVED = "除　籍"
AGAIN = "（続き）"

_LEFT, _MIDDLE, _RIGHT = 15.0, 60.0, 195.0
_BODY_END = 246.5
_ROW, _LINE_MORE = 5.0, 3.5
_SIZE = 9.5
_LINE = ((39, 37), (38, 36))
"""By level: characters on a line that is alone, and on each of several lines: room for a word carried over."""
_STEP = 4.0
_ROWS_BESIDE_MARK = 3
_NOT_COUNTED = re.compile("[\u0300-\u036f\u3099\u309a\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_OWN_WORDS = frozenset({END, REMOVED})
_MARK_BOX = (_LEFT + 5.0, 1.0, 18.0, 7.0)
_MARK_CELL = Cell("removed", _MARK_BOX, 12.0, 12.0, 1, "center")
_END_CELL = Cell("end", (_MIDDLE, 0.0, _RIGHT - _MIDDLE, _ROW), _SIZE, _SIZE, 1, "right")
_HEADING_CELL = Cell("heading", (_LEFT, 0.0, _MIDDLE - _LEFT, _ROW), _SIZE, 6.0, 2)
_TITLE_CELL = Cell("title", (_LEFT + _STEP, 0.0, _MIDDLE - _LEFT - _STEP, _ROW), _SIZE, 6.0, 2)


@dataclass(frozen=True, slots=True)
class Row:
    """
    A row.

    Attributes:
        heading, title: what stands on the left: a heading, or one step further in the title of a matter.
        line: what stands on the right; empty for nothing.
        level: 1 where the line stands one step further in.
        removed: 「除　籍」 begins here.
        end: it says 「以下余白」 and nothing else.
    """

    heading: str = ""
    title: str = ""
    line: str = ""
    level: int = 0
    removed: bool = False
    end: bool = False

    @property
    def height(self) -> float:
        """In mm."""
        alone, each = _LINE[self.level]
        count = len(_NOT_COUNTED.sub("", self.line))
        return _ROW + _LINE_MORE * (-(-count // each) - 1 if count > alone else 0)


@dataclass(frozen=True, slots=True)
class Unit:
    """Rows that are never separated; `title` of the matter that they go on with, where they do not begin it."""

    rows: tuple[Row, ...]
    title: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """
    A section.

    Attributes:
        units: at least one.
        heading: on a row of its own before them; empty where there is none.
        whose: rows that stand above it on every page that begins within it.
    """

    units: tuple[Unit, ...]
    heading: str = ""
    whose: tuple[Row, ...] = ()


@dataclass(slots=True)
class Filled:
    """What stands in the body of a page."""

    texts: list[Text] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)


def free(value: str, item: str) -> str:
    """
    Return the value.

    Raises:
        RecordUnfit: it looks like one of the form's own words.
        GlyphMissing: spaces at its ends, or two narrow ones in a row: nobody could read from paper or file that they are there.
    """
    if value in _OWN_WORDS:
        raise RecordUnfit(item)
    if value != value.strip() or "  " in value:
        raise GlyphMissing(item)
    return value


def line(label: str, value: str) -> str:
    """
    Return a line as printed.

    Raises:
        RecordUnfit, GlyphMissing: nothing to print, or nothing that could be read as it is.
    """
    if not (label or value):
        raise RecordUnfit("line")
    return f"【{free(label, 'line')}】{free(value, 'line')}" if label else free(value, "line")


def person_rows(heading: str, facts: Sequence[str], *, removed: bool) -> tuple[Row, ...]:
    """Return the facts of a person in rows, with 「除　籍」 for who has left."""
    rows = [Row(line=fact) for fact in facts]
    rows[0] = replace(rows[0], heading=heading)
    if removed:
        rows += [Row()] * (_ROWS_BESIDE_MARK - len(rows))
        rows[1] = replace(rows[1], removed=True)
    return tuple(rows)


def filled_pages(sections: Iterable[Section], *, top: float) -> list[Filled]:
    """
    Return the bodies of all pages.

    Args:
        sections: at least one.
        top: where a body begins, in mm.

    Raises:
        TextOverflow: a unit fits no page, or there are too many pages.
    """
    filling = _Filling(top)
    *units, (section, unit, begins) = _units(sections)
    for one, rows, is_first in units:
        filling.put(one, rows, begins=is_first)
    filling.put(section, Unit((*unit.rows, Row(end=True)), unit.title), begins=begins)
    return filling.pages


def _units(sections: Iterable[Section]) -> Iterator[tuple[Section, Unit, bool]]:
    for section in sections:
        for index, unit in enumerate(section.units):
            yield section, unit, index == 0


class _Filling:
    """Pages while they are filled."""

    def __init__(self, top: float) -> None:
        self._top = self._y = top
        self.pages = [Filled()]

    def put(self, section: Section, unit: Unit, *, begins: bool) -> None:
        rows = ((Row(heading=section.heading), *unit.rows) if section.heading else unit.rows) if begins else unit.rows
        if self._fits(rows):
            if begins and self._y > self._top:
                self._rule()
            self._place(rows)
            return
        if self._y == self._top or len(self.pages) == PAGES_MAX:
            raise TextOverflow("unit")
        self.pages.append(Filled())
        self._y = self._top
        if not begins:
            first = replace(unit.rows[0], title=unit.title + AGAIN) if unit.title else unit.rows[0]
            rows = (*((Row(heading=section.heading + AGAIN),) if section.heading else ()), first, *unit.rows[1:])
        if not self._fits((*section.whose, *rows)):
            raise TextOverflow("unit")
        if section.whose:
            self._place(section.whose)
            self._rule()
        self._place(rows)

    def _fits(self, rows: Iterable[Row]) -> bool:
        return self._y + sum([row.height for row in rows]) <= _BODY_END

    def _rule(self) -> None:
        self.pages[-1].rules.append(Rule(_LEFT, self._y, _RIGHT, self._y))

    def _place(self, rows: Iterable[Row]) -> None:
        page = self.pages[-1]
        for row in rows:
            if row.heading:
                page.texts.append(Text(Slot(_HEADING_CELL, 0.0, self._y), row.heading))
            if row.title:
                page.texts.append(Text(Slot(_TITLE_CELL, 0.0, self._y), row.title))
            if row.removed:
                page.texts.append(Text(Slot(_MARK_CELL, 0.0, self._y), REMOVED))
                page.rules += _frame(self._y)
            if row.line:
                page.texts.append(Text(Slot(_line_cell(row.level, row.height), 0.0, self._y), row.line))
            if row.end:
                self._rule()
                page.texts.append(Text(Slot(_END_CELL, 0.0, self._y), END))
            self._y += row.height


def _frame(y: float) -> Iterator[Rule]:
    left, down, width, height = _MARK_BOX
    top, right, bottom = y + down, left + width, y + down + height
    yield Rule(left, top, right, top)
    yield Rule(left, bottom, right, bottom)
    yield Rule(left, top, left, bottom)
    yield Rule(right, top, right, bottom)


@lru_cache(maxsize=256)
def _line_cell(level: int, height: float) -> Cell:
    left = _MIDDLE + _STEP * level
    lines = 1 + round((height - _ROW) / _LINE_MORE)
    return Cell("line", (left, 0.0, _RIGHT - left, height), _SIZE, _SIZE, lines)
