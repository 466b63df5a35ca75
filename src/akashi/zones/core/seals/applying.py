"""
What each change does to the register, inside one transaction.

Promises: a change that does not fit what the register holds is refused whole; a registration that has ended never lives again,
and nothing but its number, its holder's number, day and reason is kept of it. Source: docs/spec/seals.md section 3; incident T5
(abolished registrations that were served as alive for years, because copies of it disagreed: here there is one, and its state).
"""

from __future__ import annotations

from akashi.registers.errors import FeedRefused
from akashi.registers.stores.engine import Transaction, octets, text
from akashi.zones.core.seals.changes import (
    Abolished,
    Change,
    Corrected,
    EditingBegun,
    EditingEnded,
    FeedRecord,
    Heartbeat,
    Registered,
    registration_of,
)
from akashi.zones.core.seals.records import Registration, SealState
from akashi.zones.core.seals.rows import (
    ERASED,
    HELD_COLUMNS,
    REGISTRATION_COLUMNS,
    held_cells,
    registration_row,
)


def apply_change(transaction: Transaction, record: FeedRecord) -> None:
    """
    Apply the record's change.

    Raises:
        FeedRefused: it does not fit what the register holds.
        RecordRefused: it would make a registration that cannot be.
        StoreFailed: the database said no.
    """
    change: Change = record.change
    match change:
        case Heartbeat():
            pass
        case Registered():
            _register(transaction, registration_of(change.registration), record.sequence)
        case Corrected():
            _correct(transaction, registration_of(change.registration), record.sequence)
        case Abolished():
            _abolish(transaction, change, record.sequence)
        case EditingBegun():
            transaction.run(
                "INSERT INTO editing_rows (resident_no) VALUES (?) ON CONFLICT (resident_no) DO NOTHING", change.resident_no
            )
        case EditingEnded():
            transaction.run("DELETE FROM editing_rows WHERE resident_no = ?", change.resident_no)


def _register(transaction: Transaction, one: Registration, sequence: int) -> None:
    if transaction.rows("SELECT 1 FROM registration_rows WHERE registration_no = ?", one.registration_no):
        raise FeedRefused("a number that was given before")
    living = "SELECT 1 FROM registration_rows WHERE resident_no = ? AND state = ?"
    if transaction.rows(living, one.resident_no, SealState.REGISTERED.value):
        raise FeedRefused("a second living registration")
    marks = ", ".join("?" * len(REGISTRATION_COLUMNS))
    transaction.run(
        f"INSERT INTO registration_rows ({', '.join(REGISTRATION_COLUMNS)}) VALUES ({marks})",  # noqa: S608 - constants
        *registration_row(one, row_version=sequence),
    )


def _correct(transaction: Transaction, one: Registration, sequence: int) -> None:
    rows = transaction.rows(
        "SELECT resident_no, state, image FROM registration_rows WHERE registration_no = ?", one.registration_no
    )
    if not rows or text(rows[0][1]) != SealState.REGISTERED.value:
        raise FeedRefused("a registration that does not live is corrected")
    if text(rows[0][0]) != one.resident_no:
        raise FeedRefused("a correction that gives a seal to somebody else")
    if octets(rows[0][2]) != one.image.packed:
        raise FeedRefused("a correction that changes the seal: that is another registration")
    _set(transaction, one.registration_no, HELD_COLUMNS, held_cells(one), sequence)


def _abolish(transaction: Transaction, change: Abolished, sequence: int) -> None:
    rows = transaction.rows("SELECT state FROM registration_rows WHERE registration_no = ?", change.registration_no)
    if not rows or text(rows[0][0]) != SealState.REGISTERED.value:
        raise FeedRefused("a registration that does not live is abolished")
    columns = (*HELD_COLUMNS, "state", "abolished_on", "abolished_for")
    cells = (*ERASED, SealState.ABOLISHED.value, change.on.isoformat(), change.reason.value)
    _set(transaction, change.registration_no, columns, cells, sequence)


def _set(
    transaction: Transaction,
    registration_no: str,
    columns: tuple[str, ...],
    cells: tuple[str | int | bytes | None, ...],
    sequence: int,
) -> None:
    assignments = ", ".join(f"{column} = ?" for column in (*columns, "row_version"))
    transaction.run(
        f"UPDATE registration_rows SET {assignments} WHERE registration_no = ?",  # noqa: S608 - constants
        *cells,
        sequence,
        registration_no,
    )
