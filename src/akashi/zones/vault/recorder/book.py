"""
What the recorder knows of the entries so far, for fast questions. It is derived: made from the ledger alone at every start.

Kept in a temporary SQLite database, which lives in memory up to `_CACHE_KIB` and spills to an unnamed file beyond it; nothing of
it survives the process, so there is no second truth that could be edited to un-stop a city. Cost: docs/spec/ledger.md section 6.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import assert_never

from akashi.ledger.entries import entry_hash
from akashi.ledger.errors import LedgerDown
from akashi.rules.eras import jst_date
from akashi.rules.states import State
from akashi.sealing.paper_trust import Voided, VoidState, void_hash
from akashi.wire.codec import parse
from akashi.wire.messages.fields import Signed
from akashi.wire.messages.ledger import (
    IntentEntry,
    Leaf,
    LedgerEntry,
    OutcomeRecorded,
    ReopenEntry,
    ReopenOrder,
    SealedEntry,
    StopEntry,
    StopScope,
)
from akashi.wire.messages.session import Outcome

ISSUER = "issuer"
"""Stands in `OutcomeRecorded.kiosk_id` where the issuer gave a number up."""
_CACHE_KIB = 65_536
_STATES = tuple(State)
_SCHEMA = """
CREATE TABLE entries (hash BLOB PRIMARY KEY, place INTEGER NOT NULL, time_ms INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE numbers (number TEXT PRIMARY KEY, kiosk TEXT NOT NULL, state INTEGER NOT NULL, given_up INTEGER NOT NULL)
  WITHOUT ROWID;
CREATE TABLE journal (kiosk TEXT, sequence INTEGER, PRIMARY KEY (kiosk, sequence)) WITHOUT ROWID;
CREATE TABLE incidents (id BLOB PRIMARY KEY) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an entry stands: its index and the vault's time."""

    index: int
    time_ms: int


@dataclass(frozen=True, slots=True)
class NumberRow:
    """
    What is known of an issue number.

    Attributes:
        kiosk_id: the kiosk of its intent.
        state: where it stands.
        given_up: whether the issuer, not the kiosk, made it void.
    """

    kiosk_id: str
    state: State
    given_up: bool


Stopped = tuple[StopScope, str, str]
"""Scope, municipality, and the kiosk where the scope is a kiosk, else ""."""


def stopped_key(order: StopEntry | ReopenOrder) -> Stopped:
    """Return what a stop stops or a re-opening re-opens."""
    return order.scope, order.municipality, order.kiosk_id if order.scope is StopScope.KIOSK else ""


class Book:
    """
    Entries, numbers, journal lines, incidents of all time and open ones, by key.

    Attributes:
        voided: every number that became void, by what stands for it in a void list.

    Every method raises LedgerDown where the temporary database fails, as it does when there is no room to spill to; what it
    holds is then unknown.
    """

    def __init__(self) -> None:
        self.voided: dict[bytes, Voided] = {}
        self._incidents: dict[Stopped, set[bytes]] = {}
        # An empty name means: a private temporary database. Its journal and syncs would protect what is thrown away anyway.
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.executescript(
            f"PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-{_CACHE_KIB}; {_SCHEMA} BEGIN;"
        )
        # That one transaction never ends: each commit would walk through all pages in memory, so a long ledger would be slow.

    def enter(self, index: int, leaf: Leaf) -> None:
        """Take in one entry, in the ledger's order."""
        self._run("INSERT INTO entries VALUES (?, ?, ?)", (entry_hash(leaf.entry), index, leaf.time_ms))
        entry = leaf.entry
        match entry:
            case IntentEntry():
                row = (entry.issue_number, entry.kiosk_id, _STATES.index(State.INTENT))
                self._run("INSERT INTO numbers VALUES (?, ?, ?, 0)", row)
            case SealedEntry():
                self._move(entry.issue_number, State.SEALED, given_up=False)
            case OutcomeRecorded():
                given_up = entry.kiosk_id == ISSUER
                if entry.outcome is Outcome.VOID:
                    self.voided[void_hash(entry.issue_number)] = Voided(VoidState.VOID, jst_date(leaf.time_ms))
                self._move(entry.issue_number, State.TAKEN if entry.outcome is Outcome.TAKEN else State.VOID, given_up=given_up)
                if not given_up:
                    self._run("INSERT INTO journal VALUES (?, ?)", (entry.kiosk_id, entry.sequence))
            case StopEntry():
                # A ledger of before this rule may have two stops with one id.
                self._run("INSERT OR IGNORE INTO incidents VALUES (?)", (entry.incident_id,))
                self._incidents.setdefault(stopped_key(entry), set()).add(entry.incident_id)
            case ReopenEntry():
                # The signatures were checked before it was appended; the operators of that day may have left since.
                order = parse(ReopenOrder, parse(Signed, entry.first).payload)
                self._incidents.get(stopped_key(order), set()).discard(order.incident_id)
            case _:
                assert_never(entry)

    def place(self, entry: LedgerEntry) -> Place | None:
        """Return where exactly this entry stands already, or None."""
        row = self._run("SELECT place, time_ms FROM entries WHERE hash = ?", (entry_hash(entry),)).fetchone()
        return Place(*row) if row else None

    def number(self, issue_number: str) -> NumberRow | None:
        """Return what is known of an issue number, or None where no intent has it."""
        row = self._run("SELECT kiosk, state, given_up FROM numbers WHERE number = ?", (issue_number,)).fetchone()
        return NumberRow(row[0], _STATES[row[1]], bool(row[2])) if row else None

    def has_journal_line(self, kiosk_id: str, sequence: int) -> bool:
        """Return whether this kiosk's journal line was recorded already."""
        query = "SELECT 1 FROM journal WHERE kiosk = ? AND sequence = ?"
        return self._run(query, (kiosk_id, sequence)).fetchone() is not None

    def has_incident(self, incident_id: bytes) -> bool:
        """Return whether a stop ever had this incident's id, open or re-opened."""
        return self._run("SELECT 1 FROM incidents WHERE id = ?", (incident_id,)).fetchone() is not None

    def is_open(self, order: ReopenOrder) -> bool:
        """Return whether the incident that the order names stops what the order names."""
        return order.incident_id in self._incidents.get(stopped_key(order), ())

    def city_stopped(self, municipality: str) -> bool:
        """Return whether an incident of the city is open."""
        return bool(self._incidents.get((StopScope.CITY, municipality, "")))

    def kiosk_stopped(self, municipality: str, kiosk_id: str) -> bool:
        """Return whether an incident of this kiosk is open in this city."""
        return bool(self._incidents.get((StopScope.KIOSK, municipality, kiosk_id)))

    def close(self) -> None:
        """Throw everything away."""
        self._database.close()

    def _run(self, statement: str, values: tuple[object, ...]) -> sqlite3.Cursor:
        try:
            return self._database.execute(statement, values)
        except (sqlite3.Error, OverflowError) as error:
            raise LedgerDown(f"book: {type(error).__name__}") from None

    def _move(self, issue_number: str, state: State, *, given_up: bool) -> None:
        row = (_STATES.index(state), given_up, issue_number)
        self._run("UPDATE numbers SET state = ?, given_up = ? WHERE number = ?", row)
