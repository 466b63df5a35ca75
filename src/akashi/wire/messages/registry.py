"""Between issuer and registry."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from akashi.wire.certificates import Item
from akashi.wire.messages.answers import Member
from akashi.wire.messages.fields import (
    Bytes32,
    IssueNumber,
    MemberRef,
    Message,
    MessageBlob,
    Millis,
    Municipality,
    Name,
    SmallBlob,
    Written,
)


class OpenGrantCall(Message, frozen=True):
    """Issuer to registry: the opened request as it came, and validity's token. The registry believes no name from the issuer."""

    header: SmallBlob
    request: SmallBlob
    validity_token: SmallBlob


class SubjectTicket(Message, frozen=True):
    """Section 4.5. "This session speaks for this person." Signed by the registry, purpose "ticket"."""

    transcript: Bytes32
    municipality: Municipality
    resident_no: Annotated[str, Meta(pattern=r"^[0-9]{10}\Z")]
    sign_public: Bytes32
    kiosk_id: Name
    not_after_ms: Millis


class EligibilityRecord(Message, frozen=True):
    """What the registry says at the start: members and the token of the row it read. Purpose "eligibility"."""

    transcript: Bytes32
    request_hash: Bytes32
    subject_token: Bytes32
    row_version: Millis
    as_of_ms: Millis
    members: tuple[Member, ...]


class OpenGrantReply(Message, frozen=True):
    """Two encoded `Signed`: ticket and eligibility record."""

    ticket: SmallBlob
    record: SmallBlob


class ReadRecordCall(Message, frozen=True):
    """
    Issuer to registry: ticket, the order as the session signed it, the secret for the subject token, and the durable intent.

    `intent` is the encoded `IntentEntry` that `receipt` (the recorder's, an encoded `Signed`) is for; `intent_salt` opens its
    commitment. So nothing is read whose intent the ledger does not have.
    """

    ticket: SmallBlob
    order: SmallBlob
    session_secret: Bytes32
    issue_number: IssueNumber
    intent: SmallBlob
    intent_salt: Bytes32
    receipt: SmallBlob


class Field(Message, frozen=True):
    """One item as written. An empty value means "not applicable to this person"; an item not chosen is absent."""

    item: Item
    value: Written


class JuminPerson(Message, frozen=True):
    """One household member's chosen items, in the order of `items_for`."""

    member_ref: MemberRef
    fields: tuple[Field, ...]


class JuminRecord(Message, frozen=True):
    """Section 5.3. One committed version of the chosen items of the chosen members. Signed by the registry, purpose "record"."""

    transcript: Bytes32
    order_hash: Bytes32
    issue_number: IssueNumber
    subject_token: Bytes32
    row_version: Millis
    as_of_ms: Millis
    address: Written
    household_head: Written
    whole_household: bool
    persons: Annotated[tuple[JuminPerson, ...], Meta(min_length=1, max_length=99)]


class ReadRecordReply(Message, frozen=True):
    """One encoded `Signed` over a `JuminRecord`."""

    record: MessageBlob
