"""
Which entry contradicts which: pure, on what the book knows.

The steps of a number are those of `rules.states`. A contradiction stops the kiosk where only the kiosk's own words are at odds
(with its other words, or with nothing at all), and the city where the issuer's words are involved: a hostile kiosk must not be
able to close a whole city. Source: docs/spec/protocol.md sections 5.6, 6.2, 7.
"""

from __future__ import annotations

from typing import Protocol, assert_never

from akashi.rules.errors import RuleRefused
from akashi.rules.states import State, Step, check_transition
from akashi.wire.messages.ledger import IntentEntry, OutcomeRecorded, SealedEntry, StopScope
from akashi.wire.messages.session import Outcome
from akashi.zones.vault.recorder.book import ISSUER, NumberRow
from akashi.zones.vault.recorder.errors import Contradicts

NumberEntry = IntentEntry | SealedEntry | OutcomeRecorded
"""Entries about an issue number."""


class Known(Protocol):
    """What the check asks of the book."""

    def number(self, issue_number: str) -> NumberRow | None:
        """Return what is known of an issue number, or None."""
        ...

    def has_journal_line(self, kiosk_id: str, sequence: int) -> bool:
        """Return whether this kiosk's journal line was recorded already."""
        ...


def check_consistent(entry: NumberEntry, known: Known) -> None:
    """
    Accept an entry that is new (no identical one is in the ledger) and follows from what the ledger holds.

    Raises:
        Contradicts: it does not; says what must stop.
    """
    row = known.number(entry.issue_number)
    by_kiosk = isinstance(entry, OutcomeRecorded) and entry.kiosk_id != ISSUER
    only_kiosk = by_kiosk and (row is None or (row.state is not State.INTENT and not row.given_up))
    scope = StopScope.KIOSK if only_kiosk else StopScope.CITY
    if not entry.issue_number.startswith(f"{entry.municipality}-"):
        raise Contradicts(scope, "the number is another city's")
    if isinstance(entry, IntentEntry) and entry.kiosk_id == ISSUER:
        raise Contradicts(scope, "an intent of the issuer's own")
    if isinstance(entry, OutcomeRecorded) and by_kiosk:
        if known.has_journal_line(entry.kiosk_id, entry.sequence):
            raise Contradicts(StopScope.KIOSK, "another entry for this line of the kiosk's journal")
        if row is not None and row.kiosk_id != entry.kiosk_id:
            raise Contradicts(StopScope.KIOSK, "the number is another kiosk's")
    try:
        check_transition(row.state if row else None, _step(entry))
    except RuleRefused as refusal:
        raise Contradicts(scope, refusal.detail) from None


def _step(entry: NumberEntry) -> Step:
    match entry:
        case IntentEntry():
            return Step.BEGIN
        case SealedEntry():
            return Step.SEAL
        case OutcomeRecorded(kiosk_id=who, outcome=Outcome.VOID):
            return Step.GIVE_UP if who == ISSUER else Step.SPOIL
        case OutcomeRecorded(kiosk_id=who):
            if who == ISSUER:
                raise Contradicts(StopScope.CITY, "the issuer says that paper was taken")
            return Step.TAKE
        case _:
            assert_never(entry)
