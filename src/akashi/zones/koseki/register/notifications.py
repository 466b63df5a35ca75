"""
The change feed: notifications (届出) as they were entered, and one line of JSON to one record and back.

A record is a notification that was accepted and entered: all its steps, in however many registers, are one transaction. What is
still being entered is no record; `EnteringBegun` says only that a register is not to be given out until `EnteringEnded`.
Promise: any bytes give a record or `FeedRefused`. Source: docs/spec/koseki.md section 3; 戸籍法 第15条.
"""

from __future__ import annotations

from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta

from akashi.registers.errors import FeedRefused
from akashi.registers.tail import LINE_BYTES_MAX
from akashi.wire.errors import WireCode
from akashi.zones.koseki.register.records import (
    Address,
    Block,
    BlockReason,
    Closed,
    Dated,
    FamilyRegister,
    Matter,
    Person,
    Short,
)
from akashi.zones.koseki.register.vocabulary import SpouseMark

T = TypeVar("T")
Number = Annotated[str, Meta(pattern=r"^[0-9]{10}\Z")]


class RegisterMade(Closed, frozen=True, kw_only=True, tag_field="step", tag="register-made"):
    """編製: a new register, by marriage, 分籍, 転籍 from another city, 入籍 of a person with a child."""

    register: FamilyRegister


class RegisterClosed(Closed, frozen=True, kw_only=True, tag_field="step", tag="register-closed"):
    """消除: nobody is left in it, or it went to another city. From now on it is a 除籍, which is not given out here."""

    register_no: Number


class RegisterMatter(Closed, frozen=True, kw_only=True, tag_field="step", tag="register-matter"):
    """A 戸籍事項 is added; 転籍 inside the city brings a new 本籍, 氏の変更 a new 氏 and 筆頭者の氏名. Empty: as it is."""

    register_no: Number
    matter: Matter
    honseki: Short = ""
    surname: Short = ""
    hittosha: Short = ""


class PersonEntered(Closed, frozen=True, kw_only=True, tag_field="step", tag="person-entered"):
    """入籍: somebody enters a register at its end: by birth, adoption, 入籍, or as a child found."""

    register_no: Number
    person: Person


class PersonMatter(Closed, frozen=True, kw_only=True, tag_field="step", tag="person-matter"):
    """A 身分事項 is added to a person. `spouse`: 配偶者区分 from now on, or null: as it is."""

    register_no: Number
    person_no: Number
    matter: Matter
    spouse: SpouseMark | None = None


class PersonRemoved(Closed, frozen=True, kw_only=True, tag_field="step", tag="person-removed"):
    """除籍: somebody leaves the register, with the matter that says why, or with none where it was entered before."""

    register_no: Number
    person_no: Number
    removed: Dated
    matter: Matter | None = None


class PersonCorrected(Closed, frozen=True, kw_only=True, tag_field="step", tag="person-corrected"):
    """更正, 訂正, 名の変更 …: the whole entry of a person after the change; nobody is removed or comes back by it."""

    register_no: Number
    person: Person


class AddressNotified(Closed, frozen=True, kw_only=True, tag_field="step", tag="address-notified"):
    """附票: a new address, as the city of residence told (住民基本台帳法 第19条)."""

    register_no: Number
    person_no: Number
    address: Address


class VoterNotified(Closed, frozen=True, kw_only=True, tag_field="step", tag="voter-notified"):
    """附票: 在外選挙人名簿等への登録 as written from now on; empty: struck off."""

    register_no: Number
    person_no: Number
    overseas_voter: Short


class ResidentLinked(Closed, frozen=True, kw_only=True, tag_field="step", tag="resident-linked"):
    """The person lives in this city under this 宛名番号; empty: lives elsewhere."""

    register_no: Number
    person_no: Number
    resident_no: Annotated[str, Meta(pattern=r"^(?:[0-9]{10})?\Z")]


class BlockSet(Closed, frozen=True, kw_only=True, tag_field="step", tag="block-set"):
    """抑止 set, or its data changed."""

    block: Block


class BlockCleared(Closed, frozen=True, kw_only=True, tag_field="step", tag="block-cleared"):
    """抑止 ended."""

    person_no: Number
    reason: BlockReason


class EnteringBegun(Closed, frozen=True, kw_only=True, tag_field="step", tag="entering-begun"):
    """届出入力中: a notification is being entered. `reason` is its kind, such as 婚姻届."""

    register_no: Number
    reason: Annotated[str, Meta(min_length=1, max_length=40)]


class EnteringEnded(Closed, frozen=True, kw_only=True, tag_field="step", tag="entering-ended"):
    """It was entered (its record came before this step) or given up."""

    register_no: Number


Step = (
    RegisterMade
    | RegisterClosed
    | RegisterMatter
    | PersonEntered
    | PersonMatter
    | PersonRemoved
    | PersonCorrected
    | AddressNotified
    | VoterNotified
    | ResidentLinked
    | BlockSet
    | BlockCleared
    | EnteringBegun
    | EnteringEnded
)


class FeedRecord(Closed, frozen=True, kw_only=True):
    """
    One record of the feed.

    Attributes:
        sequence: 1, 2, 3 … without a gap, heartbeats included.
        time_ms: when the source committed it, by its clock, milliseconds since 1970 UTC.
        steps: what the notification does, in order; none: the source lives, and nothing happened that was not sent.
    """

    sequence: Annotated[int, Meta(ge=1, le=2**53)]
    time_ms: Annotated[int, Meta(ge=0, le=2**53)]
    steps: Annotated[tuple[Step, ...], Meta(max_length=64)]


_DECODER = msgspec.json.Decoder(FeedRecord)
_STEPS: msgspec.json.Decoder[Step] = msgspec.json.Decoder(Step)
_ENCODER = msgspec.json.Encoder()


def parse_line(untrusted_line: bytes) -> FeedRecord:
    """
    Return the record in one line of the feed, with or without its line end.

    Raises:
        FeedRefused: too long, not JSON, not a record, a value that no record may hold.
    """
    return _decode(_DECODER, untrusted_line)


def parse_step(untrusted_json: bytes) -> Step:
    """
    Return one step alone.

    Raises:
        FeedRefused: too long, not JSON, not a step, a value that no record may hold.
    """
    return _decode(_STEPS, untrusted_json)


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
