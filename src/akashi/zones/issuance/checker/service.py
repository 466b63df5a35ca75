"""
issuance/checker: alone signs what a kiosk believes, after comparing it with what others signed.

Promises: no certificate is signed unless the finished file, read back by independent code, says exactly what the registry signed
for the order that the session signed, under the city's own policy, with an intent that was durable before. A contradiction stops
the city in the ledger; while the ledger cannot be told, this server signs no certificate and no grant; and afterwards no
certificate whose intent is not younger than that stop, so that two people must have re-opened.
Keeps nothing but that debt and that place. Source: docs/spec/protocol.md sections 4.6, 5.4, 6.2, 7.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from akashi.base.log import Log
from akashi.base.ports import Caller, Clock, Ids
from akashi.documents.paper_seal import SALT_BYTES
from akashi.documents.read import FONTS_DEBIAN, FileRefused
from akashi.ledger.entries import entry_hash
from akashi.rules.policy import CityPolicy
from akashi.sealing.directory import Directory
from akashi.sealing.signing import Purpose
from akashi.wire.errors import Refused, WireCode
from akashi.wire.messages import (
    AnswerPayload,
    AttestCertificateCall,
    AttestEligibilityCall,
    AttestOutcomeCall,
    AttestRefusalCall,
    CertificateAnswer,
    KeyUse,
    Receipt,
    RefusalAnswer,
    StopEntry,
    StopScope,
)
from akashi.zones.issuance.checker.clients import Recorder
from akashi.zones.issuance.checker.config import ServiceConfig
from akashi.zones.issuance.checker.errors import CheckerRefused, Contradiction, StopsUnfit
from akashi.zones.issuance.checker.finishing import Filling, Finish, finish
from akashi.zones.issuance.checker.judging import (
    Bench,
    judge_certificate,
    judge_eligibility,
    judge_outcome,
)
from akashi.zones.issuance.checker.keys import CheckerKeys
from akashi.zones.issuance.checker.readers import READERS, Readers, forms_of
from akashi.zones.issuance.checker.store import Stops, StopStore

ISSUER = "issuance/issuer"
NO_KIOSK = "-"
"""In a stop of the whole city; keeps the field a name."""


@dataclass(frozen=True, slots=True)
class Parts:
    """
    What the service works with. Only the recorder is ever awaited: a file is read in about a millisecond.

    Attributes:
        city, center: moment to the verified directory.
        policy: the city's decisions as they are now, the checker's own copy.
        stops: what outlives a restart.
        readers: which kinds can be read back, and how; the simulation puts light ones here.
        fonts: files of the city's fonts.
    """

    clock: Clock
    ids: Ids
    log: Log
    recorder: Recorder
    keys: CheckerKeys
    stops: StopStore
    city: Callable[[int], Directory]
    center: Callable[[int], Directory]
    policy: Callable[[], CityPolicy]
    limits: ServiceConfig
    readers: Readers = field(default_factory=lambda: READERS)
    fonts: tuple[str, ...] = FONTS_DEBIAN
    finish: Finish = finish


class Checker:
    """
    The checker; see the module.

    Raises:
        StopsUnfit: what it kept cannot be read.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._stops = parts.stops.load()

    async def attest_eligibility(self, caller: Caller, call: AttestEligibilityCall) -> bytes:
        """
        Return the signed `EligibilityAnswer`.

        Raises:
            Refused: as `judge_eligibility`; CITY_STOPPED while the ledger does not know of a contradiction.
        """
        await self._begin(caller)
        try:
            return self._sign(judge_eligibility(call, self._bench()))
        except Contradiction as contradiction:
            raise await self._stop(contradiction) from None

    async def attest_certificate(self, caller: Caller, call: AttestCertificateCall) -> bytes:
        """
        Return the signed `CertificateAnswer` with the signed file.

        Raises:
            Refused: as `judge_certificate`; CHECK_FAILED where the file is not what it must be; CITY_STOPPED as above, and
                where the intent is not younger than the last stop.
        """
        await self._begin(caller)
        try:
            return self._certificate(call)
        except (Contradiction, FileRefused) as contradiction:
            raise await self._stop(contradiction) from None

    async def attest_outcome(self, caller: Caller, call: AttestOutcomeCall) -> bytes:
        """
        Return the signed `OutcomeAck`. Also while the city is stopped: what became of paper is always heard.

        Raises:
            Refused: as `judge_outcome`.
        """
        self._check_caller(caller)
        try:
            return self._sign(judge_outcome(call, self._bench()))
        except Contradiction as contradiction:
            raise await self._stop(contradiction) from None

    async def attest_refusal(self, caller: Caller, call: AttestRefusalCall) -> bytes:
        """
        Return the signed `RefusalAnswer`.

        An issuer can always refuse; the signature says only that this city's checker was asked.
        """
        self._check_caller(caller)
        return self._sign(RefusalAnswer(call.envelope_hash, call.code))

    def _certificate(self, call: AttestCertificateCall) -> bytes:
        # Nothing is awaited from here to the signature: no other call can find a contradiction meanwhile.
        parts, bench = self._parts, self._bench()
        case = judge_certificate(call, bench)
        read_back = parts.readers[case.order.kind].read_back
        codes = parts.keys.code_maker(bench.city, bench.now_ms)
        filling = Filling(bench.now_ms, parts.ids.random_bytes(SALT_BYTES), codes)
        finished = parts.finish(read_back, call.pdf, case.record, case.order, case.face, filling=filling)
        signed_pdf = parts.keys.sign_document(finished.prepared, bench.city, bench.now_ms)
        return self._sign(
            CertificateAnswer(
                envelope_hash=call.envelope_hash,
                subject_token=case.record.subject_token,
                number=case.order.number,
                kind=case.order.kind,
                issue_number=call.issue_number,
                page_count=finished.page_count,
                fee_yen=case.order.fee_yen,
                pdf=signed_pdf,
            )
        )

    def _bench(self) -> Bench:
        parts, now_ms = self._parts, self._parts.clock.now_ms()
        return Bench(
            municipality=parts.limits.municipality,
            city=parts.city(now_ms),
            center=parts.center(now_ms),
            policy=parts.policy(),
            forms=forms_of(parts.readers),
            fonts=parts.fonts,
            now_ms=now_ms,
            issued_on_skew_ms_max=parts.limits.issued_on_skew_ms_max,
            stopped_at=self._stops.stopped_at,
        )

    def _sign(self, answer: AnswerPayload) -> bytes:
        return self._parts.keys.sign_answer(answer)

    def _check_caller(self, caller: Caller) -> None:
        if caller.server != ISSUER:
            raise CheckerRefused(WireCode.CALLER_REFUSED, "only the issuer asks")

    async def settle(self) -> bool:
        """
        Tell the ledger of the stop that it does not have; return whether nothing is owed (any more).

        Never raises for a recorder that cannot be reached: the caller tries again later.
        """
        parts, entry = self._parts, self._stops.owed
        if entry is None:
            return True
        try:
            index = self._place(entry, await parts.recorder.append(entry, deadline_ms=parts.limits.stop_deadline_ms))
        except Refused as refusal:
            parts.log.event("stop_not_recorded", code=refusal.code)
            return False
        # Another call may have settled it meanwhile; the recorder takes the same entry twice as one.
        if self._stops.owed == entry:
            self._keep(Stops(None, max(index, self._stops.stopped_at)))
        return self._stops.owed is None

    async def _begin(self, caller: Caller) -> None:
        """Refuse strangers; and everybody while the ledger does not know of a contradiction that was found here."""
        self._check_caller(caller)
        if not await self.settle():
            raise CheckerRefused(WireCode.CITY_STOPPED, "the ledger does not know yet")

    async def _stop(self, found: Refused) -> Refused:
        """
        Tell the ledger that the city stops, and return what is answered. The debt stays until the ledger has it.

        It is on the disk before the recorder is asked and before anything is answered. A second one while the first is owed adds
        nothing: the city stops by one.
        """
        parts = self._parts
        incident_id = parts.ids.random_bytes(16)
        parts.log.event("check_failed", incident=incident_id.hex(), rule=found.detail.replace(" ", "_"))
        if self._stops.owed is None:
            stop = StopEntry(StopScope.CITY, parts.limits.municipality, NO_KIOSK, WireCode.CHECK_FAILED, incident_id)
            self._keep(Stops(stop, self._stops.stopped_at))
        await self.settle()
        return CheckerRefused(WireCode.CHECK_FAILED, found.detail)

    def _keep(self, stops: Stops) -> None:
        """Take it to heart, and to the disk; where that fails the memory still stops everything until this process ends."""
        self._stops = stops
        try:
            self._parts.stops.save(stops)
        except StopsUnfit as refusal:
            self._parts.log.event("stop_not_kept", code=refusal.code)

    def _place(self, entry: StopEntry, untrusted_receipt: bytes) -> int:
        """Return where the ledger has the stop, by the recorder's signed receipt."""
        now_ms = self._parts.clock.now_ms()
        receipt = self._parts.city(now_ms).verify_message(
            Receipt, untrusted_receipt, use=KeyUse.RECEIPT, purpose=Purpose.RECEIPT, now_ms=now_ms
        )
        if receipt.entry_hash != entry_hash(entry):
            raise CheckerRefused(WireCode.SIGNATURE_BAD, "a receipt for another entry")
        return receipt.index
