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

MUNICIPALITY_DIGITS = 6
"""An issue number begins with its city's code."""


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
        Send up to 50 pending lines, city by city, and return how many were acknowledged.

        Raises:
            Refused: the route's code or the city's refusal; the lines stay pending.
        """
        acknowledged = 0
        refused: Refused | None = None
        pending = self._journal.pending()
        for municipality in sorted({entry.issue_number[:MUNICIPALITY_DIGITS] for entry in pending}):
            entries = tuple(entry for entry in pending if entry.issue_number.startswith(municipality))
            try:
                acknowledged += await self._report_city(municipality, entries)
            except Refused as refusal:
                # One city that cannot be reached must not keep the others waiting.
                refused = refusal
        if refused is not None:
            raise refused
        return acknowledged

    async def _report_city(self, municipality: str, entries: tuple[OutcomeEntry, ...]) -> int:
        try:
            return await self._report_lines(municipality, entries)
        except SealedRefusal as refusal:
            if refusal.code is not WireCode.CONTRADICTION or len(entries) == 1:
                raise
        # One line contradicts what the city knows; people will look into it. It must not hold the right lines back.
        acknowledged = 0
        refused: Refused | None = None
        for entry in entries:
            try:
                acknowledged += await self._report_lines(municipality, (entry,))
            except SealedRefusal as refusal:
                refused = refusal
        if refused is not None:
            raise refused
        return acknowledged

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
