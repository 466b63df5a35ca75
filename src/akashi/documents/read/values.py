"""
The values of a page: the content stream that each certificate has for itself, read piece by piece.

The stream is a sequence of pieces in one spelling: every byte of it belongs to one. Each value stands in its own box, in the order of
the tags, and says exactly its words.
Source: docs/spec/certificate-file.md section 3; ISO 32000-1 9.4, 14.6.
"""

from __future__ import annotations

import re
from binascii import unhexlify
from itertools import chain
from typing import NamedTuple

from akashi.documents.read.errors import FileRefused, Rule
from akashi.documents.read.placing import Piece, Place, follows, is_inside
from akashi.documents.read.content import CONTENT_BYTES_MAX, SIZES
from akashi.documents.read.file_font import FileFont, UnknownCluster

_NUMBER = rb"(?:0|[1-9]\d{0,2})(?:\.\d{0,3}[1-9])?"
_PIECE = re.compile(
    rb"(?:/Span<</MCID (0|[1-9]\d{0,3})>>BDC\n)?q 1 0 0 -1 (" + _NUMBER + rb") (" + _NUMBER + rb") cm /c0 cs 0 scn\n"
    rb"BT\n0 Tr/v(\d) (\d{1,2}(?:\.5)?) Tf 1 0 0 -1 0 0 Tm<([0-9A-F]+)>Tj\nET\nQ\n(EMC\n)?"
)
_BEGIN_BYTES = len(b"/Span<</MCID >>BDC\n")
_PIECE_BYTES = len(b"q 1 0 0 -1   cm /c0 cs 0 scn\nBT\n0 Tr/v  Tf 1 0 0 -1 0 0 Tm<>Tj\nET\nQ\n")
_NUMBER_OF_FONT = {b"%d" % number: number for number in range(10)}


class Wanted(NamedTuple):
    """A value that must be on the page: its mark, its box, its words."""

    mark: int
    place: Place
    words: str


def check_values(untrusted_content: bytes, wanted: list[Wanted], fonts: dict[int, FileFont], number: int) -> None:
    """
    Check that the content draws exactly these values, each in its box.

    Args:
        untrusted_content: the content stream, inflated.
        wanted: what must be there, in order.
        fonts: by their places in the chain; each notes what is drawn with it.
        number: of the page, from 1.

    Raises:
        FileRefused: CONTENT, TEXT_PLACE or TEXT_WORDS.
    """
    pieces: list[tuple[bytes, ...]] = _PIECE.findall(untrusted_content)
    begun = sum(1 for piece in pieces if piece[0])
    # Matches do not overlap; so where their lengths make up the whole, no byte is beside them.
    if len(b"".join(chain.from_iterable(pieces))) + _PIECE_BYTES * len(pieces) + _BEGIN_BYTES * begun != len(untrusted_content):
        raise FileRefused(Rule.CONTENT, number)
    if begun != len(wanted):
        raise FileRefused(Rule.CONTENT, number)
    at = 0
    for mark, place, words in wanted:
        if at >= len(pieces) or pieces[at][0] != b"%d" % mark:
            raise FileRefused(Rule.CONTENT, number, place.name)
        end = at
        while not pieces[end][6]:
            end += 1
            if end >= len(pieces) or pieces[end][0]:
                raise FileRefused(Rule.CONTENT, number, place.name)
        if _value(pieces[at : end + 1], place, fonts, number) != words:
            raise FileRefused(Rule.TEXT_WORDS, number, place.name)
        at = end + 1
    if at != len(pieces):
        raise FileRefused(Rule.CONTENT, number)


def _value(pieces: list[tuple[bytes, ...]], place: Place, fonts: dict[int, FileFont], number: int) -> str:
    """Return the words of a value, whose pieces stand in its box one after another."""
    words = ""
    before: Piece | None = None
    try:
        for _, x, y, font_number, size_written, codes, _ in pieces:
            font = fonts[_NUMBER_OF_FONT[font_number]]
            clusters = unhexlify(codes).decode("utf-16-be")
            words += clusters.translate(font.texts)
            size = SIZES[size_written]
            piece = Piece(float(x), float(y), size, sum(map(font.advances.__getitem__, clusters)) * size / font.units_per_em)
            font.drawn.append(clusters)
            if not is_inside(piece, place) or (before is not None and not follows(piece, before)):
                raise FileRefused(Rule.TEXT_PLACE, number, place.name)
            before = piece
    except (LookupError, ValueError, UnknownCluster):
        # A font or cluster that is not there; a size that no cell has; an odd number of digits.
        raise FileRefused(Rule.CONTENT, number, place.name) from None
    return words
