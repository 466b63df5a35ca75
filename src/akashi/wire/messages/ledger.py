"""What the ledger records and gives back."""

from __future__ import annotations

import enum
from typing import Annotated

from msgspec import Meta

from akashi.wire.errors import WireCode
from akashi.wire.messages.fields import (
    Bytes16,
    Bytes32,
    Der,
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
    `report_hash` = SHA-256 of the kiosk's report as it signed it (an encoded `Signed`), in which this line first came; None in
    the issuer's own.
    """

    municipality: Municipality
    issue_number: IssueNumber
    kiosk_id: Name
    sequence: Annotated[int, Meta(ge=0, le=2**63 - 1)]
    outcome: Outcome
    cause: WireCode | None
    report_hash: Bytes32 | None = None


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


_PLAIN = (
    r" -~"  # printable ASCII
    r"\u00a1-\u00ac\u00ae-\u00ff"  # Latin-1 without the soft hyphen and the space that looks like one
    r"\u2010-\u2015\u2018-\u2026\u2030-\u203b"  # dashes, quotation marks, …, ‰, ※
    r"\u2190-\u22ff\u2460-\u24ff\u25a0-\u25ff"  # arrows, signs, numbers in circles, shapes
    r"\u3000-\u3029\u3030-\u303d\u3041-\u3096\u309b-\u30ff\u3220-\u33ff"  # kana, marks, ideographic space, ㈱, ㎡
    r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufa6d\U00020000-\U0002a6df\U0002a700-\U0002ebe0"  # kanji
    r"\uff01-\uff9f\uffe0-\uffe6"  # full and half width
)
PlainText = Annotated[str, Meta(min_length=4, max_length=500, pattern=rf"^[{_PLAIN}]{{4,500}}\Z")]
"""
One line that reads as it is, in letters, kanji, kana and signs of ordinary Japanese writing.

A list of what is allowed: no control, format, bidirectional, zero-width or line-separating character, and no lone combining mark.
What two people sign, or read in a list, must not be able to hide a part of itself.
"""


class ReopenOrder(Message, frozen=True):
    """What two operators sign to re-open, purpose "reopen"."""

    scope: StopScope
    municipality: Municipality
    kiosk_id: Name
    incident_id: Bytes16
    reason: PlainText


class ReopenEntry(Message, frozen=True, tag="reopen"):
    """Two encoded `Signed` over the same `ReopenOrder`, by two different operators."""

    first: SmallBlob
    second: SmallBlob


LedgerEntry = IntentEntry | SealedEntry | OutcomeRecorded | StopEntry | ReopenEntry


class OutcomeEvidence(Message, frozen=True):
    """That a kiosk said it: its report as it signed it, an encoded `Signed` over an `OutcomeReport`, and its certificate."""

    report: SmallBlob
    kiosk_certificate: Der


class AppendCall(Message, frozen=True):
    """One entry to make durable; with evidence where it is a kiosk's word."""

    entry: LedgerEntry
    evidence: OutcomeEvidence | None = None


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
