"""
Tells the city what became of the paper, again and again until it is acknowledged.

Only the kiosk decides an outcome. Source: docs/spec/protocol.md section 6.
"""

from __future__ import annotations

from akashi.base.ports import Ids, Link
from akashi.sealing.keys import SealPrivateKey
from akashi.sealing.signing import Purpose, sign_message
from akashi.wire import calls, codec
from akashi.wire.errors import Refused, WireCode
from akashi.wire.messages import JourneyClass, OutcomeAck, OutcomeEntry, OutcomeReport, OutcomeRequest
from akashi.zones.store.kiosk.errors import SealedRefusal, SessionRefused
from akashi.zones.store.kiosk.journey import HQ, Journey, send
from akashi.zones.store.kiosk.service import KioskIdentity
from akashi.zones.store.kiosk.store import Journal
from akashi.zones.store.kiosk.trust import PinnedRoots

SINGLY_REFUSED_MAX = 3
"""So many lines, refused one after the other, end a round: it may be the city that has a fault, and not the lines."""


class OutcomeReporter:
    """
    Sends a kiosk's pending journal lines to a city.

    Args:
        kiosk: the device that signs.
        roots: what it believes.
        link: to hq/forwarder.
        ids: random bytes.
        journal: the lines.
        deadline_ms: for one report.
    """

    def __init__(
        self, kiosk: KioskIdentity, roots: PinnedRoots, link: Link, ids: Ids, journal: Journal, *, deadline_ms: int
    ) -> None:
        self._kiosk = kiosk
        self._roots = roots
        self._link = link
        self._ids = ids
        self._journal = journal
        self._deadline_ms = deadline_ms

    async def report(self) -> int:
        """
        Send pending lines, city by city, and return how many were acknowledged.

        Of each city up to 50, and up to 50 of those that it refused by themselves before: neither a city that is down nor lines
        that it refuses keep others waiting.

        Raises:
            Refused: the route's code or the city's refusal; the lines stay pending.
        """
        acknowledged = 0
        last: Refused | None = None
        for city in self._journal.pending_cities():
            # Both are looked up before anything is sent: what is refused now is not asked about twice.
            for entries in [self._journal.pending(city, refused=refused) for refused in (False, True)]:
                done, refusal = await self._report_some(city, entries)
                acknowledged += done
                last = refusal or last
        if last is not None:
            raise last
        return acknowledged

    async def _report_some(self, city: str, entries: tuple[OutcomeEntry, ...]) -> tuple[int, Refused | None]:
        """Return how many of these lines were acknowledged, and the last refusal. Where the city says no, find out to which."""
        if not entries:
            return 0, None
        try:
            return await self._report_lines(city, entries), None
        except SealedRefusal as refusal:
            if len(entries) == 1:
                self._journal.put_back(entries[0].sequence)
                return 0, refusal
        except Refused as refusal:
            return 0, refusal
        # Whatever the reason, it may be one line's: a contradiction into which people must look, a receipt that cannot be had.
        acknowledged, last, in_a_row = 0, None, 0
        for entry in entries:
            done, no = await self._report_some(city, (entry,))
            acknowledged, last = acknowledged + done, no or last
            in_a_row = in_a_row + 1 if no else 0
            if in_a_row == SINGLY_REFUSED_MAX or (no and not isinstance(no, SealedRefusal)):
                break
        return acknowledged, last

    async def _report_lines(self, municipality: str, entries: tuple[OutcomeEntry, ...]) -> int:
        report = OutcomeReport(self._kiosk.kiosk_id, entries)
        bulletin = await calls.bulletin(self._link, HQ, municipality, deadline_ms=self._deadline_ms)
        bearings = self._roots.take_bearings(municipality, bulletin)
        key = SealPrivateKey.generate()
        request = OutcomeRequest(
            key.public_bytes, self._kiosk.certificate, sign_message(self._kiosk.device_key, Purpose.OUTCOME, report)
        )
        issuer_key = bearings.issuer_seal()
        journey = Journey.seal(
            self._kiosk.header(JourneyClass.OUTCOME, municipality, issuer_key.key_id, self._ids),
            codec.encode(request),
            issuer_public=issuer_key.public,
            validity=None,
        )
        answer = await send(journey, self._link, bearings, key, deadline_ms=self._deadline_ms)
        if not isinstance(answer, OutcomeAck):
            raise SessionRefused(WireCode.MALFORMED, "answer of another journey")
        sent = {entry.sequence for entry in entries}
        done = tuple(number for number in answer.sequences if number in sent)
        self._journal.acknowledge(done)
        return len(done)
