"""
koseki/register: the family register of the person who asks, record by record, and 利用登録 for people who live elsewhere.

Trusts nothing from the issuer but bytes. Who lives in this city is named by the resident register's ticket; who lives elsewhere,
by a card that two staff members matched here. Nothing is answered while a condition of the Legal Affairs Bureau is not attested.
Source: docs/spec/koseki.md; docs/spec/protocol.md sections 4.6, 5.3; requirements C2, C3, C4, C12, C13.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from akashi.admission import Admitted, Trust, admit
from akashi.base.log import Log
from akashi.base.ports import Caller, Clock, Ids
from akashi.registers.desk import Asked, Desk, DeskTrust
from akashi.registers.ends import TicketEnds
from akashi.registers.errors import CallRefused, NotAvailable
from akashi.registers.following import FeedLimits, FeedStatus, Following
from akashi.registers.serials import serial_octets
from akashi.rules.eras import jst_date
from akashi.sealing.directory import Directory
from akashi.sealing.keys import SigningKey
from akashi.sealing.signing import Purpose, sign_message, verify
from akashi.wire import codec
from akashi.wire.certificates import Choice, Kind
from akashi.wire.errors import Refused, WireCode
from akashi.wire.kinds import Registry, Service, kinds_of
from akashi.wire.messages import (
    EligibilityRecord,
    EligibilityRequest,
    EnrolCall,
    EnrolReply,
    EnrolState,
    EnrolStatement,
    EnrolWord,
    Header,
    HeldCall,
    HeldRecord,
    HeldReply,
    Holding,
    KeyUse,
    Member,
    Message,
    OpenGrantCall,
    OpenGrantReply,
    ReadRecordCall,
    ReadRecordReply,
    SubjectTicket,
)
from akashi.wire.transcript import card_link, request_hash, subject_token
from akashi.zones.koseki.register.composing import fuhyo_record, koseki_record
from akashi.zones.koseki.register.conditions import Conditions, ConditionState
from akashi.zones.koseki.register.config import ServiceConfig
from akashi.zones.koseki.register.enrolling import Received
from akashi.zones.koseki.register.errors import (
    EnrolmentNeeded,
    EnrolmentPending,
    HonsekiElsewhere,
    NotHeld,
    NotificationEntering,
    PersonUnknown,
)
from akashi.zones.koseki.register.reading import ByCard, ByResident, ByTicket, Meant, SubjectRead
from akashi.zones.koseki.register.store import KosekiStore

R = TypeVar("R")

ISSUER = "issuance/issuer"
ENROLMENT_ID_BYTES = 16
REMOVED_MARK = "除籍"
"""Beside the name of somebody who has left the register, where persons are chosen."""


@dataclass(frozen=True, slots=True)
class Ground:
    """
    What the register stands on.

    Attributes:
        key: signs what it says; KOSEKI in the city's directory.
        city: moment to the city's verified directory.
        trust: whose cards, kiosks and tokens count.
        conditions: the attestations of the Legal Affairs Bureau's conditions, as they are now.
    """

    key: SigningKey
    city: Callable[[int], Directory]
    trust: Trust
    conditions: Callable[[], Conditions]


class KosekiRegister:
    """
    The family register.

    Args:
        store: its database.
        ground: keys, trust and conditions.
        clock: this server's time.
        ids: random bytes for enrolments.
        config: limits and the city's decisions.
        log: ids and codes only.
    """

    def __init__(self, store: KosekiStore, ground: Ground, *, clock: Clock, ids: Ids, config: ServiceConfig, log: Log) -> None:
        self._store = store
        self._ground = ground
        self._clock = clock
        self._ids = ids
        self._config = config
        self._log = log
        limits = FeedLimits(config.feed_age_ms_max, config.feed_ahead_ms_max)
        self._feed = Following(store, clock=clock, limits=limits, log=log)
        self._ends = TicketEnds(config.sessions_max)
        self._desk = Desk(
            Registry.KOSEKI,
            DeskTrust(ground.city, ground.trust.center),
            clock=clock,
            municipality=config.municipality,
            sessions_max=config.sessions_max,
            own_tickets=KeyUse.KOSEKI,
        )

    async def open_grant(self, caller: Caller, call: OpenGrantCall) -> OpenGrantReply:
        """
        Return ticket and eligibility record for somebody who lives elsewhere and whose card was enrolled here.

        Raises:
            Refused: what `admit` refuses; KOSEKI_CLOSED, CALLER_REFUSED, CITY_UNKNOWN, MALFORMED, REGISTRY_STALE, NOT_AVAILABLE,
                ENROL_NEEDED, ENROL_PENDING, BUSY, GRANT_ENDED.

        Source: docs/spec/koseki.md section 4.
        """
        return self._told("open_grant", lambda: self._open_grant(caller, call))

    async def held(self, caller: Caller, call: HeldCall) -> HeldReply:
        """
        Return what is held for the ticket's person, signed; kinds that cannot be had come with the reason.

        Raises:
            Refused: what the desk refuses; KOSEKI_CLOSED, REGISTRY_STALE.

        Source: docs/spec/protocol.md section 4.6.
        """
        return self._told("held", lambda: self._held(caller, call))

    async def read_record(self, caller: Caller, call: ReadRecordCall) -> ReadRecordReply:
        """
        Return exactly what the order names of the ticket's person's own register, signed.

        Raises:
            Refused: what the desk refuses; KOSEKI_CLOSED, REGISTRY_STALE, NOT_AVAILABLE, HONSEKI_ELSEWHERE, NOT_HELD,
                KOSEKI_ENTERING, MEMBER_UNKNOWN, RECORD_CHANGED.

        Source: docs/spec/protocol.md section 5.3.
        """
        return self._told("read_record", lambda: self._read_record(caller, call))

    async def enrol(self, caller: Caller, call: EnrolCall) -> EnrolReply:
        """
        Keep an applicant's statement for staff, and say what became of the card's newest one, signed.

        Raises:
            Refused: what `admit` refuses; KOSEKI_CLOSED, CALLER_REFUSED, CITY_UNKNOWN, MALFORMED, SIGNATURE_BAD, BUSY.

        Source: docs/spec/koseki.md section 5.
        """
        return self._told("enrol", lambda: self._enrol(caller, call))

    def feed_status(self) -> FeedStatus:
        """
        Return how current the register is.

        Raises:
            StoreFailed: the database said no.
        """
        return self._feed.status()

    def apply_feed(self, untrusted_lines: Sequence[bytes]) -> FeedStatus:
        """
        Apply lines of the change feed, each in its own transaction, until one is refused.

        Raises:
            FeedRefused: a line that must not be applied; it and those after it were not; until it is put right, nothing is read.
            StoreFailed: the database said no.
        """
        return self._feed.apply(untrusted_lines)

    def condition_states(self) -> tuple[ConditionState, ...]:
        """Return how each condition of the Legal Affairs Bureau stands today."""
        return self._ground.conditions().states(jst_date(self._clock.now_ms()))

    def _told(self, what: str, work: Callable[[], R]) -> R:
        try:
            answer = work()
        except Refused as refused:
            self._log.event(what, code=refused.code.value)
            raise
        self._log.event(what, code="OK")
        return answer

    def _admitted(self, caller: Caller, call: OpenGrantCall | EnrolCall, service: Service) -> Admitted:
        """Return what a card signed, for this city and for exactly that service."""
        if caller.server != ISSUER:
            raise CallRefused(WireCode.CALLER_REFUSED, "only the issuer asks")
        now_ms = self._clock.now_ms()
        self._ground.conditions().check(jst_date(now_ms))
        header = codec.parse(Header, call.header)
        if header.municipality != self._config.municipality:
            raise CallRefused(WireCode.CITY_UNKNOWN, "another city's request")
        request = codec.parse(EligibilityRequest, call.request)
        if request.service != service:
            raise CallRefused(WireCode.MALFORMED, "the card was used for another service")
        return admit(header, call.header, request, call.validity_token, trust=self._ground.trust, now_ms=now_ms)

    def _open_grant(self, caller: Caller, call: OpenGrantCall) -> OpenGrantReply:
        # 1. Caller, conditions, city, everything that was signed. 2. One snapshot. 3. The answer is made and signed in any case;
        # only then is it decided whether it leaves, so that a no takes as long as a yes.
        admitted = self._admitted(caller, call, Service.HONSEKI)  # 1
        now_ms = self._clock.now_ms()
        card = admitted.card
        read = self._store.read_held(ByCard(card.issuer_dn_der, serial_octets(card.serial)))  # 2
        self._feed.check_fresh(read.feed)
        # 3. The link is the one by which the row was found; where there is none, the token is that of nobody.
        link = card_link(card.issuer_dn_der, card.serial) if read.subject.found else card_link(b"", 1)
        token = subject_token(admitted.session_secret, link)
        known_end_ms = self._ends.end_ms(admitted.transcript, now_ms=now_ms)
        not_after_ms = now_ms + self._config.grant_ms if known_end_ms is None else known_end_ms
        ticket = SubjectTicket(
            transcript=admitted.transcript,
            municipality=self._config.municipality,
            resident_no=read.subject.person_no,
            sign_public=admitted.sign_public,
            kiosk_id=admitted.kiosk_id,
            not_after_ms=not_after_ms,
            card_link=link,
            subject_token=token,
        )
        row_version, as_of_ms = read.subject.row_version, read.feed.as_of_ms
        record = EligibilityRecord(admitted.transcript, request_hash(call.request), token, row_version, as_of_ms, ())
        reply = OpenGrantReply(self._signed(Purpose.TICKET, ticket), self._signed(Purpose.ELIGIBILITY, record))
        if not read.subject.known and read.enrolment is EnrolState.PENDING:
            raise EnrolmentPending
        if not read.subject.known:
            raise EnrolmentNeeded
        self._check_subject(read.subject, jst_date(now_ms))
        self._ends.keep(admitted.transcript, not_after_ms, now_ms=now_ms)
        return reply

    def _held(self, caller: Caller, call: HeldCall) -> HeldReply:
        ticket = self._desk.check_held(caller, call)
        now_ms = self._clock.now_ms()
        self._ground.conditions().check(jst_date(now_ms))
        read = self._store.read_held(self._meant(call.ticket, ticket, now_ms))
        self._feed.check_fresh(read.feed)
        refusal = None
        try:
            self._check_readable(read.subject, jst_date(now_ms))
        except Refused as refused:
            refusal = refused.code
        members = tuple(
            Member(one.member_ref, one.name, REMOVED_MARK if one.removed else "", one.is_subject, foreign=False)
            for one in read.members
        )
        record = HeldRecord(
            transcript=ticket.transcript,
            subject_token=ticket.subject_token,
            registry=Registry.KOSEKI,
            as_of_ms=read.feed.as_of_ms,
            holdings=tuple(Holding(kind, refusal) for kind in kinds_of(Registry.KOSEKI)),
            members=() if refusal else members,
        )
        return HeldReply(self._signed(Purpose.HELD, record))

    def _read_record(self, caller: Caller, call: ReadRecordCall) -> ReadRecordReply:
        # 1. The call, and the conditions. 2. One snapshot, bound to the ticket's person. 3. May it be read, is it whom the
        # resident register means, is everybody there? 4. The signed record.
        asked = self._desk.check_read(caller, call)  # 1
        self._ground.conditions().check(jst_date(asked.now_ms))
        meant = self._meant(call.ticket, asked.ticket, asked.now_ms)
        if asked.order.kind is Kind.FUHYO:
            return ReadRecordReply(self._supplement(asked, meant))
        read = self._store.read_koseki(meant, asked.order.members)  # 2
        self._feed.check_fresh(read.feed)
        stored_no = self._check_asked(asked, meant, read.subject)  # 3
        if asked.order.members and tuple(sorted(one.member_ref for one in read.persons)) != asked.order.members:
            raise PersonUnknown
        return ReadRecordReply(self._signed(Purpose.KOSEKI_RECORD, koseki_record(asked, read, stored_no)))  # 4

    def _supplement(self, asked: Asked, meant: Meant) -> bytes:
        choices, members = asked.order.choices, asked.order.members
        read = self._store.read_supplement(
            meant, members, honseki=Choice.HONSEKI in choices, overseas_voter=Choice.OVERSEAS_VOTER in choices
        )
        self._feed.check_fresh(read.feed)
        stored_no = self._check_asked(asked, meant, read.subject)
        if tuple(sorted(one.member_ref for one in read.persons)) != members:
            raise PersonUnknown
        return self._signed(Purpose.FUHYO_RECORD, fuhyo_record(asked, read, stored_no))

    def _enrol(self, caller: Caller, call: EnrolCall) -> EnrolReply:
        admitted = self._admitted(caller, call, Service.ENROL)
        payload = verify(admitted.sign_public, Purpose.ENROL, call.statement)
        if codec.parse(EnrolStatement, payload).transcript != admitted.transcript:
            raise CallRefused(WireCode.SIGNATURE_BAD, "a statement of another session")
        card = admitted.card
        received = Received(
            enrolment_id=self._ids.random_bytes(ENROLMENT_ID_BYTES),
            transcript=admitted.transcript,
            issuer_dn=card.issuer_dn_der,
            serial=serial_octets(card.serial),
            statement=payload,
            received_ms=self._clock.now_ms(),
        )
        state, received_ms = self._store.receive(received, pending_max=self._config.pending_max)
        token = subject_token(admitted.session_secret, card_link(card.issuer_dn_der, card.serial))
        word = EnrolWord(admitted.transcript, request_hash(call.request), token, state, received_ms)
        return EnrolReply(self._signed(Purpose.ENROLLED, word))

    def _signed(self, purpose: Purpose, message: Message) -> bytes:
        return sign_message(self._ground.key, purpose, message)

    def _meant(self, signed_ticket: bytes, ticket: SubjectTicket, now_ms: int) -> Meant:
        """Return whom a ticket names: its number is ours only where the ticket is ours."""
        if self._desk.finder(signed_ticket, now_ms) is KeyUse.KOSEKI:
            return ByTicket(ticket.resident_no, ticket.card_link)
        return ByResident(ticket.resident_no)

    def _check_asked(self, asked: Asked, meant: Meant, subject: SubjectRead) -> str:
        """Check that the subject may have the record; return the stored number by which the ticket knows the person."""
        self._check_readable(subject, jst_date(asked.now_ms))
        asked.check_same_person(subject.name, subject.birth_date)
        return subject.resident_no if isinstance(meant, ByResident) else subject.person_no

    def _check_readable(self, subject: SubjectRead, today: date) -> None:
        if not subject.known:
            raise HonsekiElsewhere
        self._check_subject(subject, today)
        if subject.entering:
            raise NotificationEntering

    def _check_subject(self, subject: SubjectRead, today: date) -> None:
        """Blocks and whatever must not be told apart first, then what may be told."""
        if not subject.found:
            raise NotAvailable
        if not subject.current:
            raise NotHeld
        if not self._old_enough(subject, today):
            raise NotAvailable

    def _old_enough(self, subject: SubjectRead, today: date) -> bool:
        if subject.birth_day is None:
            return False
        birth = date.fromisoformat(subject.birth_day)
        age_years = today.year - birth.year - ((today.month, today.day) < (birth.month, birth.day))
        return age_years >= self._config.age_years_min
