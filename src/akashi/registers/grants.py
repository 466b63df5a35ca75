"""
Grants that are open: under which card each session's ticket was given, and what was ordered under it.

In memory only; a restart ends them all. Promise: one order number is one order and one issue number, for as long as its grant
lives, whoever asks.
Source: docs/spec/protocol.md sections 4.5, 4.7 and 5.3.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from akashi.registers.errors import CallRefused
from akashi.wire.errors import WireCode

REMEMBERED_MS = 600_000
"""A grant is remembered at least this long, however soon it ends: longer than any validity token could open it again."""


@dataclass(frozen=True, slots=True, repr=False)
class Grant:
    """
    One grant.

    Attributes:
        issuer_dn, serial: the stored link that was read when it was opened; one person may have several live cards.
        subject_token: what was answered then; an order must come with the secret that gives it again.
        not_after_ms: end of the ticket.
        remembered_until_ms: until when the same transcript must not open another one.
        orders: order number to (order hash, issue number) of everything that was asked for.
    """

    issuer_dn: bytes
    serial: int
    subject_token: bytes
    not_after_ms: int
    remembered_until_ms: int
    orders: dict[int, tuple[bytes, str]] = field(default_factory=dict)

    def claim(self, number: int, hashed: bytes, issue_number: str) -> None:
        """
        Give an order number to an order and an issue number, for good. The same three again (a lost answer) change nothing.

        Numbers only go up. Some are left out: the issuer uses a number up for an order that it refuses by itself.

        Raises:
            CallRefused: CONTRADICTION, the number is another order's or has another issue number; GRANT_ORDER, a higher number
                was asked for before.
        """
        known = self.orders.get(number)
        if known is None and number <= max(self.orders, default=0):
            raise CallRefused(WireCode.GRANT_ORDER, "a later order was read before")
        if known is not None and known != (hashed, issue_number):
            raise CallRefused(WireCode.CONTRADICTION, "another order or issue number for this order number")
        self.orders[number] = (hashed, issue_number)


class OpenGrants:
    """
    All grants by transcript.

    Args:
        grants_max: how many at a time; then the server is busy rather than forgetful.
    """

    def __init__(self, grants_max: int) -> None:
        self._grants_max = grants_max
        self._grants: dict[bytes, Grant] = {}

    def end_ms(self, transcript: bytes, *, now_ms: int) -> int | None:
        """
        Return when the grant of that transcript ends, or None where none was opened.

        Raises:
            CallRefused: GRANT_ENDED, it has ended; it is not opened again.
        """
        grant = self._grants.get(transcript)
        return None if grant is None else self.get(transcript, now_ms=now_ms).not_after_ms

    def add(self, transcript: bytes, grant: Grant, *, now_ms: int) -> None:
        """
        Keep a grant. The same transcript again (a retried call) changes nothing: its first end and its orders stay.

        Raises:
            CallRefused: BUSY, too many are open.
        """
        if transcript in self._grants:
            return
        if len(self._grants) >= self._grants_max:
            self._grants = {key: one for key, one in self._grants.items() if one.remembered_until_ms > now_ms}
            if len(self._grants) >= self._grants_max:
                raise CallRefused(WireCode.BUSY, "too many open grants")
        self._grants[transcript] = grant

    def get(self, transcript: bytes, *, now_ms: int) -> Grant:
        """
        Return the grant of that transcript.

        Raises:
            CallRefused: GRANT_ENDED, none is open (any more).
        """
        grant = self._grants.get(transcript)
        if grant is None or grant.not_after_ms <= now_ms:
            raise CallRefused(WireCode.GRANT_ENDED, "no such grant is open")
        return grant
