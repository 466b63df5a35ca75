"""
dmz/transfer: the transfer server (転送サーバ) in the city's LGWAN public segment: passes envelopes to the issuing server.

It can open no part, and keeps nothing: an envelope passes through memory only.
"""

from __future__ import annotations

from akashi.base.ports import Clock, Link
from akashi.wire.passing import Passing


class Transfer(Passing):
    """
    Passes to issuance/issuer.

    Args:
        link: to issuance/issuer.
        clock: for deadlines.
        municipalities: which cities stand behind this server.
        bulletin_deadline_ms: how long to wait for a bulletin.
    """

    def __init__(self, link: Link, clock: Clock, *, municipalities: frozenset[str], bulletin_deadline_ms: int) -> None:
        super().__init__(
            link, clock, next_hop="issuance/issuer", municipalities=municipalities, bulletin_deadline_ms=bulletin_deadline_ms
        )
