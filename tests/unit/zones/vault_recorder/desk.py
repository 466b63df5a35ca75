"""A recorder on a real folder, with a clock that tests move and calls without an event loop of their own."""

from __future__ import annotations

import asyncio
import io
import json
import os
from functools import cache
from hashlib import sha256
from pathlib import Path

from msgspec import structs

from akashi.base.log import Log
from akashi.base.ports import Caller, Endpoint
from akashi.ledger.append import Disk
from akashi.ledger.batches import read_batches
from akashi.ledger.entries import entry_hash, parse_leaf
from akashi.sealing.directory import Directory, verify_directory
from akashi.sealing.keys import SigningKey
from akashi.sealing.signing import Purpose, sign_message, verify_message
from akashi.simulation.deployment import Deployment, make_deployment, sign_center_directory
from akashi.wire.errors import WireCode
from akashi.wire.messages.ledger import (
    AppendCall,
    AppendReply,
    Leaf,
    LedgerEntry,
    OutcomeEvidence,
    Receipt,
    ReopenEntry,
    ReopenOrder,
    SealedEntry,
    StopScope,
)
from akashi.wire.messages.ledger import OutcomeRecorded as Recorded
from akashi.wire.messages.session import Outcome, OutcomeEntry, OutcomeReport
from akashi.zones.vault.recorder.service import Recorder, Settings
from akashi.zones.vault.recorder.store import Store
from unit.ledger.samples import CITY, SIGNER, issue_number

ISSUER = Caller("issuance/issuer")
CHECKER = Caller("issuance/checker")
RECEIPT_KEY = SigningKey.from_bytes(b"r" * 32)
OPERATORS = {name: SigningKey.from_bytes(name[:1].encode() * 32) for name in ("aoki", "baba", "chiba")}
NOW_MS = 1_764_000_000_000


@cache
def deployment() -> Deployment:
    """Kiosks with certificates, for their reports."""
    kiosk_ids = ("K0001", "K0002", "K0666")
    return make_deployment(municipality=CITY, city_name="東京都証野市", kiosk_ids=kiosk_ids, now_ms=NOW_MS)


@cache
def center_directory(*, revoked_kiosks: tuple[str, ...] = ()) -> Directory:
    center = deployment().center
    signed = sign_center_directory(center, sequence=1, now_ms=NOW_MS, revoked_kiosks=revoked_kiosks)
    return verify_directory(signed, root_public=center.root.public_bytes, authority="center", now_ms=NOW_MS)


SETTINGS = Settings(
    municipalities=frozenset({CITY}),
    operators={name: key.public_bytes for name, key in OPERATORS.items()},
    center=lambda _now_ms: center_directory(),
)


class StepClock:
    """Time moves by one millisecond a look; sleeping gives way once."""

    def __init__(self) -> None:
        self.time_ms = NOW_MS

    def now_ms(self) -> int:
        self.time_ms += 1
        return self.time_ms

    def monotonic_ms(self) -> int:
        return self.now_ms()

    async def sleep_ms(self, duration_ms: int) -> None:
        self.time_ms += duration_ms
        await asyncio.sleep(0)


class Desk:
    """One recorder; `restart` is what a crash and a new start do."""

    def __init__(self, folder: Path, *, disk: Disk | None = None, settings: Settings = SETTINGS) -> None:
        self.folder = folder
        self.clock = StepClock()
        self.log = io.StringIO()
        self._settings = settings
        self._open(disk)

    def _open(self, disk: Disk | None) -> None:
        self.store = Store(self.folder, SIGNER, disk=disk)
        self.service = Recorder(self.store, self.clock, RECEIPT_KEY, settings=self._settings, log=Log("vault/recorder", self.log))

    def restart(self, disk: Disk | None = None) -> None:
        self.store.close()
        self._open(disk)

    def crash(self) -> None:
        """End without a last checkpoint, in the middle of a write that nobody was told of; then start anew."""
        os.write(self.store._file._descriptor, b"AKSHLB01" + bytes(30))
        os.close(self.store._file._descriptor)
        self._open(None)

    def append(self, entry: LedgerEntry, caller: Caller = ISSUER) -> Receipt:
        """Append and return the receipt, after its signature and hash were checked."""
        return opened(asyncio.run(self.service.append(caller, call_of(entry))), entry)

    def append_together(self, entries: list[LedgerEntry]) -> list[Receipt | BaseException]:
        """Append all at the same time."""

        async def together() -> list[AppendReply | BaseException]:
            calls = [self.service.append(ISSUER, call_of(entry)) for entry in entries]
            return await asyncio.gather(*calls, return_exceptions=True)

        replies = asyncio.run(together())
        return [
            opened(reply, entry) if isinstance(reply, AppendReply) else reply
            for reply, entry in zip(replies, entries, strict=True)
        ]

    def leaves(self) -> list[Leaf]:
        with (self.folder / "entries").open("rb") as file:
            return [parse_leaf(leaf) for batch in read_batches(file) for leaf in batch.leaves]

    def events(self) -> list[str]:
        return [json.loads(line)["event"] for line in self.log.getvalue().splitlines()]


def opened(reply: AppendReply, entry: LedgerEntry) -> Receipt:
    receipt = verify_message(RECEIPT_KEY.public_bytes, Purpose.RECEIPT, Receipt, reply.receipt)
    assert receipt.entry_hash == entry_hash(entry)
    return receipt


def ask(endpoint: Endpoint, body: bytes) -> bytes:
    """Call an endpoint as the issuer."""

    async def call() -> bytes:
        return await endpoint.handle(ISSUER, body)

    return asyncio.run(call())


def sealed(which: int, answer: int = 0) -> SealedEntry:
    return SealedEntry(CITY, issue_number(which), answer.to_bytes(32, "big"))


def evidence_of(kiosk_id: str, *lines: OutcomeEntry, key: SigningKey | None = None) -> OutcomeEvidence:
    """A report of these lines as the kiosk signs it; the same lines give the same bytes."""
    kiosk = next(one for one in deployment().kiosks if one.kiosk_id == kiosk_id)
    signed = sign_message(key or kiosk.device_key, Purpose.OUTCOME, OutcomeReport(kiosk_id, lines))
    return OutcomeEvidence(signed, kiosk.certificate)


def line_of(entry: Recorded) -> OutcomeEntry:
    return OutcomeEntry(entry.sequence, entry.issue_number, entry.outcome, entry.cause)


def said(entry: Recorded) -> Recorded:
    """The entry with the hash of the report in which its kiosk says it, and nothing else; the issuer's own as it is."""
    if entry.kiosk_id == "issuer":
        return entry
    report = evidence_of(entry.kiosk_id, line_of(entry)).report
    return structs.replace(entry, report_hash=sha256(report).digest())


def call_of(entry: LedgerEntry) -> AppendCall:
    """The call by which the issuer brings an entry, with the kiosk's report where it is a kiosk's word."""
    if isinstance(entry, Recorded) and entry.kiosk_id != "issuer":
        return AppendCall(entry, evidence_of(entry.kiosk_id, line_of(entry)))
    return AppendCall(entry)


def taken(which: int, sequence: int = 1, kiosk_id: str = "K0001") -> Recorded:
    return said(Recorded(CITY, issue_number(which), kiosk_id, sequence, Outcome.TAKEN, None))


def void(which: int, sequence: int = 1, kiosk_id: str = "K0001") -> Recorded:
    return said(Recorded(CITY, issue_number(which), kiosk_id, sequence, Outcome.VOID, WireCode.ISSUE_VOIDED))


def order(incident_id: bytes, scope: StopScope = StopScope.CITY, kiosk_id: str = "-", reason: str = "looked into") -> ReopenOrder:
    return ReopenOrder(scope, CITY, kiosk_id, incident_id, reason)


def signed_by(operator: str, wanted: ReopenOrder) -> bytes:
    return sign_message(OPERATORS[operator], Purpose.REOPEN, wanted)


def reopening(wanted: ReopenOrder, first: str = "aoki", second: str = "baba") -> ReopenEntry:
    return ReopenEntry(signed_by(first, wanted), signed_by(second, wanted))
