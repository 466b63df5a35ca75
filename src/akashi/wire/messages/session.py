"""Inside sealed part I: what the kiosk's session asks of the issuer."""

from __future__ import annotations

import enum
from typing import Annotated

from msgspec import Meta

from akashi.wire.certificates import Choice, Kind
from akashi.wire.errors import WireCode
from akashi.wire.messages.fields import (
    Bytes32,
    Bytes64,
    Der,
    DurationMs,
    IssueNumber,
    MemberRef,
    Message,
    Name,
    OrderNumber,
    OrderYear,
    SmallBlob,
    Yen,
)


class EligibilityRequest(Message, frozen=True):
    """Section 4.2. Everything under the card's signature, opened. Municipality and issuer key id are in the header."""

    salt: Bytes32
    suite: Name
    kem_public: Annotated[bytes, Meta(min_length=1216, max_length=1216)]
    sign_public: Bytes32
    session_secret: Bytes32
    build: Name
    service: Name
    directory_sequence: Annotated[int, Meta(ge=1, le=2**63 - 1)]
    beacon: SmallBlob
    card_certificate: Der
    card_signature: Annotated[bytes, Meta(min_length=64, max_length=512)]
    kiosk_certificate: Der
    kiosk_signature: Bytes64
    deadline_ms: DurationMs


JournalSequence = Annotated[int, Meta(ge=1, le=2**63 - 1)]
"""Number of a line in a kiosk's journal. Bounded by what the stores behind it can hold."""


class Predecessor(Message, frozen=True):
    """The voided certificate that this order replaces without a second fee: its number and the journal entry of its VOID."""

    issue_number: IssueNumber
    outcome_sequence: JournalSequence


class IssueOrder(Message, frozen=True):
    """
    Section 5.1. What the applicant chose. Signed with the session key, purpose "order".

    `members` are of the household or of the family register, as the kind says, and empty for kinds that name nobody
    (`akashi.wire.kinds`). `year` is the 年度 of a yearly kind, and 0 for all others.
    """

    transcript: Bytes32
    number: OrderNumber
    kind: Kind
    members: Annotated[tuple[MemberRef, ...], Meta(max_length=99)]
    choices: Annotated[tuple[Choice, ...], Meta(max_length=len(Choice))]
    year: OrderYear
    fee_yen: Yen
    predecessor: Predecessor | None
    deadline_ms: DurationMs


class IssueRequest(Message, frozen=True):
    """The content of part I of an ISSUE journey: one signed order (an encoded `Signed`)."""

    order: SmallBlob


class Outcome(enum.StrEnum):
    """What became of the paper. Only the kiosk decides."""

    TAKEN = "taken"
    VOID = "void"


class OutcomeEntry(Message, frozen=True):
    """One line of the kiosk's journal. `cause` is a code where the outcome is VOID."""

    sequence: JournalSequence
    issue_number: IssueNumber
    outcome: Outcome
    cause: WireCode | None


class OutcomeReport(Message, frozen=True):
    """Section 6.1. Journal lines, signed by the kiosk's device key, purpose "outcome"."""

    kiosk_id: Name
    entries: Annotated[tuple[OutcomeEntry, ...], Meta(min_length=1, max_length=50)]


class OutcomeRequest(Message, frozen=True):
    """The content of part I of an OUTCOME journey, with a one-use key for the acknowledgement."""

    kem_public: Annotated[bytes, Meta(min_length=1216, max_length=1216)]
    kiosk_certificate: Der
    report: SmallBlob
