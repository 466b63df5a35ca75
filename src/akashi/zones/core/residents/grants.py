"""
Grants that are open: under which card each session's ticket was given. In memory only; a restart ends them all.

Source: docs/spec/protocol.md sections 4.5 and 4.7.
"""

from __future__ import annotations

from dataclasses import dataclass

from akashi.wire.errors import WireCode
from akashi.zones.core.residents.errors import CallRefused


@dataclass(frozen=True, slots=True, repr=False)
class Grant:
    """
    One open grant.

    Attributes:
        issuer_dn, serial: the stored link that was read when it was opened; one person may have several live cards.
        subject_token: what was answered then; an order must come with the secret that gives it again.
        not_after_ms: end of the ticket.
    """

    issuer_dn: bytes
    serial: int
    subject_token: bytes
    not_after_ms: int


class OpenGrants:
    """
    All open grants by transcript.

    Args:
        grants_max: how many at a time; then the server is busy rather than forgetful.
    """

    def __init__(self, grants_max: int) -> None:
        self._grants_max = grants_max
        self._grants: dict[bytes, Grant] = {}

    def add(self, transcript: bytes, grant: Grant, *, now_ms: int) -> None:
        """
        Keep a grant. The same transcript again (a retried call) replaces it by an equal one.

        Raises:
            CallRefused: BUSY, too many are open.
        """
        if len(self._grants) >= self._grants_max:
            self._grants = {key: one for key, one in self._grants.items() if one.not_after_ms > now_ms}
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
            self._grants.pop(transcript, None)
            raise CallRefused(WireCode.GRANT_ENDED, "no such grant is open")
        return grant
