"""
What the three journeys share: the opened envelope, the time left, and answers that leave sealed.

Refusals are answers: signed by the checker, sealed, as long as a yes of the same journey. Source: docs/spec/protocol.md
sections 3.4, 4.6, 8.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from akashi.admission import Trust
from akashi.base.log import Log
from akashi.base.ports import Clock, Compute, Ids
from akashi.documents.compose import FONTS_DEBIAN
from akashi.rules.certificates import Forms
from akashi.rules.policy import CityPolicy
from akashi.sealing.padding import SizeClass
from akashi.sealing.seal import seal_answer
from akashi.wire.errors import Refused, WireCode
from akashi.wire.kinds import Registry
from akashi.wire.messages import AttestRefusalCall, Envelope, Frame, Header, JourneyClass
from akashi.zones.issuance.issuer.clients import Checker, Recorder, RegistryClient, Residents
from akashi.zones.issuance.issuer.composers import COMPOSERS, Composers, forms_of
from akashi.zones.issuance.issuer.config import ServiceConfig
from akashi.zones.issuance.issuer.database import Database
from akashi.zones.issuance.issuer.errors import IssuerRefused
from akashi.zones.issuance.issuer.keys import CityKeys
from akashi.zones.issuance.issuer.outcomes_store import OutcomesStore
from akashi.zones.issuance.issuer.store import Store

CLASS_MIN = {
    JourneyClass.ELIGIBILITY: SizeClass.SMALL,
    JourneyClass.ISSUE: SizeClass.MEDIUM,
    JourneyClass.OUTCOME: SizeClass.SMALL,
}
"""The class of an ordinary yes: an answer is never in a smaller one, so a relay cannot tell a refusal by its size."""


@dataclass(frozen=True, slots=True)
class Parts:
    """
    What a journey works with. Only the clock, the compute and the neighbours are ever awaited.

    Attributes:
        database: where store and outcomes write.
        policy: the city's decisions as they are now.
        trust: what admission checks a request against.
        registries: every one but core/residents, which is `residents`.
        composers: which kinds can be drawn.
        fonts: what certificates are drawn with.
    """

    clock: Clock
    ids: Ids
    log: Log
    compute: Compute
    residents: Residents
    checker: Checker
    recorder: Recorder
    database: Database
    store: Store
    outcomes: OutcomesStore
    keys: CityKeys
    trust: Trust
    policy: Callable[[], CityPolicy]
    limits: ServiceConfig
    registries: Mapping[Registry, RegistryClient]
    composers: Composers = field(default_factory=lambda: COMPOSERS)
    fonts: tuple[str, ...] = FONTS_DEBIAN

    @property
    def forms(self) -> Forms:
        """What can be drawn."""
        return forms_of(self.composers)


class Deadline:
    """
    The time left for one request, by the monotonic clock.

    Args:
        clock: for the time.
        arrived_ms: monotonic moment of arrival.
        left_ms: time left at that moment.
    """

    def __init__(self, clock: Clock, arrived_ms: int, left_ms: int) -> None:
        self._clock = clock
        self._arrived_ms = arrived_ms
        self._end_ms = arrived_ms + left_ms

    def shorten(self, left_ms: int) -> None:
        """Bring the end forward to `left_ms` after arrival; it never moves back."""
        self._end_ms = min(self._end_ms, self._arrived_ms + left_ms)

    def left_ms(self) -> int:
        """
        Return the time left, 1 or more.

        Raises:
            IssuerRefused: none is (DEADLINE_PASSED).
        """
        left = self._end_ms - self._clock.monotonic_ms()
        if left <= 0:
            raise IssuerRefused(WireCode.DEADLINE_PASSED)
        return left


@dataclass(frozen=True, slots=True)
class Opened:
    """
    A request whose header was checked.

    Attributes:
        envelope_hash: what its answer is bound to.
        mark: hash of what the sender sealed (header and part I); no relay can change it.
        arrived_ms: monotonic moment of arrival.
    """

    frame: Frame
    envelope: Envelope
    header: Header
    envelope_hash: bytes
    mark: bytes
    arrived_ms: int
    deadline: Deadline

    @property
    def sender_kiosk(self) -> str:
        """The kiosk that the header names; a claim until a signature proves it."""
        return self.header.sender.removeprefix("store/kiosk/")


async def on_disk(clock: Clock, database: Database) -> None:
    """
    Return when everything that this server has decided so far is on the disk. Nothing leaves before: no entry, no answer.

    Raises:
        StoreRefused: the disk says no.
    """
    mark = database.mark()
    if not database.is_synced(mark):
        # Calls that are ready at the same time gather here; whoever comes back first waits for the disk for all of them.
        await clock.sleep_ms(0)
        if not database.is_synced(mark):
            database.sync()


def seal_for(opened: Opened, signed_answer: bytes, kem_public: bytes) -> bytes:
    """Return the checker's answer sealed to the session's key, in the size class of the journey or a larger one."""
    return seal_answer(
        signed_answer,
        header=opened.envelope.header,
        envelope_hash=opened.envelope_hash,
        public=kem_public,
        class_min=CLASS_MIN[opened.header.journey],
    )


async def sealed_refusal(parts: Parts, opened: Opened, code: WireCode, kem_public: bytes) -> bytes:
    """
    Return a no as a sealed answer.

    Raises:
        Refused: the checker cannot be asked, or no time is left; then only a plain code can leave.
    """
    parts.log.event("refused", journey=opened.header.journey, code=code)
    call = AttestRefusalCall(opened.envelope_hash, code)
    try:
        signed = await parts.checker.attest_refusal(call, deadline_ms=opened.deadline.left_ms())
    except Refused as failure:
        if failure.code is WireCode.DEADLINE_PASSED:
            raise
        raise IssuerRefused(failure.code, f"no one to sign the refusal {code}") from None
    return seal_for(opened, signed, kem_public)
