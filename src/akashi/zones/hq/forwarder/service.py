"""
hq/forwarder: passes envelopes from the operator's kiosks to the certificate center, byte for byte, keeping nothing.

Trusts nobody: it can open no part. In memory and for seconds it holds what is public and signed: beacon and directories.
"""

from __future__ import annotations

from dataclasses import dataclass

from akashi.base.ports import Caller, Clock, Link
from akashi.wire.errors import Refused, WireCode
from akashi.wire.frames import OpenFrame
from akashi.wire.messages import Bulletin, Frame
from akashi.wire.passing import Passing


@dataclass(frozen=True, slots=True)
class _Cached:
    bulletin: Bulletin
    read_at_ms: int


class Forwarder(Passing):
    """
    The forwarder.

    Args:
        link: to center/relay.
        clock: for deadlines and the bulletin's age in the cache.
        municipalities: which cities its kiosks may ask.
        bulletin_deadline_ms: how long to wait for a fresh bulletin.
        bulletin_cache_ms: how long a bulletin is given out again; a beacon is new every 30 s and good for 3 minutes.
    """

    def __init__(
        self,
        link: Link,
        clock: Clock,
        *,
        municipalities: frozenset[str],
        bulletin_deadline_ms: int,
        bulletin_cache_ms: int,
    ) -> None:
        super().__init__(
            link,
            clock,
            next_hop="center/relay",
            municipalities=municipalities,
            bulletin_deadline_ms=bulletin_deadline_ms,
        )
        self._cache_clock = clock
        self._bulletin_cache_ms = bulletin_cache_ms
        self._bulletins: dict[str, _Cached] = {}

    async def bulletin(self, municipality: str) -> Bulletin:
        """
        Return beacon and directories of a municipality, at most `bulletin_cache_ms` old.

        Raises:
            Refused: unknown municipality, or the center could not be asked.
        """
        cached = self._bulletins.get(municipality)
        now_ms = self._cache_clock.monotonic_ms()
        if cached is not None and now_ms - cached.read_at_ms < self._bulletin_cache_ms:
            return cached.bulletin
        fresh = await super().bulletin(municipality)
        self._bulletins[municipality] = _Cached(fresh, now_ms)
        return fresh

    async def prepare(self, caller: Caller, opened: OpenFrame) -> Frame:
        """Refuse a frame that names another kiosk than the one that calls, or brings a token it cannot have."""
        if opened.header.sender != f"{caller.server}/{caller.instance}":
            raise Refused(WireCode.CALLER_REFUSED, "sender is not the calling kiosk")
        if opened.frame.validity_token:
            raise Refused(WireCode.MALFORMED, "a kiosk brings no validity token")
        return opened.frame
