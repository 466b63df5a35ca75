"""
What all messages share: bounded field types, the closed base class, the signed wrapper.

Conventions: array-like structs, unknown fields refused, every byte field bounded. A field that holds signed or sealed bytes
keeps them as bytes, so that what was signed is what is parsed. Times are milliseconds since 1970 UTC by the clock of the
server that wrote them. Source: docs/spec/protocol.md, section numbers in the docstrings.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

PROTOCOL_VERSION = 1

# Patterns end in \Z: a dollar would also let a newline at the end pass, and with it a forged line in a log.
Bytes8 = Annotated[bytes, Meta(min_length=8, max_length=8)]
Bytes16 = Annotated[bytes, Meta(min_length=16, max_length=16)]
Bytes32 = Annotated[bytes, Meta(min_length=32, max_length=32)]
Bytes64 = Annotated[bytes, Meta(min_length=64, max_length=64)]
Der = Annotated[bytes, Meta(min_length=32, max_length=4096)]
SmallBlob = Annotated[bytes, Meta(max_length=16384)]
MessageBlob = Annotated[bytes, Meta(max_length=2 * 1024 * 1024 + 4096)]
Municipality = Annotated[str, Meta(pattern=r"^[0-9]{6}\Z")]
"""全国地方公共団体コード, 6 digits with check digit."""
Name = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9/._-]+\Z")]
Written = Annotated[str, Meta(max_length=512)]
"""A value as it is written in the register; never normalised."""
Text = Annotated[str, Meta(max_length=2000)]
"""A longer text as it is written; never normalised."""
Date = Annotated[str, Meta(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])\Z")]
"""A day, ISO 8601."""
FiscalYear = Annotated[int, Meta(ge=1900, le=2200)]
"""年度 (or a year of income), in the western count."""
ResidentNo = Annotated[str, Meta(pattern=r"^[0-9]{10}\Z")]
"""宛名番号: by which the city's registries know a person."""
IssueNumber = Annotated[str, Meta(pattern=r"^[0-9]{6}-[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){3}\Z")]
"""発行番号: municipality and 80 random bits in Crockford's base 32. Never made from time, order or terminal."""
Millis = Annotated[int, Meta(ge=0, le=2**53)]
DurationMs = Annotated[int, Meta(gt=0, le=600_000)]
Yen = Annotated[int, Meta(ge=0, le=100_000)]
OrderNumber = Annotated[int, Meta(ge=1, le=10)]
OrderYear = Annotated[int, Meta(ge=0, le=2200)]
"""年度 that an order or an offer is about; 0 where the kind is not yearly."""
MemberRef = Annotated[int, Meta(ge=0, le=999)]


class Message(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Base of all messages: immutable, positional, closed."""


class Signed(Message, frozen=True):
    """Section 3.2. An Ed25519 signature over domain label and payload; the label depends on the purpose and is not carried."""

    payload: MessageBlob
    key_id: Bytes8
    signature: Bytes64
