"""What the ledger records and gives back."""

from __future__ import annotations

import enum
from typing import Annotated

from msgspec import Meta

from akashi.wire.errors import WireCode
from akashi.wire.messages.fields import (
    Bytes16,
    Bytes32,
    IssueNumber,
    Message,
    Millis,
    Municipality,
    Name,
    SmallBlob,
)
from akashi.wire.messages.session import Outcome


class IntentEntry(Message, frozen=True, tag="intent"):
    """An issue is about to begin. `commitment` = SHA-256(salt, order hash): no personal data."""

    municipality: Municipality
    kiosk_id: Name
    issue_number: IssueNumber
    commitment: Bytes32


class SealedEntry(Message, frozen=True, tag="sealed"):
    """The sealed answer for this number exists and has this hash."""

    municipality: Municipality
    issue_number: IssueNumber
    answer_hash: Bytes32


class OutcomeRecorded(Message, frozen=True, tag="outcome"):
    """
    What the kiosk said became of the paper, or VOID by the issuer after a restart (kiosk_id "issuer").

    `sequence` is that of the kiosk's journal, or of the issuer's own count. The bound is what the stores can hold.
    """

    municipality: Municipality
    issue_number: IssueNumber
    kiosk_id: Name
    sequence: Annotated[int, Meta(ge=0, le=2**63 - 1)]
    outcome: Outcome
    cause: WireCode | None


class StopScope(enum.StrEnum):
    """What a contradiction stops."""

    CITY = "city"
    KIOSK = "kiosk"


class StopEntry(Message, frozen=True, tag="stop"):
    """A contradiction: from now on intents of this city or kiosk are refused. No retry clears it."""

    scope: StopScope
    municipality: Municipality
    kiosk_id: Name
    cause: WireCode
    incident_id: Bytes16


class ReopenOrder(Message, frozen=True):
    """What two operators sign to re-open, purpose "reopen"."""

    scope: StopScope
    municipality: Municipality
    kiosk_id: Name
    incident_id: Bytes16
    reason: Annotated[str, Meta(min_length=4, max_length=500)]


class ReopenEntry(Message, frozen=True, tag="reopen"):
    """Two encoded `Signed` over the same `ReopenOrder`, by two different operators."""

    first: SmallBlob
    second: SmallBlob


LedgerEntry = IntentEntry | SealedEntry | OutcomeRecorded | StopEntry | ReopenEntry


class AppendCall(Message, frozen=True):
    """One entry to make durable."""

    entry: LedgerEntry


class Leaf(Message, frozen=True):
    """What the ledger hashes: the vault's time, who asked, the entry."""

    time_ms: Millis
    caller: Name
    entry: LedgerEntry


class Receipt(Message, frozen=True):
    """An entry is durable. Purpose "receipt". `entry_hash` = SHA-256 of the encoded entry."""

    entry_hash: Bytes32
    index: Annotated[int, Meta(ge=0, le=2**63 - 1)]
    time_ms: Millis


class AppendReply(Message, frozen=True):
    """An encoded `Signed` over a `Receipt`."""

    receipt: SmallBlob
