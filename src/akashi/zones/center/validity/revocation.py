"""
Is the card revoked? One interface, two sources, and the order in which they are asked.

Promises: the only way to a source's name is an authentic answer, in date, about this very certificate. A "revoked" is final:
no other source is asked for a better one. Source: docs/spec/protocol.md section 4.4; docs/spec/pki.md section 5.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from akashi.base.log import Log
from akashi.base.ports import Clock, Ids
from akashi.pki import ocsp
from akashi.pki.crl import RevocationList, check_not_listed
from akashi.pki.errors import CardRevoked, RevocationUnknown
from akashi.pki.jpki import CardIdentity
from akashi.wire.errors import Refused
from akashi.wire.messages import RevocationSource
from akashi.zones.center.validity.clients import Responder


class Revocation(Protocol):
    """Where revocation is looked up."""

    async def check(self, card: CardIdentity) -> RevocationSource:
        """
        Return the source that says the card is not revoked.

        Raises:
            CardRevoked: revoked or on hold.
            RevocationUnknown: no authentic answer in date.
        """
        ...


class ByOcsp:
    """
    Asks the responder, with a fresh nonce each time.

    Args:
        responder: the neighbour.
        clock: the verifier's time.
        ids: for nonces.
        deadline_ms: how long to wait.
    """

    def __init__(self, responder: Responder, clock: Clock, ids: Ids, *, deadline_ms: int) -> None:
        self._responder = responder
        self._clock = clock
        self._ids = ids
        self._deadline_ms = deadline_ms

    async def check(self, card: CardIdentity) -> RevocationSource:
        """See `Revocation.check`."""
        nonce = self._ids.random_bytes(ocsp.NONCE_BYTES)
        question = ocsp.make_question(authority_der=card.authority_der, serial=card.serial, nonce=nonce)
        try:
            answer = await self._responder.ask(ocsp.encode_question(question), deadline_ms=self._deadline_ms)
        except Refused as failure:
            raise RevocationUnknown(f"responder: {failure.code}") from None
        status = ocsp.verify_answer(answer, question=question, authority_der=card.authority_der, now_ms=self._clock.now_ms())
        if status is ocsp.Status.REVOKED:
            raise CardRevoked("by the responder")
        if status is not ocsp.Status.GOOD:
            raise RevocationUnknown("the responder does not know the certificate")
        return RevocationSource.OCSP


class ByList:
    """
    Looks into revocation lists.

    Args:
        lists: the verified lists as they are now; whether one is in date is asked here, at every use.
        clock: the verifier's time.
    """

    def __init__(self, lists: Callable[[], Sequence[RevocationList]], clock: Clock) -> None:
        self._lists = lists
        self._clock = clock

    async def check(self, card: CardIdentity) -> RevocationSource:
        """See `Revocation.check`."""
        check_not_listed(card, lists=self._lists(), now_ms=self._clock.now_ms())
        return RevocationSource.CRL


class FirstThatKnows:
    """
    Asks one source, and another only where the first knows nothing.

    Args:
        first: asked always.
        second: asked where the first has no answer.
        log: is told that, without the card.
    """

    def __init__(self, first: Revocation, second: Revocation, log: Log) -> None:
        self._first = first
        self._second = second
        self._log = log

    async def check(self, card: CardIdentity) -> RevocationSource:
        """See `Revocation.check`."""
        try:
            return await self._first.check(card)
        except RevocationUnknown as unknown:
            self._log.event("revocation_second_source", code=unknown.code.value)
        return await self._second.check(card)
