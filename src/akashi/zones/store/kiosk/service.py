"""
One session at the kiosk: one card, one person, one set of one-use keys.

Promises: the PIN goes to the card and nowhere else; what is asked is sealed to the issuer, what comes back opens only with
this session's key; an answer is used only if the checker signed it, for this very envelope, about this very card.
An order without a proven answer is asked for again with the identical envelope, never ordered anew. A session is not used again:
its keys end with it. Source: docs/spec/protocol.md sections 3 to 5 and 8.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import Protocol

from msgspec import structs

from akashi.base.ports import Ids, Link
from akashi.sealing.keys import SealPrivateKey, SigningKey
from akashi.sealing.signing import Purpose, sign_message, sign_raw
from akashi.wire import calls, codec, transcript
from akashi.wire.certificates import Choice, Kind
from akashi.wire.errors import WireCode
from akashi.wire.frames import ISSUING_SERVER
from akashi.wire.kinds import Service
from akashi.wire.messages import (
    PROTOCOL_VERSION,
    CertificateAnswer,
    EligibilityAnswer,
    EligibilityRequest,
    Header,
    IssueOrder,
    IssueRequest,
    JourneyClass,
    Predecessor,
    ValidityRequest,
)
from akashi.zones.store.kiosk.cardfacts import issuer_and_serial
from akashi.zones.store.kiosk.errors import SealedRefusal, SessionRefused
from akashi.zones.store.kiosk.journey import HQ, Journey, send
from akashi.zones.store.kiosk.trust import Bearings, PinnedRoots

ORDERS_MAX = 10
"""What a grant gives at most (`OrderNumber`); the city may give less."""

_USES_UP_THE_NUMBER = frozenset(
    {
        WireCode.NOT_AVAILABLE,
        WireCode.NOT_HELD,
        WireCode.TAX_UNDECLARED,
        WireCode.LEVY_DAY_ELSEWHERE,
        WireCode.HONSEKI_ELSEWHERE,
        WireCode.KOSEKI_CLOSED,
        WireCode.KOSEKI_ENTERING,
        WireCode.CLOSED_HOURS,
        WireCode.KIND_OFF,
        WireCode.OPTION_OFF,
        WireCode.MEMBER_UNKNOWN,
        WireCode.FEE_CHANGED,
        WireCode.YEAR_CHANGED,
        WireCode.CITY_STOPPED,
        WireCode.KIOSK_STOPPED,
        WireCode.ISSUE_VOIDED,
        WireCode.REGISTRY_STALE,
        WireCode.RECORD_CHANGED,
        WireCode.GLYPH_MISSING,
        WireCode.TEXT_OVERFLOW,
        WireCode.CHECK_FAILED,
    }
)
"""Final: the issuer has claimed the order number and given up on it. The next order takes the next number."""

_ENDS_THE_SESSION = frozenset(
    {
        WireCode.GRANT_ENDED,
        WireCode.GRANT_ORDER,
        WireCode.REPLAYED,
        WireCode.CONTRADICTION,
        WireCode.KIOSK_UNTRUSTED,
        WireCode.SIGNATURE_BAD,
        WireCode.MALFORMED,
    }
)
"""No order of this session can succeed any more. Any other signed no (a bug, a second copy in work) leaves the order open."""


class Card(Protocol):
    """The card on the reader."""

    @property
    def suite_name(self) -> str:
        """Name of the card's signature suite."""
        ...

    def read_certificate(self) -> bytes:
        """Return the DER of the user-authentication certificate."""
        ...

    def verify_pin(self, pin: str) -> None:
        """Give the PIN to the card; raises with the tries left."""
        ...

    def sign(self, message: bytes) -> bytes:
        """Return the card's signature over the message."""
        ...


@dataclass(frozen=True, slots=True)
class KioskIdentity:
    """
    The device.

    Attributes:
        kiosk_id: such as "K0001".
        certificate: DER of the device certificate.
        device_key: Ed25519 key of the device.
        build: name of the installed build; part of what the card signs.
    """

    kiosk_id: str
    certificate: bytes
    device_key: SigningKey
    build: str

    def header(self, journey: JourneyClass, municipality: str, key_id: bytes, ids: Ids) -> Header:
        """Return the outer header of a new journey of this kiosk."""
        sender = f"store/kiosk/{self.kiosk_id}"
        return Header(PROTOCOL_VERSION, municipality, journey, ids.random_bytes(16), sender, ISSUING_SERVER, key_id)


@dataclass(frozen=True, slots=True)
class Wish:
    """
    What the applicant chose on the screen.

    Attributes:
        members, choices: in any order; an order names each once. No member where the kind names nobody.
        predecessor: the voided certificate that this one replaces without a second fee.
        year: 年度 as offered; 0 where the kind is not yearly.
    """

    kind: Kind
    members: tuple[int, ...]
    choices: tuple[Choice, ...]
    fee_yen: int
    predecessor: Predecessor | None = None
    year: int = 0


@dataclass(frozen=True, slots=True)
class _OpenOrder:
    """An order that was sent, or may have been: its number, what was wished, its one envelope."""

    number: int
    wish: Wish
    journey: Journey


class KioskSession:
    """
    A session, from the card to the last certificate: `prepare`, `use_card`, `ask`, then `order` as often as the city allows.

    Args:
        kiosk: the device.
        roots: what it believes.
        link: to hq/forwarder.
        ids: random bytes.
        deadline_ms: for each journey.
    """

    def __init__(self, kiosk: KioskIdentity, roots: PinnedRoots, *, link: Link, ids: Ids, deadline_ms: int) -> None:
        self._kiosk = kiosk
        self._roots = roots
        self._link = link
        self._ids = ids
        self._deadline_ms = deadline_ms
        # One-use keys, made while the kiosk is idle.
        self._kem = SealPrivateKey.generate()
        self._session_key = SigningKey.generate()
        self._secret = ids.random_bytes(32)
        self._bearings: Bearings | None = None
        self._municipality = ""
        self._transcript = b""
        self._subject_token = b""
        self._question: Journey | None = None
        self._open_order: _OpenOrder | None = None
        self._answered = 0
        self._orders_max = 0
        self._issue_numbers: set[str] = set()

    @property
    def can_ask(self) -> bool:
        """Whether the card has signed and there is no answer yet: `ask` sends the identical envelope."""
        return self._question is not None

    @property
    def can_repeat(self) -> bool:
        """Whether an order has no proven answer yet: `again` sends the identical envelope."""
        return self._open_order is not None

    @property
    def can_order(self) -> bool:
        """Whether the next order may go out."""
        return self._open_order is None and self._answered < self._orders_max

    async def prepare(self, municipality: str) -> None:
        """
        Fetch and check beacon and directories. Do it just before the card is presented: a beacon counts for 3 minutes.

        Raises:
            SessionRefused: the card has signed already (GRANT_ORDER).
            Refused: the route is down, or what came does not verify.
        """
        self._check_unused()
        bulletin = await calls.bulletin(self._link, HQ, municipality, deadline_ms=self._deadline_ms)
        self._bearings = self._roots.take_bearings(municipality, bulletin)
        self._municipality = municipality

    def use_card(self, card: Card, pin: str) -> None:
        """
        Have the card sign this session. Afterwards it can be taken out. After a no of the card this may be called again.

        Raises:
            SessionRefused: `prepare` was not called (DIRECTORY_STALE), or a card has signed already (GRANT_ORDER).
            Refused: the card's no (PIN_WRONG with tries left, PIN_LOCKED, CARD_UNREADABLE, ...).
        """
        self._check_unused()
        bearings = self._need_bearings()
        certificate = card.read_certificate()
        issuer_dn, serial = issuer_and_serial(certificate)
        card.verify_pin(pin)
        request, validity = self._signed_request(card, certificate, bearings)
        self._subject_token = transcript.subject_token(self._secret, transcript.card_link(issuer_dn, serial))
        self._question = Journey.seal(
            self._kiosk.header(JourneyClass.ELIGIBILITY, self._municipality, bearings.issuer_seal().key_id, self._ids),
            codec.encode(request),
            issuer_public=bearings.issuer_seal().public,
            validity=(codec.encode(validity), bearings.validity_seal().public),
        )

    async def ask(self) -> EligibilityAnswer:
        """
        Ask what the card's holder can get. After a lost answer this may be called again: the identical envelope, the same grant.

        Raises:
            SealedRefusal: the city's no; this session is over.
            SessionRefused: no card has signed, or this was answered (GRANT_ORDER); or another's answer (CONTRADICTION).
            Refused: the route's code.
        """
        if self._question is None:
            raise SessionRefused(WireCode.GRANT_ORDER, "nothing to ask")
        try:
            answer = await send(self._question, self._link, self._need_bearings(), self._kem, deadline_ms=self._deadline_ms)
        except SealedRefusal:
            self._question = None
            raise
        self._question = None
        if not isinstance(answer, EligibilityAnswer):
            raise SessionRefused(WireCode.MALFORMED, "answer of another journey")
        self._check_subject(answer.subject_token)
        self._orders_max = min(answer.certificates_max, ORDERS_MAX)
        return answer

    async def open_grant(self, card: Card, pin: str) -> EligibilityAnswer:
        """Do `use_card` and `ask`: for whoever need not take the card out in between. Raises what these raise."""
        self.use_card(card, pin)
        return await self.ask()

    async def order(self, wish: Wish) -> CertificateAnswer:
        """
        Order one certificate and return it, checked. The card is not needed any more.

        Raises:
            SealedRefusal: the city's no. Where `can_repeat` is true afterwards, only `again` may follow.
            SessionRefused: an order has no proven answer yet, or no grant is open (GRANT_ORDER); no order is left
                (GRANT_ENDED); or the answer does not fit the order (CONTRADICTION), which ends the session.
            Refused: the route's code. The order may have been carried out: only `again` may follow.
        """
        if self._open_order is not None:
            raise SessionRefused(WireCode.GRANT_ORDER, "an order has no answer yet; again() comes first")
        if not self._transcript or self._question is not None:
            raise SessionRefused(WireCode.GRANT_ORDER, "no grant")
        if not self.can_order:
            raise SessionRefused(WireCode.GRANT_ENDED, "no order is left")
        self._open_order = self._sealed_order(self._answered + 1, wish)
        return await self.again()

    async def again(self) -> CertificateAnswer:
        """
        Send the open order's identical envelope, so that a lost certificate comes and never a second one.

        Raises:
            SessionRefused: no order is open (GRANT_ORDER); or as `order`.
            Refused: as `order`.
        """
        order = self._open_order
        if order is None:
            raise SessionRefused(WireCode.GRANT_ORDER, "no open order")
        try:
            answer = await send(order.journey, self._link, self._need_bearings(), self._kem, deadline_ms=self._deadline_ms)
        except SealedRefusal as refusal:
            self._close_refused(order, refusal.code)
            raise
        # From here on the order has its one proven answer; whatever does not fit ends the session, for nothing can be trusted.
        self._open_order, self._answered, orders_max, self._orders_max = None, order.number, self._orders_max, 0
        if not isinstance(answer, CertificateAnswer):
            raise SessionRefused(WireCode.MALFORMED, "answer of another journey")
        self._check_subject(answer.subject_token)
        self._check_ordered(answer, order)
        self._issue_numbers.add(answer.issue_number)
        self._orders_max = orders_max
        return answer

    def _close_refused(self, order: _OpenOrder, code: WireCode) -> None:
        """Draw the consequence of the city's signed no to an order; what it leaves open stays open."""
        replaces = order.wish.predecessor is not None
        if code in _USES_UP_THE_NUMBER or (code is WireCode.GRANT_ORDER and replaces):
            # GRANT_ORDER with a predecessor is about that one: the issuer has refused the claim, and kept it.
            self._open_order, self._answered = None, order.number
        elif code in _ENDS_THE_SESSION:
            self._open_order, self._orders_max = None, 0

    def _sealed_order(self, number: int, wish: Wish) -> _OpenOrder:
        order = IssueOrder(
            transcript=self._transcript,
            number=number,
            kind=wish.kind,
            members=tuple(sorted(set(wish.members))),
            choices=tuple(choice for choice in Choice if choice in wish.choices),
            year=wish.year,
            fee_yen=wish.fee_yen,
            predecessor=wish.predecessor,
            deadline_ms=self._deadline_ms,
        )
        signed = sign_message(self._session_key, Purpose.ORDER, order)
        issuer_key = self._need_bearings().issuer_seal()
        journey = Journey.seal(
            self._kiosk.header(JourneyClass.ISSUE, self._municipality, issuer_key.key_id, self._ids),
            codec.encode(IssueRequest(signed)),
            issuer_public=issuer_key.public,
            validity=None,
        )
        return _OpenOrder(number, wish, journey)

    def _signed_request(self, card: Card, certificate: bytes, bearings: Bearings) -> tuple[EligibilityRequest, ValidityRequest]:
        """Return the two parts' contents, under the signatures of card and device."""
        issuer_key = bearings.issuer_seal()
        unsigned = EligibilityRequest(
            salt=self._ids.random_bytes(32),
            suite=card.suite_name,
            kem_public=self._kem.public_bytes,
            sign_public=self._session_key.public_bytes,
            session_secret=self._secret,
            build=self._kiosk.build,
            service=Service.CERTIFICATES,
            directory_sequence=bearings.city.payload.sequence,
            beacon=bearings.beacon,
            card_certificate=certificate,
            card_signature=bytes(64),
            kiosk_certificate=self._kiosk.certificate,
            kiosk_signature=bytes(64),
            deadline_ms=self._deadline_ms,
        )
        root = transcript.root_hash(unsigned, municipality=self._municipality, issuer_key_id=issuer_key.key_id)
        signed = transcript.transcript_hash(beacon=bearings.beacon, card_certificate=certificate, root=root)
        signature = card.sign(signed)
        self._transcript = signed
        request = structs.replace(
            unsigned,
            card_signature=signature,
            kiosk_signature=sign_raw(self._kiosk.device_key, Purpose.KIOSK, signed),
        )
        return request, ValidityRequest(card.suite_name, bearings.beacon, certificate, root, signature)

    def _check_ordered(self, answer: CertificateAnswer, order: _OpenOrder) -> None:
        """Refuse another order's certificate, another city's number, or a number that came before."""
        wish = order.wish
        if (answer.number, answer.kind, answer.fee_yen) != (order.number, wish.kind, wish.fee_yen):
            raise SessionRefused(WireCode.CONTRADICTION, "another order's certificate")
        if not answer.issue_number.startswith(f"{self._municipality}-") or answer.issue_number in self._issue_numbers:
            raise SessionRefused(WireCode.CONTRADICTION, "not a new number of this city")

    def _check_subject(self, subject_token: bytes) -> None:
        """Refuse a certificate about anyone but the holder of the card that was on this reader (C4)."""
        if not hmac.compare_digest(subject_token, self._subject_token):
            raise SessionRefused(WireCode.CONTRADICTION, "subject token of another person")

    def _check_unused(self) -> None:
        if self._transcript:
            raise SessionRefused(WireCode.GRANT_ORDER, "a session is for one card, once")

    def _need_bearings(self) -> Bearings:
        if self._bearings is None:
            raise SessionRefused(WireCode.DIRECTORY_STALE, "prepare() comes first")
        return self._bearings
