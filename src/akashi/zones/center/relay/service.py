"""
center/relay: the wide-area relay (広域交付サーバ with 中継暗号化): takes an envelope off one hop's TLS and puts it on the next.

It has the card checked by center/validity, attaches validity's signed word, and forwards. It can open no part and keeps
nothing. 広域交付 and 中継暗号化 are one process here: docs/decisions/0002.
"""

from __future__ import annotations

import msgspec

from akashi.base.ports import Caller, Clock, Link
from akashi.wire import calls, codec
from akashi.wire.errors import Refused, WireCode
from akashi.wire.frames import OpenFrame
from akashi.wire.messages import CARD_JOURNEYS, Bulletin, CheckCardCall, Frame
from akashi.wire.passing import Passing
from akashi.wire.topology import Method
from akashi.wire.transcript import header_hash

VALIDITY = "center/validity"
NO_CITY = "000000"
"""What validity is asked with, whichever city is meant."""


class Relay(Passing):
    """
    The relay.

    Args:
        link: to center/validity and lgwan/gateway.
        clock: for deadlines.
        municipalities: which cities can be reached.
        bulletin_deadline_ms: how long to wait for each of a bulletin's parts.
    """

    def __init__(self, link: Link, clock: Clock, *, municipalities: frozenset[str], bulletin_deadline_ms: int) -> None:
        super().__init__(
            link,
            clock,
            next_hop="lgwan/gateway",
            municipalities=municipalities,
            bulletin_deadline_ms=bulletin_deadline_ms,
        )

    async def bulletin(self, municipality: str) -> Bulletin:
        """Return the center's beacon and directory with the city's directory. Raises Refused: CITY_UNKNOWN or a hop's code."""
        city = await super().bulletin(municipality)
        # Validity is not told which city is asked for: a card that comes seconds later would be known by it.
        center = await calls.bulletin(self.link, VALIDITY, NO_CITY, deadline_ms=self.bulletin_deadline_ms)
        return Bulletin(center.beacon, center.center_directory, city.city_directory)

    async def prepare(self, caller: Caller, opened: OpenFrame) -> Frame:  # noqa: ARG002 - any kiosk's, hq has checked which
        """Have the card checked where there is one, and attach validity's token. Validity sees the header's hash only."""
        if opened.frame.validity_token:
            raise Refused(WireCode.MALFORMED, "the token is attached here, not before")
        if opened.header.journey not in CARD_JOURNEYS:
            return opened.frame
        question = codec.encode(CheckCardCall(header_hash(opened.envelope.header), opened.envelope.validity_part))
        token = await calls.call(self.link, VALIDITY, Method.CHECK_CARD, question, deadline_ms=opened.frame.deadline_ms)
        return msgspec.structs.replace(opened.frame, validity_token=token)
