"""
The files of a folder of family registers: JSON, one record a line, and one line to one record and back.

Promise: any bytes of a line give a record or `RecordRefused`, whose reason holds no value. Source: docs/spec/koseki.md section 2.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final, Generic, TypeVar

import msgspec
from msgspec import Meta

from akashi.registers.errors import RecordRefused
from akashi.registers.tail import LINE_BYTES_MAX
from akashi.zones.koseki.register.records import Block, Closed, FamilyRegister

R = TypeVar("R")

_PLACE = re.compile(r" - at `(\$[A-Za-z_.\[\]0-9]*)`\Z")
_ENCODER = msgspec.json.Encoder()


class EnrolledCard(Closed, frozen=True, kw_only=True):
    """
    A card that was enrolled before the register came here (利用登録 of an older system).

    Attributes:
        issuer_dn: issuer name of the user certificate, DER, lower-case hexadecimal.
        serial: its serial number, lower-case hexadecimal, big-endian, as short as it goes.
        person_no: for whom it speaks.
        enrolled_on: since when.
    """

    issuer_dn: Annotated[str, Meta(pattern=r"^(?:[0-9a-f]{2}){2,1024}\Z")]
    serial: Annotated[str, Meta(pattern=r"^(?!00)(?:[0-9a-f]{2}){1,20}\Z")]
    person_no: str
    enrolled_on: date


@dataclass(frozen=True, slots=True)
class LineFile(Generic[R]):
    """
    One kind of file.

    Attributes:
        file: its name in the folder.
        decoder: of its lines.
    """

    file: str
    decoder: msgspec.json.Decoder[R]

    def parse(self, untrusted_line: bytes) -> R:
        """
        Return the record in one line.

        Raises:
            RecordRefused: too long, not JSON, or a record that cannot be.
        """
        if len(untrusted_line) > LINE_BYTES_MAX:
            raise RecordRefused("", "line too long")
        try:
            return self.decoder.decode(untrusted_line)
        except msgspec.ValidationError as error:
            raise _refusal(error) from None
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            raise RecordRefused("", "not JSON") from None


def _refusal(error: msgspec.ValidationError) -> RecordRefused:
    """Return where and why; the error's own text can quote what stands there, its place holds our field names only."""
    place = _PLACE.search(str(error))
    where = place.group(1).removeprefix("$").removeprefix(".") if place else ""
    cause = error.__cause__
    if isinstance(cause, RecordRefused):
        return RecordRefused(f"{where}.{cause.column}".strip("."), cause.reason)
    return RecordRefused(where, "missing, unknown or of another type")


REGISTERS: Final[LineFile[FamilyRegister]] = LineFile("registers.jsonl", msgspec.json.Decoder(FamilyRegister))
"""One family register a line."""
BLOCKS: Final[LineFile[Block]] = LineFile("blocks.jsonl", msgspec.json.Decoder(Block))
"""One block a line."""
ENROLLED: Final[LineFile[EnrolledCard]] = LineFile("enrolled.jsonl", msgspec.json.Decoder(EnrolledCard))
"""One enrolled card a line."""


def format_record(record: Closed) -> bytes:
    """Return a record as one line, line feed included."""
    return _ENCODER.encode(record) + b"\n"


def write_lines(folder: Path, form: LineFile[Any], records: Iterable[Closed]) -> int:
    """Write all records into the form's file in `folder`, one a line, and return their count."""
    count = 0
    with (folder / form.file).open("wb") as stream:
        for record in records:
            stream.write(format_record(record))
            count += 1
    return count
