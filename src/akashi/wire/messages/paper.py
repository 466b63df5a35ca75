"""What is published for those who check paper: keys of a city past and present, and which certificates are void."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from akashi.wire.messages.directory import DirectoryKey
from akashi.wire.messages.fields import Message, Millis, Municipality
from akashi.wire.messages.ledger import PlainText

VOID_ENTRY_BYTES = 11
"""8 bytes of the number's hash, 2 of the day, 1 of the state."""
VOID_ENTRIES_MAX = 180_000


class TrustListPayload(Message, frozen=True):
    """
    paper-seal.md section 6. Keys under which paper and files of a city count, with the time in which each was in use.

    Signed by the city's off-line root, purpose "trust-list". A key that was taken is left out: what it signed counts no more.
    """

    municipality: Municipality
    city_name: PlainText
    sequence: Annotated[int, Meta(ge=1, le=2**63 - 1)]
    made_at_ms: Millis
    keys: Annotated[tuple[DirectoryKey, ...], Meta(max_length=200)]


class VoidListPayload(Message, frozen=True):
    """
    paper-seal.md section 7. Which numbers of a city are void or revoked. Signed by the recorder, purpose "void-list".

    `entries` rise by their hashes: first 8 bytes of H("akashi/void/1"; issue number), day since 1970 (2 bytes, Japanese time),
    state (1 void, 2 revoked). `complete_from_day`: everything that became void on that day or later is in the list.
    """

    municipality: Municipality
    made_at_ms: Millis
    ledger_size: Annotated[int, Meta(ge=0, le=2**63 - 1)]
    complete_from_day: Annotated[int, Meta(ge=0, le=65_535)]
    entries: Annotated[bytes, Meta(max_length=VOID_ENTRY_BYTES * VOID_ENTRIES_MAX)]
