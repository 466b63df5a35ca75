"""
What a certificate may draw for itself beside values: images that its kind expects, and lines between rows that flow.

Images stand between values, never inside one, and fill their boxes. The lines come first; they stand in the place of the rows,
upright or level, and cross no text. A row stands below all rows before it.
Source: docs/spec/certificate-file.md section 4.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from akashi.documents.read.content import LINES, NUMBER, Ruled, ruled_in
from akashi.documents.read.errors import FileRefused, Rule
from akashi.documents.read.places import PT_PER_MM, SHEET_MM, Box, ExpectedPage, Frame, Role
from akashi.documents.read.placing import ASCENT_EM, DESCENT_EM, Piece, Place

_FIGURE = re.compile(
    rb"/Figure<</MCID (\d{1,4})>>BDC\nq (" + NUMBER + rb") 0 0 (" + NUMBER + rb") (" + NUMBER + rb") (" + NUMBER + rb") cm "
    rb"/c0 cs 0 scn\n/(i\d) Do\nQ\nEMC\n"
)
_MARK = re.compile(rb"/MCID (\d+)>>BDC\n")
_NEAR_PT = 0.1 * PT_PER_MM
_FLUSH_PT = 2 * PT_PER_MM
_EXACT_PT = 0.01


class Drawn(NamedTuple):
    """The content of an own part: values alone, and the lines that stood before them."""

    values: bytes
    ruled: tuple[Ruled, ...]


def take_out(untrusted_content: bytes, own_marks: tuple[bytes, ...], page: ExpectedPage, number: int) -> Drawn:
    """
    Return the values of a content and its lines, its images checked.

    Args:
        untrusted_content: the content stream.
        own_marks: of all values and images of the page, in order.
        page: what must be on it.
        number: of the page, from 1.

    Raises:
        FileRefused: CONTENT, where they do not stand one after another; PICTURE, where an image does not fill its box.
    """
    if _MARK.findall(untrusted_content) != list(own_marks):
        raise FileRefused(Rule.CONTENT, number)
    wanted = [(box, b"i%d" % at) for at, box in enumerate(box for box in page.places.boxes if box.role is Role.IMAGE)]
    lines = LINES.match(untrusted_content)
    if lines and page.places.flow is None:
        raise FileRefused(Rule.CONTENT, number)
    values: list[bytes] = []
    seen = 0
    # An item ends with EMC alone on its line, which stands nowhere else: texts are hexadecimal digits.
    for item in re.findall(rb".*?EMC\n|.+", untrusted_content[lines.end() if lines else 0 :], re.DOTALL):
        if figure := _FIGURE.fullmatch(item):
            if seen == len(wanted) or figure[6] != wanted[seen][1]:
                raise FileRefused(Rule.CONTENT, number)
            _check_filled([float(length) for length in figure.group(2, 3, 4, 5)], wanted[seen][0], number)
            seen += 1
        else:
            values.append(item)
    if seen != len(wanted):
        raise FileRefused(Rule.CONTENT, number)
    return Drawn(b"".join(values), tuple(ruled_in(lines[1])) if lines else ())


def _check_filled(figure: list[float], box: Box, number: int) -> None:
    width, height, x, y = figure
    left, right = box.left * PT_PER_MM, box.right * PT_PER_MM
    bottom, top = (SHEET_MM[1] - box.bottom) * PT_PER_MM, (SHEET_MM[1] - box.top) * PT_PER_MM
    if any(abs(one - other) > _EXACT_PT for one, other in ((x, left), (y, bottom), (x + width, right), (y + height, top))):
        raise FileRefused(Rule.PICTURE, number, box.name)


def check_flow(pieces: list[tuple[Piece, Place]], ruled: tuple[Ruled, ...], page: ExpectedPage, number: int) -> None:
    """
    Check rows that flow, and the lines of the certificate's own between them.

    Raises:
        FileRefused: TEXT_PLACE, where a row does not stand below those before it, or further in than it may; DRAWING, for a line
            that is not between them.
    """
    lowest: dict[int, float] = {}
    for piece, place in pieces:
        if place.row:
            above = min((bottom for row, bottom in lowest.items() if row < place.row), default=float("inf"))
            if piece.y + ASCENT_EM * piece.size > above + _NEAR_PT:
                raise FileRefused(Rule.TEXT_PLACE, number, place.name)
            lowest[place.row] = min(lowest.get(place.row, float("inf")), piece.y - DESCENT_EM * piece.size)
    flush = {box.name for box in page.places.boxes if box.flush}
    before = ""
    for piece, place in pieces:
        if place.name != before and place.name in flush and piece.x > place.left + _FLUSH_PT:
            raise FileRefused(Rule.TEXT_PLACE, number, place.name)
        before = place.name
    if page.lines is not None:
        _must_be(ruled, page.lines, number)
        return
    flow = page.places.flow
    if len(set(ruled)) != len(ruled) or any(
        line.heavy or flow is None or not _is_in(line, flow) or any(_crosses(line, piece) for piece, _ in pieces)
        for line in ruled
    ):
        raise FileRefused(Rule.DRAWING, number)


def _must_be(ruled: tuple[Ruled, ...], lines: tuple[Frame, ...], number: int) -> None:
    """Check that exactly these lines are drawn, in their order, from left to right and downwards."""
    drawn = [edge for line in ruled for edge in line[:4]]
    wanted = [edge for line in lines for edge in _ends(line)]
    if (
        len(drawn) != len(wanted)
        or any(line.heavy for line in ruled)
        or any(abs(one - other) > _EXACT_PT for one, other in zip(drawn, wanted, strict=True))
    ):
        raise FileRefused(Rule.DRAWING, number)


def _ends(line: Frame) -> tuple[float, float, float, float]:
    """Return where a line begins and ends, in pt from the lower left corner."""
    return (
        line.left * PT_PER_MM,
        (SHEET_MM[1] - line.top) * PT_PER_MM,
        line.right * PT_PER_MM,
        (SHEET_MM[1] - line.bottom) * PT_PER_MM,
    )


def _is_in(line: Ruled, flow: Frame) -> bool:
    """Return whether a line is upright or level and stands in the place of the rows."""
    straight = abs(line.x1_pt - line.x2_pt) < _EXACT_PT or abs(line.y1_pt - line.y2_pt) < _EXACT_PT
    left, right = flow.left * PT_PER_MM - _NEAR_PT, flow.right * PT_PER_MM + _NEAR_PT
    bottom, top = (SHEET_MM[1] - flow.bottom) * PT_PER_MM - _NEAR_PT, (SHEET_MM[1] - flow.top) * PT_PER_MM + _NEAR_PT
    return (
        straight
        and all(left <= x <= right for x in (line.x1_pt, line.x2_pt))
        and all(bottom <= y <= top for y in (line.y1_pt, line.y2_pt))
    )


def _crosses(line: Ruled, piece: Piece) -> bool:
    """Return whether a line runs through a text, a tenth of a millimetre at its edges not counted."""
    left, right = piece.x + _NEAR_PT, piece.x + piece.size * piece.width - _NEAR_PT
    bottom, top = piece.y - DESCENT_EM * piece.size + _NEAR_PT, piece.y + ASCENT_EM * piece.size - _NEAR_PT
    return (
        min(line.x1_pt, line.x2_pt) < right
        and left < max(line.x1_pt, line.x2_pt)
        and min(line.y1_pt, line.y2_pt) < top
        and bottom < max(line.y1_pt, line.y2_pt)
    )
