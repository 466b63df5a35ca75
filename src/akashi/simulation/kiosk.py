"""
Kiosks and the people who come to them: a visit is a card, an eligibility request, one to three certificates, paper or none.

The session, the journal and the reports are the kiosk's own classes; what a person does (choose, pay, take, walk away) is drawn
from the kiosk's seed.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from akashi.card.client import CardClient
from akashi.simulation.city.places import MUNICIPALITY
from akashi.simulation.deployment import KioskKeys
from akashi.simulation.faults import Fault
from akashi.simulation.model import Model
from akashi.simulation.node import Booted, Generation, World
from akashi.simulation.site import FEE_YEN, PIN, Site, Visitor
from akashi.wire.certificates import Choice, Kind
from akashi.wire.errors import Refused, WireCode
from akashi.wire.messages import CertificateAnswer, EligibilityAnswer, Outcome, Predecessor
from akashi.zones.store.kiosk.errors import SealedRefusal
from akashi.zones.store.kiosk.outcomes import OutcomeReporter
from akashi.zones.store.kiosk.service import KioskIdentity, KioskSession, Wish
from akashi.zones.store.kiosk.store import Journal
from akashi.zones.store.kiosk.trust import PinnedRoots

BUILD = "simulation-1"
DEADLINE_MS = 30_000
OFFERED = (Choice.RELATIONSHIP, Choice.HONSEKI, Choice.MY_NUMBER, Choice.FOREIGN)
PRINT_MS = (20_000, 150_000)
REPRINTS_MAX = 3
REPEATS_MAX = 2

A = TypeVar("A")


class _Left(Exception):  # noqa: N818 - what happened
    """The applicant has walked away."""


@dataclass(slots=True)
class Actor:
    """
    One kiosk.

    Attributes:
        site, world, model: the run.
        keys: the device's.
        next_visitor: who comes next; None while nobody does.
        busy: whether a visit is going on.
        visits: how many have begun.
        pending: lines of the journal that are not acknowledged, as far as is known.
        place: the present life's.
        print_ms: shortest and longest time until the paper is taken.
    """

    site: Site
    world: World
    model: Model
    keys: KioskKeys
    next_visitor: Callable[[], Visitor | None]
    busy: bool = False
    visits: int = 0
    pending: int = 0
    place: Place | None = None
    print_ms: tuple[int, int] = PRINT_MS

    def boot(self, life: Generation) -> Booted:
        """Start the kiosk: its journal, its reports, its place for people."""
        journal = Journal(self.site.folder / f"journal-{self.keys.kiosk_id}.sqlite")
        fenced = life.fenced(journal)
        deployment = self.site.deployment
        roots = PinnedRoots(
            deployment.center.root.public_bytes, {MUNICIPALITY: deployment.city.root.public_bytes}, life.fenced(journal)
        )
        identity = KioskIdentity(self.keys.kiosk_id, self.keys.certificate, self.keys.device_key, BUILD)
        reporter = OutcomeReporter(identity, roots, life.link, life.ids, fenced, deadline_ms=DEADLINE_MS)
        self.busy = False
        # What the life before this one had opened and not handed out is void.
        fenced.abandon(WireCode.INTERNAL)
        self.place = Place(self, life, identity, roots, fenced, reporter, life.ids.random_bytes(8).hex())
        return Booted({}, (self.place.serve, self.place.report), journal.close)


@dataclass(slots=True)
class Place:
    """One life of a kiosk."""

    actor: Actor
    life: Generation
    identity: KioskIdentity
    roots: PinnedRoots
    journal: Journal
    reporter: OutcomeReporter
    holder: str

    async def serve(self) -> None:
        """Serve one person after the other."""
        while True:
            visitor = self.actor.next_visitor()
            if visitor is None:
                await self.life.clock.sleep_ms(1_000)
                continue
            self.actor.busy = True
            self.actor.visits += 1
            await self.visit(visitor, orders=self.life.node.random.randint(1, 3))
            self.actor.busy = False
            await self.life.clock.sleep_ms(self.life.node.random.randint(2_000, 40_000))

    async def report(self) -> None:
        """Send pending outcomes now and then; what fails is sent again."""
        while True:
            await self.life.clock.sleep_ms(self.life.node.random.randint(5_000, 20_000))
            await self._report_once()

    async def _report_once(self) -> None:
        try:
            await self.reporter.report()
        except Refused as refusal:
            self.actor.model.note_report(refusal.code, proven=isinstance(refusal, SealedRefusal))
        self.actor.pending = len(self.journal.pending())

    async def visit(self, visitor: Visitor, *, orders: int, think_ms: int = 30_000) -> list[CertificateAnswer]:
        """
        Serve one person and return the certificates that came out, taken or not.

        Args:
            visitor: whose card is put in.
            orders: how many certificates are wanted.
            think_ms: longest time that the person takes to choose.
        """
        since, step, got = self.actor.site.register.sequence, "prepare", list[CertificateAnswer]()
        session = KioskSession(self.identity, self.roots, link=self.life.link, ids=self.life.ids, deadline_ms=DEADLINE_MS)
        try:
            self._may_leave()
            await session.prepare(MUNICIPALITY)
            self._may_leave()
            step = "eligibility"
            session.use_card(CardClient(visitor.card()), PIN)
            answer = await self._patiently(session.ask, lambda: session.can_ask)
            self.actor.model.granted(visitor, answer)
            step = "issue"
            for _ in range(orders):
                self._may_leave()
                await self.life.clock.sleep_ms(self.life.node.random.randint(0, think_ms))
                await self._certificate(session, visitor, self._wish(answer), got)
        except _Left:
            self.actor.world.counts[Fault.KIOSK_LEFT] += 1
        except Refused as refusal:
            proven = isinstance(refusal, SealedRefusal)
            self.actor.model.refused(step, refusal.code, proven=proven, visitor=visitor, since=since)
        return got

    async def _patiently(self, send: Callable[[], Awaitable[A]], can_repeat: Callable[[], bool]) -> A:
        """Send, and send the identical envelope again where no proven answer came, as the applicant would by a key."""
        for _ in range(REPEATS_MAX):
            try:
                return await send()
            except Refused:
                if not can_repeat():
                    raise
            await self.life.clock.sleep_ms(self.life.node.random.randint(500, 8_000))
        return await send()

    def _may_leave(self) -> None:
        if self.life.node.random.random() < self.actor.world.plan.kiosk_left / 4:
            raise _Left

    def _wish(self, answer: EligibilityAnswer) -> Wish:
        rng = self.life.node.random
        everybody = tuple(sorted(one.member_ref for one in answer.members))
        own = tuple(one.member_ref for one in answer.members if one.is_applicant)
        some = tuple(sorted(rng.sample(everybody, rng.randint(1, len(everybody)))))
        choices = tuple(choice for choice in OFFERED if rng.random() < 0.4)  # noqa: PLR2004 - any mixture
        return Wish(Kind.JUMINHYO, rng.choice((everybody, own, some)), choices, FEE_YEN)

    async def _certificate(self, session: KioskSession, visitor: Visitor, wish: Wish, got: list[CertificateAnswer]) -> None:
        """Order, print, and print again under the same payment where the paper did not come."""
        for _ in range(REPRINTS_MAX):
            answer = await self._order(session, wish)
            self.actor.model.delivered(self.identity.kiosk_id, visitor, wish, answer)
            self.journal.note_opened(answer.issue_number, self.holder)
            got.append(answer)
            sequence = await self._print(answer)
            if sequence is None:
                return
            await self._report_once()
            wish = Wish(wish.kind, wish.members, wish.choices, 0, Predecessor(answer.issue_number, sequence))

    async def _order(self, session: KioskSession, wish: Wish) -> CertificateAnswer:
        sent = False

        async def send() -> CertificateAnswer:
            nonlocal sent
            if sent:
                return await session.again()
            sent = True
            return await session.order(wish)

        return await self._patiently(send, lambda: session.can_repeat)

    async def _print(self, answer: CertificateAnswer) -> int | None:
        """Return None where the paper was taken, else the journal's number of the VOID."""
        rng, number = self.life.node.random, answer.issue_number
        await self.life.clock.sleep_ms(rng.randint(*self.actor.print_ms))
        if rng.random() < self.actor.world.plan.print_failed:
            self.actor.world.counts[Fault.PRINT_FAILED] += 1
            sequence = self.journal.record(number, Outcome.VOID, WireCode.INTERNAL)
            self.actor.model.settled(number, Outcome.VOID, 0)
            return sequence
        self.journal.record(number, Outcome.TAKEN, None)
        self.actor.model.settled(number, Outcome.TAKEN, FEE_YEN)
        return None
