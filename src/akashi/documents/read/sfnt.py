"""
TrueType files, as far as it takes to say whether a glyph in one is the same drawing as a glyph in another.

Compares bytes: outline with its instructions, advance, side bearing. All parsing is of untrusted bytes: an index that leads
outside raises SfntRefused.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Protocol

_TRUETYPE = (b"\x00\x01\x00\x00", b"true")
_COMPOSITE_MORE, _ARGS_ARE_WORDS = 0x20, 0x01
_SCALE_BYTES = {0x08: 2, 0x40: 4, 0x80: 8}
_DEPTH_MAX = 4
HINTING = ("fpgm", "prep", "cvt ")
"""Tables that steer how instructions move points: they must be the same, too."""


class SfntRefused(Exception):  # noqa: N818 - the caller says what it means
    """Not a TrueType font with outlines in `glyf`, or an index leads outside the file."""


class Bytes(Protocol):
    """Bytes or a memory map."""

    def __getitem__(self, part: slice, /) -> bytes: ...

    def __len__(self) -> int: ...


class Sfnt:
    """
    One font file.

    Args:
        untrusted_data: the whole file.

    Raises:
        SfntRefused: not a TrueType font.
    """

    def __init__(self, untrusted_data: Bytes) -> None:
        self._data = untrusted_data
        if bytes(untrusted_data[0:4]) not in _TRUETYPE:
            raise SfntRefused("not TrueType")
        (count,) = self._unpack(">H", 4)
        self._tables: dict[str, tuple[int, int]] = {}
        for index in range(count):
            _, offset, length = self._unpack(">III", 16 + 16 * index)
            self._tables[bytes(untrusted_data[12 + 16 * index : 16 + 16 * index]).decode("latin-1")] = (offset, length)
        head = self._start("head")
        (self.units_per_em,) = self._unpack(">H", head + 18)
        (long_offsets,) = self._unpack(">h", head + 50)
        (self.glyph_count,) = self._unpack(">H", self._start("maxp") + 4)
        (measured,) = self._unpack(">H", self._start("hhea") + 34)
        measured = min(measured, self.glyph_count)
        self._glyf, loca, hmtx = self._start("glyf"), self._start("loca"), self._start("hmtx")
        offsets = self._unpack(f">{self.glyph_count + 1}{'I' if long_offsets else 'H'}", loca)
        self._offsets = offsets if long_offsets else tuple(2 * half for half in offsets)
        self._metrics = self._unpack(">" + "Hh" * measured, hmtx)
        self._bearings = self._unpack(f">{self.glyph_count - measured}h", hmtx + 4 * measured)

    def table(self, tag: str) -> bytes:
        """Return a table's bytes; empty where there is none."""
        offset, length = self._tables.get(tag, (0, 0))
        return bytes(self._data[offset : offset + length])

    def glyph(self, gid: int) -> bytes:
        """Return the outline's bytes without padding; empty for a blank."""
        if not 0 <= gid < self.glyph_count:
            raise SfntRefused("glyph")
        start, end = self._offsets[gid], self._offsets[gid + 1]
        if not start <= end <= self._tables["glyf"][1]:
            raise SfntRefused("outline")
        # Offsets are even or a multiple of four: an outline may end in a few bytes of nothing.
        return bytes(self._data[self._glyf + start : self._glyf + end]).rstrip(b"\0")

    def metrics(self, gid: int) -> tuple[int, int]:
        """Return advance and left side bearing."""
        if not 0 <= gid < self.glyph_count or not self._metrics:
            raise SfntRefused("glyph")
        if 2 * gid < len(self._metrics):
            return self._metrics[2 * gid], self._metrics[2 * gid + 1]
        return self._metrics[-2], self._bearings[gid - len(self._metrics) // 2]

    def _start(self, tag: str) -> int:
        if tag not in self._tables:
            raise SfntRefused(f"no table {tag}")
        return self._tables[tag][0]

    def _unpack(self, layout: str, offset: int) -> tuple[int, ...]:
        part = bytes(self._data[offset : offset + struct.calcsize(layout)])
        try:
            return struct.unpack(layout, part)
        except struct.error:
            raise SfntRefused("ends early") from None


def is_composite(glyph: bytes) -> bool:
    """Return whether the outline is put together from other glyphs of its font."""
    return glyph[:1] >= b"\x80"


def same_glyph(one: Sfnt, gid: int, other: Sfnt, other_gid: int, *, depth: int = 0) -> bool:
    """
    Return whether both draw the same, at the same place and width.

    Raises:
        SfntRefused: an index leads outside one of them.
    """
    if depth > _DEPTH_MAX:
        raise SfntRefused("components too deep")
    if one.metrics(gid) != other.metrics(other_gid):
        return False
    first, second = one.glyph(gid), other.glyph(other_gid)
    if is_composite(first):
        return _same_composite(one, first, other, second, depth=depth)
    return first == second


def _same_composite(one: Sfnt, first: bytes, other: Sfnt, second: bytes, *, depth: int) -> bool:
    if first[:10] != second[:10]:
        return False
    parts, others = list(_components(first)), list(_components(second))
    return len(parts) == len(others) and all(
        rest == other_rest and same_glyph(one, gid, other, other_gid, depth=depth + 1)
        for (gid, rest), (other_gid, other_rest) in zip(parts, others, strict=True)
    )


def _components(glyph: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield glyph number, and flags with placement, of each component; instructions after the last belong to it."""
    at, more = 10, True
    while more:
        if at + 4 > len(glyph):
            raise SfntRefused("component")
        flags, gid = struct.unpack_from(">HH", glyph, at)
        size = 4 if flags & _ARGS_ARE_WORDS else 2
        size += next((length for bit, length in _SCALE_BYTES.items() if flags & bit), 0)
        more = bool(flags & _COMPOSITE_MORE)
        end = at + 4 + size
        yield gid, glyph[at : at + 2] + (glyph[at + 4 : end] if more else glyph[at + 4 :].rstrip(b"\0"))
        at = end
