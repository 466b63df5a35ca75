"""Fakes of core/residents, issuance/checker and vault/recorder: real keys, real signatures, real bookkeeping, made-up people."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from akashi.admission import Trust, admit
from akashi.ledger.entries import entry_hash
from akashi.rules.states import State
from akashi.sealing.directory import Directory
from akashi.sealing.keys import SigningKey
from akashi.sealing.signing import Purpose, sign_message, verify_message
from akashi.wire import codec
from akashi.wire.certificates import items_for
from akashi.wire.errors import Refused, WireCode
from akashi.wire.messages import (
    AnswerBox,
    AnswerPayload,
    AppendCall,
    AppendReply,
    AttestCertificateCall,
    AttestEligibilityCall,
    AttestOutcomeCall,
    AttestRefusalCall,
    CertificateAnswer,
    EligibilityAnswer,
    EligibilityRecord,
    EligibilityRequest,
    Field,
    Header,
    IntentEntry,
    IssueOrder,
    JuminPerson,
    JuminRecord,
    KeyUse,
    Leaf,
    LedgerEntry,
    Member,
    OpenGrantCall,
    OpenGrantReply,
    OutcomeAck,
    OutcomeRecorded,
    OutcomeReport,
    ReadRecordCall,
    ReadRecordReply,
    Receipt,
    RefusalAnswer,
    ReopenEntry,
    Signed,
    SignedAnswer,
    StopEntry,
    StopScope,
    SubjectTicket,
)
from akashi.wire.transcript import card_link, intent_commitment, order_hash, request_hash, subject_token
from akashi.zones.vault.recorder.book import Book, Place
from akashi.zones.vault.recorder.consistency import check_consistent
from akashi.zones.vault.recorder.evidence import check_said_by_kiosk


class Now(Protocol):
    """The stage's clock."""

    def now_ms(self) -> int: ...


class FakeResidents:
    """
    Knows the owner of each card by its serial; admits every request itself, as the real one does.

    Attributes:
        names: what stands as the name on the record of a serial's owner; a marker that must not be found in the issuer's store.
        refusals: code by method.
        wrong: methods whose answer speaks of another session or order.
        reads: issue numbers that were read for.
    """

    def __init__(self, clock: Now, key: SigningKey, trust: Trust) -> None:
        self._clock = clock
        self._key = key
        self._trust = trust
        self._subjects: dict[bytes, tuple[bytes, int]] = {}
        self.names: dict[int, str] = {}
        self.refusals: dict[str, WireCode] = {}
        self.wrong: set[str] = set()
        self.reads: list[str] = []

    def take(self, method: str, body: bytes) -> bytes:
        if method in self.refusals:
            raise Refused(self.refusals[method])
        if method == "open_grant":
            return codec.encode(self._open_grant(codec.parse(OpenGrantCall, body)))
        return codec.encode(self._read_record(codec.parse(ReadRecordCall, body)))

    def _open_grant(self, call: OpenGrantCall) -> OpenGrantReply:
        now_ms = self._clock.now_ms()
        header = codec.parse(Header, call.header)
        request = codec.parse(EligibilityRequest, call.request)
        admitted = admit(header, call.header, request, call.validity_token, trust=self._trust, now_ms=now_ms)
        self._subjects[admitted.transcript] = (admitted.card.issuer_dn_der, admitted.card.serial)
        about = bytes(32) if "open_grant" in self.wrong else admitted.transcript
        link = card_link(admitted.card.issuer_dn_der, admitted.card.serial)
        token = subject_token(admitted.session_secret, link)
        ticket = SubjectTicket(
            transcript=about,
            municipality=header.municipality,
            resident_no="0000000001",
            sign_public=admitted.sign_public,
            kiosk_id=admitted.kiosk_id,
            not_after_ms=now_ms + 30 * 60_000,
            card_link=link,
            subject_token=token,
        )
        name = self.names[admitted.card.serial]
        record = EligibilityRecord(
            admitted.transcript,
            request_hash(call.request),
            token,
            now_ms,
            now_ms,
            (Member(0, name, "世帯主", is_applicant=True, foreign=False),),
        )
        return OpenGrantReply(
            sign_message(self._key, Purpose.TICKET, ticket), sign_message(self._key, Purpose.ELIGIBILITY, record)
        )

    def _read_record(self, call: ReadRecordCall) -> ReadRecordReply:
        ticket = verify_message(self._key.public_bytes, Purpose.TICKET, SubjectTicket, call.ticket)
        order = verify_message(ticket.sign_public, Purpose.ORDER, IssueOrder, call.order)
        if ticket.not_after_ms <= self._clock.now_ms() or order.transcript != ticket.transcript:
            raise Refused(WireCode.GRANT_ENDED)
        if order.members != (0,):
            raise Refused(WireCode.MEMBER_UNKNOWN)
        self.reads.append(call.issue_number)
        issuer_dn, serial = self._subjects[ticket.transcript]
        name = self.names[serial]
        fields = tuple(Field(item, f"{name}/{item}") for item in items_for(order.choices))
        hashed = order_hash(codec.parse(Signed, call.order).payload)
        record = JuminRecord(
            transcript=order.transcript,
            order_hash=bytes(32) if "read_record" in self.wrong else hashed,
            issue_number=call.issue_number,
            subject_token=subject_token(call.session_secret, card_link(issuer_dn, serial)),
            row_version=self._clock.now_ms(),
            as_of_ms=self._clock.now_ms(),
            address="東京都証野市本町一丁目1番1号",
            household_head=name,
            whole_household=True,
            persons=(JuminPerson(0, fields),),
        )
        return ReadRecordReply(sign_message(self._key, Purpose.RECORD, record))


class FakeChecker:
    """
    Signs answers after the comparisons that can be made without reading a PDF.

    Attributes:
        refusals: code by method.
        pad_bytes: makes the file longer.
        refused: the codes that it signed as refusals, in order.
    """

    def __init__(self, clock: Now, key: SigningKey, city: Directory) -> None:
        self._clock = clock
        self._key = key
        self._city = city
        self.refusals: dict[str, WireCode] = {}
        self.pad_bytes = 40_000
        self.refused: list[WireCode] = []

    def take(self, method: str, body: bytes) -> bytes:
        if method in self.refusals:
            raise Refused(self.refusals[method])
        answers = {
            "attest_eligibility": self._eligibility,
            "attest_certificate": self._certificate,
            "attest_outcome": self._outcome,
            "attest_refusal": self._refusal,
        }
        box = AnswerBox(answers[method](body))
        return codec.encode(SignedAnswer(sign_message(self._key, Purpose.ANSWER, box)))

    def _registry(self, purpose: Purpose, signed: bytes) -> bytes:
        return self._city.verify(signed, use=KeyUse.REGISTRY, purpose=purpose, now_ms=self._clock.now_ms())

    def _eligibility(self, body: bytes) -> AnswerPayload:
        call = codec.parse(AttestEligibilityCall, body)
        ticket = codec.parse(SubjectTicket, self._registry(Purpose.TICKET, call.ticket))
        record = codec.parse(EligibilityRecord, self._registry(Purpose.ELIGIBILITY, call.record))
        assert ticket.transcript == record.transcript
        return EligibilityAnswer(
            call.envelope_hash,
            record.subject_token,
            record.as_of_ms,
            record.members,
            call.offers,
            ticket.not_after_ms,
            call.certificates_max,
        )

    def _certificate(self, body: bytes) -> AnswerPayload:
        call = codec.parse(AttestCertificateCall, body)
        ticket = codec.parse(SubjectTicket, self._registry(Purpose.TICKET, call.ticket))
        order = verify_message(ticket.sign_public, Purpose.ORDER, IssueOrder, call.order)
        record = codec.parse(JuminRecord, self._registry(Purpose.RECORD, call.record))
        hashed = order_hash(codec.parse(Signed, call.order).payload)
        intent = codec.parse(IntentEntry, call.intent)
        receipt = codec.parse(
            Receipt,
            self._city.verify(call.receipt, use=KeyUse.RECEIPT, purpose=Purpose.RECEIPT, now_ms=self._clock.now_ms()),
        )
        assert intent.commitment == intent_commitment(call.intent_salt, hashed)
        assert receipt.entry_hash == entry_hash(intent)
        assert (record.order_hash, record.issue_number) == (hashed, call.issue_number)
        assert intent.issue_number == call.issue_number
        assert all(each.value.encode() in call.pdf for person in record.persons for each in person.fields)
        pdf = call.pdf + bytes(self.pad_bytes)
        return CertificateAnswer(
            call.envelope_hash, record.subject_token, order.number, order.kind, call.issue_number, 1, order.fee_yen, pdf
        )

    def _outcome(self, body: bytes) -> AnswerPayload:
        call = codec.parse(AttestOutcomeCall, body)
        report = codec.parse(OutcomeReport, codec.parse(Signed, call.report).payload)
        assert len(call.receipts) == len(report.entries)
        for receipt in call.receipts:
            self._city.verify(receipt, use=KeyUse.RECEIPT, purpose=Purpose.RECEIPT, now_ms=self._clock.now_ms())
        return OutcomeAck(call.envelope_hash, tuple(entry.sequence for entry in report.entries))

    def _refusal(self, body: bytes) -> AnswerPayload:
        call = codec.parse(AttestRefusalCall, body)
        self.refused.append(call.code)
        return RefusalAnswer(call.envelope_hash, call.code)


class FakeRecorder:
    """
    An in-memory ledger that judges as the real recorder does, with its own book and consistency rules.

    Attributes:
        entries: what was appended, in order.
    """

    def __init__(self, clock: Now, key: SigningKey, center: Callable[[int], Directory]) -> None:
        self._clock = clock
        self._key = key
        self._center = center
        self._book = Book()
        self.entries: list[LedgerEntry] = []

    def take(self, _method: str, body: bytes) -> bytes:
        call = codec.parse(AppendCall, body)
        entry = call.entry
        assert not isinstance(entry, ReopenEntry)
        if isinstance(entry, IntentEntry):
            if self._book.city_stopped(entry.municipality):
                raise Refused(WireCode.CITY_STOPPED)
            if self._book.kiosk_stopped(entry.municipality, entry.kiosk_id):
                raise Refused(WireCode.KIOSK_STOPPED)
        if isinstance(entry, OutcomeRecorded) and self._book.place(entry) is None:
            now_ms = self._clock.now_ms()
            check_said_by_kiosk(entry, call.evidence, center=self._center(now_ms), now_ms=now_ms)
        else:
            assert call.evidence is None or isinstance(entry, OutcomeRecorded)
        place = self._book.place(entry) or self._append(entry)
        receipt = Receipt(entry_hash(entry), place.index, place.time_ms)
        return codec.encode(AppendReply(sign_message(self._key, Purpose.RECEIPT, receipt)))

    def _append(self, entry: IntentEntry | StopEntry | LedgerEntry) -> Place:
        assert not isinstance(entry, ReopenEntry)
        if not isinstance(entry, StopEntry):
            check_consistent(entry, self._book)
        elif entry.scope is StopScope.KIOSK and self._book.kiosk_stopped(entry.municipality, entry.kiosk_id):
            raise Refused(WireCode.KIOSK_STOPPED)
        place = Place(len(self.entries), self._clock.now_ms())
        self._book.enter(place.index, Leaf(place.time_ms, "issuance/issuer", entry))
        self.entries.append(entry)
        return place

    def reopen(self) -> None:
        """Do as two operators would."""
        self._book._incidents.clear()

    def state(self, issue_number: str) -> State | None:
        """Return where the ledger sees a number."""
        row = self._book.number(issue_number)
        return row.state if row else None

    def of_kind(self, kind: type[LedgerEntry]) -> list[LedgerEntry]:
        """Return the entries of one kind."""
        return [entry for entry in self.entries if isinstance(entry, kind)]
