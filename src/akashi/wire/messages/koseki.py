"""
利用登録 (ENROL): how somebody whose 本籍 is here and whose address is elsewhere comes to be served by this city.

The applicant's statement is under the card's signature by way of the session's key; two staff members sign one decision about it.
Source: docs/spec/koseki.md section 5.
"""

from __future__ import annotations

import enum
from typing import Annotated

from msgspec import Meta

from akashi.wire.messages.fields import Bytes16, Bytes32, Message, Millis, Municipality, ResidentNo, SmallBlob

Stated = Annotated[str, Meta(max_length=200)]
"""What the applicant typed."""
PhoneNumber = Annotated[str, Meta(pattern=r"^(?:[0-9]{9,15})?\Z")]


class EnrolStatement(Message, frozen=True, tag="enrol-statement"):
    """
    What the applicant states, to be matched with a family register. Signed with the session's key, purpose "enrol".

    Attributes:
        transcript: T of the session in which the card signed.
        honseki: 本籍, in this city.
        hittosha: 筆頭者の氏名.
        name: 氏名.
        birth_date: 生年月日 as written, 和暦 or 西暦.
        address: 住所, elsewhere.
        phone: where the city can ask back, digits only; may be empty.
    """

    transcript: Bytes32
    honseki: Annotated[str, Meta(min_length=1, max_length=200)]
    hittosha: Annotated[str, Meta(min_length=1, max_length=100)]
    name: Annotated[str, Meta(min_length=1, max_length=100)]
    birth_date: Annotated[str, Meta(min_length=1, max_length=40)]
    address: Stated
    phone: PhoneNumber = ""


class EnrolRequest(Message, frozen=True, tag="enrol-request"):
    """The content of part I of an ENROL journey: the encoded `EligibilityRequest` and the `Signed` over the `EnrolStatement`."""

    request: SmallBlob
    statement: SmallBlob


class EnrolCall(Message, frozen=True, tag="enrol-call"):
    """Issuer to koseki/register: the opened request and statement as they came, and validity's token."""

    header: SmallBlob
    request: SmallBlob
    validity_token: SmallBlob
    statement: SmallBlob


class EnrolState(enum.StrEnum):
    """What became of a 利用登録."""

    PENDING = "pending"
    """Received; two staff members have not decided yet."""
    APPROVED = "approved"
    """The card speaks for a person of a family register."""
    REFUSED = "refused"
    """The statement fits no register; at the counter they can say why. A new statement may be sent."""
    REPLACED = "replaced"
    """A newer statement by the same card took its place before anybody decided."""


class EnrolWord(Message, frozen=True, tag="enrol-word"):
    """
    What koseki/register answers. Signed by it, purpose "enrolled".

    Attributes:
        transcript: T of the session that asked.
        request_hash: of the encoded `EligibilityRequest`.
        subject_token: of the card's link, for this session.
        state: of the card's newest enrolment.
        received_ms: when its statement came.
    """

    transcript: Bytes32
    request_hash: Bytes32
    subject_token: Bytes32
    state: EnrolState
    received_ms: Millis


class EnrolReply(Message, frozen=True, tag="enrol-reply"):
    """One encoded `Signed` over an `EnrolWord`."""

    word: SmallBlob


class StatedField(enum.StrEnum):
    """In what a statement may differ from the register and still be the same person. The birth date is not among them."""

    NAME = "name"
    HONSEKI = "honseki"
    HITTOSHA = "hittosha"


class EnrolDecision(Message, frozen=True, tag="enrol-decision"):
    """
    What two staff members sign, each alone, over the same bytes; purpose "enrol-decision".

    Attributes:
        municipality: whose register.
        enrolment_id: which request.
        statement_hash: of the encoded statement that they saw.
        person_no: the register's number of the person, or None: the request is refused.
        differs: exactly the fields in which statement and register differ, in the order of `StatedField`: seen and accepted.
        reason: why, for the record.
    """

    municipality: Municipality
    enrolment_id: Bytes16
    statement_hash: Bytes32
    person_no: ResidentNo | None
    differs: Annotated[tuple[StatedField, ...], Meta(max_length=len(StatedField))]
    reason: Annotated[str, Meta(min_length=4, max_length=500)]
