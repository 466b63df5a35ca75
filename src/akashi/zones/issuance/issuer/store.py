"""
Grants, orders and issue numbers: what makes each happen once.

Every call is one transaction. A request is claimed before it is worked on, by its mark, by T and by (T, order number); so the
same request is answered with the same bytes, and another one for the same key is seen. The mark is a hash of header and part I:
what the sender sealed. The envelope's own hash would not do: a relay can alter part V, or the envelope's encoding, and would so
make a second "request" that stops a kiosk. Sealed answers are kept as bytes that this server cannot open, until the grant ends.
Source: docs/spec/protocol.md sections 4.5, 5.2, 5.6, 7.
"""

from __future__ import annotations

import enum
import sqlite3
from dataclasses import dataclass
from typing import Any

from akashi.rules.states import State, Step, check_transition
from akashi.wire.certificates import Kind
from akashi.wire.errors import WireCode
from akashi.wire.messages import Predecessor
from akashi.zones.issuance.issuer.database import Database
from akashi.zones.issuance.issuer.errors import Incident, IssuerRefused, StoreRefused
from akashi.zones.issuance.issuer.outcomes_store import record_given_up


@dataclass(frozen=True, slots=True)
class Claim:
    """
    A request that was claimed: being worked on, answered, or refused.

    Attributes:
        envelope_hash: of the envelope in which it came first.
        kem_public: where its answer is sealed to.
        issue_number: of an order that has one; else empty.
        refusal: the code, where it was refused.
        answer: the sealed bytes; None while it is worked on, or refused and the refusal not yet sealed.
    """

    envelope_hash: bytes
    kem_public: bytes
    issue_number: str
    refusal: WireCode | None
    answer: bytes | None

    @property
    def working(self) -> bool:
        """Whether somebody is on it."""
        return self.refusal is None and self.answer is None


@dataclass(frozen=True, slots=True)
class Grant:
    """
    One applicant's session, without the applicant.

    Attributes:
        state: "working", "answered" (open) or "refused".
        not_after_ms: its end, by this server's clock.
    """

    kiosk_id: str
    kem_public: bytes
    sign_public: bytes
    state: str
    not_after_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewGrant:
    """A grant to claim; `not_after_ms` is when this row may be forgotten if the grant never opens."""

    transcript: bytes
    mark: bytes
    envelope_hash: bytes
    kiosk_id: str
    kem_public: bytes
    sign_public: bytes
    not_after_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOrder:
    """
    An order to claim, already authenticated.

    Attributes:
        certificates_max: how many orders a grant has.
        refusal: what the city's rules say no with, or None; a refused order uses its number up, too.
        issue_number: the number to give it.
        intent: the encoded `IntentEntry`.
    """

    transcript: bytes
    number: int
    mark: bytes
    envelope_hash: bytes
    kiosk_id: str
    kind: Kind
    predecessor: Predecessor | None
    certificates_max: int
    refusal: WireCode | None
    issue_number: str
    intent: bytes


class IntentFate(enum.StrEnum):
    """What is known of a number's `IntentEntry`."""

    UNKNOWN = "unknown"
    """Nothing was heard: the ledger may have it."""
    RECORDED = "recorded"
    """The ledger has it."""
    REFUSED = "refused"
    """The city or kiosk is stopped: the ledger does not have it and gets no word of this number."""


class Store:
    """What the issuer remembers, in `database`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, mark: bytes) -> Claim | None:
        """Return the claim that this very request made, or None."""
        with self._database.read() as connection:
            row = connection.execute(
                "SELECT envelope_hash, kem_public, '', refusal, answer FROM grants WHERE mark = ?1 UNION ALL "
                "SELECT o.envelope_hash, g.kem_public, coalesce(o.issue_number, ''), o.refusal, o.answer FROM orders o "
                "JOIN grants g USING (transcript) WHERE o.mark = ?1",
                (mark,),
            ).fetchone()
        return _claim(row)

    def grant(self, transcript: bytes) -> Grant | None:
        """Return the grant of T, or None where there is none (any more)."""
        with self._database.read() as connection:
            row = connection.execute(
                "SELECT kiosk_id, kem_public, sign_public, state, not_after_ms FROM grants WHERE transcript = ?", (transcript,)
            ).fetchone()
        return Grant(*row) if row else None

    def claim_grant(self, new: NewGrant) -> None:
        """
        Take T for this request.

        Raises:
            Incident: T was used by another request (REPLAYED).
            IssuerRefused: this very request has it already (BUSY).
        """
        with self._database.durable() as connection:
            row = connection.execute("SELECT mark FROM grants WHERE transcript = ?", (new.transcript,)).fetchone()
            if row is not None and row[0] != new.mark:
                raise Incident(WireCode.REPLAYED, f"grant:{new.transcript.hex()}", kiosk_id=new.kiosk_id)
            if row is not None:
                raise IssuerRefused(WireCode.BUSY, "claimed already")
            connection.execute(
                "INSERT INTO grants (transcript, mark, envelope_hash, kiosk_id, kem_public, sign_public, state, not_after_ms) "
                "VALUES (?, ?, ?, ?, ?, ?, 'working', ?)",
                (
                    new.transcript,
                    new.mark,
                    new.envelope_hash,
                    new.kiosk_id,
                    new.kem_public,
                    new.sign_public,
                    new.not_after_ms,
                ),
            )

    def answer_grant(self, transcript: bytes, answer: bytes, *, not_after_ms: int) -> None:
        """Open the grant: keep its sealed answer and its end."""
        with self._database.durable() as connection:
            _change(
                connection,
                "UPDATE grants SET state = 'answered', answer = ?, not_after_ms = ? WHERE transcript = ? AND state = 'working'",
                (answer, not_after_ms, transcript),
            )

    def refuse_grant(self, transcript: bytes, code: WireCode) -> None:
        """Close a grant that did not open. Changes nothing where it is no longer worked on."""
        with self._database.durable() as connection:
            connection.execute(
                "UPDATE grants SET state = 'refused', refusal = ? WHERE transcript = ? AND state = 'working'", (code, transcript)
            )

    def begin_order(self, new: NewOrder) -> Claim:
        """
        Use up the grant's next order number; give it an issue number in state INTENT, unless it is refused.

        Raises:
            Incident: this order number was used by another request (REPLAYED), or the named predecessor was taken
                (CONTRADICTION; the order number is used up).
            IssuerRefused: not the next number (GRANT_ORDER), past the last (GRANT_ENDED), or claimed already (BUSY). Nothing
                is used up.
        """
        with self._database.durable() as connection:
            next_number, kem_public = self._check_number(connection, new)
            refusal = new.refusal or _predecessor_refusal(connection, new)
            issue_number = None if refusal else new.issue_number
            if issue_number is not None:
                connection.execute(
                    "INSERT INTO numbers (issue_number, kiosk_id, kind, state, replaces, intent) VALUES (?, ?, ?, ?, ?, ?)",
                    (
                        issue_number,
                        new.kiosk_id,
                        new.kind,
                        check_transition(None, Step.BEGIN),
                        new.predecessor.issue_number if new.predecessor else None,
                        new.intent,
                    ),
                )
            connection.execute(
                "INSERT INTO orders (transcript, number, mark, envelope_hash, issue_number, state, refusal) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    new.transcript,
                    new.number,
                    new.mark,
                    new.envelope_hash,
                    issue_number,
                    "refused" if refusal else "working",
                    refusal,
                ),
            )
            connection.execute("UPDATE grants SET next_number = ? WHERE transcript = ?", (next_number + 1, new.transcript))
        return Claim(new.envelope_hash, kem_public, issue_number or "", refusal, None)

    def _check_number(self, connection: sqlite3.Connection, new: NewOrder) -> tuple[int, bytes]:
        key = (new.transcript, new.number)
        row = connection.execute("SELECT mark FROM orders WHERE transcript = ? AND number = ?", key).fetchone()
        if row is not None and row[0] != new.mark:
            raise Incident(WireCode.REPLAYED, f"order:{new.transcript.hex()}:{new.number}", kiosk_id=new.kiosk_id)
        if row is not None:
            raise IssuerRefused(WireCode.BUSY, "claimed already")
        grant = connection.execute("SELECT next_number, kem_public FROM grants WHERE transcript = ?", key[:1]).fetchone()
        if grant is None or new.number > new.certificates_max:
            raise IssuerRefused(WireCode.GRANT_ENDED, "no grant, or past its last order")
        if new.number != grant[0]:
            raise IssuerRefused(WireCode.GRANT_ORDER, f"order {new.number}, expected {grant[0]}")
        return int(grant[0]), bytes(grant[1])

    def intent_recorded(self, issue_number: str) -> None:
        """Remember that the ledger has the intent."""
        with self._database.lazy() as connection:
            connection.execute("UPDATE numbers SET intent_ledger = 'recorded' WHERE issue_number = ?", (issue_number,))

    def seal(self, issue_number: str, answer: bytes, answer_hash: bytes) -> None:
        """
        Keep the sealed answer; the number is SEALED.

        Raises:
            StoreRefused: the number is not in state INTENT any more.
        """
        with self._database.durable() as connection:
            state = _state(connection, issue_number)
            connection.execute(
                "UPDATE numbers SET state = ?, answer_hash = ?, intent_ledger = 'recorded', seal_ledger = 'unknown' "
                "WHERE issue_number = ?",
                (check_transition(state, Step.SEAL), answer_hash, issue_number),
            )
            _change(
                connection,
                "UPDATE orders SET state = 'answered', answer = ? WHERE issue_number = ? AND state = 'working'",
                (answer, issue_number),
            )

    def give_up(self, issue_number: str, code: WireCode, *, intent: IntentFate) -> None:
        """
        Void a number that got no answer, and refuse its order. Changes nothing where it is not in state INTENT.

        Where the recorder refused the intent there is nothing for the ledger; else an outcome waits for it.
        """
        with self._database.durable() as connection:
            if _state(connection, issue_number) is State.INTENT:
                connection.execute("UPDATE numbers SET intent_ledger = ? WHERE issue_number = ?", (intent, issue_number))
                _give_up(connection, issue_number, code)

    def keep_refusal(self, mark: bytes, sealed: bytes) -> bytes:
        """Keep the sealed refusal of a refused claim, and return the one that was kept first."""
        with self._database.durable() as connection:
            for table in ("grants", "orders"):
                where = "WHERE mark = ? AND state = 'refused'"
                connection.execute(
                    f"UPDATE {table} SET answer = coalesce(answer, ?) {where}",  # noqa: S608 - two fixed names
                    (sealed, mark),
                )
                row = connection.execute(f"SELECT answer FROM {table} {where}", (mark,)).fetchone()  # noqa: S608 - same
                if row is not None:
                    return bytes(row[0])
        return sealed

    def recover(self) -> tuple[int, int]:
        """
        End what a stop left half-way: voids every INTENT, closes every grant without an answer. Return how many of each.

        Source: docs/spec/protocol.md section 5.6.
        """
        with self._database.durable() as connection:
            numbers = [row[0] for row in connection.execute("SELECT issue_number FROM numbers WHERE state = 'intent'").fetchall()]
            for issue_number in numbers:
                _give_up(connection, issue_number, WireCode.ISSUE_VOIDED)
            grants = connection.execute(
                "UPDATE grants SET state = 'refused', refusal = ? WHERE state = 'working'", (WireCode.GRANT_ENDED,)
            ).rowcount
        return len(numbers), grants

    def open_grants(self) -> frozenset[bytes]:
        """Return T of every grant that can still be ordered from."""
        with self._database.read() as connection:
            rows = connection.execute("SELECT transcript FROM grants WHERE state != 'refused'").fetchall()
        return frozenset(row[0] for row in rows)

    def forget_expired(self, now_ms: int) -> int:
        """Delete ended grants with their orders and sealed answers, and return how many. Numbers and outcomes stay."""
        with self._database.lazy() as connection:
            return connection.execute(
                "DELETE FROM grants WHERE not_after_ms <= ? AND state != 'working' AND NOT EXISTS "
                "(SELECT 1 FROM orders o WHERE o.transcript = grants.transcript AND o.state = 'working')",
                (now_ms,),
            ).rowcount


def _claim(row: Any) -> Claim | None:
    return Claim(row[0], row[1], row[2], WireCode(row[3]) if row[3] else None, row[4]) if row else None


def _state(connection: sqlite3.Connection, issue_number: str) -> State:
    row = connection.execute("SELECT state FROM numbers WHERE issue_number = ?", (issue_number,)).fetchone()
    if row is None:
        raise StoreRefused(WireCode.INTERNAL, "no such number")
    return State(row[0])


def _change(connection: sqlite3.Connection, statement: str, values: tuple[object, ...]) -> None:
    if connection.execute(statement, values).rowcount != 1:
        raise StoreRefused(WireCode.INTERNAL, "nobody is working on it any more")


def _give_up(connection: sqlite3.Connection, issue_number: str, code: WireCode) -> None:
    connection.execute(
        "UPDATE numbers SET state = ?, voided_by = 'issuer' WHERE issue_number = ?",
        (check_transition(State.INTENT, Step.GIVE_UP), issue_number),
    )
    connection.execute(
        "UPDATE orders SET state = 'refused', refusal = ? WHERE issue_number = ? AND state = 'working'", (code, issue_number)
    )
    record_given_up(connection, issue_number, code)


def _predecessor_refusal(connection: sqlite3.Connection, new: NewOrder) -> WireCode | None:
    """
    Return why the order may not replace the certificate that it names, or None.

    A reprint without a second fee: same kiosk (so also: same grant), same kind, voided by that kiosk's journal line, and not
    replaced yet. Source: requirements C15.
    """
    if new.predecessor is None:
        return None
    row = connection.execute(
        "SELECT n.kiosk_id, n.kind, n.state, o.sequence FROM numbers n LEFT JOIN outcomes o ON o.issue_number = n.issue_number "
        "AND o.kiosk_id = n.kiosk_id WHERE n.issue_number = ?",
        (new.predecessor.issue_number,),
    ).fetchone()
    if row is None or row[0] != new.kiosk_id:
        return WireCode.GRANT_ORDER
    if row[2] in {State.TAKEN, State.REVOKED}:
        return WireCode.CONTRADICTION
    if row[1:] != (new.kind, State.VOID, new.predecessor.outcome_sequence):
        return WireCode.GRANT_ORDER
    replaced = connection.execute(
        "SELECT 1 FROM numbers WHERE replaces = ? AND voided_by IS NOT 'issuer'", (new.predecessor.issue_number,)
    ).fetchone()
    return WireCode.GRANT_ORDER if replaced else None
