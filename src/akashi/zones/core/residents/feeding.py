"""The change feed's way into the resident register."""

from __future__ import annotations

from akashi.registers.feeding import apply_in_order
from akashi.registers.stores.engine import Engine
from akashi.zones.core.residents.applying import Applying
from akashi.zones.core.residents.changes import FeedRecord


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
    return apply_in_order(
        engine,
        untrusted_line,
        lambda transaction: Applying(transaction, record.sequence).apply(record.change),
        sequence=record.sequence,
        time_ms=record.time_ms,
    )
