"""
The change feed's way into the register: in order, each record once, each in one transaction.

Promises: after a gap, a record that is not one, or a number that came twice with other content, nothing more is applied, and the
register says so until the right record comes. Source: docs/spec/registry.md section 3; requirements C2.
"""

from __future__ import annotations

import hashlib
from typing import Final

from akashi.wire.errors import WireCode
from akashi.zones.core.residents.applying import Applying
from akashi.zones.core.residents.changes import FeedRecord
from akashi.zones.core.residents.errors import FeedRefused, RecordRefused
from akashi.zones.core.residents.stores.engine import Engine, Transaction, number, octets

DIGESTS_KEPT: Final = 10_000
"""How many records back a number that comes again is compared with what came first."""


def apply_record(engine: Engine, record: FeedRecord, untrusted_line: bytes) -> bool:
    """
    Apply one record; return False where it was applied before.

    Args:
        engine: the database.
        record: parsed from `untrusted_line`.
        untrusted_line: the line, for comparison with a line of the same number.

    Raises:
        FeedRefused: a gap, a number with other content, or a change that does not fit; nothing was applied.
        StoreFailed: the database said no; nothing was applied.
    """
    digest = hashlib.sha256(untrusted_line.strip()).digest()
    with engine.writing() as transaction:
        last = number(transaction.rows("SELECT sequence FROM feed_rows")[0][0])
        if record.sequence <= last:
            _check_same(transaction, record.sequence, digest)
            return False
        if record.sequence != last + 1:
            raise FeedRefused("a gap before this record")
        try:
            Applying(transaction, record.sequence).apply(record.change)
        except RecordRefused as refused:
            raise FeedRefused(f"not a record that can be: {refused.detail}", code=WireCode.MALFORMED) from None
        transaction.run(
            "UPDATE feed_rows SET sequence = ?, stopped = '', as_of_ms = CASE WHEN as_of_ms < ? THEN ? ELSE as_of_ms END",
            record.sequence,
            record.time_ms,
            record.time_ms,
        )
        transaction.run("INSERT INTO applied_rows (sequence, digest) VALUES (?, ?)", record.sequence, digest)
        transaction.run("DELETE FROM applied_rows WHERE sequence <= ?", record.sequence - DIGESTS_KEPT)
        return True


def mark_stopped(engine: Engine, code: WireCode) -> None:
    """Keep, over a restart too, that the feed stands still and why; the next record that is applied ends it."""
    with engine.writing() as transaction:
        transaction.run("UPDATE feed_rows SET stopped = ?", code.value)


def _check_same(transaction: Transaction, sequence: int, digest: bytes) -> None:
    rows = transaction.rows("SELECT digest FROM applied_rows WHERE sequence = ?", sequence)
    if rows and octets(rows[0][0]) != digest:
        raise FeedRefused("a number that was used for another record")
