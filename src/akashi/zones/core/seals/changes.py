"""
The change feed's records (docs/spec/seals.md section 3): JSON, one record a line, numbered without a gap.

Promises: any bytes of a line give a record or `FeedRefused`, whose detail holds no value.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Final, TypeVar

import msgspec
from msgspec import Meta

from akashi.registers.errors import FeedRefused, RecordRefused
from akashi.wire.errors import WireCode
from akashi.wire.messages import ResidentNo
from akashi.zones.core.seals.csv_form import SEALS
from akashi.zones.core.seals.records import AbolishReason, Registration

LINE_BYTES_MAX: Final = 256 * 1024
"""Longest line: a registration with its image."""

T = TypeVar("T")

RegistrationNo = Annotated[str, Meta(pattern=r"^[0-9A-Za-z-]{1,16}\Z")]


class Closed(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Base of all parts of a record: immutable and closed."""


class Heartbeat(Closed, frozen=True, kw_only=True, tag_field="kind", tag="heartbeat"):
    """Nothing happened; the source lives."""


class Registered(Closed, frozen=True, kw_only=True, tag_field="kind", tag="registered"):
    """A seal was registered; its holder has no other living registration. `registration` has the columns of seals.csv."""

    registration: dict[str, str]


class Corrected(Closed, frozen=True, kw_only=True, tag_field="kind", tag="corrected"):
    """Name, address or the like of a living registration, whole and new. Number, holder and seal stay."""

    registration: dict[str, str]


class Abolished(Closed, frozen=True, kw_only=True, tag_field="kind", tag="abolished"):
    """A registration ended, for good. `on` is the day from which it counts."""

    registration_no: RegistrationNo
    reason: AbolishReason
    on: date


class EditingBegun(Closed, frozen=True, kw_only=True, tag_field="kind", tag="editing-begun"):
    """A change of this person's registration is being entered: nothing is given out."""

    resident_no: ResidentNo


class EditingEnded(Closed, frozen=True, kw_only=True, tag_field="kind", tag="editing-ended"):
    """The change was entered (its record came before this one) or given up."""

    resident_no: ResidentNo


Change = Heartbeat | Registered | Corrected | Abolished | EditingBegun | EditingEnded


class FeedRecord(Closed, frozen=True, kw_only=True):
    """
    One record of the feed.

    Attributes:
        sequence: 1, 2, 3 … without a gap, heartbeats included.
        time_ms: when the source committed it, by its clock, milliseconds since 1970 UTC.
        change: what happened.
    """

    sequence: Annotated[int, Meta(ge=1, le=2**53)]
    time_ms: Annotated[int, Meta(ge=0, le=2**53)]
    change: Change


_DECODER = msgspec.json.Decoder(FeedRecord)
_ENCODER = msgspec.json.Encoder()


def parse_line(untrusted_line: bytes) -> FeedRecord:
    """
    Return the record in one line of the feed, with or without its line end.

    Raises:
        FeedRefused: too long, not JSON, not a record.
    """
    if len(untrusted_line) > LINE_BYTES_MAX:
        raise FeedRefused("line too long", code=WireCode.OVERSIZE)
    try:
        return _DECODER.decode(untrusted_line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        # The error's text can quote a value; only its kind is kept.
        raise FeedRefused(f"not a record: {type(error).__name__}", code=WireCode.MALFORMED) from None


def format_line(record: FeedRecord) -> bytes:
    """Return the record as one line, line feed included."""
    return _ENCODER.encode(record) + b"\n"


def cells_of(one: Registration) -> dict[str, str]:
    """Return a registration as a change carries it."""
    return dict(zip(SEALS.columns, SEALS.cells(one), strict=True))


def registration_of(untrusted_cells: dict[str, str]) -> Registration:
    """
    Return the registration that a change carries.

    Raises:
        RecordRefused: not exactly the columns of seals.csv, or a value that no registration can hold.
    """
    if set(untrusted_cells) != set(SEALS.columns):
        raise RecordRefused("registration", "not exactly the columns of its form")
    return SEALS.parse(untrusted_cells)
