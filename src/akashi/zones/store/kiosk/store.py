"""
The kiosk's journal: issue number and outcome, content-free, durable before it counts, kept until the city acknowledged it.

No name, no kind, no page, no picture of a certificate ever gets here. Source: docs/spec/protocol.md section 6; C14.
"""

from __future__ import annotations

import sqlite3
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
CREATE TABLE IF NOT EXISTS directories (authority TEXT PRIMARY KEY, sequence INTEGER NOT NULL) STRICT;
"""


class Journal:
    """
    The journal in one SQLite file. Every call is one transaction, durable when it returns.

    Args:
        path: the file; made where it is missing.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._db = sqlite3.connect(path, isolation_level=None, timeout=10)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.executescript(_SCHEMA)
        except sqlite3.Error as error:
            raise JournalRefused(WireCode.INTERNAL, f"journal cannot be opened: {type(error).__name__}") from None

    def record(self, issue_number: str, outcome: Outcome, cause: WireCode | None) -> int:
        """
        Write one outcome and return its sequence. The same line again changes nothing.

        Raises:
            JournalRefused: this number already has another outcome (CONTRADICTION).
        """
        with self._db:
            self._db.execute("BEGIN IMMEDIATE")
            row = self._db.execute(
                "SELECT sequence, outcome, cause FROM outcomes WHERE issue_number = ?", (issue_number,)
            ).fetchone()
            if row is not None:
                if (row[1], row[2]) != (outcome.value, cause.value if cause else None):
                    raise JournalRefused(WireCode.CONTRADICTION, "a number has one outcome")
                return int(row[0])
            cursor = self._db.execute(
                "INSERT INTO outcomes (issue_number, outcome, cause) VALUES (?, ?, ?)",
                (issue_number, outcome.value, cause.value if cause else None),
            )
            return int(cursor.lastrowid or 0)

    def pending(self, limit: int = 50) -> tuple[OutcomeEntry, ...]:
        """Return the oldest lines the city has not acknowledged."""
        rows = self._db.execute(
            "SELECT sequence, issue_number, outcome, cause FROM outcomes WHERE acknowledged = 0 ORDER BY sequence LIMIT ?",
            (limit,),
        ).fetchall()
        return tuple(OutcomeEntry(row[0], row[1], Outcome(row[2]), WireCode(row[3]) if row[3] else None) for row in rows)

    def acknowledge(self, sequences: tuple[int, ...]) -> None:
        """Mark lines as durable in the city's ledger."""
        with self._db:
            self._db.execute("BEGIN IMMEDIATE")
            self._db.executemany("UPDATE outcomes SET acknowledged = 1 WHERE sequence = ?", [(number,) for number in sequences])

    def highest_sequence(self, authority: str) -> int:
        """See `trust.SequenceMemory`."""
        row = self._db.execute("SELECT sequence FROM directories WHERE authority = ?", (authority,)).fetchone()
        return int(row[0]) if row else 1

    def remember_sequence(self, authority: str, sequence: int) -> None:
        """See `trust.SequenceMemory`."""
        if sequence <= self.highest_sequence(authority):
            return
        with self._db:
            self._db.execute(
                "INSERT INTO directories VALUES (?, ?)"
                " ON CONFLICT (authority) DO UPDATE SET sequence = max(sequence, excluded.sequence)",
                (authority, sequence),
            )

    def close(self) -> None:
        """Close the file."""
        self._db.close()
