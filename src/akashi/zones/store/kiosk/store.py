"""
The kiosk's journal: issue number and outcome, content-free, durable before it counts, kept until the city acknowledged it.

Promises: a number that was opened here gets exactly one outcome, whatever dies in between: it is noted before anybody sees the
certificate, and what is noted without an outcome becomes VOID. No name, no kind, no page, no picture of a certificate ever gets
here. Source: docs/spec/protocol.md section 6; C14, C15.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from akashi.wire.errors import WireCode
from akashi.wire.messages import Outcome, OutcomeEntry
from akashi.zones.store.kiosk.errors import JournalRefused

_SCHEMA = """
CREATE TABLE IF NOT EXISTS outcomes (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  issue_number TEXT NOT NULL UNIQUE,
  outcome TEXT NOT NULL CHECK (outcome IN ('taken', 'void')),
  cause TEXT CHECK ((outcome = 'void') = (cause IS NOT NULL)),
  acknowledged INTEGER NOT NULL DEFAULT 0 CHECK (acknowledged IN (0, 1))
) STRICT;
CREATE INDEX IF NOT EXISTS outcomes_pending ON outcomes (sequence) WHERE acknowledged = 0;
CREATE TABLE IF NOT EXISTS refusals (sequence INTEGER PRIMARY KEY REFERENCES outcomes, times INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS opened (issue_number TEXT PRIMARY KEY, holder TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS directories (authority TEXT PRIMARY KEY, sequence INTEGER NOT NULL) STRICT;
"""
_BUSY_SECONDS = 10
MUNICIPALITY_DIGITS = 6
"""An issue number begins with its city's code."""


class Journal:
    """
    The journal in one SQLite file. Every call is one transaction, durable when it returns; several processes may use the file.

    Args:
        path: the file; made where it is missing.

    Raises:
        JournalRefused: it cannot be opened (INTERNAL). Every method raises it, too, where the file cannot be read or written.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._db = sqlite3.connect(path, isolation_level=None, timeout=_BUSY_SECONDS)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.executescript(_SCHEMA)
        except sqlite3.Error as error:
            raise JournalRefused(WireCode.INTERNAL, f"journal cannot be opened: {type(error).__name__}") from None

    def note_opened(self, issue_number: str, holder: str) -> None:
        """
        Note that this certificate was opened here and has no outcome yet. Do it before anybody sees the certificate.

        Args:
            issue_number: of the certificate.
            holder: random name of the session that holds it, for `abandon`.

        Raises:
            JournalRefused: this number came before (CONTRADICTION).
        """
        with self._transaction("BEGIN IMMEDIATE") as db:
            known = db.execute(
                "SELECT 1 FROM outcomes WHERE issue_number = ?1 UNION ALL SELECT 1 FROM opened WHERE issue_number = ?1",
                (issue_number,),
            ).fetchone()
            if known is not None:
                raise JournalRefused(WireCode.CONTRADICTION, "a number comes once")
            db.execute("INSERT INTO opened VALUES (?, ?)", (issue_number, holder))

    def record(self, issue_number: str, outcome: Outcome, cause: WireCode | None) -> int:
        """
        Write one outcome and return its sequence. The same line again changes nothing.

        Raises:
            JournalRefused: this number already has another outcome (CONTRADICTION), or a cause is missing or too much (INTERNAL).
        """
        with self._transaction("BEGIN IMMEDIATE") as db:
            row = db.execute("SELECT sequence, outcome, cause FROM outcomes WHERE issue_number = ?", (issue_number,)).fetchone()
            if row is not None:
                if (row[1], row[2]) != (outcome.value, cause.value if cause else None):
                    raise JournalRefused(WireCode.CONTRADICTION, "a number has one outcome")
                return int(row[0])
            return _insert(db, issue_number, outcome, cause)

    def abandon(self, cause: WireCode, *, holder: str | None = None) -> int:
        """
        Void every number that was opened and never settled, and return how many.

        Args:
            cause: why; stands in each line.
            holder: of this session only, once it has ended; None: of all, at start, while no session runs.
        """
        with self._transaction("BEGIN IMMEDIATE") as db:
            rows = db.execute("SELECT issue_number FROM opened WHERE ?1 IS NULL OR holder = ?1", (holder,)).fetchall()
            for row in rows:
                _insert(db, row[0], Outcome.VOID, cause)
            return len(rows)

    def pending_cities(self) -> tuple[str, ...]:
        """Return the cities, as their 6 digits, that have not acknowledged some line."""
        with self._transaction() as db:
            query = "SELECT DISTINCT substr(issue_number, 1, ?) AS city FROM outcomes WHERE acknowledged = 0 ORDER BY city"
            rows = db.execute(query, (MUNICIPALITY_DIGITS,)).fetchall()
        return tuple(row[0] for row in rows)

    def pending(self, city: str = "", *, refused: bool | None = None, limit: int = 50) -> tuple[OutcomeEntry, ...]:
        """
        Return lines that were not acknowledged, the oldest first; those refused least often before the others.

        Args:
            city: of this one only, by its 6 digits; empty: of all.
            refused: only lines that the city refused by themselves, or only the others; None: both.
            limit: so many at most.
        """
        with self._transaction() as db:
            rows = db.execute(
                "SELECT sequence, issue_number, outcome, cause FROM outcomes LEFT JOIN refusals USING (sequence) "
                "WHERE acknowledged = 0 AND (?1 = '' OR substr(issue_number, 1, ?4) = ?1) "
                "AND (?2 IS NULL OR (times IS NOT NULL) = ?2) ORDER BY coalesce(times, 0), sequence LIMIT ?3",
                (city, refused, limit, MUNICIPALITY_DIGITS),
            ).fetchall()
        try:
            return tuple(OutcomeEntry(row[0], row[1], Outcome(row[2]), WireCode(row[3]) if row[3] else None) for row in rows)
        except ValueError:
            raise JournalRefused(WireCode.INTERNAL, "a line of another version") from None

    def acknowledge(self, sequences: tuple[int, ...]) -> None:
        """Mark lines as durable in the city's ledger."""
        with self._transaction("BEGIN IMMEDIATE") as db:
            rows = [(number,) for number in sequences]
            db.executemany("UPDATE outcomes SET acknowledged = 1 WHERE sequence = ?", rows)
            db.executemany("DELETE FROM refusals WHERE sequence = ?", rows)

    def put_back(self, sequence: int) -> None:
        """Note that the city refused this line by itself: it stays pending, behind the others."""
        with self._transaction("BEGIN IMMEDIATE") as db:
            db.execute(
                "INSERT INTO refusals VALUES (?, 1) ON CONFLICT (sequence) DO UPDATE SET times = times + 1",
                (sequence,),
            )

    def highest_sequence(self, authority: str) -> int:
        """See `trust.SequenceMemory`."""
        with self._transaction() as db:
            row = db.execute("SELECT sequence FROM directories WHERE authority = ?", (authority,)).fetchone()
        return int(row[0]) if row else 1

    def remember_sequence(self, authority: str, sequence: int) -> None:
        """See `trust.SequenceMemory`."""
        if sequence <= self.highest_sequence(authority):
            return
        with self._transaction("BEGIN IMMEDIATE") as db:
            db.execute(
                "INSERT INTO directories VALUES (?, ?)"
                " ON CONFLICT (authority) DO UPDATE SET sequence = max(sequence, excluded.sequence)",
                (authority, sequence),
            )

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    @contextmanager
    def _transaction(self, begin: str = "BEGIN") -> Iterator[sqlite3.Connection]:
        """Give the database for one transaction; one that writes begins IMMEDIATE, so that it waits for others, not fails."""
        try:
            with self._db:
                self._db.execute(begin)
                yield self._db
        except (sqlite3.Error, OverflowError) as error:
            raise JournalRefused(WireCode.INTERNAL, f"journal: {type(error).__name__}") from None


def _insert(db: sqlite3.Connection, issue_number: str, outcome: Outcome, cause: WireCode | None) -> int:
    cursor = db.execute(
        "INSERT INTO outcomes (issue_number, outcome, cause) VALUES (?, ?, ?)",
        (issue_number, outcome.value, cause.value if cause else None),
    )
    db.execute("DELETE FROM opened WHERE issue_number = ?", (issue_number,))
    return int(cursor.lastrowid or 0)
