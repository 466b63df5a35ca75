"""Between issuer and checker."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from akashi.wire.errors import WireCode
from akashi.wire.kinds import Registry
from akashi.wire.messages.answers import KindOffer
from akashi.wire.messages.fields import Bytes32, Der, IssueNumber, Message, MessageBlob, Millis, SmallBlob


class HeldWord(Message, frozen=True):
    """What one registry said: `record` is the encoded `Signed` over its `HeldRecord`, or empty, and `refusal` says why."""

    registry: Registry
    record: SmallBlob
    refusal: WireCode | None


class AttestEligibilityCall(Message, frozen=True):
    """
    Ask the checker to sign an `EligibilityAnswer` that follows from the registries' signed words.

    `held` has a word of each registry that was asked, in the order of `Registry`. An issuer that invents a refusal keeps back
    what it could keep back anyway.
    """

    envelope_hash: Bytes32
    ticket: SmallBlob
    record: SmallBlob
    offers: tuple[KindOffer, ...]
    certificates_max: int
    held: Annotated[tuple[HeldWord, ...], Meta(max_length=len(Registry))] = ()


class AttestCertificateCall(Message, frozen=True):
    """
    Ask the checker to read the finished file back, compare everything, sign file and answer.

    `intent` is the encoded `IntentEntry` that the receipt is for; with `intent_salt` the checker recomputes its commitment
    from the order and its hash from the receipt, so no certificate exists whose intent was not durable first. `facts_hash` says
    under which certification facts (city, officer) the issuer composed: other ones are a policy that changes, no contradiction.
    """

    envelope_hash: Bytes32
    ticket: SmallBlob
    order: SmallBlob
    record: MessageBlob
    intent: SmallBlob
    intent_salt: Bytes32
    receipt: SmallBlob
    issue_number: IssueNumber
    issued_on_ms: Millis
    facts_hash: Bytes32
    pdf: MessageBlob


class AttestOutcomeCall(Message, frozen=True):
    """
    Ask the checker to acknowledge journal lines whose ledger receipts it can see.

    A line told twice stands in the ledger with the report in which it first came: `report_hashes` says which, line by line.
    """

    envelope_hash: Bytes32
    kiosk_certificate: Der
    report: SmallBlob
    receipts: tuple[SmallBlob, ...]
    report_hashes: tuple[Bytes32, ...]


class AttestRefusalCall(Message, frozen=True):
    """Ask the checker to sign a no."""

    envelope_hash: Bytes32
    code: WireCode
