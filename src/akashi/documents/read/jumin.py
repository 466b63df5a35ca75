"""住民票の写し (世帯連記式): read the finished file back and compare every printed word."""

from __future__ import annotations

import struct
import unicodedata
from bisect import bisect_left
from itertools import pairwise

from akashi.documents.read.errors import FileRefused, Rule
from akashi.documents.read.expected import ExpectedPage, PrintedFace, expected_pages
from akashi.documents.read.field_map import SHEET_MM, Layout, layout
from akashi.documents.read.glyphs import check_glyphs
from akashi.documents.read.pdfium import BLANK, Drawing, Mark, Page, open_pages
from akashi.documents.read.placing import check_places
from akashi.documents.read.structure import check_form
from akashi.wire.certificates import Choice
from akashi.wire.messages.records import JuminRecord

_NEAR_MM = 0.35
"""How far a line or the edge of a character may lie beside its place: rounding of lengths, side bearings."""
_FONT_SPACE_MM = 1.0
_WIDE_EM_MIN = 0.6
_NARROW_SPACE, _WIDE_SPACE = 0x20, 0x3000
_SEAL_COLUMN_MM = 1.0


def read_back_jumin(
    untrusted_pdf: bytes,
    record: JuminRecord,
    choices: tuple[Choice, ...],
    face: PrintedFace,
) -> int:
    """
    Return the number of pages of a file that says exactly what it must.

    Args:
        untrusted_pdf: the unsigned file, at most 2 MiB.
        record: as the registry signed it.
        choices: as the applicant signed them.
        face: number, dates, officer and fonts by the checker's own policy.

    Raises:
        FileRefused: with the rule, the page and the box; never a value.
        FontsUnfit: for the operator.

    Source: docs/spec/form-juminhyo.md section 6; docs/spec/protocol.md section 5.4.
    """
    expected = expected_pages(record, choices, face)
    contents = check_form(untrusted_pdf, face.fonts)
    with open_pages(untrusted_pdf) as pages:
        if pages.count != len(expected) or len(contents) != len(expected):
            raise FileRefused(Rule.PAGE_COUNT)
        replaced = check_glyphs(untrusted_pdf, face.fonts)
        for number, words in enumerate(expected, 1):
            check_places(contents[number - 1], layout(words.persons, last=words.last), number)
            _check_page(pages.page(number, replaced[number - 1]), words)
    return len(expected)


def _check_page(page: Page, expected: ExpectedPage) -> None:
    width, height = page.size_mm()
    if abs(width - SHEET_MM[0]) > _NEAR_MM or abs(height - SHEET_MM[1]) > _NEAR_MM:
        raise FileRefused(Rule.PAGE_SIZE, page.number)
    places = layout(expected.persons, last=expected.last)
    _check_drawing(page.drawing(), places, expected, page.number)
    found = _texts(page, places)
    for index, box in enumerate(places.boxes):
        if found[index] != expected.words[box.name]:
            raise FileRefused(Rule.TEXT_WORDS, page.number, box.name)


def _check_drawing(drawing: Drawing, places: Layout, expected: ExpectedPage, number: int) -> None:
    if drawing.paths != places.frames or drawing.stroked_texts > len(expected.words.get("seal", "")):
        raise FileRefused(Rule.DRAWING, number)
    for stroke in drawing.strokes:
        upright = abs(stroke.x1 - stroke.x2) < _NEAR_MM and _on_edge(stroke.x1, places.edges_x)
        level = abs(stroke.y1 - stroke.y2) < _NEAR_MM and _on_edge(stroke.y1, places.edges_y)
        if not (upright or level):
            raise FileRefused(Rule.DRAWING, number)


def _on_edge(value: float, edges: tuple[float, ...]) -> bool:
    index = bisect_left(edges, value - _NEAR_MM)
    return index < len(edges) and edges[index] <= value + _NEAR_MM


def _texts(page: Page, places: Layout) -> list[str]:
    """Return the words of each box. Every character must lie in one, after the one before it."""
    marks: list[list[Mark]] = [[] for _ in places.boxes]
    index = -1
    left = top = right = bottom = 0.0
    for mark in page.marks():
        middle = (mark.top + mark.bottom) / 2
        if not (left <= mark.left < right and top <= middle < bottom):
            index = places.find(mark.left, middle)
            if index < 0:
                raise FileRefused(Rule.TEXT_PLACE, page.number)
            box = places.boxes[index]
            left, top, right, bottom = box.left, box.top, box.right, box.bottom
        # Fonts count different space above and below their characters to them; the middle and the height say enough.
        if mark.right > right + _NEAR_MM or mark.bottom - mark.top > bottom - top + _FONT_SPACE_MM:
            raise FileRefused(Rule.TEXT_PLACE, page.number, places.boxes[index].name)
        marks[index].append(mark)
    return [_ordered(found, box.name, page.number) for found, box in zip(marks, places.boxes, strict=True)]


def _ordered(marks: list[Mark], name: str, number: int) -> str:
    """Return the words in reading order: to the right, then the next line; in the seal down, then the next column to the left."""
    if name == "seal":
        marks = sorted(marks, key=lambda mark: (-round(mark.left / _SEAL_COLUMN_MM), mark.top))
    else:
        for before, mark in pairwise(marks):
            # An outline may reach over its own width (Ứ), so a quarter of the size is not yet "over another".
            reach = max(_NEAR_MM, (before.bottom - before.top) / 4)
            beside = mark.left >= before.right - reach and _on_one_line(mark, before)
            below = mark.top >= (before.top + before.bottom) / 2 and not _on_one_line(mark, before)
            if not (beside or below or _belongs(mark, before)):
                raise FileRefused(Rule.TEXT_PLACE, number, name)
    marks = _with_spaces(marks)
    try:
        return struct.pack(f"<{len(marks)}H", *[mark.unit for mark in marks]).decode("utf-16-le")
    except UnicodeDecodeError:
        raise FileRefused(Rule.TEXT_WORDS, number, name) from None


def _with_spaces(marks: list[Mark]) -> list[Mark]:
    """Return the marks with each blank as the space that its width says: to the next character, or wide at the end of a line."""
    if not any(mark.unit == BLANK for mark in marks):
        return marks
    named: list[Mark] = []
    for mark, after in zip(marks, [*marks[1:], None], strict=True):
        if mark.unit == BLANK:
            size = mark.bottom - mark.top
            beside = after is not None and _on_one_line(after, mark)
            narrow = beside and after is not None and after.left - mark.left < _WIDE_EM_MIN * size
            named.append(mark._replace(unit=_NARROW_SPACE if narrow else _WIDE_SPACE))
        else:
            named.append(mark)
    return named


def _on_one_line(mark: Mark, before: Mark) -> bool:
    shared = min(mark.bottom, before.bottom) - max(mark.top, before.top)
    return shared > min(mark.bottom - mark.top, before.bottom - before.top) / 2


def _belongs(mark: Mark, before: Mark) -> bool:
    """Return whether the unit is a further part of the character before it: low surrogate, variation selector, mark."""
    same = abs(mark.left - before.left) < _NEAR_MM and abs(mark.top - before.top) < _NEAR_MM
    return same and (0xD800 <= mark.unit < 0xE000 or unicodedata.combining(chr(mark.unit)) > 0 or 0xFE00 <= mark.unit <= 0xFE0F)  # noqa: PLR2004 - surrogates, selectors
