"""The envelope: all that a relay reads."""

from __future__ import annotations

import enum
from typing import Annotated

from msgspec import Meta

from akashi.wire.messages.fields import Bytes8, Bytes16, DurationMs, Message, Municipality, Name, SmallBlob


class JourneyClass(enum.StrEnum):
    """What kind of journey an envelope is on. Relays see it."""

    ELIGIBILITY = "eligibility"
    ISSUE = "issue"
    OUTCOME = "outcome"
    ENROL = "enrol"
    """利用登録: the applicant's statement to the city of the family register."""


CARD_JOURNEYS = frozenset({JourneyClass.ELIGIBILITY, JourneyClass.ENROL})
"""Journeys for which a card signs: they and no others have a part V."""


class Header(Message, frozen=True):
    """Section 3.1. The outer header. Immutable: its bytes are bound into every seal of the journey."""

    version: int
    municipality: Municipality
    journey: JourneyClass
    request_id: Bytes16
    sender: Name
    receiver: Name
    key_id: Bytes8


class Envelope(Message, frozen=True):
    """Section 3.1. Header and the two sealed parts. `validity_part` is empty unless the journey is ELIGIBILITY."""

    header: SmallBlob
    validity_part: SmallBlob
    issuer_part: SmallBlob


class Frame(Message, frozen=True):
    """Section 3.3. An envelope on its way. `deadline_ms` only ever shortens; the relay attaches `validity_token`."""

    deadline_ms: DurationMs
    envelope: Annotated[bytes, Meta(max_length=40_000)]
    validity_token: SmallBlob
