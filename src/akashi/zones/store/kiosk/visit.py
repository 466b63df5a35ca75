"""
One person's visit: the session with the city, and what becomes of the paper.

Promises: before anybody sees a certificate its number is in the journal; one that was not taken is VOID before the next is
ordered and when the person leaves; one that was handed out is TAKEN first.
Source: docs/spec/protocol.md sections 5.6 and 6; requirements C14, C15.
"""

from __future__ import annotations

import asyncio
from contextlib import AbstractContextManager
from typing import Protocol

from akashi.wire.errors import WireCode
from akashi.wire.messages import CertificateAnswer, EligibilityAnswer, Outcome
from akashi.zones.store.kiosk.errors import SessionRefused
from akashi.zones.store.kiosk.service import Card, Wish


class Session(Protocol):
    """What a visit needs of a session; `service.KioskSession` is one."""

    @property
    def can_ask(self) -> bool:
        """Whether `ask` may be called."""
        ...

    @property
    def can_repeat(self) -> bool:
        """Whether `again` may be called, and `order` may not."""
        ...

    @property
    def can_order(self) -> bool:
        """Whether `order` may be called."""
        ...

    async def prepare(self, municipality: str) -> None:
        """Fetch and check beacon and directories."""
        ...

    def use_card(self, card: Card, pin: str) -> None:
        """Have the card sign."""
        ...

    async def ask(self) -> EligibilityAnswer:
        """Ask what can be had."""
        ...

    async def order(self, wish: Wish) -> CertificateAnswer:
        """Order one certificate."""
        ...

    async def again(self) -> CertificateAnswer:
        """Ask for the open order's answer again."""
        ...


class Notebook(Protocol):
    """What a visit needs of the journal; `store.Journal` is one."""

    def note_opened(self, issue_number: str, holder: str) -> None:
        """Note a certificate without outcome."""
        ...

    def record(self, issue_number: str, outcome: Outcome, cause: WireCode | None) -> int:
        """Note its outcome."""
        ...


class Visit:
    """
    A visit, from the first screen to the last.

    Args:
        session: fresh.
        journal: where numbers and outcomes go.
        holder: random name of this visit in the journal.
        municipality: the city that is asked.
    """

    def __init__(self, session: Session, journal: Notebook, *, holder: str, municipality: str) -> None:
        self.session = session
        self._journal = journal
        self._holder = holder
        self._municipality = municipality
        self._certificate: CertificateAnswer | None = None
        self._taken = False
        self.answer: EligibilityAnswer | None = None

    @property
    def certificate(self) -> CertificateAnswer | None:
        """The certificate that is here, taken or not."""
        return self._certificate

    @property
    def taken(self) -> bool:
        """Whether the certificate that is here was handed out."""
        return self._taken

    async def present(self, card_on_reader: AbstractContextManager[Card], pin: str) -> None:
        """
        Have the card sign this visit; it can be taken out as soon as this returns.

        Raises:
            Refused: the route is down, the card's no, or a card has signed already.
        """
        await self.session.prepare(self._municipality)

        def use() -> None:
            with card_on_reader as card:
                self.session.use_card(card, pin)

        # In a thread: a reader waits for its card, and the page must be able to say so meanwhile.
        await asyncio.to_thread(use)

    async def ask(self) -> EligibilityAnswer:
        """Return what can be had. Raises what the session raises."""
        self.answer = await self.session.ask()
        return self.answer

    async def order(self, wish: Wish) -> CertificateAnswer:
        """
        Order a certificate; the one before it, where it was not taken, is void first.

        Raises:
            JournalRefused: nothing was ordered, or what came is not shown.
            Refused: what the session raises.
        """
        self._void_untaken()
        return self._came(await self.session.order(wish))

    async def again(self) -> CertificateAnswer:
        """Ask for the open order's certificate again. Raises as `order`."""
        return self._came(await self.session.again())

    def take(self) -> bytes:
        """
        Return the file to hand out, after its number counts as taken. It may be handed out again until the visit ends.

        Raises:
            SessionRefused: there is none (GRANT_ORDER).
            JournalRefused: the outcome cannot be written; the file stays here.
        """
        if self._certificate is None:
            raise SessionRefused(WireCode.GRANT_ORDER, "no certificate is here")
        if not self._taken:
            self._journal.record(self._certificate.issue_number, Outcome.TAKEN, None)
            self._taken = True
        return self._certificate.pdf

    def leave(self) -> None:
        """
        End the visit: what was not taken is void, and nothing of it is kept.

        Raises:
            JournalRefused: the outcome cannot be written now; the journal still knows that one is missing.
        """
        try:
            self._void_untaken()
        finally:
            self._certificate, self.answer = None, None

    def _came(self, answer: CertificateAnswer) -> CertificateAnswer:
        self._journal.note_opened(answer.issue_number, self._holder)
        self._certificate, self._taken = answer, False
        return answer

    def _void_untaken(self) -> None:
        if self._certificate is not None and not self._taken:
            self._journal.record(self._certificate.issue_number, Outcome.VOID, WireCode.GRANT_ENDED)
        self._certificate, self._taken = None, False
