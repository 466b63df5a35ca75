"""
An embedded font program: the tables that a part of the city's font has, and its own figures all through.

Which glyph draws which text is the matter of `glyphs.py`. Here: no other table that a program could draw from instead, no other
widths than the font's own, no other hinting.
Source: docs/spec/form-juminhyo.md section 7; ISO 32000-1 9.7.4.3, 9.9; OpenType 1.9 otff.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from akashi.documents.read.errors import FileRefused, Rule
from akashi.documents.read.glyphs import KnownFont, known_fonts
from akashi.documents.read.sfnt import HINTING, Sfnt, SfntRefused

_TABLES = (b"cvt ", b"fpgm", b"glyf", b"head", b"hhea", b"hmtx", b"loca", b"maxp", b"name", b"post", b"prep")
_NEAR = 0.01
"""Rounding of lengths, in thousandths of the size."""
_DIRECTORY_AT, _ENTRY_BYTES = 12, 16
# Where a part of a font may differ from the whole: check sum and length of offsets; number of widths; number of glyphs.
_FIGURES = (("head", ((8, 12), (50, 52))), ("hhea", ((34, 36),)), ("maxp", ((4, 6),)))


class EmbeddedFont(NamedTuple):
    """A font of the file: its program, its widths (/W) as written, and the heights above and below the line in thousandths."""

    program: bytes
    widths: bytes
    ascent: float
    descent: float


def check_embedded(font: EmbeddedFont, fonts: tuple[str, ...]) -> int:
    """
    Check that the font is made as a part of one of the city's fonts.

    Returns:
        How many glyphs have a width, from number 0; those behind are only parts of others.

    Raises:
        FileRefused: GLYPHS.
        FontsUnfit: for the operator.
    """
    known = known_fonts(fonts)
    try:
        sfnt = Sfnt(font.program)
        tables = _tables(font.program)
        if not any(_is_made_from(sfnt, tables, font, one) for one in known):
            raise FileRefused(Rule.GLYPHS)
        return _measured(sfnt, font.widths)
    except SfntRefused:
        raise FileRefused(Rule.GLYPHS) from None


def _tables(program: bytes) -> tuple[bytes, ...]:
    """Return the tables by name, in the order of the directory, each inside the file."""
    (count,) = struct.unpack_from(">H", program, 4)
    tags: list[bytes] = []
    for at in range(_DIRECTORY_AT, _DIRECTORY_AT + _ENTRY_BYTES * count, _ENTRY_BYTES):
        tag, _, offset, length = struct.unpack_from(">4sIII", program, at)
        if offset + length > len(program):
            raise SfntRefused("table")
        tags.append(tag)
    return tuple(tags)


def _is_made_from(sfnt: Sfnt, tables: tuple[bytes, ...], font: EmbeddedFont, known: KnownFont) -> bool:
    whole = known.sfnt
    expected = tuple(tag for tag in _TABLES if tag.decode() not in HINTING or whole.table(tag.decode()))
    if tables != expected or any(sfnt.table(tag) != whole.table(tag) for tag in HINTING):
        return False
    for tag, free in _FIGURES:
        one, other = bytearray(sfnt.table(tag)), bytearray(whole.table(tag))
        for start, stop in free:
            one[start:stop] = other[start:stop] = bytes(stop - start)
        if one != other:
            return False
    return any(
        abs(font.ascent - 1000 * ascent / whole.units_per_em) < _NEAR
        and abs(font.descent - 1000 * descent / whole.units_per_em) < _NEAR
        for ascent, descent in _heights(whole)
    )


def _heights(whole: Sfnt) -> list[tuple[int, int]]:
    """Return the font's heights above and below the line: typographic ones (OS/2), and those of hhea for a font without them."""
    found: list[tuple[int, int]] = []
    for tag, at in (("OS/2", 68), ("hhea", 4)):
        table = whole.table(tag)
        if len(table) >= at + 4:
            found.append(struct.unpack_from(">hh", table, at))
    return found


def _measured(sfnt: Sfnt, widths: bytes) -> int:
    """Return how many glyphs have a width in the file: that of the font; one that the file leaves out is 0."""
    named = widths.split(b" ")
    given: list[float] = []
    for first, last, width in zip(named[::3], named[1::3], named[2::3], strict=True):
        start, stop = int(first), int(last) + 1
        if not len(given) <= start < stop <= sfnt.glyph_count:
            raise SfntRefused("widths")
        given += [0.0] * (start - len(given))
        given += [float(width)] * (stop - start)
    for gid, width_given in enumerate(given):
        if abs(width_given - 1000 * sfnt.metrics(gid)[0] / sfnt.units_per_em) >= _NEAR:
            raise SfntRefused("widths")
    return len(given)
