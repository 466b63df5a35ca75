"""
core/residents: who a card speaks for, and the chosen items of that person's household, one committed version at a time.

Trusts nothing from the issuer but bytes: card, kiosk, validity token, order and ticket are verified here again, so that a
taken-over issuer cannot name a person who did not ask; and the recorder's receipt for the intent, so that it cannot read what the
ledger does not know of, or one order for two numbers. Source: docs/spec/protocol.md sections 4.5, 5.3; requirements C2, C3, C4.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from akashi.admission import Trust, admit, check_kiosk_standing
from akashi.base.log import Log
from akashi.base.ports import Caller, Clock
from akashi.registers.errors import CallRefused, FeedRefused, NotAvailable, RegistryStale
from akashi.registers.feeding import DIGESTS_KEPT
from akashi.registers.grants import REMEMBERED_MS, Grant, OpenGrants
from akashi.registers.intents import check_intent
from akashi.rules.eras import jst_date
from akashi.sealing.directory import Directory
from akashi.sealing.keys import SigningKey
from akashi.sealing.signing import Purpose, sign_message, verify, verify_message
from akashi.wire import codec
from akashi.wire.certificates import Choice, Item, items_for
from akashi.wire.errors import Refused, WireCode
from akashi.wire.messages import (
    EligibilityRecord,
    EligibilityRequest,
    Field,
    Header,
    IssueOrder,
    JuminPerson,
    JuminRecord,
    Member,
    OpenGrantCall,
    OpenGrantReply,
    ReadRecordCall,
    ReadRecordReply,
    SubjectTicket,
)
from akashi.wire.transcript import order_hash, request_hash, subject_token
from akashi.zones.core.residents.changes import parse_line
from akashi.zones.core.residents.config import ServiceConfig
from akashi.zones.core.residents.errors import MemberUnknown, RecordChanging
from akashi.zones.core.residents.reading import FeedState, GrantRead, HouseholdRead, LinkRead, RecordRead
from akashi.zones.core.residents.store import ResidentStore

ISSUER = "issuance/issuer"


@dataclass(frozen=True, slots=True)
class FeedStatus:
    """
    How current the register is, for people and logs.

    Attributes:
        sequence: number of the last applied record.
        as_of_ms: the source's time of it.
        lag_ms: how long ago that is by this server's clock.
        stopped: code at which the feed stands still, or empty.
        stale: whether reads are refused because of it.
    """

    sequence: int
    as_of_ms: int
    lag_ms: int
    stopped: str
    stale: bool


@dataclass(frozen=True, slots=True)
class RegistryKeys:
    """
    The city's keys, as this server has them.

    Attributes:
        registry: signs what this server says.
        directory: moment to the city's verified directory; names the recorder's RECEIPT key.
    """

    registry: SigningKey
    directory: Callable[[int], Directory]


class Residents:
    """
    The resident register.

    Args:
        store: the register's database.
        keys: what it signs with, and by which it believes the recorder.
        trust: whose cards, kiosks and tokens count.
        clock: this server's time.
        config: limits and the city's decisions.
        log: ids and codes only.
    """

    def __init__(
        self, store: ResidentStore, keys: RegistryKeys, trust: Trust, *, clock: Clock, config: ServiceConfig, log: Log
    ) -> None:
        self._store = store
        self._key = keys.registry
        self._city = keys.directory
        self._trust = trust
        self._clock = clock
        self._config = config
        self._log = log
        self._grants = OpenGrants(config.grants_max)
        self._applied = 0

    async def open_grant(self, caller: Caller, call: OpenGrantCall) -> OpenGrantReply:
        """
        Return ticket and eligibility record for the person whose card signed the request.

        Raises:
            Refused: what `admit` refuses; CALLER_REFUSED, CITY_UNKNOWN, MALFORMED, REGISTRY_STALE, NOT_AVAILABLE,
                RECORD_CHANGED, BUSY, GRANT_ENDED.

        Source: docs/spec/protocol.md section 4.5.
        """
        try:
            reply = self._open_grant(caller, call)
        except Refused as refused:
            self._log.event("open_grant", code=refused.code.value)
            raise
        self._log.event("open_grant", code="OK")
        return reply

    async def read_record(self, caller: Caller, call: ReadRecordCall) -> ReadRecordReply:
        """
        Return the chosen items of the chosen members, signed.

        Raises:
            Refused: CALLER_REFUSED, MALFORMED, SIGNATURE_BAD, DIRECTORY_STALE, KIOSK_UNTRUSTED, GRANT_ENDED, GRANT_ORDER,
                CONTRADICTION, REGISTRY_STALE, NOT_AVAILABLE, RECORD_CHANGED, MEMBER_UNKNOWN.

        Source: docs/spec/protocol.md section 5.3.
        """
        try:
            reply = self._read_record(caller, call)
        except Refused as refused:
            self._log.event("read_record", code=refused.code.value)
            raise
        self._log.event("read_record", code="OK")
        return reply

    def feed_status(self) -> FeedStatus:
        """
        Return how current the register is.

        Raises:
            StoreFailed: the database said no.
        """
        return self._status(self._store.feed_state())

    def apply_feed(self, untrusted_lines: Sequence[bytes]) -> FeedStatus:
        """
        Apply lines of the change feed, each in its own transaction, until one is refused.

        Raises:
            FeedRefused: a line that must not be applied; it and those after it were not; until it is put right, nothing is read.
            StoreFailed: the database said no.
        """
        for line in untrusted_lines:
            try:
                self._apply_line(line)
            except FeedRefused as refused:
                self._store.mark_stopped(refused.code)
                self._log.event("feed_stopped", code=refused.code.value, after=self._applied)
                raise
        return self.feed_status()

    def _apply_line(self, line: bytes) -> None:
        record = parse_line(line)
        if record.sequence <= self._applied - DIGESTS_KEPT:
            return  # long applied; a source that is read again from its beginning costs no transaction for these
        if record.time_ms > self._clock.now_ms() + self._config.feed_ahead_ms_max:
            raise FeedRefused("the source's clock is ahead", code=WireCode.MALFORMED)
        self._store.apply(record, line)
        self._applied = max(self._applied, record.sequence)

    def _status(self, feed: FeedState) -> FeedStatus:
        lag_ms = self._clock.now_ms() - feed.as_of_ms
        stale = bool(feed.stopped) or lag_ms > self._config.feed_age_ms_max
        return FeedStatus(feed.sequence, feed.as_of_ms, lag_ms, feed.stopped, stale)

    def _check_fresh(self, feed: FeedState) -> None:
        if self._status(feed).stale:
            raise RegistryStale("the feed stands still or is too old")

    def _open_grant(self, caller: Caller, call: OpenGrantCall) -> OpenGrantReply:
        # 1. Caller and city. 2. Everything that was signed. 3. One snapshot. 4. The answer is made and signed in any case; only
        # then is it decided whether it leaves, so that a no takes as long as a yes.
        self._check_caller(caller)  # 1
        header = codec.parse(Header, call.header)
        if header.municipality != self._config.municipality:
            raise CallRefused(WireCode.CITY_UNKNOWN, "another city's request")
        request = codec.parse(EligibilityRequest, call.request)
        now_ms = self._clock.now_ms()
        admitted = admit(header, call.header, request, call.validity_token, trust=self._trust, now_ms=now_ms)  # 2
        read = self._store.read_grant(admitted.card.issuer_dn_der, admitted.card.serial)  # 3
        self._check_fresh(read.feed)
        # 4. Where there is no link, the token is that of nobody.
        link = read.link or LinkRead(b"", 1, "")
        token = subject_token(admitted.session_secret, link.issuer_dn, link.serial)
        # Asked again, a session gets no new half hour: its first end stays.
        known_end_ms = self._grants.end_ms(admitted.transcript, now_ms=now_ms)
        not_after_ms = now_ms + self._config.grant_ms if known_end_ms is None else known_end_ms
        ticket = SubjectTicket(
            admitted.transcript,
            self._config.municipality,
            read.resident_no,
            admitted.sign_public,
            admitted.kiosk_id,
            not_after_ms,
        )
        record = EligibilityRecord(
            admitted.transcript,
            request_hash(call.request),
            token,
            read.household.row_version,
            read.feed.as_of_ms,
            tuple(Member(one.member_ref, one.name, one.relationship, one.is_applicant, one.foreign) for one in read.members),
        )
        reply = OpenGrantReply(
            sign_message(self._key, Purpose.TICKET, ticket), sign_message(self._key, Purpose.ELIGIBILITY, record)
        )
        self._check_may_use(read, today=jst_date(now_ms))
        grant = Grant(link.issuer_dn, link.serial, token, not_after_ms, max(not_after_ms, now_ms + REMEMBERED_MS))
        self._grants.add(admitted.transcript, grant, now_ms=now_ms)
        return reply

    def _read_record(self, caller: Caller, call: ReadRecordCall) -> ReadRecordReply:
        # 1. Caller. 2. Our own ticket, in time, for a kiosk still in good standing. 3. The session's signature on the order, and
        # that it is this session's. 4. The ledger has the intent. 5. The grant, the secret that opened it, and that this order
        # number is this order's alone. 6. One snapshot. 7. May it be read, is everybody there? 8. The signed record.
        self._check_caller(caller)  # 1
        now_ms = self._clock.now_ms()
        ticket = verify_message(self._key.public_bytes, Purpose.TICKET, SubjectTicket, call.ticket)  # 2
        if ticket.not_after_ms <= now_ms:
            raise CallRefused(WireCode.GRANT_ENDED, "the ticket has run out")
        check_kiosk_standing(ticket.kiosk_id, center=self._trust.center(now_ms), now_ms=now_ms)
        payload = verify(ticket.sign_public, Purpose.ORDER, call.order)  # 3
        order = codec.parse(IssueOrder, payload)
        self._check_order(order, ticket, call)
        hashed = order_hash(payload)
        check_intent(call, ticket.kiosk_id, hashed, city=self._city(now_ms), now_ms=now_ms)  # 4
        grant = self._grants.get(ticket.transcript, now_ms=now_ms)  # 5
        if subject_token(call.session_secret, grant.issuer_dn, grant.serial) != grant.subject_token:
            raise CallRefused(WireCode.SIGNATURE_BAD, "not the secret of this session")
        grant.claim(order.number, hashed, call.issue_number)
        items = items_for(order.choices)
        read = self._store.read_record(  # 6
            ticket.resident_no, card=(grant.issuer_dn, grant.serial), members=order.members, items=items
        )
        self._check_fresh(read.feed)
        self._check_readable(read.household, read.link)  # 7
        if read.link is None or tuple(sorted(one.member_ref for one in read.persons)) != order.members:
            raise MemberUnknown
        record = JuminRecord(
            transcript=ticket.transcript,
            order_hash=hashed,
            issue_number=call.issue_number,
            subject_token=subject_token(call.session_secret, read.link.issuer_dn, read.link.serial),
            row_version=read.household.row_version,
            as_of_ms=read.feed.as_of_ms,
            address=read.household.address,
            household_head=read.head_name,
            whole_household=len(order.members) == read.household.members,
            persons=_persons(read, items),
        )
        return ReadRecordReply(sign_message(self._key, Purpose.RECORD, record))  # 8

    def _check_caller(self, caller: Caller) -> None:
        if caller.server != ISSUER:
            raise CallRefused(WireCode.CALLER_REFUSED, "only the issuer asks")

    def _check_order(self, order: IssueOrder, ticket: SubjectTicket, call: ReadRecordCall) -> None:
        if order.transcript != ticket.transcript or ticket.municipality != self._config.municipality:
            raise CallRefused(WireCode.SIGNATURE_BAD, "an order of another session")
        if not call.issue_number.startswith(f"{self._config.municipality}-"):
            raise CallRefused(WireCode.MALFORMED, "another city's issue number")
        if any(later <= earlier for earlier, later in zip(order.members, order.members[1:], strict=False)):
            raise CallRefused(WireCode.MALFORMED, "members not ascending")
        if order.choices != tuple(choice for choice in Choice if choice in order.choices):
            raise CallRefused(WireCode.MALFORMED, "choices not in order")

    def _check_readable(self, household: HouseholdRead, link: LinkRead | None) -> None:
        """Blocks first: the one code for all that must not be told apart, then the code for a household in change."""
        if not household.found or link is None:
            raise NotAvailable
        if self._config.planned_move_out_refuses_household and household.planned:
            raise NotAvailable
        if household.editing or household.heads != 1:
            raise RecordChanging

    def _check_may_use(self, read: GrantRead, *, today: date) -> None:
        usable_from = date.fromisoformat(read.link.linked_on) + timedelta(days=self._config.card_days_min) if read.link else today
        birth = date.fromisoformat(read.birth_day) if read.birth_day else today
        if usable_from > today or _age_years(birth, today) < self._config.age_years_min:
            raise NotAvailable
        self._check_readable(read.household, read.link)


def _age_years(birth: date, today: date) -> int:
    """Return the age; who was born on 29 February has the birthday on 1 March in common years."""
    return today.year - birth.year - ((today.month, today.day) < (birth.month, birth.day))


def _persons(read: RecordRead, items: tuple[Item, ...]) -> tuple[JuminPerson, ...]:
    return tuple(
        JuminPerson(one.member_ref, tuple(Field(item, value) for item, value in zip(items, one.values, strict=True)))
        for one in read.persons
    )
