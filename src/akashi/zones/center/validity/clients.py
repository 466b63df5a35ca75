"""The one neighbour of center/validity: the revocation responder of the card's authority."""

from __future__ import annotations

from akashi.base.ports import Link
from akashi.wire import calls
from akashi.wire.topology import Method


class Responder:
    """
    jpki/responder, an outside party.

    Args:
        link: to it.
    """

    def __init__(self, link: Link) -> None:
        self._link = link

    async def ask(self, request_der: bytes, *, deadline_ms: int) -> bytes:
        """
        Return the untrusted OCSP answer.

        Args:
            request_der: OCSP request; holds issuer and serial number, nothing about what the card is used for.
            deadline_ms: how long to wait.

        Raises:
            Refused: it said no, could not be reached or was too slow.
        """
        return await calls.call(self._link, "jpki/responder", Method.OCSP, request_der, deadline_ms=deadline_ms)
