"""
What the blind servers have in common: check a frame's outside, shorten its deadline, pass it on byte for byte.

A server that passes envelopes holds this and nothing else: no key, no store, no log of content.
Source: docs/spec/protocol.md sections 2.4, 3.3, 8.
"""

from __future__ import annotations

from typing import Protocol

from akashi.base.ports import Caller, Clock, Endpoint, Link
from akashi.wire import calls, codec
from akashi.wire.errors import Refused, WireCode
from akashi.wire.frames import BULLETIN_REQUEST_BYTES_MAX, FRAME_BYTES_MAX, OpenFrame, parse_frame, shorten
from akashi.wire.messages import Bulletin, BulletinRequest, Frame
from akashi.wire.topology import Method


class Passes(Protocol):
    """A server with the two methods of the route."""

    async def bulletin(self, municipality: str) -> Bulletin:
        """Return what is public."""
        ...

    async def forward(self, caller: Caller, untrusted_frame: bytes) -> bytes:
        """Return the sealed answer to a frame."""
        ...


class Passing:
    """
    Passes frames of known municipalities to one next hop.

    Args:
        link: to the next hop.
        clock: for deadlines.
        next_hop: name in the topology.
        municipalities: which cities stand behind this server; others are CITY_UNKNOWN.
        bulletin_deadline_ms: how long to wait for a bulletin.
    """

    def __init__(
        self, link: Link, clock: Clock, *, next_hop: str, municipalities: frozenset[str], bulletin_deadline_ms: int
    ) -> None:
        self.link = link
        self.bulletin_deadline_ms = bulletin_deadline_ms
        self._clock = clock
        self._next_hop = next_hop
        self._municipalities = municipalities

    async def bulletin(self, municipality: str) -> Bulletin:
        """Return the next hop's bulletin as it came. Raises Refused with CITY_UNKNOWN or the next hop's code."""
        self.check_known(municipality)
        return await calls.bulletin(self.link, self._next_hop, municipality, deadline_ms=self.bulletin_deadline_ms)

    async def forward(self, caller: Caller, untrusted_frame: bytes) -> bytes:
        """
        Return the sealed answer.

        Raises:
            Refused: malformed, unknown city, no time left (DEADLINE_PASSED), what `prepare` refuses, or the next hop's code.
        """
        arrived_ms = self._clock.monotonic_ms()
        opened = parse_frame(untrusted_frame)
        self.check_known(opened.header.municipality)
        frame = await self.prepare(caller, opened)
        onward = shorten(frame, self._clock.monotonic_ms() - arrived_ms)
        return await calls.forward(self.link, self._next_hop, onward)

    async def prepare(self, caller: Caller, opened: OpenFrame) -> Frame:  # noqa: ARG002 - for servers that do more than pass
        """Return the frame to pass on; a server that checks or attaches something does it here."""
        return opened.frame

    def check_known(self, municipality: str) -> None:
        """Raise Refused (CITY_UNKNOWN) where the city does not stand behind this server."""
        if municipality not in self._municipalities:
            raise Refused(WireCode.CITY_UNKNOWN, municipality)


def passing_endpoints(service: Passes) -> dict[str, Endpoint]:
    """Return the two endpoints of a passing server."""

    async def bulletin(_caller: Caller, untrusted_body: bytes) -> bytes:
        return codec.encode(await service.bulletin(codec.parse(BulletinRequest, untrusted_body).municipality))

    return {
        Method.BULLETIN: Endpoint(bulletin, BULLETIN_REQUEST_BYTES_MAX),
        Method.FORWARD: Endpoint(service.forward, FRAME_BYTES_MAX),
    }
