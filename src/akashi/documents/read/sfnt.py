"""
TrueType files, as far as it takes to take glyphs out of them: the city's own fonts.

An index that leads outside the file raises SfntRefused.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple, Protocol

_TRUETYPE = (b"\x00\x01\x00\x00", b"true")
_MORE, _ARGS_ARE_WORDS, _INSTRUCTIONS = 0x20, 0x01, 0x0100
_SCALE_BYTES = {0x08: 2, 0x40: 4, 0x80: 8}
_HEAD_BYTES = 10


class SfntRefused(Exception):  # noqa: N818 - the caller says what it means
    """Not a TrueType font with outlines in `glyf`, or an index leads outside the file."""


class Bytes(Protocol):
    """Bytes or a memory map."""

    def __getitem__(self, part: slice, /) -> bytes: ...

    def __len__(self) -> int: ...


class Component(NamedTuple):
    """A part of a composite glyph: where its record begins, its flags, the number of its glyph, where the record ends."""

    at: int
    flags: int
    gid: int
    end: int


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
        if not self.units_per_em:
            raise SfntRefused("no size")
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
        """Return the bytes between the glyph's offsets; empty for a blank."""
        if not 0 <= gid < self.glyph_count:
            raise SfntRefused("glyph")
        start, end = self._offsets[gid], self._offsets[gid + 1]
        if not start <= end <= self._tables["glyf"][1]:
            raise SfntRefused("outline")
        return bytes(self._data[self._glyf + start : self._glyf + end])

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


def without_instructions(glyph: bytes) -> bytes:
    """
    Return the glyph's bytes with no instructions in them, filled up with zeros to four bytes.

    Raises:
        SfntRefused: it ends early.

    Source: docs/spec/certificate-file.md section 5; OpenType 1.9 glyf.
    """
    if not glyph:
        return b""
    if len(glyph) < _HEAD_BYTES:
        raise SfntRefused("outline")
    if is_composite(glyph):
        plain = bytearray(glyph)
        end = _HEAD_BYTES
        for part in components(glyph):
            struct.pack_into(">H", plain, part.at, part.flags & ~_INSTRUCTIONS)
            end = part.end
        kept = bytes(plain[:end])
    else:
        (contours,) = struct.unpack_from(">h", glyph)
        at = _HEAD_BYTES + 2 * contours
        if at + 2 > len(glyph):
            raise SfntRefused("outline")
        (instructions,) = struct.unpack_from(">H", glyph, at)
        kept = glyph[:at] + b"\0\0" + glyph[at + 2 + instructions :]
    return kept + bytes(-len(kept) % 4)


def components(glyph: bytes) -> Iterator[Component]:
    """
    Yield the parts of a composite glyph.

    Raises:
        SfntRefused: it ends early.
    """
    at, more = _HEAD_BYTES, True
    while more:
        if at + 4 > len(glyph):
            raise SfntRefused("component")
        flags, gid = struct.unpack_from(">HH", glyph, at)
        size = 4 if flags & _ARGS_ARE_WORDS else 2
        size += next((length for bit, length in _SCALE_BYTES.items() if flags & bit), 0)
        end = at + 4 + size
        if end > len(glyph):
            raise SfntRefused("component")
        yield Component(at, flags, gid, end)
        more = bool(flags & _MORE)
        at = end
