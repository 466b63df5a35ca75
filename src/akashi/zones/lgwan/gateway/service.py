"""
lgwan/gateway: the LGWAN service facility (LGWANサービス提供設備): takes envelopes from the center into the LGWAN.

It can open no part, and keeps nothing: an envelope passes through memory only.
"""

from __future__ import annotations

from akashi.base.ports import Clock, Link
from akashi.wire.passing import Passing


class Gateway(Passing):
    """
    Passes to dmz/transfer.

    Args:
        link: to dmz/transfer.
        clock: for deadlines.
        municipalities: which cities stand behind this server.
        bulletin_deadline_ms: how long to wait for a bulletin.
    """

    def __init__(self, link: Link, clock: Clock, *, municipalities: frozenset[str], bulletin_deadline_ms: int) -> None:
        super().__init__(
            link, clock, next_hop="dmz/transfer", municipalities=municipalities, bulletin_deadline_ms=bulletin_deadline_ms
        )
