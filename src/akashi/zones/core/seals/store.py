"""The register's store: what the service asks of a database, one transaction a call, on SQLite and PostgreSQL alike."""

from __future__ import annotations

from collections.abc import Callable

from akashi.registers.feeding import apply_in_order, mark_stopped
from akashi.registers.following import AnyRecord, FeedState
from akashi.registers.stores.engine import Engine
from akashi.wire.errors import WireCode
from akashi.zones.core.seals import reading
from akashi.zones.core.seals.applying import apply_change
from akashi.zones.core.seals.changes import FeedRecord, parse_line
from akashi.zones.core.seals.reading import HeldRead, RecordRead
from akashi.zones.core.seals.stores.opening import open_engine


class SealStore:
    """
    The register.

    Args:
        engine: an open database with the right schema.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @classmethod
    def open(cls, url: str, *, reader_url: str = "") -> SealStore:
        """
        Return the register at `url`; see `open_engine` for its forms.

        Raises:
            StoreRefused: not reachable, no register there, or one of another schema version.
        """
        return cls(open_engine(url, reader_url=reader_url))

    def feed_state(self) -> FeedState:
        """Return how current the register is."""
        return reading.read_feed(self._engine)

    def read_held(self, resident_no: str) -> HeldRead:
        """Return whether the person has a living registration, of one committed version."""
        return reading.read_held(self._engine, resident_no)

    def read_seal(self, resident_no: str, *, with_sex: bool) -> RecordRead:
        """Return the person's living registration, of one committed version."""
        return reading.read_seal(self._engine, resident_no, with_sex=with_sex)

    def apply_line(self, untrusted_line: bytes, check: Callable[[AnyRecord], bool]) -> FeedRecord:
        """
        Parse and apply one line of the feed, unless `check` says that it was applied long ago; return its record.

        Raises:
            FeedRefused: it must not be applied.
            StoreFailed: the database said no.
        """
        record = parse_line(untrusted_line)
        if check(record):
            apply_in_order(
                self._engine,
                untrusted_line,
                lambda transaction: apply_change(transaction, record),
                sequence=record.sequence,
                time_ms=record.time_ms,
            )
        return record

    def mark_stopped(self, code: WireCode) -> None:
        """Keep that the feed stands still."""
        mark_stopped(self._engine, code)

    def close(self) -> None:
        """Close the database."""
        self._engine.close()
