"""
The values of a page: the content stream that each certificate has for itself.

The stream is a sequence of pieces in one spelling: every byte of it belongs to one. Each value stands in its own box, in the
order of the tags, and says exactly its words.
Source: docs/spec/certificate-file.md section 4; ISO 32000-1 9.4, 14.6.
"""

from __future__ import annotations

import re
from binascii import unhexlify
from codecs import utf_16_be_decode
from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import NamedTuple

from akashi.documents.read.content import SIZES
from akashi.documents.read.errors import FileRefused, Rule
from akashi.documents.read.file_font import FileFont, UnknownCluster
from akashi.documents.read.placing import ASCENT_EM, DESCENT_EM, Piece, Place, follows

_NUMBER = rb"(?:0|[1-9]\d{0,2})(?:\.\d{0,3}[1-9])?"
_PIECE = re.compile(
    rb"(?:/Span<</MCID (0|[1-9]\d{0,3})>>BDC\n)?q 1 0 0 -1 (" + _NUMBER + rb") (" + _NUMBER + rb") cm /c0 cs 0 scn\n"
    rb"BT\n0 Tr/v(\d) (\d{1,2}(?:\.5)?) Tf 1 0 0 -1 0 0 Tm<([0-9A-F]+)>Tj\nET\nQ\n(EMC\n)?"
)
_BEGIN_BYTES = len(b"/Span<</MCID >>BDC\n")
_PIECE_BYTES = len(b"q 1 0 0 -1   cm /c0 cs 0 scn\nBT\n0 Tr/v  Tf 1 0 0 -1 0 0 Tm<>Tj\nET\nQ\n")
_FONTS = {b"%d" % number: number for number in range(10)}


class Wanted(NamedTuple):
    """Values that must be on a page, in order: their marks as the file writes them, their boxes, their words."""

    marks: tuple[bytes, ...]
    places: tuple[Place, ...]
    words: list[str]


def check_values(untrusted_content: bytes, wanted: Wanted, fonts: dict[int, FileFont], number: int) -> list[tuple[Piece, Place]]:
    """
    Check that the content draws exactly these values, each in its box, and return the pieces with their boxes.

    Args:
        untrusted_content: the content stream.
        wanted: what must be there.
        fonts: by their places in the chain; each notes what is drawn with it.
        number: of the page, from 1.

    Raises:
        FileRefused: CONTENT, TEXT_PLACE or TEXT_WORDS.
    """
    found = _PIECE.findall(untrusted_content)
    marks, xs, ys, used, sizes, codes, ends = zip(*found, strict=True) if found else ((),) * 7
    begins = [mark != b"" for mark in marks]
    # Matches do not overlap; so where their lengths make up the whole, no byte is beside them.
    read_bytes = sum([len(b"".join(column)) for column in (marks, xs, ys, used, sizes, codes, ends)])
    if (
        read_bytes + _PIECE_BYTES * len(found) + _BEGIN_BYTES * sum(begins) != len(untrusted_content)
        or [mark for mark in marks if mark] != list(wanted.marks)
        or [end != b"" for end in ends] != [*begins[1:], True]
        or not begins[0]
    ):
        raise FileRefused(Rule.CONTENT, number)
    try:
        words, widths = _read(codes, [fonts[_FONTS[font]] for font in used])
        pieces = list(map(Piece, map(float, xs), map(float, ys), map(SIZES.__getitem__, sizes), widths))
    except (LookupError, ValueError, UnknownCluster):
        # A font or cluster that is not there; a size that no cell has; an odd number of digits.
        raise FileRefused(Rule.CONTENT, number) from None
    if len(pieces) == len(wanted.places):
        places: Sequence[Place] = wanted.places
        _check_inside(pieces, places, number)
    else:
        owners = [owner - 1 for owner in accumulate(begins)]
        places = [wanted.places[owner] for owner in owners]
        _check_inside(pieces, places, number)
        words = _joined(pieces, words, owners, wanted, number)
    if words != wanted.words:
        wrong = next(at for at, (one, other) in enumerate(zip(words, wanted.words, strict=True)) if one != other)
        raise FileRefused(Rule.TEXT_WORDS, number, wanted.places[wrong].name)
    return list(zip(pieces, places, strict=True))


def _read(codes: tuple[bytes, ...], used: list[FileFont]) -> tuple[list[str], list[float]]:
    """Return what pieces say, and how wide they are in units of their sizes."""
    words: list[str] = []
    widths: list[float] = []
    for code, font in zip(codes, used, strict=True):
        clusters = utf_16_be_decode(unhexlify(code), "strict", True)[0]  # noqa: FBT003 - of the library: nothing follows
        words.append(clusters.translate(font.texts))
        widths.append(sum(map(font.advances.__getitem__, clusters)) / font.units_per_em)
        font.drawn.append(clusters)
    return words, widths


def _check_inside(pieces: list[Piece], places: Sequence[Place], number: int) -> None:
    """Check that each piece stands wholly in its box."""
    for (x, y, size, width), (name, left, bottom, right, top, _) in zip(pieces, places, strict=True):
        if not (left <= x and x + size * width <= right and bottom <= y - DESCENT_EM * size and y + ASCENT_EM * size <= top):
            raise FileRefused(Rule.TEXT_PLACE, number, name)


def _joined(pieces: list[Piece], words: list[str], owners: list[int], wanted: Wanted, number: int) -> list[str]:
    """Return the words of values that have more than one piece, each of which stands where one reads on."""
    said = [""] * len(wanted.places)
    for word, owner in zip(words, owners, strict=True):
        said[owner] += word
    for (before, piece), (owner, next_owner) in zip(pairwise(pieces), pairwise(owners), strict=True):
        if owner == next_owner and not follows(piece, before):
            raise FileRefused(Rule.TEXT_PLACE, number, wanted.places[owner].name)
    return said
