"""Answers: signed by the checker, sealed to the session key."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from akashi.wire.certificates import Choice, Kind
from akashi.wire.errors import WireCode
from akashi.wire.messages.fields import (
    Bytes32,
    IssueNumber,
    MemberRef,
    Message,
    MessageBlob,
    Millis,
    OrderNumber,
    OrderYear,
    Written,
    Yen,
)


class Member(Message, frozen=True):
    """A member of the applicant's household or family register, for the choice on the screen."""

    member_ref: MemberRef
    name: Written
    relationship: Written
    is_applicant: bool
    foreign: bool


class KindOffer(Message, frozen=True):
    """
    What the applicant can get: `refusal` is None, or the reason why not.

    `year` is the 年度 of a yearly kind, else 0. `as_of_ms` is the moment up to which the registry's data go, 0 where it was not
    asked.
    """

    kind: Kind
    fee_yen: Yen
    choices: tuple[Choice, ...]
    refusal: WireCode | None
    year: OrderYear = 0
    as_of_ms: Millis = 0


class EligibilityAnswer(Message, frozen=True, tag="eligibility"):
    """Section 4.6. The grant: who may be printed (household, family register), what is offered, until when."""

    envelope_hash: Bytes32
    subject_token: Bytes32
    as_of_ms: Millis
    members: tuple[Member, ...]
    offers: tuple[KindOffer, ...]
    grant_not_after_ms: Millis
    certificates_max: int
    koseki_members: tuple[Member, ...] = ()


class CertificateAnswer(Message, frozen=True, tag="certificate"):
    """Section 5.5. One certificate: signed PDF and what the kiosk compares before it prints."""

    envelope_hash: Bytes32
    subject_token: Bytes32
    number: OrderNumber
    kind: Kind
    issue_number: IssueNumber
    page_count: Annotated[int, Meta(ge=1, le=99)]
    fee_yen: Yen
    pdf: MessageBlob


class OutcomeAck(Message, frozen=True, tag="ack"):
    """Section 6.2. These journal lines are durable in the ledger."""

    envelope_hash: Bytes32
    sequences: tuple[int, ...]


class RefusalAnswer(Message, frozen=True, tag="refusal"):
    """A no, sealed and padded like a yes."""

    envelope_hash: Bytes32
    code: WireCode


AnswerPayload = EligibilityAnswer | CertificateAnswer | OutcomeAck | RefusalAnswer
"""The four kinds of answer."""


class SignedAnswer(Message, frozen=True):
    """The plaintext of a sealed answer: an encoded `Signed` over an `AnswerBox`."""

    answer: MessageBlob


class AnswerBox(Message, frozen=True):
    """What the checker signs, purpose "answer": exactly one answer."""

    answer: AnswerPayload
