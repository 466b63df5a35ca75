"""
The change feed's way into a register: in order, each record once, each in one transaction.

Promises: after a gap, a record that is not one, or a number that came twice with other content, nothing more is applied, and the
register says so until the right record comes. Source: docs/spec/registry.md section 3; requirements C2.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Final

from akashi.registers.errors import FeedRefused, RecordRefused
from akashi.registers.stores.engine import Engine, Transaction, number, octets
from akashi.wire.errors import WireCode

DIGESTS_KEPT: Final = 10_000
"""How many records back a number that comes again is compared with what came first."""

Work = Callable[[Transaction], None]
"""What a record does to the register, inside the transaction that it is."""


def apply_in_order(engine: Engine, untrusted_line: bytes, work: Work, *, sequence: int, time_ms: int) -> bool:
    """
    Apply one record; return False where it was applied before.

    Args:
        engine: the database.
        untrusted_line: the record as it came, for comparison with a line of the same number.
        work: changes the register; raises `FeedRefused` or `RecordRefused` where the record does not fit.
        sequence: the record's number.
        time_ms: the source's time of it.

    Raises:
        FeedRefused: a gap, a number with other content, or a change that does not fit; nothing was applied.
        StoreFailed: the database said no; nothing was applied.
    """
    digest = hashlib.sha256(untrusted_line.strip()).digest()
    with engine.writing() as transaction:
        last = number(transaction.rows("SELECT sequence FROM feed_rows")[0][0])
        if sequence <= last:
            _check_same(transaction, sequence, digest)
            return False
        if sequence != last + 1:
            raise FeedRefused("a gap before this record")
        try:
            work(transaction)
        except RecordRefused as refused:
            raise FeedRefused(f"not a record that can be: {refused.detail}", code=WireCode.MALFORMED) from None
        transaction.run(
            "UPDATE feed_rows SET sequence = ?, stopped = '', as_of_ms = CASE WHEN as_of_ms < ? THEN ? ELSE as_of_ms END",
            sequence,
            time_ms,
            time_ms,
        )
        transaction.run("INSERT INTO applied_rows (sequence, digest) VALUES (?, ?)", sequence, digest)
        transaction.run("DELETE FROM applied_rows WHERE sequence <= ?", sequence - DIGESTS_KEPT)
        return True


def mark_stopped(engine: Engine, code: WireCode) -> None:
    """Keep, over a restart too, that the feed stands still and why; the next record that is applied ends it."""
    with engine.writing() as transaction:
        transaction.run("UPDATE feed_rows SET stopped = ?", code.value)


def _check_same(transaction: Transaction, sequence: int, digest: bytes) -> None:
    rows = transaction.rows("SELECT digest FROM applied_rows WHERE sequence = ?", sequence)
    if rows and octets(rows[0][0]) != digest:
        raise FeedRefused("a number that was used for another record")
