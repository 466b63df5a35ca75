"""
Whether a page has the lines of its form: all of them, none beside them, none twice.

The form says it with boxes: every edge of a ruled box is a line, and every line is the edge of a ruled box over its whole length.
Source: docs/spec/form-juminhyo.md sections 1, 2 and 6.
"""

from __future__ import annotations

from collections import defaultdict

from akashi.documents.read.content import Ruled
from akashi.documents.read.errors import FileRefused, Rule
from akashi.documents.read.places import PT_PER_MM, SHEET_MM, Frame, PageMap

_NEAR_MM = 0.02
_Line = tuple[bool, float, float, float]
"""Whether it is upright; where it stands across its length; where it begins and ends, in mm from the top left corner."""


def check_lines(ruled: tuple[Ruled, ...], places: PageMap, number: int) -> None:
    """
    Check the lines of a page.

    Raises:
        FileRefused: DRAWING.
    """
    thin = [_line(one, number) for one in ruled if not one.heavy]
    heavy = [_line(one, number) for one in ruled if one.heavy]
    wanted = [side for box in places.ruled for side in _sides(box.left, box.top, box.right, box.bottom)]
    _must_be_same(thin, wanted, number)
    _must_be_same(heavy, _frame(places.heavy), number)


def _line(ruled: Ruled, number: int) -> _Line:
    x1, x2 = sorted((ruled.x1_pt / PT_PER_MM, ruled.x2_pt / PT_PER_MM))
    y1, y2 = sorted((SHEET_MM[1] - ruled.y1_pt / PT_PER_MM, SHEET_MM[1] - ruled.y2_pt / PT_PER_MM))
    if x2 - x1 < _NEAR_MM < y2 - y1:
        return True, x1, y1, y2
    if y2 - y1 < _NEAR_MM < x2 - x1:
        return False, y1, x1, x2
    raise FileRefused(Rule.DRAWING, number)


def _frame(frame: Frame | None) -> list[_Line]:
    return _sides(frame.left, frame.top, frame.right, frame.bottom) if frame else []


def _sides(left: float, top: float, right: float, bottom: float) -> list[_Line]:
    return [(True, left, top, bottom), (True, right, top, bottom), (False, top, left, right), (False, bottom, left, right)]


def _must_be_same(drawn: list[_Line], wanted: list[_Line], number: int) -> None:
    shown, meant = _joined(drawn), _joined(wanted)
    same = len(shown) == len(meant) and all(
        one[0] == other[0] and all(abs(a - b) < _NEAR_MM for a, b in zip(one[1:], other[1:], strict=True))
        for one, other in zip(shown, meant, strict=True)
    )
    # A line that lies over another one adds to what is drawn and not to what can be seen.
    if not same or abs(sum(line[3] - line[2] for line in drawn) - sum(line[3] - line[2] for line in shown)) > 1:
        raise FileRefused(Rule.DRAWING, number)


def _joined(lines: list[_Line]) -> list[_Line]:
    """Return the lines with those joined that touch or lie over each other."""
    places: dict[tuple[bool, int], list[_Line]] = defaultdict(list)
    for line in sorted(lines, key=lambda line: (line[0], line[1])):
        # Within a fiftieth of a millimetre it is the same place; the form's places are tenths.
        places[line[0], round(line[1] * 10)].append(line)
    found: list[_Line] = []
    for (upright, _), group in sorted(places.items()):
        at, start, end = group[0][1], *min((line[2], line[3]) for line in group)
        for _, across, first, last in sorted(group, key=lambda line: line[2:]):
            if abs(across - at) > _NEAR_MM or first > end + _NEAR_MM:
                found.append((upright, at, start, end))
                at, start, end = across, first, last
            end = max(end, last)
        found.append((upright, at, start, end))
    return found
