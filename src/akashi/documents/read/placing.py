"""
Whether the pieces of a text stand in its box, one after another, none over another.

By the file's own numbers and the widths of the city's fonts.
"""

from __future__ import annotations

from typing import NamedTuple

from akashi.documents.read.places import PT_PER_MM, SHEET_MM, Box, PageMap, Role

ASCENT_EM, DESCENT_EM = 0.88, 0.12
"""What a character takes above and below its base line."""
_NEAR_PT = 0.1 * PT_PER_MM
_JOINED_PT = 0.05
"""Rounding of lengths where one piece ends and the next begins."""


class Place(NamedTuple):
    """A box in pt from the lower left corner, a tenth of a millimetre wider at each side; its row where texts flow, else 0."""

    name: str
    left: float
    bottom: float
    right: float
    top: float
    row: int = 0


class Piece(NamedTuple):
    """A piece of text: its left end, its base line and its size in pt, and its width in units of the size."""

    x: float
    y: float
    size: float
    width: float


def place_of(box: Box) -> Place:
    """Return a box of the map as pieces are compared with it."""
    return Place(
        box.name,
        box.left * PT_PER_MM - _NEAR_PT,
        (SHEET_MM[1] - box.bottom) * PT_PER_MM - _NEAR_PT,
        box.right * PT_PER_MM + _NEAR_PT,
        (SHEET_MM[1] - box.top) * PT_PER_MM + _NEAR_PT,
        box.row,
    )


def value_places(places: PageMap) -> tuple[Place, ...]:
    """Return the boxes of a page that hold values, in order."""
    return tuple([place_of(box) for box in places.boxes if box.role is Role.VALUE])


def is_inside(piece: Piece, place: Place) -> bool:
    """Return whether the piece stands wholly in the place."""
    return (
        place.left <= piece.x
        and piece.x + piece.size * piece.width <= place.right
        and place.bottom <= piece.y - DESCENT_EM * piece.size
        and piece.y + ASCENT_EM * piece.size <= place.top
    )


def follows(piece: Piece, before: Piece) -> bool:
    """Return whether the piece stands where one reads on: to the right on the same line, or on a line below."""
    if piece.y == before.y:
        return piece.x >= before.x + before.size * before.width - _JOINED_PT
    return piece.y + ASCENT_EM * piece.size <= before.y - DESCENT_EM * before.size + _JOINED_PT
