"""
The words that go to a card and come back: ISO/IEC 7816-4 commands and responses, short form only.

Promises: any bytes give a command or response, or `ApduMalformed`; a command is encoded in exactly one way.
A command may hold a PIN, so it has no repr, and `encode` returns a buffer that the caller can overwrite.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

from akashi.wire.errors import Refused, WireCode

ApduBytes = bytes | bytearray
"""A command on its way. A `bytearray` is overwritten by its owner when the card has answered."""

LE_MAX: Final = 256
"""The longest answer of a short command, in bytes; written as 00."""
STATUS_MAX: Final = 0xFFFF
_BYTE_MAX: Final = 0xFF
_HEADER_BYTES: Final = 4
_DATA_BYTES_MAX: Final = 255
_STATUS_BYTES: Final = 2
_TRIES_MASK: Final = 0x63C0


class ApduMalformed(Refused):
    """The bytes are no short APDU."""

    def __init__(self, detail: str) -> None:
        super().__init__(WireCode.CARD_UNREADABLE, detail)


class Status(IntEnum):
    """Status words that a My Number card uses, and those with which it refuses."""

    OK = 0x9000
    SECURITY_NOT_SATISFIED = 0x6982
    """A PIN must be verified first."""
    BLOCKED = 0x6983
    """ISO/IEC 7816-4: authentication method blocked. Not seen on these cards; understood."""
    REFERENCE_UNUSABLE = 0x6984
    """A blocked PIN was presented."""
    CONDITIONS_NOT_SATISFIED = 0x6985
    NO_CURRENT_FILE = 0x6986
    WRONG_FILE_KIND = 0x6981
    WRONG_DATA = 0x6A80
    NOT_FOUND = 0x6A82
    WRONG_P1_P2 = 0x6A86
    REFERENCE_NOT_FOUND = 0x6A88
    MEMORY_FAILURE = 0x6581
    """The counter could not be stored: nothing was verified."""
    WRONG_LENGTH = 0x6700
    WRONG_OFFSET = 0x6B00
    INSTRUCTION_UNKNOWN = 0x6D00
    CLASS_UNKNOWN = 0x6E00


def tries_status(tries_left: int) -> int:
    """Return the status word 63Cx for x tries (0 to 15)."""
    return _TRIES_MASK | tries_left


def tries_in(status: int) -> int | None:
    """Return x of a status word 63Cx, or None for any other status word."""
    return status & 0x0F if status & 0xFFF0 == _TRIES_MASK else None


@dataclass(frozen=True, slots=True)
class Command:
    """
    A command of the short form.

    Attributes:
        cla, ins, p1, p2: the header, a byte each.
        data: at most 255 bytes; may be a PIN, so it is left out of the repr.
        le: how many bytes are expected back, 1 to 256; None where none are.
    """

    cla: int
    ins: int
    p1: int
    p2: int
    data: ApduBytes = field(default=b"", repr=False)
    le: int | None = None

    def __post_init__(self) -> None:
        if not all(0 <= byte <= _BYTE_MAX for byte in (self.cla, self.ins, self.p1, self.p2)):
            raise ApduMalformed("a header field is no byte")
        if len(self.data) > _DATA_BYTES_MAX:
            raise ApduMalformed(f"{len(self.data)} data bytes in a short command")
        if self.le is not None and not 1 <= self.le <= LE_MAX:
            raise ApduMalformed("expected length outside 1 to 256")

    def encode(self) -> bytearray:
        """Return the command's bytes, in a buffer that the caller owns and may overwrite."""
        out = bytearray((self.cla, self.ins, self.p1, self.p2))
        if self.data:
            out.append(len(self.data))
            out += self.data
        if self.le is not None:
            out.append(self.le % LE_MAX)
        return out


def parse_command(untrusted_apdu: ApduBytes) -> Command:
    """
    Return the command that the bytes hold.

    Raises:
        ApduMalformed: too short, of the extended form, or a length that does not fit.
    """
    body = untrusted_apdu[_HEADER_BYTES:]
    if len(untrusted_apdu) < _HEADER_BYTES:
        raise ApduMalformed("shorter than a header")
    cla, ins, p1, p2 = untrusted_apdu[:_HEADER_BYTES]
    if not body:
        return Command(cla, ins, p1, p2)
    if len(body) == 1:
        return Command(cla, ins, p1, p2, le=body[0] or LE_MAX)
    # A first byte of 00 would begin an extended length: these cards have none.
    lc = body[0]
    data = bytes(body[1 : 1 + lc])
    if lc == 0 or len(data) != lc or len(body) > lc + 2:
        raise ApduMalformed("length of the data does not fit")
    le = (body[-1] or LE_MAX) if len(body) == lc + 2 else None
    return Command(cla, ins, p1, p2, data, le)


def parse_response(untrusted_apdu: bytes) -> tuple[bytes, int]:
    """
    Return data and status word of a response.

    Raises:
        ApduMalformed: no status word, or more than 256 bytes before it.
    """
    if not _STATUS_BYTES <= len(untrusted_apdu) <= LE_MAX + _STATUS_BYTES:
        raise ApduMalformed(f"response of {len(untrusted_apdu)} bytes")
    return untrusted_apdu[:-_STATUS_BYTES], int.from_bytes(untrusted_apdu[-_STATUS_BYTES:])


def encode_response(data: bytes, status: int) -> bytes:
    """
    Return a response's bytes.

    Raises:
        ApduMalformed: more than 256 data bytes, or a status word that has no two bytes.
    """
    if len(data) > LE_MAX or not 0 <= status <= STATUS_MAX:
        raise ApduMalformed("no short response")
    return data + status.to_bytes(_STATUS_BYTES)
