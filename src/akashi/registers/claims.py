"""
Order numbers that were used: one number of one session is one order and one issue number, whoever asks.

In memory only; after a restart the ledger still has an intent for whatever is asked. Source: docs/spec/protocol.md section 5.3.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from akashi.registers.errors import CallRefused
from akashi.wire.errors import WireCode


@dataclass(slots=True, repr=False)
class _Session:
    not_after_ms: int
    orders: dict[int, tuple[bytes, str]] = field(default_factory=dict)


class OrderClaims:
    """
    The order numbers of all sessions whose tickets have not ended.

    Args:
        sessions_max: how many sessions at a time; then the server is busy rather than forgetful.
    """

    def __init__(self, sessions_max: int) -> None:
        self._sessions_max = sessions_max
        self._sessions: dict[bytes, _Session] = {}

    def claim(self, transcript: bytes, order: tuple[int, bytes, str], *, not_after_ms: int, now_ms: int) -> None:
        """
        Give an order number to an order and an issue number, for good. The same three again (a lost answer) change nothing.

        Numbers only go up. Some are left out: the issuer uses a number up for an order that it refuses by itself, and another
        registry answers for another kind.

        Args:
            transcript: T of the session.
            order: its number, its hash, its issue number.
            not_after_ms: end of the session's ticket; after it the caller refuses, so the claims can be forgotten.
            now_ms: the register's time.

        Raises:
            CallRefused: CONTRADICTION, the number is another order's or has another issue number; GRANT_ORDER, a higher number
                was asked for before; BUSY, too many sessions.
        """
        number, hashed, issue_number = order
        orders = self._session(transcript, not_after_ms, now_ms).orders
        known = orders.get(number)
        if known is None and number <= max(orders, default=0):
            raise CallRefused(WireCode.GRANT_ORDER, "a later order was read before")
        if known is not None and known != (hashed, issue_number):
            raise CallRefused(WireCode.CONTRADICTION, "another order or issue number for this order number")
        orders[number] = (hashed, issue_number)

    def _session(self, transcript: bytes, not_after_ms: int, now_ms: int) -> _Session:
        session = self._sessions.get(transcript)
        if session is None:
            if len(self._sessions) >= self._sessions_max:
                self._sessions = {key: one for key, one in self._sessions.items() if one.not_after_ms > now_ms}
                if len(self._sessions) >= self._sessions_max:
                    raise CallRefused(WireCode.BUSY, "too many open sessions")
            session = self._sessions[transcript] = _Session(not_after_ms)
        session.not_after_ms = max(session.not_after_ms, not_after_ms)
        return session
