"""
The font program that a file must have for given glyphs, made from the city's font: the only one of which the file is not refused.

Source: docs/spec/certificate-file.md section 5; OpenType 1.9 otff, glyf, loca, hmtx, head.
"""

from __future__ import annotations

import struct
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple

from akashi.documents.read.city_font import CityFont, Drawing
from akashi.documents.read.sfnt import components

_TABLES = (b"glyf", b"head", b"hhea", b"hmtx", b"loca", b"maxp")
_START = struct.pack(">4s4H", b"\x00\x01\x00\x00", len(_TABLES), 64, 2, 32)
_DIRECTORY_BYTES = len(_START) + 16 * len(_TABLES)
_START_SUM = sum(struct.unpack(">3I", _START))
_TAG_SUM = sum(struct.unpack(">6I", b"".join(_TABLES)))
_ADJUSTED = 0xB1B0AFBA
_ADJUSTMENT_AT, _FORMAT_AT = 8, 50
_WORD = 0xFFFFFFFF


class _Figures(NamedTuple):
    """Tables of the city's font as they are in a part of it, with the number of glyphs left out, and their sums."""

    head: bytes
    head_sum: int
    hhea: bytes
    hhea_sum: int
    maxp: bytes
    maxp_sum: int


def make_program(drawings: list[Drawing], city: CityFont) -> bytes:
    """Return the font program with these glyphs from number 1."""
    if any(drawing.composite for drawing in drawings):
        drawings = _with_parts(drawings, city)
    figures = _figures(city)
    count = len(drawings) + 1
    outlines = [drawing.outline for drawing in drawings]
    glyf = b"".join(outlines)
    offsets = [0, 0, *accumulate(map(len, outlines))]
    metrics = [0, *[drawing.metrics for drawing in drawings]]
    loca, hmtx = struct.pack(f">{count + 1}I", *offsets), struct.pack(f">{count}I", *metrics)
    hhea = figures.hhea + count.to_bytes(2, "big")
    maxp = figures.maxp[:4] + count.to_bytes(2, "big") + figures.maxp[4:]
    sums = (
        sum([drawing.check_sum for drawing in drawings]) & _WORD,
        figures.head_sum,
        (figures.hhea_sum + count) & _WORD,
        sum(metrics) & _WORD,
        sum(offsets) & _WORD,
        (figures.maxp_sum + (count << 16)) & _WORD,
    )
    tables = (glyf, figures.head, hhea, hmtx, loca, maxp)
    entries: list[int | bytes] = []
    start, total = _DIRECTORY_BYTES, _START_SUM + _TAG_SUM
    for tag, check_sum, table in zip(_TABLES, sums, tables, strict=True):
        entries += (tag, check_sum, start, len(table))
        # Each table counts twice: its sum in the directory, and its bytes.
        total += 2 * check_sum + start + len(table)
        start += len(table) + (-len(table) & 3)
    head = figures.head[:_ADJUSTMENT_AT] + ((_ADJUSTED - total) & _WORD).to_bytes(4, "big") + figures.head[_ADJUSTMENT_AT + 4 :]
    filled = [table + bytes(-len(table) & 3) for table in (glyf, head, hhea, hmtx, loca, maxp)]
    return b"".join((_START, struct.pack(">" + "4sIII" * len(_TABLES), *entries), *filled))


@lru_cache(maxsize=8)
def _figures(city: CityFont) -> _Figures:
    head = bytearray(city.sfnt.table("head"))
    head[_ADJUSTMENT_AT : _ADJUSTMENT_AT + 4] = bytes(4)
    head[_FORMAT_AT : _FORMAT_AT + 2] = b"\x00\x01"
    hhea, maxp = city.sfnt.table("hhea"), city.sfnt.table("maxp")
    counted = maxp[:4] + bytes(2) + maxp[6:]
    return _Figures(bytes(head), _sum(head), hhea[:34], _sum(hhea[:34] + bytes(2)), maxp[:4] + maxp[6:], _sum(counted))


def _sum(table: bytes | bytearray) -> int:
    filled = bytes(table) + bytes(-len(table) & 3)
    total: int = sum(struct.unpack(f">{len(filled) // 4}I", filled))
    return total & _WORD


def _with_parts(drawings: list[Drawing], city: CityFont) -> list[Drawing]:
    """Return the glyphs with the parts that composite ones need behind them, and the numbers in those as they are here."""
    made = list(drawings)
    number_of: dict[int, int] = {}
    at = 0
    while at < len(made):
        drawing = made[at]
        if drawing.composite:
            outline = bytearray(drawing.outline)
            for part in components(drawing.outline):
                if part.gid not in number_of:
                    made.append(city.glyph(part.gid))
                    number_of[part.gid] = len(made)
                struct.pack_into(">H", outline, part.at + 2, number_of[part.gid])
            made[at] = drawing._replace(outline=bytes(outline), check_sum=_sum(outline))
        at += 1
    return made
