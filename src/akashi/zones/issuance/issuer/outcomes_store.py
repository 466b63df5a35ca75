"""
Outcomes, and what still has to reach the ledger.

Promises: a number has one outcome, a journal line is one outcome; what a transaction decided and the ledger does not have yet is
found here again after any stop. Source: docs/spec/protocol.md sections 5.6, 6, 7.
"""

from __future__ import annotations

import hashlib
import sqlite3
from dataclasses import dataclass

from akashi.rules.errors import RuleRefused
from akashi.rules.states import State, Step, check_transition
from akashi.wire.errors import WireCode
from akashi.wire.messages import Outcome, OutcomeEntry, OutcomeEvidence
from akashi.zones.issuance.issuer.database import Database

ISSUER_LINE = "issuer"
"""Stands where a kiosk's id stands, in outcomes that this server decided: no sealed answer came to be."""

_STEPS = {Outcome.TAKEN: Step.TAKE, Outcome.VOID: Step.SPOIL}


@dataclass(frozen=True, slots=True)
class Told:
    """
    An outcome that the ledger lacks.

    Attributes:
        kiosk_id: who said it; "issuer" for this server.
        report_hash: of the kiosk's signed report in which it first came; None for this server's own.
        evidence: that report and the kiosk's certificate, for the recorder; None likewise.
    """

    kiosk_id: str
    entry: OutcomeEntry
    report_hash: bytes | None
    evidence: OutcomeEvidence | None


@dataclass(frozen=True, slots=True)
class Recorded:
    """A line that the ledger has: its receipt, and the hash of the report in which it first came."""

    receipt: bytes
    report_hash: bytes


@dataclass(frozen=True, slots=True)
class Pending:
    """
    What the ledger lacks of one number, to be appended in this order.

    Attributes:
        intent: the encoded `IntentEntry`, where it is unknown whether the recorder has it; else None.
        answer_hash: of the sealed answer, where its `SealedEntry` may be missing; else None.
        outcome: where no receipt is kept; else None.
    """

    issue_number: str
    intent: bytes | None
    answer_hash: bytes | None
    outcome: Told | None


@dataclass(frozen=True, slots=True)
class Wrong:
    """
    A journal line that contradicts what is known.

    Attributes:
        city: the number never left this server, so a kiosk that knows it is not the kiosk's matter alone.
    """

    entry: OutcomeEntry
    city: bool


class OutcomesStore:
    """Outcomes and pending ledger entries, in `database`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, kiosk_id: str, entries: tuple[OutcomeEntry, ...], evidence: OutcomeEvidence) -> tuple[Wrong, ...]:
        """
        Write the lines of a journal that are right, and return those that contradict what is known.

        A line that is already here, the same, changes nothing. Right lines are kept even beside a wrong one: a voided sheet must
        not look valid because of another sheet. The report is kept until the ledger has the lines that came in it first: the
        recorder believes the kiosk's signature, not this server.
        """
        report_hash = hashlib.sha256(evidence.report).digest()
        with self._database.durable() as connection:
            found = [_record(connection, kiosk_id, entry, report_hash) for entry in entries]
            connection.execute(
                "INSERT INTO reports (hash, report, kiosk_certificate) SELECT ?1, ?2, ?3 WHERE EXISTS "
                "(SELECT 1 FROM outcomes WHERE report_hash = ?1 AND receipt IS NULL) ON CONFLICT DO NOTHING",
                (report_hash, evidence.report, evidence.kiosk_certificate),
            )
            return tuple(wrong for wrong in found if wrong is not None)

    def recorded(self, kiosk_id: str, sequences: tuple[int, ...]) -> tuple[Recorded, ...]:
        """Return what the ledger has of these lines, in order; fewer where it does not have all."""
        with self._database.read() as connection:
            rows = [
                connection.execute(
                    "SELECT receipt, report_hash FROM outcomes WHERE kiosk_id = ? AND sequence = ?", (kiosk_id, sequence)
                ).fetchone()
                for sequence in sequences
            ]
        return tuple(Recorded(bytes(row[0]), bytes(row[1])) for row in rows if row is not None and row[0] is not None)

    def pending(self, *, behind: str, limit: int) -> tuple[str, ...]:
        """Return numbers of which the ledger may lack something: those behind `behind` first, then on from the lowest."""
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT issue_number FROM (SELECT issue_number FROM numbers WHERE seal_ledger = 'unknown' UNION "
                "SELECT issue_number FROM outcomes WHERE receipt IS NULL) ORDER BY issue_number <= ?, issue_number LIMIT ?",
                (behind, limit),
            ).fetchall()
        return tuple(row[0] for row in rows)

    def pending_of(self, issue_number: str) -> Pending:
        """Return what the ledger may lack of this number."""
        with self._database.read() as connection:
            row = connection.execute(
                "SELECT n.intent, n.intent_ledger, n.answer_hash, n.seal_ledger, o.kiosk_id, o.sequence, o.outcome, o.cause, "
                "o.report_hash, r.report, r.kiosk_certificate "
                "FROM numbers n LEFT JOIN outcomes o ON o.issue_number = n.issue_number AND o.receipt IS NULL "
                "LEFT JOIN reports r ON r.hash = o.report_hash WHERE n.issue_number = ?",
                (issue_number,),
            ).fetchone()
        if row is None:
            return Pending(issue_number, None, None, None)
        outcome = None
        if row[4] is not None:
            entry = OutcomeEntry(row[5], issue_number, Outcome(row[6]), WireCode(row[7]) if row[7] else None)
            outcome = Told(str(row[4]), entry, row[8], None if row[9] is None else OutcomeEvidence(row[9], row[10]))
        return Pending(
            issue_number,
            row[0] if row[1] == "unknown" and outcome is not None else None,
            row[2] if row[3] == "unknown" else None,
            outcome,
        )

    def seal_recorded(self, issue_number: str) -> None:
        """Remember that the ledger has the `SealedEntry`."""
        with self._database.lazy() as connection:
            connection.execute("UPDATE numbers SET seal_ledger = 'recorded' WHERE issue_number = ?", (issue_number,))

    def outcome_recorded(self, issue_number: str, receipt: bytes) -> None:
        """Keep the ledger's receipt of this number's outcome; forget the report when the ledger has all that came in it."""
        with self._database.lazy() as connection:
            connection.execute("UPDATE outcomes SET receipt = ? WHERE issue_number = ?", (receipt, issue_number))
            connection.execute(
                "DELETE FROM reports WHERE hash = (SELECT report_hash FROM outcomes WHERE issue_number = ?) AND NOT EXISTS "
                "(SELECT 1 FROM outcomes WHERE report_hash = reports.hash AND receipt IS NULL)",
                (issue_number,),
            )

    def note_incident(self, key: str, entry: bytes, *, kiosk_id: str) -> None:
        """
        Keep a contradiction until the recorder has it. The same one again changes nothing.

        Of a kiosk (`kiosk_id` not empty) one waits at a time: it stops that kiosk, and a hostile one makes them without end.
        """
        with self._database.durable() as connection:
            connection.execute(
                "INSERT INTO incidents (key, kiosk_id, entry) VALUES (?, nullif(?, ''), ?) ON CONFLICT DO NOTHING",
                (key, kiosk_id, entry),
            )

    def open_incidents(self, *, limit: int) -> tuple[tuple[str, bytes], ...]:
        """Return (key, encoded `StopEntry`) of contradictions that the recorder does not have."""
        with self._database.read() as connection:
            rows = connection.execute("SELECT key, entry FROM incidents WHERE recorded = 0 LIMIT ?", (limit,)).fetchall()
        return tuple((row[0], row[1]) for row in rows)

    def incident_recorded(self, key: str) -> None:
        """Remember that the recorder has it."""
        with self._database.lazy() as connection:
            connection.execute("UPDATE incidents SET recorded = 1 WHERE key = ?", (key,))

    def forget_incident(self, key: str) -> None:
        """Forget one that the recorder did not take, because its kiosk is stopped for an earlier one."""
        with self._database.lazy() as connection:
            connection.execute("DELETE FROM incidents WHERE key = ?", (key,))


def record_given_up(connection: sqlite3.Connection, issue_number: str, code: WireCode) -> None:
    """Write this server's own VOID of a number, in the caller's transaction, unless the ledger never had the number."""
    # The ledger learns CHECK_FAILED, which stops the city; why else nothing came of it (a block, say) is nobody's business there.
    cause = code if code is WireCode.CHECK_FAILED else WireCode.ISSUE_VOIDED
    connection.execute(
        "INSERT INTO outcomes (kiosk_id, sequence, issue_number, outcome, cause) "
        "SELECT ?1, 1 + coalesce((SELECT max(sequence) FROM outcomes WHERE kiosk_id = ?1), 0), issue_number, ?2, ?3 "
        "FROM numbers WHERE issue_number = ?4 AND intent_ledger != 'refused'",
        (ISSUER_LINE, Outcome.VOID, cause, issue_number),
    )


def _record(connection: sqlite3.Connection, kiosk_id: str, entry: OutcomeEntry, report_hash: bytes) -> Wrong | None:
    """Write one journal line; return what is wrong where it contradicts what is known."""
    known = connection.execute(
        "SELECT issue_number, outcome, cause FROM outcomes WHERE kiosk_id = ? AND sequence = ?", (kiosk_id, entry.sequence)
    ).fetchone()
    if known is not None:
        same = known == (entry.issue_number, entry.outcome, entry.cause)
        return None if same else Wrong(entry, city=False)
    number = connection.execute(
        "SELECT kiosk_id, state, answer_hash IS NULL FROM numbers WHERE issue_number = ?", (entry.issue_number,)
    ).fetchone()
    if number is None:
        return Wrong(entry, city=False)
    if number[0] != kiosk_id or number[2]:
        return Wrong(entry, city=bool(number[2]))
    try:
        state = check_transition(State(number[1]), _STEPS[entry.outcome])
    except RuleRefused:
        return Wrong(entry, city=False)
    connection.execute(
        "UPDATE numbers SET state = ?, voided_by = ? WHERE issue_number = ?",
        (state, "kiosk" if state is State.VOID else None, entry.issue_number),
    )
    connection.execute(
        "INSERT INTO outcomes (kiosk_id, sequence, issue_number, outcome, cause, report_hash) VALUES (?, ?, ?, ?, ?, ?)",
        (kiosk_id, entry.sequence, entry.issue_number, entry.outcome, entry.cause, report_hash),
    )
    return None
