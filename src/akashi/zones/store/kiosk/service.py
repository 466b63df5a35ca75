"""
One session at the kiosk: one card, one person, one set of one-use keys.

Promises: the PIN goes to the card and nowhere else; what is asked is sealed to the issuer, what comes back opens only with
this session's key; an answer is used only if the checker signed it, for this very envelope, about this very card.
A session is not used again: its keys end with it. Source: docs/spec/protocol.md sections 3 to 5.
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
    RefusalAnswer,
    ValidityRequest,
)
from akashi.zones.store.kiosk.cardfacts import issuer_and_serial
from akashi.zones.store.kiosk.errors import SessionRefused
from akashi.zones.store.kiosk.journey import Journey, send
from akashi.zones.store.kiosk.trust import Bearings, PinnedRoots

HQ = "hq/forwarder"
SERVICE = "certificates"


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
    """What the applicant chose on the screen."""

    kind: Kind
    members: tuple[int, ...]
    choices: tuple[Choice, ...]
    fee_yen: int
    predecessor: Predecessor | None = None


class KioskSession:
    """
    A session, from the card to the last certificate.

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
        self._orders = 0

    async def prepare(self, municipality: str) -> None:
        """
        Fetch and check beacon and directories. Do it just before the card is presented: a beacon counts for 3 minutes.

        Raises:
            Refused: the route is down, or what came does not verify.
        """
        bulletin = await calls.bulletin(self._link, HQ, municipality, deadline_ms=self._deadline_ms)
        self._bearings = self._roots.take_bearings(municipality, bulletin)
        self._municipality = municipality

    async def open_grant(self, card: Card, pin: str) -> EligibilityAnswer:
        """
        Have the card sign this session, and ask what its holder can get.

        Raises:
            Refused: the card's no (PIN_WRONG with tries left, PIN_LOCKED, ...), the route's code, or the sealed refusal.
        """
        bearings = self._need_bearings()
        certificate = card.read_certificate()
        issuer_dn, serial = issuer_and_serial(certificate)
        card.verify_pin(pin)
        request, validity = self._signed_request(card, certificate, bearings)
        self._subject_token = transcript.subject_token(self._secret, issuer_dn, serial)
        journey = Journey.seal(
            self._kiosk.header(JourneyClass.ELIGIBILITY, self._municipality, bearings.issuer_seal().key_id, self._ids),
            codec.encode(request),
            issuer_public=bearings.issuer_seal().public,
            validity=(codec.encode(validity), bearings.validity_seal().public),
        )
        answer = await self._send(journey)
        if not isinstance(answer, EligibilityAnswer):
            raise SessionRefused(WireCode.MALFORMED, "answer of another journey")
        self._check_subject(answer.subject_token)
        return answer

    async def order(self, wish: Wish) -> CertificateAnswer:
        """
        Order one certificate and return it, checked. The card is not needed any more.

        Raises:
            Refused: the route's code, the sealed refusal, or an answer that does not fit the order.
        """
        number = self._orders + 1
        order = IssueOrder(
            transcript=self._transcript,
            number=number,
            kind=wish.kind,
            members=wish.members,
            choices=tuple(choice for choice in Choice if choice in wish.choices),
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
        self._orders = number
        answer = await self._send(journey)
        if not isinstance(answer, CertificateAnswer):
            raise SessionRefused(WireCode.MALFORMED, "answer of another journey")
        self._check_subject(answer.subject_token)
        if (answer.number, answer.kind, answer.fee_yen) != (number, wish.kind, wish.fee_yen):
            raise SessionRefused(WireCode.CONTRADICTION, "another order's certificate")
        return answer

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
            service=SERVICE,
            directory_sequence=bearings.city.payload.sequence,
            beacon=bearings.beacon,
            card_certificate=certificate,
            card_signature=bytes(64),
            kiosk_certificate=self._kiosk.certificate,
            kiosk_signature=bytes(64),
            deadline_ms=self._deadline_ms,
        )
        root = transcript.root_hash(unsigned, municipality=self._municipality, issuer_key_id=issuer_key.key_id)
        self._transcript = transcript.transcript_hash(beacon=bearings.beacon, card_certificate=certificate, root=root)
        signature = card.sign(self._transcript)
        request = structs.replace(
            unsigned,
            card_signature=signature,
            kiosk_signature=sign_raw(self._kiosk.device_key, Purpose.KIOSK, self._transcript),
        )
        return request, ValidityRequest(card.suite_name, bearings.beacon, certificate, root, signature)

    async def _send(self, journey: Journey) -> EligibilityAnswer | CertificateAnswer:
        answer = await send(journey, self._link, self._need_bearings(), self._kem, deadline_ms=self._deadline_ms)
        if isinstance(answer, RefusalAnswer):
            raise SessionRefused(answer.code)
        if not isinstance(answer, EligibilityAnswer | CertificateAnswer):
            raise SessionRefused(WireCode.MALFORMED, "answer of another journey")
        return answer

    def _check_subject(self, subject_token: bytes) -> None:
        """Refuse a certificate about anyone but the holder of the card that was on this reader (C4)."""
        if not hmac.compare_digest(subject_token, self._subject_token):
            raise SessionRefused(WireCode.CONTRADICTION, "subject token of another person")

    def _need_bearings(self) -> Bearings:
        if self._bearings is None:
            raise SessionRefused(WireCode.DIRECTORY_STALE, "prepare() comes first")
        return self._bearings
