"""
Where the texts and lines of a page stand, by the file's own numbers: each text wholly inside its box, each line on an edge.

Exact to a tenth of a millimetre. PDFium's places of characters, which are compared with the same map, come from the fonts'
figures and need a wider margin, in which a text pushed over its edge, or an edge drawn as a bar, could hide the end of a stroke.
Source: docs/spec/form-juminhyo.md sections 1, 2 and 6.
"""

from __future__ import annotations

from bisect import bisect_left

from akashi.documents.read.content import PageContent, Ruled, Shown
from akashi.documents.read.errors import FileRefused, Rule
from akashi.documents.read.field_map import SHEET_MM, Layout

_MM_PER_PT = 25.4 / 72
_ASCENT_EM = 0.88
_NEAR_MM = 0.1
_ON_EDGE_MM = 0.02
_SEAL_FRAME_MM = ((168.4, 189.6), (255.9, 277.1))
"""Where the heavy lines stand: across, down."""


def check_places(content: PageContent, places: Layout, number: int) -> None:
    """
    Check that texts stand inside the boxes of the page and lines on their edges, none of them twice.

    Raises:
        FileRefused: TEXT_PLACE or DRAWING.
    """
    for shown in content.shown:
        if not shown.outlined:
            _check_inside(shown, places, number)
    lines = [_line(ruled) for ruled in content.ruled]
    if len({tuple(round(edge, 1) for edge in line) for line in lines}) != len(lines):
        raise FileRefused(Rule.DRAWING, number)
    for ruled, (left, top, right, bottom) in zip(content.ruled, lines, strict=True):
        across, down = _SEAL_FRAME_MM if ruled.heavy else (places.edges_x, places.edges_y)
        upright = right - left < _ON_EDGE_MM and _is_one_of(left, across)
        level = bottom - top < _ON_EDGE_MM and _is_one_of(top, down)
        if not (upright or level):
            raise FileRefused(Rule.DRAWING, number)


def _check_inside(shown: Shown, places: Layout, number: int) -> None:
    left = shown.x_pt * _MM_PER_PT
    top = SHEET_MM[1] - (shown.y_pt + _ASCENT_EM * shown.size_pt) * _MM_PER_PT
    bottom = top + shown.size_pt * _MM_PER_PT
    index = places.find(left, (top + bottom) / 2)
    if index < 0:
        raise FileRefused(Rule.TEXT_PLACE, number)
    box = places.boxes[index]
    if top < box.top - _NEAR_MM or bottom > box.bottom + _NEAR_MM:
        raise FileRefused(Rule.TEXT_PLACE, number, box.name)


def _line(ruled: Ruled) -> tuple[float, float, float, float]:
    """Return left, top, right and bottom in mm from the top left corner."""
    x1, x2 = sorted((ruled.x1_pt * _MM_PER_PT, ruled.x2_pt * _MM_PER_PT))
    y1, y2 = sorted((SHEET_MM[1] - ruled.y1_pt * _MM_PER_PT, SHEET_MM[1] - ruled.y2_pt * _MM_PER_PT))
    return x1, y1, x2, y2


def _is_one_of(place: float, edges: tuple[float, ...]) -> bool:
    index = bisect_left(edges, place - _ON_EDGE_MM)
    return index < len(edges) and edges[index] <= place + _ON_EDGE_MM
