"""
Journey OUTCOME at the issuer: what became of the paper, by the kiosk's own signed journal.

Promises: only the kiosk that got a number can say what became of it; a line counts once; an acknowledgement leaves only when the
ledger has every line. Source: docs/spec/protocol.md section 6; requirements C15.
"""

from __future__ import annotations

from akashi.admission import verify_kiosk
from akashi.sealing.errors import SignatureBad
from akashi.sealing.signing import Purpose, verify_message
from akashi.wire import codec
from akashi.wire.errors import Refused, WireCode
from akashi.wire.messages import AttestOutcomeCall, KeyUse, Outcome, OutcomeEvidence, OutcomeReport, OutcomeRequest
from akashi.zones.issuance.issuer.errors import Incident, IssuerRefused
from akashi.zones.issuance.issuer.journey import Opened, Parts, seal_for, sealed_refusal
from akashi.zones.issuance.issuer.ledgering import Ledgering
from akashi.zones.issuance.issuer.outcomes_store import Recorded, Wrong


class Outcomes:
    """
    Takes reports.

    Args:
        parts: what it works with.
        ledgering: for outcomes and contradictions.
    """

    def __init__(self, parts: Parts, ledgering: Ledgering) -> None:
        self._parts = parts
        self._ledgering = ledgering

    async def answer(self, opened: Opened, untrusted_request: bytes) -> bytes:
        """
        Return the sealed acknowledgement, or a signed no.

        Raises:
            Refused: malformed, no time left, or the checker cannot be asked.
        """
        request = codec.parse(OutcomeRequest, untrusted_request)
        try:
            return await self._record(opened, request)
        except Refused as refusal:
            if isinstance(refusal, Incident):
                await self._ledgering.stop(refusal, opened.deadline)
            return await sealed_refusal(self._parts, opened, refusal.code, request.kem_public)

    async def _record(self, opened: Opened, request: OutcomeRequest) -> bytes:
        parts, now_ms = self._parts, self._parts.clock.now_ms()
        kiosk = verify_kiosk(request.kiosk_certificate, center=parts.trust.center(now_ms), now_ms=now_ms)
        report = verify_message(kiosk.public, Purpose.OUTCOME, OutcomeReport, request.report)
        if not report.kiosk_id == kiosk.kiosk_id == opened.sender_kiosk:
            raise IssuerRefused(WireCode.KIOSK_UNTRUSTED, "the report, its certificate and its header name different kiosks")
        _check_form(report)
        evidence = OutcomeEvidence(request.report, request.kiosk_certificate)
        wrong = parts.outcomes.record(kiosk.kiosk_id, report.entries, evidence)
        if wrong:
            raise _incident(kiosk.kiosk_id, wrong)
        for entry in report.entries:
            await self._ledgering.settle(entry.issue_number, opened.deadline)
        recorded = self._recorded(kiosk.kiosk_id, report)
        outdated = self._outdated(recorded)
        for place in outdated:
            line = recorded[place]
            await self._ledgering.ask_again(kiosk.kiosk_id, report.entries[place], line.report_hash, opened.deadline)
        if outdated:
            recorded = self._recorded(kiosk.kiosk_id, report)
        call = AttestOutcomeCall(
            opened.envelope_hash,
            request.kiosk_certificate,
            request.report,
            tuple(line.receipt for line in recorded),
            tuple(line.report_hash for line in recorded),
        )
        signed = await parts.checker.attest_outcome(call, deadline_ms=opened.deadline.left_ms())
        return seal_for(opened, signed, request.kem_public)

    def _recorded(self, kiosk_id: str, report: OutcomeReport) -> tuple[Recorded, ...]:
        """Return what the ledger has of the report's lines, all of them, in order."""
        sequences = tuple(entry.sequence for entry in report.entries)
        recorded = self._parts.outcomes.recorded(kiosk_id, sequences)
        if len(recorded) != len(sequences):
            raise IssuerRefused(WireCode.LEDGER_DOWN, "the ledger does not have every line yet")
        return recorded

    def _outdated(self, recorded: tuple[Recorded, ...]) -> list[int]:
        """Return the places of receipts that the checker would not believe any more: their key is not named, or out of date."""
        now_ms = self._parts.clock.now_ms()
        directory = self._parts.keys.directory(now_ms)
        found = []
        for place, line in enumerate(recorded):
            try:
                directory.verify(line.receipt, use=KeyUse.RECEIPT, purpose=Purpose.RECEIPT, now_ms=now_ms)
            except SignatureBad:
                found.append(place)
        return found


def _check_form(report: OutcomeReport) -> None:
    for entry in report.entries:
        if (entry.outcome is Outcome.VOID) != (entry.cause is not None):
            raise IssuerRefused(WireCode.MALFORMED, "a cause belongs to VOID and to it alone")


def _incident(kiosk_id: str, wrong: tuple[Wrong, ...]) -> Incident:
    """Return one incident for the whole report: one is enough to stop, and the ledger's reader finds the rest at the kiosk."""
    first = next((each for each in wrong if each.city), wrong[0])
    key = f"outcome:{kiosk_id}:{first.entry.sequence}:{first.entry.issue_number}:{first.entry.outcome}"
    return Incident(WireCode.CONTRADICTION, key, kiosk_id="" if first.city else kiosk_id)
