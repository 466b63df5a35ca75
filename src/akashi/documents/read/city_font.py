"""
The city's own fonts: how each draws each text.

Promises: a text has a drawing here only where the font itself names one glyph for exactly it: a character by `cmap`, a character
with a variation selector by the sequences of `cmap` (format 14), a character with marks by the font's own composing.
Trusts: the font files, which are the operator's; and HarfBuzz for marks.
Source: docs/spec/form-juminhyo.md section 6; OpenType 1.9 cmap, glyf.
"""

from __future__ import annotations

import mmap
import struct
import unicodedata
from binascii import unhexlify
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import uharfbuzz as hb

from akashi.base.city_font import city_font_files
from akashi.documents.read.errors import FontsUnfit
from akashi.documents.read.sfnt import Sfnt, SfntRefused, is_composite, without_instructions

FONTS_DEBIAN: tuple[str, ...] = city_font_files()
"""IPAmj明朝 of the Debian package fonts-ipamj-mincho, as it is on this machine."""

_DRAWINGS_KEPT_MAX = 20_000
_SELECTORS = (range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0))
_UNICODE_TABLES = ((3, 10), (0, 4), (0, 6), (3, 1), (0, 3))
"""Platform and encoding of character tables, the fuller ones first."""
_SEQUENCES = (0, 5)
_TEXT_CHARACTERS_MAX = 4
_MARK_CATEGORIES = frozenset({"Mn", "Me", "Mc"})
_POSTSCRIPT_NAME = 6


class Drawing(NamedTuple):
    """
    How a font draws a text.

    Attributes:
        text: what it is the drawing of.
        gid: number of the glyph in the font.
        advance: its width in the font's units.
        width: the same in thousandths of the size, as files write it.
        metrics: width and bearing as `hmtx` has them, one number of four bytes.
        outline: the glyph's bytes without instructions, filled up to four bytes; empty for a blank.
        check_sum: of the outline, as fonts sum up tables.
        composite: whether it is put together from other glyphs.
    """

    text: str
    gid: int
    advance: int
    width: bytes
    metrics: int
    outline: bytes
    check_sum: int
    composite: bool


class _Drawings(dict[bytes, Drawing | None]):
    """Drawings by their text in UTF-16BE hexadecimal digits, found when first asked for; None, not kept, where there is none."""

    def __init__(self, font: CityFont) -> None:
        super().__init__()
        self._font = font

    def __missing__(self, written: bytes) -> Drawing | None:
        found = self._font.find(written)
        if found is not None:
            if len(self) >= _DRAWINGS_KEPT_MAX:
                self.clear()
            self[written] = found
        return found


class CityFont:
    """
    One of the city's fonts.

    Args:
        path: its file.

    Attributes:
        name: of the file, without its folder.
        postscript_name: as the font names itself.
        heights: its box, heights above and below the line, and of capitals, in thousandths of the size as files write them.
        sfnt: its tables.
        drawings: drawing by text, the text in UTF-16BE hexadecimal digits as files write it.

    Raises:
        FontsUnfit: it cannot be read, or is not TrueType.
    """

    def __init__(self, path: str) -> None:
        self.name = Path(path).name
        try:
            with Path(path).open("rb") as file:
                self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            self.sfnt = Sfnt(self._map)
            self._characters, self._sequences = _read_cmap(self.sfnt.table("cmap"))
            self.postscript_name = _read_name(self.sfnt.table("name"))
            self.heights = _read_heights(self.sfnt)
        except (OSError, ValueError, LookupError, StopIteration, struct.error, SfntRefused):
            raise FontsUnfit(self.name) from None
        self._shaper = hb.Font(hb.Face(hb.Blob.from_file_path(path)))
        self.drawings = _Drawings(self)

    def drawing(self, text: str) -> Drawing | None:
        """Return how the font draws the text, or None where it does not draw exactly it with one glyph."""
        return self.drawings[text.encode("utf-16-be", "surrogatepass").hex().upper().encode()]

    def find(self, written: bytes) -> Drawing | None:
        """Return the drawing of a text in UTF-16BE hexadecimal digits."""
        try:
            text = unhexlify(written).decode("utf-16-be")
        except ValueError:
            return None
        gid = self.glyph_of(text) if len(text) <= _TEXT_CHARACTERS_MAX else None
        return self.glyph(gid, text) if gid else None

    def glyph(self, gid: int, text: str = "") -> Drawing:
        """
        Return a glyph by its number.

        Raises:
            FontsUnfit: the font has none of that number, or it cannot be read.
        """
        try:
            outline, (advance, bearing) = without_instructions(self.sfnt.glyph(gid)), self.sfnt.metrics(gid)
        except SfntRefused:
            raise FontsUnfit(self.name) from None
        return Drawing(
            text=text,
            gid=gid,
            advance=advance,
            width=_thousandths(advance, self.sfnt.units_per_em),
            metrics=advance << 16 | bearing & 0xFFFF,
            outline=outline,
            check_sum=sum(struct.unpack(f">{len(outline) // 4}I", outline)),
            composite=is_composite(outline),
        )

    def glyph_of(self, text: str) -> int | None:
        """Return the glyph that draws exactly this text, or None."""
        if len(text) == 1:
            return self._characters.get(ord(text))
        if len(text) == 2 and any(ord(text[1]) in selectors for selectors in _SELECTORS):  # noqa: PLR2004 - base and selector
            return self._sequences.get(text)
        if not text or any(unicodedata.category(mark) not in _MARK_CATEGORIES for mark in text[1:]):
            return None
        buffer = hb.Buffer()
        buffer.add_str(text)
        buffer.guess_segment_properties()
        hb.shape(self._shaper, buffer)
        infos = buffer.glyph_infos
        return infos[0].codepoint if len(infos) == 1 else None


@lru_cache(maxsize=2)
def city_fonts(paths: tuple[str, ...]) -> tuple[CityFont, ...]:
    """
    Return the city's fonts, opened once per process (about 0.1 s each).

    Raises:
        FontsUnfit: one of them cannot be used.
    """
    return tuple(CityFont(path) for path in paths)


def _thousandths(units: int, units_per_em: int) -> bytes:
    """Return a length in thousandths of the size, in the shortest spelling."""
    exact = 1000 * units / units_per_em
    return b"%d" % exact if exact == int(exact) else repr(exact).encode()


def _read_heights(sfnt: Sfnt) -> tuple[bytes, bytes, bytes, bytes]:
    ascent, descent = struct.unpack_from(">hh", sfnt.table("hhea"), 4)
    edges = struct.unpack_from(">4h", sfnt.table("head"), 36)
    box = b" ".join(_rounded(edge, sfnt.units_per_em) for edge in edges)
    above = _rounded(ascent, sfnt.units_per_em)
    return box, above, _rounded(descent, sfnt.units_per_em), above


def _rounded(units: int, units_per_em: int) -> bytes:
    """Return a length in thousandths of the size with at most four decimals."""
    return f"{1000 * units / units_per_em:.4f}".rstrip("0").rstrip(".").encode()


def _read_name(table: bytes) -> bytes:
    """Return the PostScript name."""
    _, count, texts_at = struct.unpack_from(">HHH", table)
    for at in range(6, 6 + 12 * count, 12):
        platform, _, _, kind, length, start = struct.unpack_from(">6H", table, at)
        if kind == _POSTSCRIPT_NAME:
            text = table[texts_at + start : texts_at + start + length]
            return text.replace(b"\0", b"") if platform != 1 else text
    raise LookupError("no name")


def _read_cmap(table: bytes) -> tuple[dict[int, int], dict[str, int]]:
    """Return glyphs by character, and by character with selector."""
    (count,) = struct.unpack_from(">H", table, 2)
    places = {struct.unpack_from(">HH", table, 4 + 8 * at): struct.unpack_from(">I", table, 8 + 8 * at)[0] for at in range(count)}
    start = next(places[key] for key in _UNICODE_TABLES if key in places)
    characters = _READERS[struct.unpack_from(">H", table, start)[0]](table, start)
    sequences = _read_sequences(table, places[_SEQUENCES], characters) if _SEQUENCES in places else {}
    return characters, sequences


def _read_segments(table: bytes, start: int) -> dict[int, int]:
    """Read format 4."""
    (double,) = struct.unpack_from(">H", table, start + 6)
    ends = struct.unpack_from(f">{double // 2}H", table, start + 14)
    starts = struct.unpack_from(f">{double // 2}H", table, start + 16 + double)
    deltas = struct.unpack_from(f">{double // 2}H", table, start + 16 + 2 * double)
    offsets_at = start + 16 + 3 * double
    offsets = struct.unpack_from(f">{double // 2}H", table, offsets_at)
    found: dict[int, int] = {}
    for index, (first, last, delta, offset) in enumerate(zip(starts, ends, deltas, offsets, strict=True)):
        codes = range(first, min(last, 0xFFFE) + 1)
        if offset == 0:
            found.update((code, code + delta & 0xFFFF) for code in codes)
            continue
        gids = struct.unpack_from(f">{len(codes)}H", table, offsets_at + 2 * index + offset)
        found.update((code, gid + delta & 0xFFFF) for code, gid in zip(codes, gids, strict=True) if gid)
    return found


def _read_groups(table: bytes, start: int) -> dict[int, int]:
    """Read format 12."""
    (count,) = struct.unpack_from(">I", table, start + 12)
    groups = struct.iter_unpack(">III", table[start + 16 : start + 16 + 12 * count])
    spans = ((range(first, last + 1), range(gid, gid + last - first + 1)) for first, last, gid in groups)
    return dict(chain.from_iterable(zip(codes, gids, strict=True) for codes, gids in spans))


_READERS = {4: _read_segments, 12: _read_groups}


def _read_sequences(table: bytes, start: int, characters: dict[int, int]) -> dict[str, int]:
    """Read format 14: sequences that the font draws as the plain character, and those with a drawing of their own."""
    (count,) = struct.unpack_from(">I", table, start + 6)
    found: dict[str, int] = {}
    for at in range(start + 10, start + 10 + 11 * count, 11):
        selector = chr(int.from_bytes(table[at : at + 3], "big"))
        plain, own = struct.unpack_from(">II", table, at + 3)
        if plain:
            for code, more in _records(table, start + plain, 4):
                for base in range(int.from_bytes(code, "big"), int.from_bytes(code, "big") + more[0] + 1):
                    if base in characters:
                        found[chr(base) + selector] = characters[base]
        if own:
            for code, gid in _records(table, start + own, 5):
                found[chr(int.from_bytes(code, "big")) + selector] = int.from_bytes(gid, "big")
    return found


def _records(table: bytes, start: int, size: int) -> list[tuple[bytes, bytes]]:
    """Return the records of a list: three bytes of a character, and the rest."""
    (count,) = struct.unpack_from(">I", table, start)
    end = start + 4 + size * count
    return [(table[at : at + 3], table[at + 3 : at + size]) for at in range(start + 4, end, size)]
