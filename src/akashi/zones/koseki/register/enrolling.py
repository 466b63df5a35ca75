"""
利用登録: statements that wait for two staff members, and what becomes of them.

Promises: one card has at most one statement that waits, the newest; a decision is carried out only for the very statement that
both saw, for somebody whose birth date is the stated one, and with every difference named; the card's link that is stored
is the one that the card showed when it signed. Source: docs/spec/koseki.md section 5; requirements C4.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from akashi.registers.dates import parse_written_date
from akashi.registers.errors import CallRefused, RecordRefused
from akashi.registers.stores.engine import Engine, Transaction, number, octets, text
from akashi.rules.eras import jst_date
from akashi.wire import codec
from akashi.wire.errors import WireCode
from akashi.wire.messages import EnrolDecision, EnrolState, EnrolStatement, StatedField
from akashi.zones.koseki.register.errors import DecisionRefused
from akashi.zones.koseki.register.rows import ENROLLED_COLUMNS, marks

CANDIDATES_MAX: Final = 50
_HALF_WIDTH = str.maketrans("０１２３４５６７８９", "0123456789")


@dataclass(frozen=True, slots=True, repr=False)
class Received:
    """
    A statement as it came.

    Attributes:
        enrolment_id: 16 random bytes.
        transcript: T of its session: the same session asks about the same statement.
        issuer_dn, serial: of the card that signed.
        statement: the encoded `EnrolStatement`, as signed.
        received_ms: when it came.
    """

    enrolment_id: bytes
    transcript: bytes
    issuer_dn: bytes
    serial: bytes
    statement: bytes
    received_ms: int


@dataclass(frozen=True, slots=True, repr=False)
class Candidate:
    """Somebody whose birth date is the stated one, for staff: number, names, 本籍, and what differs from the statement."""

    person_no: str
    name: str
    honseki: str
    hittosha: str
    differs: tuple[StatedField, ...]


@dataclass(frozen=True, slots=True, repr=False)
class Enrolment:
    """
    A statement that waits, for staff.

    Attributes:
        enrolment_id: 16 bytes; a decision names it.
        statement: what was stated.
        statement_hash: of the encoded statement; a decision names it.
        received_ms: when it came.
        candidates: at most `CANDIDATES_MAX`, those with the fewest differences first.
    """

    enrolment_id: bytes
    statement: EnrolStatement
    statement_hash: bytes
    received_ms: int
    candidates: tuple[Candidate, ...]


def statement_hash(statement: bytes) -> bytes:
    """Return the SHA-256 of an encoded statement."""
    return hashlib.sha256(statement).digest()


def stated_birth(statement: EnrolStatement) -> date | None:
    """Return the calendar day that the stated birth date means, or None where it means none."""
    try:
        return parse_written_date(statement.birth_date.translate(_HALF_WIDTH)).internal
    except RecordRefused:
        return None


def receive(engine: Engine, received: Received, *, pending_max: int) -> tuple[EnrolState, int]:
    """
    Keep a statement; return the state of the card's newest one and when it came.

    The same session again changes nothing. A newer statement replaces the one that waits; after an approval there is nothing to
    state any more.

    Args:
        engine: the database.
        received: what came.
        pending_max: how many may wait for staff.

    Raises:
        CallRefused: BUSY, too many wait.
        StoreFailed: the database said no.
    """
    with engine.writing() as transaction:
        known = transaction.rows("SELECT state, received_ms FROM enrolment_rows WHERE transcript = ?", received.transcript)
        if known:
            return EnrolState(text(known[0][0])), number(known[0][1])
        card = (received.serial, received.issuer_dn)
        linked = transaction.rows(
            "SELECT COALESCE(enrolment_rows.received_ms, 0) FROM enrolled_rows"
            " LEFT JOIN enrolment_rows ON enrolment_rows.enrolment_id = enrolled_rows.enrolment_id"
            " JOIN person_rows ON person_rows.person_no = enrolled_rows.person_no"
            " WHERE enrolled_rows.serial = ? AND enrolled_rows.issuer_dn = ? AND person_rows.removed = ''",
            *card,
        )
        if linked:
            return EnrolState.APPROVED, number(linked[0][0])
        waiting = number(transaction.rows("SELECT COUNT(*) FROM enrolment_rows WHERE state = ?", EnrolState.PENDING.value)[0][0])
        replaced = transaction.run(
            "UPDATE enrolment_rows SET state = ? WHERE state = ? AND serial = ? AND issuer_dn = ?",
            EnrolState.REPLACED.value,
            EnrolState.PENDING.value,
            *card,
        )
        if waiting - replaced >= pending_max:
            raise CallRefused(WireCode.BUSY, "too many enrolments wait for staff")
        transaction.run(
            "INSERT INTO enrolment_rows (enrolment_id, transcript, issuer_dn, serial, received_ms, state, statement,"
            " decided_ms, decided_by, reason) VALUES (?, ?, ?, ?, ?, ?, ?, NULL, '', '')",
            received.enrolment_id.hex(),
            received.transcript,
            received.issuer_dn,
            received.serial,
            received.received_ms,
            EnrolState.PENDING.value,
            received.statement,
        )
        return EnrolState.PENDING, received.received_ms


def pending(engine: Engine) -> tuple[Enrolment, ...]:
    """
    Return the statements that wait, oldest first, each with the people of that birth date.

    Raises:
        StoreFailed: the database said no.
    """
    with engine.writing() as transaction:
        rows = transaction.rows(
            "SELECT enrolment_id, statement, received_ms FROM enrolment_rows WHERE state = ? ORDER BY received_ms, enrolment_id",
            EnrolState.PENDING.value,
        )
        found = []
        for enrolment_id, encoded, received_ms in rows:
            statement = codec.parse(EnrolStatement, octets(encoded))
            found.append(
                Enrolment(
                    bytes.fromhex(text(enrolment_id)),
                    statement,
                    statement_hash(octets(encoded)),
                    number(received_ms),
                    _candidates(transaction, statement),
                )
            )
        return tuple(found)


def decide(engine: Engine, decision: EnrolDecision, by: tuple[str, str], *, now_ms: int) -> EnrolState:
    """
    Carry out what two staff members decided; the card's own link is what is stored, and the register maps it itself.

    Args:
        engine: the database.
        decision: over which both put their signatures (`akashi.zones.koseki.register.approving`).
        by: who decided: author and approver.
        now_ms: the register's time.

    Raises:
        DecisionRefused: decided or replaced before, another statement, nobody of that number and birth date, or other
            differences.
        StoreFailed: the database said no.
    """
    enrolment_id = decision.enrolment_id.hex()
    with engine.writing() as transaction:
        rows = transaction.rows(
            "SELECT state, statement, issuer_dn, serial FROM enrolment_rows WHERE enrolment_id = ?", enrolment_id
        )
        if not rows:
            raise DecisionRefused(WireCode.CONTRADICTION, "no such enrolment")
        state, statement, issuer_dn, serial = rows[0]
        if state != EnrolState.PENDING.value:
            raise DecisionRefused(WireCode.CONTRADICTION, "not waiting any more")
        if statement_hash(octets(statement)) != decision.statement_hash:
            raise DecisionRefused(WireCode.CONTRADICTION, "another statement")
        decided = EnrolState.REFUSED if decision.person_no is None else EnrolState.APPROVED
        if decision.person_no is not None:
            _check_match(transaction, decision, codec.parse(EnrolStatement, octets(statement)))
            transaction.run("DELETE FROM enrolled_rows WHERE serial = ? AND issuer_dn = ?", serial, issuer_dn)
            transaction.run(
                f"INSERT INTO enrolled_rows ({', '.join(ENROLLED_COLUMNS)}) VALUES ({marks(len(ENROLLED_COLUMNS))})",  # noqa: S608 - constants
                issuer_dn,
                serial,
                decision.person_no,
                jst_date(now_ms).isoformat(),
                enrolment_id,
            )
        transaction.run(
            "UPDATE enrolment_rows SET state = ?, decided_ms = ?, decided_by = ?, reason = ? WHERE enrolment_id = ?",
            decided.value,
            now_ms,
            " ".join(by),
            decision.reason,
            enrolment_id,
        )
        return decided


def _check_match(transaction: Transaction, decision: EnrolDecision, statement: EnrolStatement) -> None:
    birth = stated_birth(statement)
    candidates = _persons(transaction, statement, birth, only=decision.person_no)
    if birth is None or not candidates:
        raise DecisionRefused(WireCode.CONTRADICTION, "nobody of that number and birth date stands in a register")
    if candidates[0].differs != decision.differs:
        raise DecisionRefused(WireCode.CONTRADICTION, "the differences are not those that were accepted")


def _candidates(transaction: Transaction, statement: EnrolStatement) -> tuple[Candidate, ...]:
    found = _persons(transaction, statement, stated_birth(statement), only=None)
    return tuple(sorted(found, key=lambda one: (len(one.differs), one.person_no))[:CANDIDATES_MAX])


def _persons(transaction: Transaction, statement: EnrolStatement, birth: date | None, *, only: str | None) -> Sequence[Candidate]:
    if birth is None:
        return ()
    rows = transaction.rows(
        "SELECT person_no, surname, given_name, honseki, hittosha FROM person_rows"
        " JOIN register_rows ON register_rows.register_no = person_rows.register_no"
        " WHERE birth_day = ? AND removed = '' AND state = 'current' AND (? = '' OR person_no = ?)",
        birth.isoformat(),
        only or "",
        only or "",
    )
    return [
        _candidate(statement, text(person_no), text(surname) + text(given_name), text(honseki), text(hittosha))
        for person_no, surname, given_name, honseki, hittosha in rows
    ]


def _candidate(statement: EnrolStatement, person_no: str, name: str, honseki: str, hittosha: str) -> Candidate:
    pairs = {
        StatedField.NAME: (statement.name, name),
        StatedField.HONSEKI: (statement.honseki, honseki),
        StatedField.HITTOSHA: (statement.hittosha, hittosha),
    }
    differs = tuple(field for field in StatedField if _bare(pairs[field][0]) != _bare(pairs[field][1]))
    return Candidate(person_no, name, honseki, hittosha, differs)


def _bare(written: str) -> str:
    """Return the characters without spaces: statements put them anywhere. A variant of a character is another character."""
    return "".join(written.translate(_HALF_WIDTH).split())
