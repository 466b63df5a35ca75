"""
core/residents: who a card speaks for, and the chosen items of that person's household, one committed version at a time.

Trusts nothing from the issuer but bytes: card, kiosk, validity token, order and ticket are verified here again, so that a
taken-over issuer cannot name a person who did not ask; and the recorder's receipt for the intent, so that it cannot read what the
ledger does not know of, or one order for two numbers. What other registries answer for, this one confirms order by order.
Source: docs/spec/protocol.md sections 4.5, 5.3; requirements C2, C3, C4.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from akashi.admission import Trust, admit, check_kiosk_standing
from akashi.base.log import Log
from akashi.base.ports import Caller, Clock
from akashi.registers.claims import OrderClaims
from akashi.registers.ends import TicketEnds
from akashi.registers.errors import CallRefused
from akashi.registers.following import FeedLimits, FeedStatus, Following
from akashi.registers.intents import check_intent
from akashi.registers.orders import check_form
from akashi.rules.eras import jst_date
from akashi.sealing.directory import Directory
from akashi.sealing.keys import SigningKey
from akashi.sealing.signing import Purpose, sign_message, verify, verify_message
from akashi.wire import codec
from akashi.wire.certificates import Item, items_for
from akashi.wire.errors import Refused, WireCode
from akashi.wire.kinds import KINDS, Registry
from akashi.wire.messages import (
    ConfirmReply,
    EligibilityRecord,
    EligibilityRequest,
    Field,
    Header,
    IssueOrder,
    JourneyClass,
    JuminPerson,
    JuminRecord,
    Member,
    OpenGrantCall,
    OpenGrantReply,
    ReadRecordCall,
    ReadRecordReply,
    Standing,
    SubjectTicket,
)
from akashi.wire.transcript import card_link, order_hash, person_hash, request_hash, subject_token
from akashi.zones.core.residents.config import ServiceConfig
from akashi.zones.core.residents.errors import MemberUnknown
from akashi.zones.core.residents.permits import check_may_use, check_readable
from akashi.zones.core.residents.reading import RecordRead
from akashi.zones.core.residents.store import ResidentStore

ISSUER = "issuance/issuer"

STANDING_MS = 60_000
"""How long a standing is good, in milliseconds: about as long as an order can be on its way. Source: protocol section 5.3."""


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
        self._ends = TicketEnds(config.grants_max)
        self._claims = OrderClaims(config.grants_max)
        limits = FeedLimits(config.feed_age_ms_max, config.feed_ahead_ms_max)
        self._feed = Following(store, clock=clock, limits=limits, log=log)

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

    async def confirm(self, caller: Caller, call: ReadRecordCall) -> ConfirmReply:
        """
        Return this register's word that the ticket's person may be served, now, for an order that another registry answers.

        So a block that was set a minute ago holds for every registry, and none of them needs to know of blocks.

        Raises:
            Refused: as `read_record`, without MEMBER_UNKNOWN.

        Source: docs/spec/protocol.md section 5.3.
        """
        try:
            reply = self._confirm(caller, call)
        except Refused as refused:
            self._log.event("confirm", code=refused.code.value)
            raise
        self._log.event("confirm", code="OK")
        return reply

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

    def _open_grant(self, caller: Caller, call: OpenGrantCall) -> OpenGrantReply:
        # 1. Caller and city. 2. Everything that was signed. 3. One snapshot. 4. The answer is made and signed in any case; only
        # then is it decided whether it leaves, so that a no takes as long as a yes.
        self._check_caller(caller)  # 1
        header = codec.parse(Header, call.header)
        if header.municipality != self._config.municipality:
            raise CallRefused(WireCode.CITY_UNKNOWN, "another city's request")
        if header.journey is not JourneyClass.ELIGIBILITY:
            raise CallRefused(WireCode.MALFORMED, "another journey")
        request = codec.parse(EligibilityRequest, call.request)
        now_ms = self._clock.now_ms()
        admitted = admit(header, call.header, request, call.validity_token, trust=self._trust, now_ms=now_ms)  # 2
        read = self._store.read_grant(admitted.card.issuer_dn_der, admitted.card.serial)  # 3
        self._feed.check_fresh(read.feed)
        # 4. Where there is no link, the token is that of nobody.
        link = read.link.hash if read.link else card_link(b"", 1)
        token = subject_token(admitted.session_secret, link)
        # Asked again, a session gets no new half hour: its first end stays.
        known_end_ms = self._ends.end_ms(admitted.transcript, now_ms=now_ms)
        not_after_ms = now_ms + self._config.grant_ms if known_end_ms is None else known_end_ms
        ticket = SubjectTicket(
            transcript=admitted.transcript,
            municipality=self._config.municipality,
            resident_no=read.resident_no,
            sign_public=admitted.sign_public,
            kiosk_id=admitted.kiosk_id,
            not_after_ms=not_after_ms,
            card_link=link,
            subject_token=token,
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
        check_may_use(self._config, read, today=jst_date(now_ms))
        self._ends.keep(admitted.transcript, not_after_ms, now_ms=now_ms)
        return reply

    def _read_record(self, caller: Caller, call: ReadRecordCall) -> ReadRecordReply:
        # 1. The call (see there). 2. One snapshot. 3. May it be read, is everybody there? 4. The signed record.
        asked = self._check_call(caller, call)  # 1
        ticket, order = asked.ticket, asked.order
        if KINDS[order.kind].registry is not Registry.RESIDENTS:
            raise CallRefused(WireCode.MALFORMED, "another registry answers for this kind")
        items = items_for(order.choices)
        read = self._store.read_record(ticket.resident_no, card_link=ticket.card_link, members=order.members, items=items)  # 2
        self._feed.check_fresh(read.feed)
        link = check_readable(self._config, read.household, read.link)  # 3
        if tuple(sorted(one.member_ref for one in read.persons)) != order.members:
            raise MemberUnknown
        record = JuminRecord(
            transcript=ticket.transcript,
            order_hash=asked.order_hash,
            issue_number=call.issue_number,
            subject_token=subject_token(call.session_secret, link.hash),
            row_version=read.household.row_version,
            as_of_ms=read.feed.as_of_ms,
            address=read.household.address,
            household_head=read.head_name,
            whole_household=len(order.members) == read.household.members,
            persons=_persons(read, items),
        )
        return ReadRecordReply(sign_message(self._key, Purpose.RECORD, record))  # 4

    def _confirm(self, caller: Caller, call: ReadRecordCall) -> ConfirmReply:
        # As `_read_record`, but for a kind of another registry: nothing leaves but that the person may be served, now.
        asked = self._check_call(caller, call)
        ticket = asked.ticket
        if KINDS[asked.order.kind].registry is Registry.RESIDENTS:
            raise CallRefused(WireCode.MALFORMED, "this registry answers for this kind by itself")
        read = self._store.read_standing(ticket.resident_no, card_link=ticket.card_link)
        self._feed.check_fresh(read.feed)
        link = check_readable(self._config, read.household, read.link)
        standing = Standing(
            transcript=ticket.transcript,
            order_hash=asked.order_hash,
            issue_number=call.issue_number,
            resident_no=ticket.resident_no,
            subject_token=subject_token(call.session_secret, link.hash),
            person_hash=person_hash(ticket.transcript, read.name, read.birth_date),
            row_version=read.household.row_version,
            as_of_ms=read.feed.as_of_ms,
            not_after_ms=asked.now_ms + STANDING_MS,
        )
        return ConfirmReply(sign_message(self._key, Purpose.STANDING, standing))

    def _check_call(self, caller: Caller, call: ReadRecordCall) -> _AskedOrder:
        # 1. Caller. 2. Our own ticket, in time, for a kiosk still in good standing, with the secret that opened it. 3. The
        # session's signature on the order, and that it is this session's. 4. The ledger has the intent. 5. This order number is
        # this order's alone.
        self._check_caller(caller)  # 1
        now_ms = self._clock.now_ms()
        ticket = verify_message(self._key.public_bytes, Purpose.TICKET, SubjectTicket, call.ticket)  # 2
        if ticket.not_after_ms <= now_ms:
            raise CallRefused(WireCode.GRANT_ENDED, "the ticket has run out")
        if ticket.municipality != self._config.municipality:
            raise CallRefused(WireCode.SIGNATURE_BAD, "another city's ticket")
        check_kiosk_standing(ticket.kiosk_id, center=self._trust.center(now_ms), now_ms=now_ms)
        if subject_token(call.session_secret, ticket.card_link) != ticket.subject_token:
            raise CallRefused(WireCode.SIGNATURE_BAD, "not the secret of this session")
        payload = verify(ticket.sign_public, Purpose.ORDER, call.order)  # 3
        order, hashed = codec.parse(IssueOrder, payload), order_hash(payload)
        check_form(order, call.issue_number, ticket)
        check_intent(call, ticket.kiosk_id, hashed, city=self._city(now_ms), now_ms=now_ms)  # 4
        claimed = (order.number, hashed, call.issue_number)
        self._claims.claim(ticket.transcript, claimed, not_after_ms=ticket.not_after_ms, now_ms=now_ms)  # 5
        return _AskedOrder(ticket, order, hashed, now_ms)

    def _check_caller(self, caller: Caller) -> None:
        if caller.server != ISSUER:
            raise CallRefused(WireCode.CALLER_REFUSED, "only the issuer asks")


@dataclass(frozen=True, slots=True, repr=False)
class _AskedOrder:
    ticket: SubjectTicket
    order: IssueOrder
    order_hash: bytes
    now_ms: int


def _persons(read: RecordRead, items: tuple[Item, ...]) -> tuple[JuminPerson, ...]:
    return tuple(
        JuminPerson(one.member_ref, tuple(Field(item, value) for item, value in zip(items, one.values, strict=True)))
        for one in read.persons
    )
