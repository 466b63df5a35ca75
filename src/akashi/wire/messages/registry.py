"""
Between issuer and registries: tickets, standing, what is held, and the calls that read a record.

core/residents alone finds the person. The other registries believe its ticket, and for each order its fresh word that the person
may still be served; both are signed, and the issuer only carries them. What is read: `akashi.wire.messages.records`.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from akashi.wire.certificates import Kind
from akashi.wire.errors import WireCode
from akashi.wire.kinds import Registry
from akashi.wire.messages.answers import Member
from akashi.wire.messages.fields import (
    Bytes32,
    FiscalYear,
    IssueNumber,
    Message,
    MessageBlob,
    Millis,
    Municipality,
    Name,
    ResidentNo,
    SmallBlob,
)


class OpenGrantCall(Message, frozen=True):
    """Issuer to core/residents: the opened request as it came, and validity's token. No name is believed from the issuer."""

    header: SmallBlob
    request: SmallBlob
    validity_token: SmallBlob


class SubjectTicket(Message, frozen=True):
    """
    Section 4.5. "This session speaks for this person." Signed by core/residents, purpose "ticket".

    `card_link` is the hash of the link that was read, `subject_token` what follows from it and the session's secret: every
    registry recomputes it. A person whom nothing may be issued for gets no ticket, so no other registry answers.
    """

    transcript: Bytes32
    municipality: Municipality
    resident_no: ResidentNo
    sign_public: Bytes32
    kiosk_id: Name
    not_after_ms: Millis
    card_link: Bytes32
    subject_token: Bytes32


class EligibilityRecord(Message, frozen=True):
    """What core/residents says at the start: members and the token of the row it read. Purpose "eligibility"."""

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


class HeldCall(Message, frozen=True):
    """Issuer to another registry: what is held for the person of this ticket? `session_secret` is for the subject token."""

    ticket: SmallBlob
    session_secret: Bytes32


class Holding(Message, frozen=True):
    """
    One kind that the registry answers for.

    `refusal` is None where it can be had, else why not. `years` are the 年度 for which it can be had, newest first; empty for
    kinds that are not yearly.
    """

    kind: Kind
    refusal: WireCode | None
    years: Annotated[tuple[FiscalYear, ...], Meta(max_length=8)] = ()


class HeldRecord(Message, frozen=True):
    """
    Section 4.6. What a registry holds for the ticket's person. Signed by it, purpose "held".

    `holdings` has each of the registry's kinds once, in the order of `Kind`. `members` are the persons of the family register,
    for the choice on the screen; other registries have none.
    """

    transcript: Bytes32
    subject_token: Bytes32
    registry: Registry
    as_of_ms: Millis
    holdings: Annotated[tuple[Holding, ...], Meta(max_length=len(Kind))]
    members: Annotated[tuple[Member, ...], Meta(max_length=99)] = ()


class HeldReply(Message, frozen=True):
    """One encoded `Signed` over a `HeldRecord`."""

    record: SmallBlob


class ReadRecordCall(Message, frozen=True):
    """
    Issuer to a registry: ticket, the order as the session signed it, the secret for the subject token, and the durable intent.

    `intent` is the encoded `IntentEntry` that `receipt` (the recorder's, an encoded `Signed`) is for; `intent_salt` opens its
    commitment. So nothing is read whose intent the ledger does not have. `standing` is the encoded `Signed` over the
    `Standing` of exactly this order, and empty for core/residents, which looks for itself.
    """

    ticket: SmallBlob
    order: SmallBlob
    session_secret: Bytes32
    issue_number: IssueNumber
    intent: SmallBlob
    intent_salt: Bytes32
    receipt: SmallBlob
    standing: SmallBlob = b""


class Standing(Message, frozen=True):
    """
    Section 5.3. "This person may be served for this order, now." Signed by core/residents, purpose "standing".

    Answer to `confirm`, which takes a `ReadRecordCall`. `person_hash` lets a registry see that it means the same person as the
    resident record does, without being told anything it does not know.
    """

    transcript: Bytes32
    order_hash: Bytes32
    issue_number: IssueNumber
    resident_no: ResidentNo
    subject_token: Bytes32
    person_hash: Bytes32
    row_version: Millis
    as_of_ms: Millis
    not_after_ms: Millis


class ConfirmReply(Message, frozen=True):
    """One encoded `Signed` over a `Standing`."""

    standing: SmallBlob


class ReadRecordReply(Message, frozen=True):
    """One encoded `Signed` over the record of the registry's family (`akashi.wire.messages.records`)."""

    record: MessageBlob
