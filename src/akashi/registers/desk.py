"""
How a register is asked that did not find the person itself: by the resident register's ticket and by its fresh word.

Every register but core/residents sits behind such a desk. Trusts nothing from the issuer but bytes: ticket, standing, order and
receipt are verified here, so that a taken-over issuer cannot name a person who did not ask, and a person for whom a block was
set a moment ago is not served. Source: docs/spec/protocol.md sections 4.6 and 5.3; requirements C4.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hmac import compare_digest

from akashi.admission.kiosks import check_kiosk_standing
from akashi.base.ports import Caller, Clock
from akashi.registers.claims import OrderClaims
from akashi.registers.errors import CallRefused, RecordChanging
from akashi.registers.intents import check_intent
from akashi.registers.orders import check_form
from akashi.sealing.directory import Directory
from akashi.sealing.signing import Purpose, verify
from akashi.wire import codec
from akashi.wire.errors import WireCode
from akashi.wire.kinds import KINDS, Registry
from akashi.wire.messages import HeldCall, IssueOrder, KeyUse, ReadRecordCall, Signed, Standing, SubjectTicket
from akashi.wire.transcript import order_hash, person_hash, subject_row_hash, subject_token

ISSUER = "issuance/issuer"


@dataclass(frozen=True, slots=True)
class DeskTrust:
    """
    What a desk believes by.

    Attributes:
        city: moment to the city's verified directory: keys of core/residents and of the recorder.
        center: moment to the center's: which kiosks were revoked.
    """

    city: Callable[[int], Directory]
    center: Callable[[int], Directory]


@dataclass(frozen=True, slots=True, repr=False)
class Asked:
    """
    A verified question about one order.

    Attributes:
        ticket: who asks. The only name of a person that a register may read by is `ticket.resident_no`.
        order: what was chosen.
        order_hash: of the order as signed.
        issue_number: the number that the record is for.
        standing: core/residents' word that the person may be served for this order, now; None where the register gave the ticket
            itself and so looks for itself.
        now_ms: when it was verified.
    """

    ticket: SubjectTicket
    order: IssueOrder
    order_hash: bytes
    issue_number: str
    standing: Standing | None
    now_ms: int

    def check_same_person(self, name: str, birth_date: str) -> None:
        """
        Check that the row that was read is of the person whom core/residents means, by name and birth date as written.

        Where the register gave the ticket itself there is nobody to compare with.

        Raises:
            RecordChanging: it is not (yet); two registers that disagree about a person give out nothing.
        """
        if self.standing is not None and not compare_digest(
            person_hash(self.ticket.transcript, name, birth_date), self.standing.person_hash
        ):
            raise RecordChanging

    def subject_row(self, stored_resident_no: str) -> bytes:
        """Return the hash for the record's `subject_row`, from the number *stored with the row that was read*."""
        return subject_row_hash(self.ticket.transcript, stored_resident_no)


class Desk:
    """
    The desk of one register.

    Args:
        registry: which register this is; it answers for its own kinds only.
        trust: the directories.
        clock: the register's time.
        municipality: whose register it is.
        sessions_max: how many sessions may have orders here at a time.
        own_tickets: use of the key under which this register gives tickets itself, to people whom core/residents does not know;
            None: it gives none.
    """

    def __init__(
        self,
        registry: Registry,
        trust: DeskTrust,
        *,
        clock: Clock,
        municipality: str,
        sessions_max: int,
        own_tickets: KeyUse | None = None,
    ) -> None:
        self._registry = registry
        self._trust = trust
        self._clock = clock
        self._municipality = municipality
        self._claims = OrderClaims(sessions_max)
        self._own_tickets = own_tickets

    def finder(self, signed_ticket: bytes, now_ms: int) -> KeyUse:
        """
        Return under the key of which use a ticket says that it was signed: this register's own, else core/residents'.

        It proves nothing: the ticket is verified under a key of exactly that use. But a number in a register's own ticket is one
        of its own, and never a 宛名番号.

        Raises:
            Malformed: not a `Signed`.
            DirectoryStale: no directory in date.
        """
        named = codec.parse(Signed, signed_ticket).key_id
        for key in self._trust.city(now_ms).payload.keys:
            if key.key_id == named and key.use is self._own_tickets:
                return key.use
        return KeyUse.REGISTRY

    def check_held(self, caller: Caller, call: HeldCall) -> SubjectTicket:
        """
        Return the ticket of a question what is held.

        Raises:
            CallRefused: not the issuer (CALLER_REFUSED), another city (CITY_UNKNOWN), the ticket has ended (GRANT_ENDED), not the
                session's secret (SIGNATURE_BAD).
            Refused: the ticket is not core/residents' (SIGNATURE_BAD), the kiosk was revoked (KIOSK_UNTRUSTED), no directory.
        """
        self._check_caller(caller)
        return self._ticket(call.ticket, call.session_secret, self._clock.now_ms())

    def check_read(self, caller: Caller, call: ReadRecordCall) -> Asked:
        """
        Return a question for a record, all of it verified.

        Raises:
            CallRefused: as `check_held`; another session's order or standing (SIGNATURE_BAD); a kind of another registry, or not
                the order's one form (MALFORMED); an intent that is not this order's, or a number that was used (CONTRADICTION);
                GRANT_ORDER; BUSY.
            Refused: a signature that does not verify (SIGNATURE_BAD), KIOSK_UNTRUSTED, DIRECTORY_STALE.
        """
        # 1. Caller. 2. Ticket, in time, secret, kiosk. 3. The session's signature on the order; its form; a kind of ours.
        # 4. The ledger has the intent. 5. core/residents says that this person may be served for this order, now (a ticket of
        # our own needs no such word). 6. This number is this order's alone. The caller does: read bound to
        # `ticket.resident_no`, compare the person, sign.
        self._check_caller(caller)  # 1
        now_ms = self._clock.now_ms()
        ticket = self._ticket(call.ticket, call.session_secret, now_ms)  # 2
        payload = verify(ticket.sign_public, Purpose.ORDER, call.order)  # 3
        order, hashed = codec.parse(IssueOrder, payload), order_hash(payload)
        check_form(order, call.issue_number, ticket)
        if KINDS[order.kind].registry is not self._registry:
            raise CallRefused(WireCode.MALFORMED, "another registry answers for this kind")
        city = self._trust.city(now_ms)
        check_intent(call, ticket.kiosk_id, hashed, city=city, now_ms=now_ms)  # 4
        standing = None
        if self.finder(call.ticket, now_ms) is KeyUse.REGISTRY:
            standing = self._standing(call, ticket, hashed, now_ms)  # 5
        claimed = (order.number, hashed, call.issue_number)
        self._claims.claim(ticket.transcript, claimed, not_after_ms=ticket.not_after_ms, now_ms=now_ms)  # 6
        return Asked(ticket, order, hashed, call.issue_number, standing, now_ms)

    def _standing(self, call: ReadRecordCall, ticket: SubjectTicket, hashed: bytes, now_ms: int) -> Standing:
        standing = self._trust.city(now_ms).verify_message(
            Standing, call.standing, use=KeyUse.REGISTRY, purpose=Purpose.STANDING, now_ms=now_ms
        )
        found = (standing.transcript, standing.order_hash, standing.issue_number, standing.resident_no, standing.subject_token)
        if found != (ticket.transcript, hashed, call.issue_number, ticket.resident_no, ticket.subject_token):
            raise CallRefused(WireCode.SIGNATURE_BAD, "a standing of another order")
        if standing.not_after_ms <= now_ms:
            raise CallRefused(WireCode.DEADLINE_PASSED, "the standing has run out")
        return standing

    def _check_caller(self, caller: Caller) -> None:
        if caller.server != ISSUER:
            raise CallRefused(WireCode.CALLER_REFUSED, "only the issuer asks")

    def _ticket(self, signed: bytes, session_secret: bytes, now_ms: int) -> SubjectTicket:
        city = self._trust.city(now_ms)
        use = self.finder(signed, now_ms)
        ticket = city.verify_message(SubjectTicket, signed, use=use, purpose=Purpose.TICKET, now_ms=now_ms)
        if ticket.municipality != self._municipality:
            raise CallRefused(WireCode.CITY_UNKNOWN, "another city's ticket")
        if ticket.not_after_ms <= now_ms:
            raise CallRefused(WireCode.GRANT_ENDED, "the ticket has run out")
        if not compare_digest(subject_token(session_secret, ticket.card_link), ticket.subject_token):
            raise CallRefused(WireCode.SIGNATURE_BAD, "not the secret of this session")
        check_kiosk_standing(ticket.kiosk_id, center=self._trust.center(now_ms), now_ms=now_ms)
        return ticket
