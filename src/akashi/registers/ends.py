"""
When each session's ticket ends: asked again, a session gets no new half hour.

In memory only; the ticket itself is signed and says its end, so a restart ends no session.
Source: docs/spec/protocol.md section 4.5.
"""

from __future__ import annotations

from akashi.registers.errors import CallRefused
from akashi.wire.errors import WireCode

REMEMBERED_MS = 600_000
"""An end is remembered at least this long, however soon it comes: longer than any validity token could open a session again."""


class TicketEnds:
    """
    The ends of all tickets that were given, by transcript.

    Args:
        tickets_max: how many are remembered at a time; then the server is busy rather than forgetful.
    """

    def __init__(self, tickets_max: int) -> None:
        self._tickets_max = tickets_max
        self._ends: dict[bytes, tuple[int, int]] = {}

    def end_ms(self, transcript: bytes, *, now_ms: int) -> int | None:
        """
        Return when the ticket of that transcript ends, or None where none was given.

        Raises:
            CallRefused: GRANT_ENDED, it has ended; no other is given.
        """
        end = self._ends.get(transcript)
        if end is None:
            return None
        if end[0] <= now_ms:
            raise CallRefused(WireCode.GRANT_ENDED, "the ticket of this session has run out")
        return end[0]

    def keep(self, transcript: bytes, end_ms: int, *, now_ms: int) -> None:
        """
        Remember the end of a ticket that is given now. The same transcript again (a retried call) changes nothing.

        Raises:
            CallRefused: BUSY, too many.
        """
        if transcript in self._ends:
            return
        if len(self._ends) >= self._tickets_max:
            self._ends = {key: one for key, one in self._ends.items() if one[1] > now_ms}
            if len(self._ends) >= self._tickets_max:
                raise CallRefused(WireCode.BUSY, "too many open sessions")
        self._ends[transcript] = (end_ms, max(end_ms, now_ms + REMEMBERED_MS))
