"""The checker before a court: its real service, reader and keys; real signatures of everybody else; a ledger that may be down."""

from __future__ import annotations

import functools
import hashlib
import io
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from msgspec import structs

from akashi.base.log import Log
from akashi.base.ports import Caller, CallFailed
from akashi.documents.compose import CertificateFace, compose_jumin
from akashi.documents.paper_seal.sign import PaperKey
from akashi.rules.certificates import NOTHING_HELD, facts_hash, offers
from akashi.rules.eras import format_wareki, format_wareki_minute, jst_date
from akashi.rules.policy import CityPolicy, parse_policy
from akashi.sealing.directory import Directory, verify_directory
from akashi.sealing.keys import SigningKey
from akashi.sealing.signing import Purpose, sign_message, verify_message
from akashi.simulation.deployment import Deployment, make_deployment, sign_center_directory, sign_city_directory
from akashi.wire import codec
from akashi.wire.certificates import Choice, Item, Kind
from akashi.wire.messages import (
    AnswerBox,
    AnswerPayload,
    AppendCall,
    AppendReply,
    AttestCertificateCall,
    AttestEligibilityCall,
    AttestOutcomeCall,
    EligibilityRecord,
    IntentEntry,
    IssueOrder,
    JuminRecord,
    KeyUse,
    Member,
    OutcomeEntry,
    OutcomeRecorded,
    OutcomeReport,
    Receipt,
    SignedAnswer,
    StopEntry,
    SubjectTicket,
)
from akashi.wire.transcript import intent_commitment, order_hash
from akashi.zones.issuance.checker.clients import Recorder
from akashi.zones.issuance.checker.config import ServiceConfig
from akashi.zones.issuance.checker.errors import StopsUnfit
from akashi.zones.issuance.checker.keys import CheckerKeys
from akashi.zones.issuance.checker.readers import READERS, forms_of
from akashi.zones.issuance.checker.service import Checker, Parts
from akashi.zones.issuance.checker.signer import DocumentKey
from akashi.zones.issuance.checker.store import Stops, StopStore
from unit.documents.people import HEAD, WIFE, Values, record

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")

CITY = "139998"
NOON_MS = 1_781_578_800_000
"""2026-06-16, a Tuesday, 12:00 in Japan."""
MINUTE_MS = 60_000
ISSUER = Caller("issuance/issuer")
SUBJECT = b"s" * 32
NUMBER = "139998-7Q2M-8XKD-0V4T-HC93"
CHOICES = (Choice.RELATIONSHIP, Choice.HONSEKI)
SALT = b"\x05" * 32
REPORT_HASH = b"h" * 32
"""Of the report in which lines came first; not of the one that is sent again."""
STOP_INDEX = 9
"""Where the ledger of the tests puts a stop; intents stand before it, unless a case says otherwise."""
SAMPLE = Path(__file__).resolve().parents[4] / "docs/samples/city.toml"


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine whose fakes never wait."""
    try:
        coroutine.send(None)
    except StopIteration as finished:
        result: T = finished.value
        return result
    raise AssertionError("waited")


@functools.cache
def deployment() -> Deployment:
    return make_deployment(municipality=CITY, city_name="東京都証野市", kiosk_ids=("K0001", "K0007"), now_ms=NOON_MS)


@functools.cache
def policy() -> CityPolicy:
    return parse_policy(SAMPLE.read_text("utf-8"))


@functools.cache
def city_directory() -> Directory:
    city = deployment().city
    signed = sign_city_directory(city, sequence=1, now_ms=NOON_MS)
    return verify_directory(signed, root_public=city.root.public_bytes, authority=CITY, now_ms=NOON_MS)


@functools.cache
def center_directory() -> Directory:
    center = deployment().center
    signed = sign_center_directory(center, sequence=1, now_ms=NOON_MS)
    return verify_directory(signed, root_public=center.root.public_bytes, authority="center", now_ms=NOON_MS)


class Clock:
    """Stands where a test puts it."""

    def __init__(self) -> None:
        self.wall_ms = NOON_MS

    def now_ms(self) -> int:
        return self.wall_ms

    def monotonic_ms(self) -> int:
        return self.wall_ms

    async def sleep_ms(self, duration_ms: int) -> None:
        self.wall_ms += duration_ms


class Ids:
    """Counts, so that a test sees each."""

    def __init__(self) -> None:
        self.given = 0

    def random_bytes(self, count: int) -> bytes:
        self.given += 1
        return self.given.to_bytes(count, "big")


class Inline:
    """Runs at once."""

    async def run(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        return function(*args, **kwargs)


class Ledger:
    """
    The recorder's end of the link: keeps stops; may be down.

    Attributes:
        loses_answer: the entry is kept and its receipt lost.
        answers: another entry than the one that came, for its receipt.
        key: another signer than the recorder.
    """

    def __init__(self) -> None:
        self.stops: list[StopEntry] = []
        self.down = False
        self.loses_answer = False
        self.answers: StopEntry | None = None
        self.key: SigningKey | None = None
        self.calls = 0

    async def call(self, callee: str, method: str, body: bytes, *, deadline_ms: int) -> bytes:
        assert (callee, method) == ("vault/recorder", "append")
        assert deadline_ms > 0
        self.calls += 1
        if self.down:
            raise CallFailed("RELAY_DOWN")
        entry = codec.parse(AppendCall, body).entry
        assert isinstance(entry, StopEntry)
        if entry not in self.stops:
            self.stops.append(entry)
        if self.loses_answer:
            raise CallFailed("RELAY_DOWN")
        return codec.encode(AppendReply(receipt_for(self.answers or entry, self.key, index=STOP_INDEX)))


def receipt_for(entry: Any, key: SigningKey | None = None, *, index: int = 4) -> bytes:
    receipt = Receipt(hashlib.sha256(codec.encode(entry)).digest(), index, NOON_MS)
    return sign_message(key or deployment().city.receipt, Purpose.RECEIPT, receipt)


class MemoryStops(StopStore):
    """Keeps it in memory, as the file's bytes; may fail as a full disk does."""

    def __init__(self) -> None:
        super().__init__(Path("/nonexistent"))
        self.content = codec.encode(Stops())
        self.full = False

    def load(self) -> Stops:
        return codec.parse(Stops, self.content)

    def save(self, stops: Stops) -> None:
        if self.full:
            raise StopsUnfit("full")
        self.content = codec.encode(stops)


@dataclass
class Court:
    """A checker with its surroundings."""

    clock: Clock = field(default_factory=Clock)
    ledger: Ledger = field(default_factory=Ledger)
    log: io.StringIO = field(default_factory=io.StringIO)
    stops: StopStore = field(default_factory=MemoryStops)
    policy: CityPolicy = field(default_factory=policy)
    city: Directory = field(default_factory=city_directory)

    def __post_init__(self) -> None:
        city = deployment().city
        self.checker = Checker(
            Parts(
                clock=self.clock,
                ids=Ids(),
                log=Log("issuance/checker", self.log),
                recorder=Recorder(self.ledger),
                keys=CheckerKeys(city.answer, DocumentKey(city.document_key), PaperKey(city.paper_key)),
                stops=self.stops,
                city=lambda _now_ms: self.city,
                center=lambda _now_ms: center_directory(),
                policy=lambda: self.policy,
                limits=ServiceConfig(municipality=CITY),
            )
        )


def opened(signed_answer: bytes) -> AnswerPayload:
    """Return the answer as a kiosk would: only after its signature was checked with the directory's key."""
    key = city_directory().current(KeyUse.ANSWER, NOON_MS)
    signed = codec.parse(SignedAnswer, signed_answer).answer
    return verify_message(key.public, Purpose.ANSWER, AnswerBox, signed).answer


@dataclass
class Case:
    """
    One order, with everything that belongs to it; a test changes one part before it is signed.

    Attributes:
        edits: name of a message to the fields that are not as they should be.
        keys: name of a message to another signer than the right one.
        printed: people on the paper, where not those of the record.
        face: fields of the printed face that are not as they should be.
        call: fields of the call that are not as they should be.
        intent_index: where the intent stands in the ledger.
    """

    people: tuple[Values, ...] = (HEAD, WIFE)
    edits: dict[str, dict[str, Any]] = field(default_factory=dict)
    keys: dict[str, SigningKey] = field(default_factory=dict)
    printed: tuple[Values, ...] | None = None
    face: dict[str, Any] = field(default_factory=dict)
    call: dict[str, Any] = field(default_factory=dict)
    now_ms: int = NOON_MS
    intent_index: int = 4

    def __post_init__(self) -> None:
        self.session = SigningKey.from_bytes(b"\x01" * 32)
        self.transcript = hashlib.sha256(b"T").digest()

    def certificate_call(self) -> AttestCertificateCall:
        order = IssueOrder(self.transcript, 1, Kind.JUMINHYO, tuple(range(len(self.people))), CHOICES, 0, 200, None, 30_000)
        order = self._edited("order", order)
        hashed = order_hash(codec.encode(order))
        base = record(*self.people, choices=CHOICES)
        paper = structs.replace(
            base, transcript=self.transcript, order_hash=hashed, issue_number=NUMBER, as_of_ms=self.now_ms - MINUTE_MS
        )
        paper = self._edited("record", paper)
        intent = self._edited("intent", IntentEntry(CITY, "K0007", NUMBER, intent_commitment(SALT, hashed)))
        call = AttestCertificateCall(
            envelope_hash=b"e" * 32,
            ticket=self.ticket(),
            order=self._signed("order", Purpose.ORDER, order, self.session),
            record=self._signed("record", Purpose.RECORD, paper, deployment().city.registry),
            intent=codec.encode(intent),
            intent_salt=SALT,
            receipt=receipt_for(intent, self.keys.get("receipt"), index=self.intent_index),
            issue_number=NUMBER,
            issued_on_ms=self.now_ms,
            facts_hash=self.facts(),
            pdf=self.pdf(paper),
        )
        return structs.replace(call, **self.call)

    def facts(self) -> bytes:
        officer = policy().officer_on(jst_date(self.now_ms))
        assert officer is not None
        return facts_hash(policy(), officer, Kind.JUMINHYO)

    def pdf(self, paper: JuminRecord) -> bytes:
        """Return what the issuer composed."""
        if self.printed is not None:
            paper = structs.replace(paper, persons=record(*self.printed, choices=CHOICES).persons)
        day = jst_date(self.now_ms)
        officer = policy().officer_on(day)
        assert officer is not None
        face: dict[str, Any] = {
            "issue_number": NUMBER,
            "issued_on": day,
            "issued_on_written": format_wareki(day),
            "as_of_written": format_wareki_minute(paper.as_of_ms),
            "city_name": policy().name,
            "officer_title": officer.title,
            "officer_name": officer.name,
        }
        return compose_jumin(paper, CHOICES, CertificateFace(**(face | self.face))).pdf

    def ticket(self) -> bytes:
        ticket = SubjectTicket(
            transcript=self.transcript,
            municipality=CITY,
            resident_no="0000000001",
            sign_public=self.session.public_bytes,
            kiosk_id="K0007",
            not_after_ms=self.now_ms + 30 * MINUTE_MS,
            card_link=b"l" * 32,
            subject_token=SUBJECT,
        )
        return self._signed("ticket", Purpose.TICKET, self._edited("ticket", ticket), deployment().city.registry)

    def eligibility_call(self) -> AttestEligibilityCall:
        members = (
            Member(0, HEAD[Item.NAME], "世帯主", is_applicant=True, foreign=False),
            Member(1, WIFE[Item.NAME], "妻", is_applicant=False, foreign=False),
        )
        eligibility = self._edited(
            "eligibility", EligibilityRecord(self.transcript, b"r" * 32, SUBJECT, 7, self.now_ms - MINUTE_MS, members)
        )
        call = AttestEligibilityCall(
            envelope_hash=b"e" * 32,
            ticket=self.ticket(),
            record=self._signed("eligibility", Purpose.ELIGIBILITY, eligibility, deployment().city.registry),
            offers=offers(policy(), policy().group_of("K0007"), self.now_ms, forms=forms_of(READERS), held=NOTHING_HELD),
            certificates_max=10,
        )
        return structs.replace(call, **self.call)

    def outcome_call(self, *entries: OutcomeEntry) -> AttestOutcomeCall:
        kiosk = deployment().kiosks[1]
        report = self._edited("report", OutcomeReport("K0007", entries))
        receipts = tuple(
            receipt_for(
                OutcomeRecorded(CITY, entry.issue_number, "K0007", entry.sequence, entry.outcome, entry.cause, REPORT_HASH),
                self.keys.get("receipt"),
            )
            for entry in entries
        )
        call = AttestOutcomeCall(
            b"e" * 32,
            kiosk.certificate,
            self._signed("report", Purpose.OUTCOME, report, kiosk.device_key),
            receipts,
            (REPORT_HASH,) * len(entries),
        )
        return structs.replace(call, **self.call)

    def _edited(self, name: str, message: Any) -> Any:
        return structs.replace(message, **self.edits.get(name, {}))

    def _signed(self, name: str, purpose: Purpose, message: Any, key: SigningKey) -> bytes:
        return sign_message(self.keys.get(name, key), purpose, message)
