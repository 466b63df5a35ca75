"""The register's store: what the service asks of a database, one transaction a call, on SQLite and PostgreSQL alike."""

from __future__ import annotations

from collections.abc import Callable

from akashi.registers.feeding import apply_in_order, mark_stopped
from akashi.registers.following import AnyRecord, FeedState
from akashi.registers.stores.engine import Engine
from akashi.wire.errors import WireCode
from akashi.wire.messages import EnrolDecision, EnrolState
from akashi.zones.koseki.register import enrolling, reading
from akashi.zones.koseki.register.applying import Applying
from akashi.zones.koseki.register.enrolling import Enrolment, Received
from akashi.zones.koseki.register.notifications import FeedRecord, parse_line
from akashi.zones.koseki.register.reading import HeldRead, KosekiRead, Meant, SupplementRead
from akashi.zones.koseki.register.stores.opening import open_engine


class KosekiStore:
    """
    The family register.

    Args:
        engine: an open database with the right schema.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @classmethod
    def open(cls, url: str, *, reader_url: str = "") -> KosekiStore:
        """
        Return the register at `url`; see `open_engine` for its forms.

        Raises:
            StoreRefused: not reachable, no register there, or one of another schema version.
        """
        return cls(open_engine(url, reader_url=reader_url))

    def feed_state(self) -> FeedState:
        """Return how current the register is."""
        return reading.read_feed(self._engine)

    def read_held(self, meant: Meant) -> HeldRead:
        """Return who is meant and who stands in the register, of one committed version."""
        return reading.read_held(self._engine, meant)

    def read_koseki(self, meant: Meant, members: tuple[int, ...]) -> KosekiRead:
        """Return what a 戸籍証明書 is made of; no members: everybody."""
        return reading.read_koseki(self._engine, meant, members)

    def read_supplement(self, meant: Meant, members: tuple[int, ...], *, honseki: bool, overseas_voter: bool) -> SupplementRead:
        """Return what a 附票の写し is made of."""
        return reading.read_supplement(self._engine, meant, members, honseki=honseki, overseas_voter=overseas_voter)

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
                lambda transaction: Applying(transaction, record).apply(),
                sequence=record.sequence,
                time_ms=record.time_ms,
            )
        return record

    def mark_stopped(self, code: WireCode) -> None:
        """Keep that the feed stands still."""
        mark_stopped(self._engine, code)

    def receive(self, enrolment: Received, *, pending_max: int) -> tuple[EnrolState, int]:
        """
        Keep a statement; return the state of the card's newest one and when it came.

        Raises:
            CallRefused: BUSY, too many wait.
            StoreFailed: the database said no.
        """
        return enrolling.receive(self._engine, enrolment, pending_max=pending_max)

    def pending(self) -> tuple[Enrolment, ...]:
        """Return the statements that wait for staff, oldest first, each with the people of that birth date."""
        return enrolling.pending(self._engine)

    def decide(self, decision: EnrolDecision, by: tuple[str, str], *, now_ms: int) -> EnrolState:
        """
        Carry out what two staff members decided.

        Raises:
            DecisionRefused: it does not fit what the register holds.
            StoreFailed: the database said no.
        """
        return enrolling.decide(self._engine, decision, by, now_ms=now_ms)

    def close(self) -> None:
        """Close the database."""
        self._engine.close()
