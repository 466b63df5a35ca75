"""
The change feed: what a record of it says, and one line of JSON to one record and back.

A record is a finished change: one record, one transaction. What is still being keyed in is no record; `EditingBegun` says only
that the household is not to be read until `EditingEnded`. Promise: any bytes give a record or `FeedRefused`.
Source: docs/spec/registry.md section 3; 住民記録システム標準仕様書 7.2.3 (links to other systems), 3.1 (blocks).
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, ClassVar, Generic, TypeVar

import msgspec
from msgspec import Meta, Struct

from akashi.registers.csv_form import Form
from akashi.registers.errors import FeedRefused, RecordRefused
from akashi.registers.tail import LINE_BYTES_MAX
from akashi.wire.errors import WireCode
from akashi.zones.core.residents.csv_form import BLOCKS, CARD_LINKS, HOUSEHOLDS, RESIDENTS
from akashi.zones.core.residents.records import Block, BlockReason, CardLink, Household, Resident, ResidentState

R = TypeVar("R")
T = TypeVar("T")
Number = Annotated[str, Meta(pattern=r"^[0-9]{10}$")]
Text = Annotated[str, Meta(max_length=512)]


class Row(Generic[R]):
    """A record inside a feed record: in JSON an object with the columns of its CSV form, all of them, all text."""

    form: ClassVar[Form[Any]]
    __slots__ = ("record",)

    def __init__(self, record: R) -> None:
        self.record = record

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Row) and bool(self.record == other.record)

    def __hash__(self) -> int:
        return hash(self.record)


class ResidentRow(Row[Resident]):
    """A resident."""

    form = RESIDENTS
    __slots__ = ()


class HouseholdRow(Row[Household]):
    """A household."""

    form = HOUSEHOLDS
    __slots__ = ()


class CardLinkRow(Row[CardLink]):
    """A card link."""

    form = CARD_LINKS
    __slots__ = ()


class BlockRow(Row[Block]):
    """A block."""

    form = BLOCKS
    __slots__ = ()


class Closed(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Base of what a feed record holds: immutable, closed."""


class Relation(Closed, frozen=True):
    """A member's 続柄 after the change."""

    resident_no: Number
    relationship: Text


Relations = Annotated[tuple[Relation, ...], Meta(max_length=99)]
Persons = Annotated[tuple[Number, ...], Meta(min_length=1, max_length=99)]


class Heartbeat(Closed, frozen=True, tag_field="kind", tag="heartbeat"):
    """The source lives, and nothing happened up to the record's time that was not sent."""


class MoveIn(Closed, frozen=True, tag_field="kind", tag="move-in"):
    """転入: people come to live in a household, new or existing. Who lived here before keeps the 宛名番号."""

    household: HouseholdRow
    members: Annotated[tuple[ResidentRow, ...], Meta(min_length=1, max_length=99)]
    relations: Relations = ()


class Mover(Closed, frozen=True):
    """How a person is listed in the household that they moved to; dates as written, with the day that they mean."""

    resident_no: Number
    relationship: Text
    address_since: Text
    position: Annotated[int, Meta(ge=0, le=999)] = 0
    address_since_day: date | None = None
    notified_on: Text = ""
    notified_on_day: date | None = None


class MoveWithin(Closed, frozen=True, tag_field="kind", tag="move-within"):
    """転居, 世帯分離, 世帯合併: people go to a household of this city; `relations` for those who stay or were there."""

    household: HouseholdRow
    movers: Annotated[tuple[Mover, ...], Meta(min_length=1, max_length=99)]
    relations: Relations = ()


class MoveOut(Closed, frozen=True, tag_field="kind", tag="move-out"):
    """転出: planned (転出予定), done, or taken back (`state` "resident")."""

    resident_nos: Persons
    state: ResidentState
    on: date | None
    relations: Relations = ()


class Birth(Closed, frozen=True, tag_field="kind", tag="birth"):
    """出生: a new resident in an existing household."""

    resident: ResidentRow
    relations: Relations = ()


class Death(Closed, frozen=True, tag_field="kind", tag="death"):
    """死亡."""

    resident_no: Number
    on: date | None
    relations: Relations = ()


class NameCorrection(Closed, frozen=True, tag_field="kind", tag="name-correction"):
    """氏名, 振り仮名, 旧氏, 通称 after the change, all of them."""

    resident_no: Number
    name: Text
    name_kana: Text
    kana_confirmed: bool
    name_latin: Text = ""
    former_name: Text = ""
    alias: Text = ""
    alias_since: Text = ""
    alias_since_day: date | None = None


class Correction(Closed, frozen=True, tag_field="kind", tag="correction"):
    """Any other correction: the whole record after the change. Household and state must be as they are."""

    resident: ResidentRow


class AddressCorrection(Closed, frozen=True, tag_field="kind", tag="address-correction"):
    """The household's address as it is written now (住居表示, 方書); nobody moved."""

    household: HouseholdRow


class RelationshipCorrection(Closed, frozen=True, tag_field="kind", tag="relationship-correction"):
    """続柄 of members after the change."""

    household_no: Number
    relations: Annotated[tuple[Relation, ...], Meta(min_length=1, max_length=99)]


class HeadChange(Closed, frozen=True, tag_field="kind", tag="head-change"):
    """世帯主変更: 続柄 of every member whose one changes, seen from the new head."""

    household_no: Number
    relations: Annotated[tuple[Relation, ...], Meta(min_length=1, max_length=99)]


class CardLinked(Closed, frozen=True, tag_field="kind", tag="card-linked"):
    """A user certificate speaks for a resident from now on."""

    link: CardLinkRow


class CardUnlinked(Closed, frozen=True, tag_field="kind", tag="card-unlinked"):
    """A user certificate speaks for nobody any more."""

    link: CardLinkRow


class BlockSet(Closed, frozen=True, tag_field="kind", tag="block-set"):
    """抑止 set, or its data changed."""

    block: BlockRow


class BlockCleared(Closed, frozen=True, tag_field="kind", tag="block-cleared"):
    """抑止 ended. With `temporary` it was released at a counter for one moment: here nothing changes. Source: 3.1."""

    resident_no: Number
    reason: BlockReason
    temporary: bool


class EditingBegun(Closed, frozen=True, tag_field="kind", tag="editing-begun"):
    """A change to the household is being entered: its old record is not to be given out any more."""

    household_no: Number


class EditingEnded(Closed, frozen=True, tag_field="kind", tag="editing-ended"):
    """The change was entered (its record came before this one) or given up."""

    household_no: Number


Change = (
    Heartbeat
    | MoveIn
    | MoveWithin
    | MoveOut
    | Birth
    | Death
    | NameCorrection
    | Correction
    | AddressCorrection
    | RelationshipCorrection
    | HeadChange
    | CardLinked
    | CardUnlinked
    | BlockSet
    | BlockCleared
    | EditingBegun
    | EditingEnded
)


class FeedRecord(Closed, frozen=True):
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


def _decode_row(kind: type[Any], value: Any) -> Any:
    if not issubclass(kind, Row):
        raise NotImplementedError
    columns = kind.form.columns
    if not isinstance(value, dict) or set(value) != set(columns) or not all(isinstance(cell, str) for cell in value.values()):
        raise RecordRefused(kind.__name__, "not exactly the columns of its form")
    return kind(kind.form.parse(value))


def _encode_row(value: Any) -> Any:
    if not isinstance(value, Row):
        raise NotImplementedError
    return dict(zip(value.form.columns, value.form.cells(value.record), strict=True))


_DECODER = msgspec.json.Decoder(FeedRecord, dec_hook=_decode_row)
_CHANGES: msgspec.json.Decoder[Change] = msgspec.json.Decoder(Change, dec_hook=_decode_row)
_ENCODER = msgspec.json.Encoder(enc_hook=_encode_row)


def parse_line(untrusted_line: bytes) -> FeedRecord:
    """
    Return the record in one line of the feed, with or without its line end.

    Raises:
        FeedRefused: too long, not JSON, not a record, a value that no record may hold.
    """
    return _decode(_DECODER, untrusted_line)


def parse_change(untrusted_json: bytes) -> Change:
    """
    Return the change alone, without number and time.

    Raises:
        FeedRefused: too long, not JSON, not a change, a value that no record may hold.
    """
    return _decode(_CHANGES, untrusted_json)


def _decode(decoder: msgspec.json.Decoder[T], untrusted_json: bytes) -> T:
    if len(untrusted_json) > LINE_BYTES_MAX:
        raise FeedRefused("line too long", code=WireCode.OVERSIZE)
    try:
        return decoder.decode(untrusted_json)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        # The error's text can quote a value; only its kind is kept.
        raise FeedRefused(f"not a record: {type(error).__name__}", code=WireCode.MALFORMED) from None


def format_line(record: FeedRecord) -> bytes:
    """Return the record as one line, line feed included."""
    return _ENCODER.encode(record) + b"\n"
