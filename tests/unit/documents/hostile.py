"""What a taken-over issuer could write by hand: well-formed files that only look composed."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from itertools import pairwise

import pytest

from akashi.documents.read import FileRefused, PrintedFace, Rule, read_back_jumin
from akashi.wire.certificates import Choice
from akashi.wire.errors import WireCode
from akashi.wire.messages import JuminRecord
from unit.documents.people import ALL, PRINTED
from unit.documents.surgery import Opened

_ENTRY = struct.Struct(">4sIII")
_ADJUSTED = 0xB1B0AFBA


def refused(pdf: bytes, paper: JuminRecord, choices: tuple[Choice, ...] = ALL, face: PrintedFace = PRINTED) -> FileRefused:
    """Return the refusal; the file must be refused."""
    with pytest.raises(FileRefused) as caught:
        read_back_jumin(pdf, paper, choices, face)
    assert caught.value.code is WireCode.CHECK_FAILED
    return caught.value


def rule_of(parts: Opened, paper: JuminRecord) -> Rule:
    """Return the rule by which a file of everything is refused."""
    return refused(parts.pdf(), paper).rule


@dataclass(frozen=True, slots=True)
class Program:
    """A font program in tables, and closed again with right sums."""

    tables: dict[bytes, bytes]

    @classmethod
    def of(cls, data: bytes) -> Program:
        """Take a program apart."""
        (count,) = struct.unpack_from(">H", data, 4)
        entries = [_ENTRY.unpack_from(data, 12 + 16 * at) for at in range(count)]
        return cls({tag: data[start : start + length] for tag, _, start, length in entries})

    def outlines(self) -> list[bytes]:
        """Return the glyphs."""
        loca = struct.unpack(f">{len(self.tables[b'loca']) // 4}I", self.tables[b"loca"])
        return [self.tables[b"glyf"][start:end] for start, end in pairwise(loca)]

    def with_outlines(self, outlines: list[bytes]) -> Program:
        """Return the program with other glyphs."""
        offsets = [sum(map(len, outlines[:at])) for at in range(len(outlines) + 1)]
        return self.with_table(b"glyf", b"".join(outlines)).with_table(b"loca", struct.pack(f">{len(offsets)}I", *offsets))

    def with_table(self, tag: bytes, table: bytes) -> Program:
        """Return the program with another table."""
        return Program(self.tables | {tag: table})

    def flipped(self, tag: bytes, place: int) -> Program:
        """Return the program with one bit of a table changed."""
        table = bytearray(self.tables[tag])
        table[place] ^= 1
        return self.with_table(tag, bytes(table))

    def data(self) -> bytes:
        """Return the file, with its directory and sums."""
        head = bytearray(self.tables[b"head"])
        head[8:12] = bytes(4)
        tables = self.tables | {b"head": bytes(head)}
        out = bytearray(b"\x00\x01\x00\x00" + struct.pack(">4H", len(tables), 64, 2, 32))
        start = 12 + 16 * len(tables)
        for tag, table in tables.items():
            out += _ENTRY.pack(tag, _sum(table), start, len(table))
            start += len(table) + -len(table) % 4
        for table in tables.values():
            out += table + bytes(-len(table) % 4)
        at = out.index(tables[b"head"], 12 + 16 * len(tables))
        out[at + 8 : at + 12] = ((_ADJUSTED - _sum(out)) & 0xFFFFFFFF).to_bytes(4, "big")
        return bytes(out)


def _sum(table: bytes | bytearray) -> int:
    filled = bytes(table) + bytes(-len(table) % 4)
    total: int = sum(struct.unpack(f">{len(filled) // 4}I", filled))
    return total & 0xFFFFFFFF


def with_program(parts: Opened, program: Program, font: bytes = b"v0") -> Opened:
    """Return the file with another program in one of its fonts."""
    return parts.with_content(parts.font(font) + 3, program.data())


def program_of(parts: Opened, font: bytes = b"v0") -> Program:
    """Return the program of one of its fonts."""
    return Program.of(parts.content(parts.font(font) + 3))


def moved(value: bytes, *, right: float = 0, up: float = 0) -> bytes:
    """Return a value of one piece at another place."""
    found = re.search(rb"q 1 0 0 -1 (\S+) (\S+) cm", value)
    assert found is not None
    place = b"q 1 0 0 -1 %b %b cm" % (_number(float(found[1]) + right), _number(float(found[2]) + up))
    return value.replace(found[0], place, 1)


def _number(value: float) -> bytes:
    return f"{value:.4f}".rstrip("0").rstrip(".").encode()
