"""
The recorder: decides which entries become part of the ledger, makes them durable, and only then says so.

Promises: a receipt leaves after its entry is durable and never before; the same entry again gives the same receipt and no second
leaf; a contradiction is answered when a stop is durable, its own or the one for which its kiosk is stopped already; a stopped
city's or kiosk's intents are refused until two operators re-open it; an incident's id is one stop for ever, so what they signed
re-opens once; after one failed write everything is refused until the process starts again.
Trusts: the caller's name as proven by TLS; the clock for the time in the leaves, on which no decision rests.
Source: docs/spec/protocol.md section 7; docs/spec/ledger.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import TypeGuard

from akashi.base.inbox import Inbox
from akashi.base.log import Log
from akashi.base.ports import Caller, Clock
from akashi.ledger.entries import entry_hash
from akashi.ledger.errors import LedgerDown
from akashi.sealing.directory import Directory
from akashi.sealing.keys import SigningKey
from akashi.sealing.signing import Purpose, sign_message
from akashi.wire.codec import encode, parse
from akashi.wire.errors import Refused, WireCode
from akashi.wire.messages.ledger import (
    AppendCall,
    AppendReply,
    IntentEntry,
    Leaf,
    LedgerEntry,
    OutcomeRecorded,
    Receipt,
    ReopenEntry,
    ReopenOrder,
    SealedEntry,
    StopEntry,
    StopScope,
)
from akashi.wire.transcript import lp
from akashi.zones.vault.recorder.book import ISSUER, Place
from akashi.zones.vault.recorder.consistency import NumberEntry, check_consistent
from akashi.zones.vault.recorder.errors import AppendRefused, Contradicts, ReopenRefused
from akashi.zones.vault.recorder.evidence import check_said_by_kiosk
from akashi.zones.vault.recorder.reopening import check_can_reopen, pair_requests, read_request
from akashi.zones.vault.recorder.store import Store

SELF = "vault/recorder"
MAY_APPEND: dict[str, tuple[type[LedgerEntry], ...]] = {
    "issuance/issuer": (IntentEntry, SealedEntry, OutcomeRecorded, StopEntry),
    "issuance/checker": (StopEntry,),
    "core/residents": (),
}
"""Who may append what. Nobody may append a re-opening: that comes from two people, not from a server."""


@dataclass(frozen=True, slots=True)
class Settings:
    """
    What the recorder is told.

    Attributes:
        municipalities: whose ledger this is.
        operators: name to Ed25519 public key of those who may re-open; two of them must.
        center: moment to the center's verified directory: which kiosks count.
        batch_entries_max: how many waiting entries become durable in one write.
    """

    municipalities: frozenset[str]
    operators: Mapping[str, bytes]
    center: Callable[[int], Directory]
    batch_entries_max: int = 256


class _Waiting:
    """One call until it is settled: a place in the ledger, or a refusal."""

    __slots__ = ("call", "caller", "place", "refusal")

    def __init__(self, caller: Caller, call: AppendCall) -> None:
        self.caller = caller
        self.call = call
        self.place: Place | None = None
        self.refusal: Refused | None = None


class Recorder:
    """
    The service.

    Args:
        store: the ledger and what is derived from it.
        clock: for the leaves' time, and to let calls gather for one write.
        receipt_key: signs receipts.
        settings: whose ledger, who re-opens.
        log: stops and re-openings.
    """

    def __init__(self, store: Store, clock: Clock, receipt_key: SigningKey, *, settings: Settings, log: Log) -> None:
        self._store = store
        self._clock = clock
        self._receipt_key = receipt_key
        self._settings = settings
        self._log = log
        self._queue: list[_Waiting] = []

    async def append(self, caller: Caller, call: AppendCall) -> AppendReply:
        """
        Make one entry durable and return the signed receipt.

        Raises:
            AppendRefused: CALLER_REFUSED, CITY_UNKNOWN, CITY_STOPPED, KIOSK_STOPPED, MALFORMED.
            Refused: what `check_said_by_kiosk` refuses.
            Contradicts: CONTRADICTION; a stop is durable.
            LedgerDown: LEDGER_DOWN; nothing is known to be durable.
        """
        waiting = _Waiting(caller, call)
        self._queue.append(waiting)
        try:
            # Calls that are ready at the same time gather here; whoever comes back first writes for all of them.
            await self._clock.sleep_ms(0)
            if waiting in self._queue:
                self._write_queue()
        finally:
            # A call that was given up meanwhile must not be written later, when nobody waits for it.
            if waiting in self._queue:
                self._queue.remove(waiting)
        if waiting.place is None:
            raise waiting.refusal or LedgerDown("not written")
        receipt = Receipt(entry_hash(call.entry), waiting.place.index, waiting.place.time_ms)
        return AppendReply(sign_message(self._receipt_key, Purpose.RECEIPT, receipt))

    def reopen(self, entry: ReopenEntry) -> Place:
        """
        Record that two operators re-open; return where that stands.

        Raises:
            ReopenRefused: the signatures are not two operators' under one order, no such incident is open, or these very
                signatures re-opened before.
            LedgerDown: it is not durable.
        """
        self._store.check_up()
        order = check_can_reopen(entry, self._settings.operators)
        self._check_open(order)
        if any(self._store.book.place(known) is not None for known in (entry, ReopenEntry(entry.second, entry.first))):
            raise ReopenRefused(WireCode.CONTRADICTION, "these signatures re-opened before")
        try:
            place = self._store.stage(Leaf(self._clock.now_ms(), SELF, entry))
            self._store.commit()
        except BaseException:
            self._store.give_up()
            raise
        self._log.event("reopened", scope=order.scope.value, kiosk=order.kiosk_id, incident=order.incident_id.hex())
        return place

    def take_reopenings(self, inbox: Inbox) -> None:
        """
        Deal with the requests in the inbox: pairs are recorded, single ones wait, others are set aside.

        Others are those that no operator signed or that are for no open incident.

        Raises:
            LedgerDown: the ledger accepts nothing, or a pair could not be made durable; it stays in the inbox.
        """
        self._store.check_up()
        requests = []
        for name, untrusted_signed in inbox.read():
            try:
                request = read_request(name, untrusted_signed, self._settings.operators)
                self._check_open(parse(ReopenOrder, request.payload))
            except ReopenRefused as refusal:
                self._log.event("reopen_refused", code=refusal.code.value)
                inbox.settle(name, accepted=False)
            else:
                inbox.keep(request.file, request.operator)
                requests.append(request)
        for first, second in pair_requests(requests):
            try:
                self.reopen(ReopenEntry(first.signed, second.signed))
            except ReopenRefused as refusal:
                self._log.event("reopen_refused", code=refusal.code.value)
                accepted = False
            else:
                accepted = True
            for request in (first, second):
                inbox.settle(request.file, accepted=accepted)

    def _check_open(self, order: ReopenOrder) -> None:
        if not self._store.book.is_open(order):
            raise ReopenRefused(WireCode.CONTRADICTION, "no such incident is open")

    def _write_queue(self) -> None:
        """Decide and write everything that waits, in the order in which it came."""
        while self._queue:
            batch = self._queue[: self._settings.batch_entries_max]
            del self._queue[: len(batch)]
            try:
                self._store.check_up()
                for waiting in batch:
                    self._decide(waiting)
                self._store.commit()
            except BaseException as failure:
                # Whatever it was, also a fault of our own: nobody gets a receipt for what is not durable, and what was staged
                # for this batch must not become durable with the next one.
                self._store.give_up()
                refusal = failure if isinstance(failure, LedgerDown) else LedgerDown(type(failure).__name__)
                for waiting in batch:
                    waiting.place, waiting.refusal = None, refusal
                if refusal is not failure:
                    raise

    def _decide(self, waiting: _Waiting) -> None:
        try:
            waiting.place = self._place(waiting.caller, waiting.call)
        except LedgerDown:
            raise
        except Refused as refusal:
            waiting.refusal = refusal

    def _place(self, caller: Caller, call: AppendCall) -> Place:
        """
        Return where the entry stands or will stand.

        In order: 1. who, 2. whose, 3. stopped, 4. known, 5. said by the kiosk, and consistent.
        """
        entry = call.entry
        if isinstance(entry, ReopenEntry) or not isinstance(entry, MAY_APPEND.get(caller.server, ())):  # 1
            raise AppendRefused(WireCode.CALLER_REFUSED, f"{caller.server}: {type(entry).__name__}")
        if entry.municipality not in self._settings.municipalities:  # 2
            raise AppendRefused(WireCode.CITY_UNKNOWN, "not this ledger's city")
        if isinstance(entry, IntentEntry):  # 3
            self._check_not_stopped(entry)
        if (place := self._store.book.place(entry)) is not None:  # 4
            return place
        try:  # 5
            if isinstance(entry, StopEntry):
                self._check_new_stop(entry)
                self._log_stop(entry)
            else:
                self._check_evidence(call)
                check_consistent(entry, self._store.book)
        except Contradicts as refusal:
            self._stage_stop(entry, refusal.scope, refusal.code)
            raise
        place = self._store.stage(Leaf(self._clock.now_ms(), caller.server, entry))
        if _tells_of_a_failed_check(entry) and not self._store.book.city_stopped(entry.municipality):
            # The checker stops the city by itself. Where its word has not come, or never will, the issuer's is enough.
            self._stage_stop(entry, StopScope.CITY, WireCode.CHECK_FAILED)
        return place

    def _check_new_stop(self, entry: StopEntry) -> None:
        if entry.scope is StopScope.KIOSK and self._store.book.kiosk_stopped(entry.municipality, entry.kiosk_id):
            # A hostile kiosk makes contradictions as fast as it can talk; each would stay in the ledger for ever.
            raise AppendRefused(WireCode.KIOSK_STOPPED, "an incident of this kiosk is open already")
        if self._store.book.has_incident(entry.incident_id):
            # Two operators' signatures name an incident by its id and lie open in the ledger: a second stop under one id would
            # be re-opened by the signatures for the first.
            raise Contradicts(StopScope.CITY, "another stop has this incident's id")

    def _check_evidence(self, call: AppendCall) -> None:
        if isinstance(call.entry, OutcomeRecorded):
            now_ms = self._clock.now_ms()
            check_said_by_kiosk(call.entry, call.evidence, center=self._settings.center(now_ms), now_ms=now_ms)
        elif call.evidence is not None:
            raise AppendRefused(WireCode.MALFORMED, "evidence of nothing")

    def _check_not_stopped(self, entry: IntentEntry) -> None:
        if self._store.book.city_stopped(entry.municipality):
            raise AppendRefused(WireCode.CITY_STOPPED)
        if self._store.book.kiosk_stopped(entry.municipality, entry.kiosk_id):
            raise AppendRefused(WireCode.KIOSK_STOPPED)

    def _stage_stop(self, entry: NumberEntry | StopEntry, scope: StopScope, cause: WireCode) -> None:
        """
        Stage the recorder's own stop for an entry.

        The incident's id is made from the entry. So the same entry sent again and again, also after people have re-opened, is
        refused again and stops nothing again: one contradiction, one incident. A kiosk that is stopped already is not stopped
        again: what it says meanwhile is refused and leaves nothing in the ledger.
        """
        kiosk_id = SELF if isinstance(entry, SealedEntry) else entry.kiosk_id
        if scope is StopScope.KIOSK and self._store.book.kiosk_stopped(entry.municipality, kiosk_id):
            return
        for incident_id in _incident_ids(entry):
            stop = StopEntry(scope, entry.municipality, kiosk_id, cause, incident_id)
            if self._store.book.place(stop) is not None:
                return
            if not self._store.book.has_incident(incident_id):
                self._store.stage(Leaf(self._clock.now_ms(), SELF, stop))
                self._log_stop(stop)
                return

    def _log_stop(self, stop: StopEntry) -> None:
        incident = stop.incident_id.hex()
        self._log.event("stopped", scope=stop.scope.value, kiosk=stop.kiosk_id, cause=stop.cause.value, incident=incident)


def _incident_ids(entry: LedgerEntry) -> Iterator[bytes]:
    """Yield the ids for the stop of an entry: one, and others for where somebody who foresaw it used that one up."""
    digest = sha256(lp(b"akashi/incident/1") + lp(encode(entry))).digest()
    while True:
        yield digest[:16]
        digest = sha256(digest).digest()


def _tells_of_a_failed_check(entry: LedgerEntry) -> TypeGuard[OutcomeRecorded]:
    """Return whether the issuer gave a number up because the checker found a contradiction."""
    return isinstance(entry, OutcomeRecorded) and entry.kiosk_id == ISSUER and entry.cause is WireCode.CHECK_FAILED
