"""A register's feed is followed beside its service: lines are taken to it, and its state is told in the log."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from akashi.base.log import Log
from akashi.base.ports import Clock
from akashi.registers.following import FeedStatus
from akashi.registers.tail import FeedTail
from akashi.wire.errors import Refused


class Fed(Protocol):
    """A service that lives by a feed."""

    def feed_status(self) -> FeedStatus:
        """Return how current the register is."""
        ...

    def apply_feed(self, untrusted_lines: Sequence[bytes]) -> FeedStatus:
        """Apply lines until one is refused."""
        ...


def follow(service: Fed, tail: FeedTail, clock: Clock, *, poll_ms: int, log: Log) -> Callable[[], Awaitable[None]]:
    """Return the background task that follows `tail`, looking for new lines every `poll_ms` milliseconds."""

    async def follow_feed() -> None:
        follower = _Follower(service, tail, log)
        while True:
            await clock.sleep_ms(0 if follower.step() else poll_ms)

    return follow_feed


class _Follower:
    """Takes the feed's lines to the service, and says in the log when the register's state changes."""

    def __init__(self, service: Fed, tail: FeedTail, log: Log) -> None:
        self._service = service
        self._tail = tail
        self._log = log
        self._told: tuple[str, bool] | None = None

    def step(self) -> bool:
        """Apply the next lines; return whether there may be more at once."""
        more = self._guarded(self._take)
        self._guarded(self._tell)
        return more

    def _take(self) -> bool:
        lines = self._tail.lines()
        if lines:
            self._service.apply_feed(lines)
            self._tail.taken()
        return bool(lines)

    def _tell(self) -> bool:
        status = self._service.feed_status()
        if (status.stopped, status.stale) != self._told:
            self._told = (status.stopped, status.stale)
            self._log.event(
                "feed", sequence=status.sequence, lag_ms=status.lag_ms, stopped=status.stopped or None, stale=status.stale
            )
        return False

    def _guarded(self, work: Callable[[], bool]) -> bool:
        try:
            return work()
        except Refused as refused:
            # The feed stands still; reads refuse by themselves when it is marked or too old.
            self._log.event("feed_waits", code=refused.code.value)
            return False
