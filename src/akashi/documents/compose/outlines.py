"""
The outlines of a city's font, as they stand in its file, and font programs made of some of them.

A font program is put together here byte for byte and not by a library, so that the reader can say exactly how it must be.
Source: docs/spec/certificate-file.md section 5; OpenType 1.9 otff, glyf, loca, hmtx.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from operator import attrgetter
from pathlib import Path

_ADJUSTMENT = 0xB1B0AFBA
_WORDS, _MORE, _INSTRUCTIONS = 0x0001, 0x0020, 0x0100
_SCALES = ((0x0008, 2), (0x0040, 4), (0x0080, 8))
"""Flags of a part of a composite glyph, with the bytes of scale that they bring."""
_PARTS = attrgetter("parts")
_HINTING = ("cvt ", "fpgm", "prep")


@dataclass(frozen=True, slots=True)
class Outline:
    """
    One glyph, ready for a font program.

    Attributes:
        data: its outline, filled up to four bytes.
        total: sum of `data` in words of four bytes, for check sums.
        metrics: advance and left side bearing as they stand in `hmtx`.
        parts: for a composite glyph: (place of a number in `data`, number in the city's font), else empty.
    """

    data: bytes
    total: int
    metrics: int
    parts: tuple[tuple[int, int], ...]


class FontFile:
    """
    A TrueType font.

    Args:
        path: the file, or the first font of a collection.
        hinted: keep the hinting; to compare with other programs' drawings only.

    Raises:
        OSError, struct.error, KeyError: it cannot be read, is no such font, or lacks a table.
    """

    def __init__(self, path: Path, *, hinted: bool = False) -> None:
        tables = _tables(path)
        self._glyf, self._loca, self._hmtx = tables["glyf"], tables["loca"], tables["hmtx"]
        self._head, self._hhea, self._maxp = (bytearray(tables[tag]) for tag in ("head", "hhea", "maxp"))
        self._long = struct.unpack_from(">h", self._head, 50)[0] == 1
        self._measured = struct.unpack_from(">H", self._hhea, 34)[0]
        self._hinted = hinted
        self.units_per_em: int = struct.unpack_from(">H", self._head, 18)[0]
        self.box: tuple[int, int, int, int] = struct.unpack_from(">4h", self._head, 36)
        self.ascent, self.descent = struct.unpack_from(">2h", self._hhea, 4)
        struct.pack_into(">I", self._head, 8, 0)
        struct.pack_into(">h", self._head, 50, 1)
        hinting = {tag: tables[tag] for tag in _HINTING if hinted and tables.get(tag)}
        self._after = [(tag.encode(), _padded(data), len(data)) for tag, data in sorted(hinting.items())]

    def outline(self, gid: int) -> Outline:
        """Return a glyph."""
        metrics = self._metrics(gid)
        data = self._raw(gid)
        parts: tuple[tuple[int, int], ...] = ()
        if data:
            (contours,) = struct.unpack_from(">h", data)
            if contours < 0:
                data, parts = _composite(data, keep=self._hinted)
            elif not self._hinted:
                at = 10 + 2 * contours
                (length,) = struct.unpack_from(">H", data, at)
                data = data[:at] + b"\0\0" + data[at + 2 + length :]
        data = _padded(data)
        return Outline(data, _total(data), metrics, parts)

    def program(self, outlines: Sequence[Outline]) -> bytes:
        """Return the font program whose glyphs 1, 2, … are these."""
        outlines = _with_parts(outlines, self) if any(map(_PARTS, outlines)) else outlines
        count = len(outlines) + 1
        offsets = [0, 0, *accumulate([len(outline.data) for outline in outlines])]
        struct.pack_into(">H", self._hhea, 34, count)
        struct.pack_into(">H", self._maxp, 4, count)
        glyf = b"".join([outline.data for outline in outlines])
        loca = struct.pack(f">{count + 1}I", *offsets)
        metrics = [outline.metrics for outline in outlines]
        hmtx = struct.pack(f">{count}I", 0, *metrics)
        tables = [
            (b"glyf", glyf, len(glyf), sum([outline.total for outline in outlines])),
            (b"head", _padded(self._head), len(self._head), _total(_padded(self._head))),
            (b"hhea", _padded(self._hhea), len(self._hhea), _total(_padded(self._hhea))),
            (b"hmtx", hmtx, len(hmtx), sum(metrics)),
            (b"loca", loca, len(loca), sum(offsets)),
            (b"maxp", _padded(self._maxp), len(self._maxp), _total(_padded(self._maxp))),
        ]
        return _sfnt(sorted(tables + [(tag, data, length, _total(data)) for tag, data, length in self._after]))

    def _raw(self, gid: int) -> bytes:
        """Return what `glyf` has for the glyph."""
        if self._long:
            start, end = struct.unpack_from(">2I", self._loca, 4 * gid)
        else:
            start, end = (2 * half for half in struct.unpack_from(">2H", self._loca, 2 * gid))
        return bytes(self._glyf[start:end])

    def _metrics(self, gid: int) -> int:
        if gid < self._measured:
            return int(struct.unpack_from(">I", self._hmtx, 4 * gid)[0])
        (advance,) = struct.unpack_from(">H", self._hmtx, 4 * (self._measured - 1))
        (bearing,) = struct.unpack_from(">H", self._hmtx, 4 * self._measured + 2 * (gid - self._measured))
        return int(advance) << 16 | int(bearing)


def _tables(path: Path) -> dict[str, memoryview]:
    """Return the tables of the font, mapped and not read: outlines of many megabytes, of which few are ever used."""
    with path.open("rb") as file:
        data = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    start = struct.unpack_from(">I", data, 12)[0] if bytes(data[:4]) == b"ttcf" else 0
    (count,) = struct.unpack_from(">H", data, start + 4)
    tables: dict[str, memoryview] = {}
    for at in range(start + 12, start + 12 + 16 * count, 16):
        tag, _, offset, length = struct.unpack_from(">4s3I", data, at)
        tables[tag.decode("latin-1")] = data[offset : offset + length]
    return tables


def _padded(data: bytes | bytearray | memoryview) -> bytes:
    return bytes(data) + bytes(-len(data) % 4)


def _total(data: bytes) -> int:
    return sum(struct.unpack(f">{len(data) // 4}I", data))


def _composite(data: bytes, *, keep: bool) -> tuple[bytes, tuple[tuple[int, int], ...]]:
    """Return a composite glyph (without instructions unless `keep`) and where it names its parts."""
    changed = bytearray(data)
    parts: list[tuple[int, int]] = []
    at, flags = 10, _MORE
    while flags & _MORE:
        flags, part = struct.unpack_from(">2H", data, at)
        parts.append((at + 2, part))
        if not keep:
            struct.pack_into(">H", changed, at, flags & ~_INSTRUCTIONS)
        at += 4 + (4 if flags & _WORDS else 2) + sum(size for flag, size in _SCALES if flags & flag)
    return bytes(changed if keep else changed[:at]), tuple(parts)


def _with_parts(outlines: Sequence[Outline], font: FontFile) -> list[Outline]:
    """Return the glyphs with the parts of composite ones behind them, and the numbers in those changed."""
    found = list(outlines)
    number_of: dict[int, int] = {}
    at = 0
    while at < len(found):
        outline = found[at]
        if outline.parts:
            data = bytearray(outline.data)
            for place, gid in outline.parts:
                if gid not in number_of:
                    found.append(font.outline(gid))
                    number_of[gid] = len(found)
                struct.pack_into(">H", data, place, number_of[gid])
            found[at] = Outline(bytes(data), _total(bytes(data)), outline.metrics, ())
        at += 1
    return found


def _sfnt(tables: Sequence[tuple[bytes, bytes, int, int]]) -> bytes:
    """Return the file of the tables (tag, data filled up, length, sum of its words)."""
    count = len(tables)
    power = count.bit_length() - 1
    head = struct.pack(">I4H", 0x00010000, count, 16 << power, power, 16 * (count - (1 << power)))
    at = 12 + 16 * count
    entries: list[bytes] = []
    head_at = whole = 0
    for tag, data, length, total in tables:
        entries.append(struct.pack(">4s3I", tag, total & 0xFFFFFFFF, at, length))
        if tag == b"head":
            head_at = at
        at += len(data)
        whole += total
    directory = head + b"".join(entries)
    program = bytearray(b"".join([directory, *[data for _, data, _, _ in tables]]))
    struct.pack_into(">I", program, head_at + 8, _ADJUSTMENT - whole - _total(directory) & 0xFFFFFFFF)
    return bytes(program)
