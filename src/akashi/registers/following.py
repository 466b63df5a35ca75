"""
Following a change feed: how current a register is, and lines applied until one is refused.

Promise: after a line that must not be applied nothing is read, over restarts too, until the right line came; nor while the last
record is too old. Source: docs/spec/registry.md section 3; requirements C2.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from akashi.base.log import Log
from akashi.base.ports import Clock
from akashi.registers.errors import FeedRefused, RegistryStale
from akashi.registers.feeding import DIGESTS_KEPT
from akashi.wire.errors import WireCode


@dataclass(frozen=True, slots=True)
class FeedState:
    """
    How far a register's feed has come.

    Attributes:
        municipality: whose register it is.
        sequence: number of the last applied record.
        as_of_ms: the source's time of it.
        stopped: code of the refusal at which the feed stands still, or empty.
    """

    municipality: str
    sequence: int
    as_of_ms: int
    stopped: str


@dataclass(frozen=True, slots=True)
class FeedStatus:
    """
    How current a register is, for people and logs.

    Attributes:
        sequence: number of the last applied record.
        as_of_ms: the source's time of it.
        lag_ms: how long ago that is by this server's clock.
        stopped: code at which the feed stands still, or empty.
        stale: whether reads are refused because of it.
    """

    sequence: int
    as_of_ms: int
    lag_ms: int
    stopped: str
    stale: bool


class AnyRecord(Protocol):
    """What every feed's record says of itself."""

    @property
    def sequence(self) -> int:
        """1, 2, 3 … without a gap."""
        ...

    @property
    def time_ms(self) -> int:
        """When the source committed it."""
        ...


class FedStore(Protocol):
    """What following needs of a register's store."""

    def feed_state(self) -> FeedState:
        """Return how current the register is."""
        ...

    def apply_line(self, untrusted_line: bytes, check: Callable[[AnyRecord], bool]) -> AnyRecord:
        """Parse and apply one line, unless `check` says that it was applied long ago; return its record."""
        ...

    def mark_stopped(self, code: WireCode) -> None:
        """Keep that the feed stands still."""
        ...


@dataclass(frozen=True, slots=True)
class FeedLimits:
    """
    How current a register must be.

    Attributes:
        age_ms_max: how old the last record may be before nothing is read any more.
        ahead_ms_max: how far the source's clock may be ahead of this server's.
    """

    age_ms_max: int
    ahead_ms_max: int


class Following:
    """
    The feed of one register.

    Args:
        store: the register's store.
        clock: the server's time.
        limits: see there.
        log: is told when the feed stops; ids and codes only.
    """

    def __init__(self, store: FedStore, *, clock: Clock, limits: FeedLimits, log: Log) -> None:
        self._store = store
        self._clock = clock
        self._limits = limits
        self._log = log
        self._applied = 0

    def status(self, feed: FeedState | None = None) -> FeedStatus:
        """
        Return how current the register is: at the moment, or where a snapshot saw it.

        Raises:
            StoreFailed: the database said no.
        """
        state = self._store.feed_state() if feed is None else feed
        lag_ms = self._clock.now_ms() - state.as_of_ms
        stale = bool(state.stopped) or lag_ms > self._limits.age_ms_max
        return FeedStatus(state.sequence, state.as_of_ms, lag_ms, state.stopped, stale)

    def check_fresh(self, feed: FeedState) -> None:
        """
        Check that a snapshot is current enough to be given out.

        Raises:
            RegistryStale: the feed stands still or is too old.
        """
        if self.status(feed).stale:
            raise RegistryStale("the feed stands still or is too old")

    def apply(self, untrusted_lines: Sequence[bytes]) -> FeedStatus:
        """
        Apply lines of the feed, each in its own transaction, until one is refused.

        Raises:
            FeedRefused: a line that must not be applied; it and those after it were not; until it is put right, nothing is read.
            StoreFailed: the database said no.
        """
        for line in untrusted_lines:
            try:
                record = self._store.apply_line(line, self._is_new)
            except FeedRefused as refused:
                self._store.mark_stopped(refused.code)
                self._log.event("feed_stopped", code=refused.code.value, after=self._applied)
                raise
            self._applied = max(self._applied, record.sequence)
        return self.status()

    def _is_new(self, record: AnyRecord) -> bool:
        if record.sequence <= self._applied - DIGESTS_KEPT:
            return False  # long applied; a source that is read again from its beginning costs no transaction for these
        if record.time_ms > self._clock.now_ms() + self._limits.ahead_ms_max:
            raise FeedRefused("the source's clock is ahead", code=WireCode.MALFORMED)
        return True
