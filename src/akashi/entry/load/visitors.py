"""Visitors of the made-up city: each presents a card, gets one certificate, takes it. Timed from when they were due."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from akashi.card.client import CardClient
from akashi.card.virtual import VirtualCard
from akashi.entry.demo.city import DEMO_PIN
from akashi.entry.kiosk import Kiosk
from akashi.wire.certificates import Choice, Kind
from akashi.wire.errors import Refused
from akashi.wire.messages import Outcome
from akashi.zones.store.kiosk.service import Wish

_REPORT_SECONDS = 5.0
"""As kiosks do by default."""


@dataclass(slots=True)
class Tally:
    """
    What became of the visitors of one step.

    Attributes:
        latencies_ms: of those served, from due time to the opened and checked certificate.
        refused: code to count.
        done_at: when each served one was done, seconds on the monotonic clock.
    """

    latencies_ms: list[float] = field(default_factory=list)
    refused: dict[str, int] = field(default_factory=dict)
    done_at: list[float] = field(default_factory=list)

    def quantile(self, share: float) -> float:
        """Return the latency that `share` (0 to 1) of the served did not exceed, in ms; 0 where nobody was served."""
        ordered = sorted(self.latencies_ms)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def load_cards(folder: Path) -> tuple[VirtualCard, ...]:
    """Return the card images for load tests. They are not saved again: no PIN is wrong here."""
    return tuple(VirtualCard.load(path) for path in sorted(folder.glob("*.json")))


async def visit(kiosk: Kiosk, card: VirtualCard) -> None:
    """
    Be one visitor.

    Raises:
        Refused: no certificate.
    """
    session = kiosk.session()
    await session.prepare(kiosk.config.service.municipality)
    answer = await session.open_grant(CardClient(card), DEMO_PIN)
    offer = answer.offers[0]
    members = tuple(sorted(member.member_ref for member in answer.members))
    choices = (Choice.RELATIONSHIP, Choice.HONSEKI)
    certificate = await session.order(Wish(Kind.JUMINHYO, members, choices, offer.fee_yen))
    kiosk.journal.record(certificate.issue_number, Outcome.TAKEN, None)


async def run_step(
    kiosks: tuple[Kiosk, ...], cards: tuple[VirtualCard, ...], *, rate_per_s: float, seconds: float, on_done: Callable[[], None]
) -> Tally:
    """
    Let visitors come at random moments, `rate_per_s` on average, for `seconds`, and wait until all are done.

    Args:
        kiosks: where they come, in turn.
        cards: whose; used in turn, from different places so that one person rarely comes twice at once.
        rate_per_s: arrivals a second.
        seconds: how long they come.
        on_done: called after each visitor.
    """
    tally = Tally()
    rng = random.Random(1)  # noqa: S311 - the same arrivals in every run, so that runs compare
    start = time.monotonic() + 0.2
    due = start
    visitors: list[asyncio.Future[None]] = []
    reporting = [asyncio.ensure_future(_report(kiosk, number / len(kiosks))) for number, kiosk in enumerate(kiosks)]

    async def one(due_at: float, kiosk: Kiosk, card: VirtualCard) -> None:
        await asyncio.sleep(max(0.0, due_at - time.monotonic()))
        try:
            await visit(kiosk, card)
            now = time.monotonic()
            tally.latencies_ms.append((now - due_at) * 1000)
            tally.done_at.append(now)
        except Refused as refusal:
            tally.refused[refusal.code] = tally.refused.get(refusal.code, 0) + 1
        on_done()

    while True:
        due += rng.expovariate(rate_per_s)
        if due > start + seconds:
            break
        visitors.append(asyncio.ensure_future(one(due, kiosks[len(visitors) % len(kiosks)], cards[len(visitors) % len(cards)])))
    await asyncio.gather(*visitors)
    for task in reporting:
        task.cancel()
    return tally


async def _report(kiosk: Kiosk, phase: float) -> None:
    """Send outcomes in batches, as kiosks do; not all at the same moment."""
    reporter = kiosk.reporter()
    await asyncio.sleep(_REPORT_SECONDS * phase)
    while True:
        await asyncio.sleep(_REPORT_SECONDS)
        try:
            while await reporter.report():
                pass
        except Refused:
            continue
