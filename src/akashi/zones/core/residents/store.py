"""The register's store: what the service asks of a database, one transaction a call, on SQLite and PostgreSQL alike."""

from __future__ import annotations

from collections.abc import Callable

from akashi.registers.feeding import mark_stopped
from akashi.registers.following import AnyRecord, FeedState
from akashi.registers.stores.engine import Engine
from akashi.wire.certificates import Item
from akashi.wire.errors import WireCode
from akashi.zones.core.residents import reading
from akashi.zones.core.residents.changes import FeedRecord, parse_line
from akashi.zones.core.residents.feeding import apply_record
from akashi.zones.core.residents.reading import GrantRead, RecordRead, StandingRead
from akashi.zones.core.residents.stores.opening import open_engine


class ResidentStore:
    """
    The register.

    Args:
        engine: an open database with the right schema.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @classmethod
    def open(cls, url: str, *, reader_url: str = "") -> ResidentStore:
        """
        Return the register at `url`; see `open_engine` for its forms.

        Raises:
            StoreRefused: not reachable, no register there, or one of another schema version.
        """
        return cls(open_engine(url, reader_url=reader_url))

    def feed_state(self) -> FeedState:
        """Return how current the register is."""
        return reading.read_feed(self._engine)

    def read_grant(self, issuer_dn: bytes, serial: int) -> GrantRead:
        """Return who the card speaks for and the household, of one committed version."""
        return reading.read_grant(self._engine, issuer_dn, serial)

    def read_record(self, resident_no: str, *, card_link: bytes, members: tuple[int, ...], items: tuple[Item, ...]) -> RecordRead:
        """Return the chosen items of the chosen members, of one committed version."""
        return reading.read_record(self._engine, resident_no, card_link=card_link, members=members, items=items)

    def read_standing(self, resident_no: str, *, card_link: bytes) -> StandingRead:
        """Return whether the subject is still here, and as whom, of one committed version."""
        return reading.read_standing(self._engine, resident_no, card_link=card_link)

    def apply_line(self, untrusted_line: bytes, check: Callable[[AnyRecord], bool]) -> FeedRecord:
        """
        Parse and apply one line of the feed, unless `check` says that it was applied long ago; return its record.

        Raises:
            FeedRefused: it must not be applied.
            StoreFailed: the database said no.
        """
        record = parse_line(untrusted_line)
        if check(record):
            apply_record(self._engine, record, untrusted_line)
        return record

    def mark_stopped(self, code: WireCode) -> None:
        """Keep that the feed stands still."""
        mark_stopped(self._engine, code)

    def close(self) -> None:
        """Close the database."""
        self._engine.close()
