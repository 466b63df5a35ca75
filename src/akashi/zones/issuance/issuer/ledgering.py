"""
What this server tells the ledger, and tells again until it is there.

Decisions are in the store first; the ledger's copy follows, in order, after any stop. Entries are the same bytes each time, so
the recorder gives the same receipt for a repeated one. Source: docs/spec/protocol.md sections 5.2, 5.5, 6.2, 7.
"""

from __future__ import annotations

from akashi.wire import codec
from akashi.wire.errors import Refused, WireCode
from akashi.wire.messages import (
    IntentEntry,
    LedgerEntry,
    OutcomeEntry,
    OutcomeEvidence,
    OutcomeRecorded,
    SealedEntry,
    StopEntry,
    StopScope,
)
from akashi.zones.issuance.issuer.errors import Incident
from akashi.zones.issuance.issuer.journey import Deadline, Parts, on_disk
from akashi.zones.issuance.issuer.outcomes_store import Pending

STOPPED = frozenset({WireCode.CITY_STOPPED, WireCode.KIOSK_STOPPED})
"""The recorder's no to an intent while people have not re-opened."""

UNREACHED = frozenset({WireCode.RELAY_DOWN, WireCode.DEADLINE_PASSED, WireCode.LEDGER_DOWN, WireCode.BUSY})
"""The recorder said nothing about the entry; asking for the next one is useless, too."""

BATCH = 200


class Ledgering:
    """
    The issuer's side of the ledger.

    Args:
        parts: what it works with.
    """

    def __init__(self, parts: Parts) -> None:
        self._municipality = parts.limits.municipality
        self._recorder = parts.recorder
        self._clock = parts.clock
        self._database = parts.database
        self._store = parts.store
        self._outcomes = parts.outcomes
        self._ids = parts.ids
        self._log = parts.log
        self._tried = ""

    async def append(self, entry: LedgerEntry, deadline: Deadline, *, evidence: OutcomeEvidence | None = None) -> bytes:
        """
        Append one entry, once what it rests on is on this server's own disk, and return the receipt.

        Raises:
            Refused: the disk or the recorder says no, or no time is left.
        """
        await on_disk(self._clock, self._database)
        return await self._recorder.append(entry, deadline_ms=deadline.left_ms(), evidence=evidence)

    async def settle(self, issue_number: str, deadline: Deadline) -> None:
        """
        Append what the ledger may lack of this number.

        Raises:
            Refused: the recorder could not be asked or refused; what is left waits for the next time.
        """
        pending = self._outcomes.pending_of(issue_number)
        if pending.intent is not None and not await self._settle_intent(pending.intent, pending, deadline):
            return
        if pending.answer_hash is not None:
            sealed = SealedEntry(self._municipality, issue_number, pending.answer_hash)
            await self.append(sealed, deadline)
            self._outcomes.seal_recorded(issue_number)
        if pending.outcome is not None:
            told, entry = pending.outcome, pending.outcome.entry
            recorded = OutcomeRecorded(
                self._municipality, issue_number, told.kiosk_id, entry.sequence, entry.outcome, entry.cause, told.report_hash
            )
            receipt = await self.append(recorded, deadline, evidence=told.evidence)
            self._outcomes.outcome_recorded(issue_number, receipt)

    async def ask_again(self, kiosk_id: str, entry: OutcomeEntry, report_hash: bytes, deadline: Deadline) -> None:
        """
        Ask for the receipt of a line that the ledger has, and keep it in place of the old one: the recorder's key has changed.

        Raises:
            Refused: the recorder could not be asked or refused; the old receipt stays.
        """
        line = OutcomeRecorded(
            self._municipality, entry.issue_number, kiosk_id, entry.sequence, entry.outcome, entry.cause, report_hash
        )
        receipt = await self.append(line, deadline)
        self._outcomes.outcome_recorded(entry.issue_number, receipt)

    async def _settle_intent(self, intent: bytes, pending: Pending, deadline: Deadline) -> bool:
        """
        Make sure that the ledger has the intent; return False while the city or kiosk is stopped.

        The recorder takes no intent then, not even one that it has, and an outcome without its intent would be a contradiction:
        so both wait until people have re-opened.
        """
        try:
            await self.append(codec.parse(IntentEntry, intent), deadline)
        except Refused as refusal:
            if refusal.code not in STOPPED:
                raise
            return False
        self._store.intent_recorded(pending.issue_number)
        return True

    async def stop(self, incident: Incident, deadline: Deadline) -> None:
        """
        Stop the kiosk or the city. Kept first, so that neither a crash nor a recorder that is down makes it forgotten.

        Never raises for a recorder that cannot be asked: the entry waits for `settle_all`.
        """
        scope = StopScope.KIOSK if incident.kiosk_id else StopScope.CITY
        # A stop of the city is nobody's kiosk; "-" keeps the field a name.
        kiosk_id = incident.kiosk_id or "-"
        entry = StopEntry(scope, self._municipality, kiosk_id, incident.code, self._ids.random_bytes(16))
        self._outcomes.note_incident(incident.key, codec.encode(entry), kiosk_id=incident.kiosk_id)
        self._log.event("incident", code=incident.code, scope=scope, kiosk=kiosk_id)
        try:
            await self._settle_incidents(deadline)
        except Refused:
            return

    async def settle_all(self, deadline: Deadline) -> int:
        """
        Append what waits, contradictions first; return how many numbers the recorder refused and still wait.

        At most `BATCH` numbers a call. The next call goes on behind the last one tried, so that numbers that never settle (a
        revoked kiosk's, say) keep no other one waiting.

        Raises:
            Refused: the recorder could not be asked; the rest waits.
        """
        await self._settle_incidents(deadline)
        refused = 0
        for issue_number in self._outcomes.pending(behind=self._tried, limit=BATCH):
            self._tried = issue_number
            try:
                await self.settle(issue_number, deadline)
            except Refused as refusal:
                if refusal.code in UNREACHED:
                    raise
                refused += 1
        return refused

    async def _settle_incidents(self, deadline: Deadline) -> None:
        for key, entry in self._outcomes.open_incidents(limit=BATCH):
            try:
                await self.append(codec.parse(StopEntry, entry), deadline)
            except Refused as refusal:
                if refusal.code is not WireCode.KIOSK_STOPPED:
                    raise
                self._outcomes.forget_incident(key)
            else:
                self._outcomes.incident_recorded(key)
