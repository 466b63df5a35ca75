"""Everything around the register, real but made up: cards, kiosk, center, and a session that asks as the protocol says."""

from __future__ import annotations

import asyncio
import io
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from akashi.admission import Trust, trust_authorities
from akashi.base.log import Log
from akashi.base.ports import Caller
from akashi.card.suites import JPKI_RSA2048
from akashi.ledger.entries import entry_hash
from akashi.pki.jpki import USER_AUTHENTICATION_POLICY
from akashi.pki.testca import TestAuthority
from akashi.registers.stores.engine import Engine
from akashi.sealing.directory import Directory, verify_directory
from akashi.sealing.keys import SigningKey
from akashi.sealing.signing import Purpose, sign_message, sign_raw, verify_message
from akashi.simulation.deployment import Deployment, make_deployment, sign_center_directory, sign_city_directory
from akashi.wire import codec
from akashi.wire.certificates import Choice, Kind
from akashi.wire.messages import (
    BeaconPayload,
    EligibilityRecord,
    EligibilityRequest,
    Header,
    IntentEntry,
    IssueOrder,
    JourneyClass,
    JuminRecord,
    OpenGrantCall,
    OpenGrantReply,
    ReadRecordCall,
    Receipt,
    RevocationSource,
    SubjectTicket,
    ValidityTokenPayload,
)
from akashi.wire.transcript import intent_commitment, order_hash, root_hash, transcript_hash
from akashi.zones.core.residents.config import ServiceConfig
from akashi.zones.core.residents.records import CardLink
from akashi.zones.core.residents.service import RegistryKeys, Residents
from akashi.zones.core.residents.store import ResidentStore
from unit.zones.core_residents.people import AS_OF_MS, CITY, LINKED_ON, number

ISSUER = Caller("issuance/issuer")
ISSUE_NUMBER = f"{CITY}-0123-4567-89AB-CDEF"
"""Of a session's first order."""
KEY_ID = b"\x11" * 8
SALT = b"\x05" * 32


class StillClock:
    """A clock that a test sets."""

    def __init__(self, now_ms: int = AS_OF_MS) -> None:
        self.time_ms = now_ms

    def now_ms(self) -> int:
        return self.time_ms

    def monotonic_ms(self) -> int:
        return self.time_ms

    async def sleep_ms(self, duration_ms: int) -> None:
        self.time_ms += duration_ms


@dataclass(frozen=True)
class Card:
    """A made-up card: what it shows and what it signs with."""

    key: rsa.RSAPrivateKey
    certificate: bytes

    @property
    def issuer_dn(self) -> bytes:
        return x509.load_der_x509_certificate(self.certificate).issuer.public_bytes()

    @property
    def serial(self) -> int:
        return x509.load_der_x509_certificate(self.certificate).serial_number

    def link(self, resident: int) -> CardLink:
        return CardLink(issuer_dn=self.issuer_dn, serial=self.serial, resident_no=number(resident), linked_on=LINKED_ON)


@dataclass(frozen=True)
class Session:
    """What the kiosk's process knows of one session."""

    key: SigningKey
    secret: bytes
    transcript: bytes
    call: OpenGrantCall


@dataclass
class Made:
    """Keys and cards, made once for all tests: RSA keys take time."""

    now_ms: int = AS_OF_MS
    deployment: Deployment = field(init=False)
    authority: TestAuthority = field(init=False)
    cards: list[Card] = field(init=False)

    def __post_init__(self) -> None:
        self.deployment = make_deployment(municipality=CITY, city_name="東京都証野市", kiosk_ids=("K0001",), now_ms=self.now_ms)
        self.authority = TestAuthority.create(now_ms=self.now_ms, generations=1)
        self.cards = [self._card() for _ in range(3)]

    def _card(self) -> Card:
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        return Card(key, self.authority.issue(now_ms=self.now_ms, public_key=key.public_key()).certificate_der)


class Counter:
    """The register's service with a store, and sessions that ask it."""

    def __init__(self, made: Made, engine: Engine, **settings: object) -> None:
        self.made = made
        self.clock = StillClock()
        self.log = io.StringIO()
        self.read_orders: dict[bytes, int] = {}
        self.center = self.center_directory()
        city = made.deployment.city
        directory = verify_directory(
            sign_city_directory(city, sequence=1, now_ms=made.now_ms),
            root_public=city.root.public_bytes,
            authority=CITY,
            now_ms=made.now_ms,
        )
        cards = trust_authorities(
            made.authority.authorities, policy_oids=(USER_AUTHENTICATION_POLICY,), suites=(JPKI_RSA2048.name,)
        )
        self.key = made.deployment.city.registry
        self.config = msgspec.convert({"municipality": CITY, **settings}, ServiceConfig)
        self.service = Residents(
            ResidentStore(engine),
            RegistryKeys(self.key, lambda _now_ms: directory),
            Trust(lambda _now_ms: self.center, cards),
            clock=self.clock,
            config=self.config,
            log=Log("core/residents", self.log),
        )

    def center_directory(self, *, sequence: int = 1, revoked_kiosks: tuple[str, ...] = ()) -> Directory:
        """The center's directory as it is signed for these."""
        center, now_ms = self.made.deployment.center, self.made.now_ms
        return verify_directory(
            sign_center_directory(center, sequence=sequence, now_ms=now_ms, revoked_kiosks=revoked_kiosks),
            root_public=center.root.public_bytes,
            authority="center",
            now_ms=now_ms,
        )

    def session(self, card: Card, *, municipality: str = CITY, tag: int = 1) -> Session:
        """A session with everything signed as it should be; `tag` tells two sessions apart."""
        deployment, now_ms = self.made.deployment, self.clock.now_ms()
        kiosk, key = deployment.kiosks[0], SigningKey.from_bytes(bytes([tag]) * 32)
        beacon = sign_message(deployment.center.beacon, Purpose.BEACON, BeaconPayload(now_ms, bytes(16)))
        header = Header(1, municipality, JourneyClass.ELIGIBILITY, bytes(16), "store/kiosk/K0001", "issuance/issuer", KEY_ID)
        bare = EligibilityRequest(
            salt=bytes([tag]) * 32,
            suite=JPKI_RSA2048.name,
            kem_public=bytes(1216),
            sign_public=key.public_bytes,
            session_secret=bytes([tag, 7]) * 16,
            build="test",
            service="jumin",
            directory_sequence=1,
            beacon=beacon,
            card_certificate=card.certificate,
            card_signature=bytes(256),
            kiosk_certificate=kiosk.certificate,
            kiosk_signature=bytes(64),
            deadline_ms=30_000,
        )
        root = root_hash(bare, municipality=municipality, issuer_key_id=KEY_ID)
        transcript = transcript_hash(beacon=beacon, card_certificate=card.certificate, root=root)
        request = msgspec.structs.replace(
            bare,
            card_signature=card.key.sign(transcript, padding.PKCS1v15(), hashes.SHA256()),
            kiosk_signature=sign_raw(kiosk.device_key, Purpose.KIOSK, transcript),
        )
        token = sign_message(
            deployment.center.token,
            Purpose.VALIDITY_TOKEN,
            ValidityTokenPayload(transcript, now_ms + 180_000, RevocationSource.OCSP),
        )
        call = OpenGrantCall(codec.encode(header), codec.encode(request), token)
        return Session(key, bare.session_secret, transcript, call)

    def open(self, session: Session, *, caller: Caller = ISSUER) -> OpenGrantReply:
        return asyncio.run(self.service.open_grant(caller, session.call))

    def ticket(self, reply: OpenGrantReply) -> SubjectTicket:
        return verify_message(self.key.public_bytes, Purpose.TICKET, SubjectTicket, reply.ticket)

    def eligibility(self, reply: OpenGrantReply) -> EligibilityRecord:
        return verify_message(self.key.public_bytes, Purpose.ELIGIBILITY, EligibilityRecord, reply.record)

    def order(
        self, session: Session, members: tuple[int, ...], choices: tuple[Choice, ...] = (), *, number: int = 1
    ) -> IssueOrder:
        return IssueOrder(session.transcript, number, Kind.JUMINHYO, members, choices, 0, 200, None, 30_000)

    def read(
        self,
        session: Session,
        reply: OpenGrantReply,
        members: tuple[int, ...],
        choices: tuple[Choice, ...] = (),
        *,
        caller: Caller = ISSUER,
    ) -> JuminRecord:
        """Read by the session's next order."""
        self.read_orders[session.transcript] = number = self.read_orders.get(session.transcript, 0) + 1
        call = self.read_call(session, reply, self.order(session, members, choices, number=number))
        answer = asyncio.run(self.service.read_record(caller, call))
        return verify_message(self.key.public_bytes, Purpose.RECORD, JuminRecord, answer.record)

    def read_call(
        self, session: Session, reply: OpenGrantReply, order: IssueOrder, *, issue_number: str = "", **intent: object
    ) -> ReadRecordCall:
        """A call with everything as it should be, but for what is named of the intent."""
        issue_number = issue_number or issue_number_of(order.number)
        commitment = intent_commitment(SALT, order_hash(codec.encode(order)))
        entry = msgspec.structs.replace(IntentEntry(CITY, "K0001", issue_number, commitment), **intent)
        return ReadRecordCall(
            reply.ticket,
            sign_message(session.key, Purpose.ORDER, order),
            session.secret,
            issue_number,
            codec.encode(entry),
            SALT,
            self.receipt(entry),
        )

    def receipt(self, entry: IntentEntry, *, key: SigningKey | None = None) -> bytes:
        """What the recorder signs when an intent is durable."""
        said = Receipt(entry_hash(entry), 7, self.clock.now_ms())
        return sign_message(key or self.made.deployment.city.receipt, Purpose.RECEIPT, said)


def issue_number_of(order_number: int) -> str:
    """The issue number that the n-th order of a session gets here."""
    return f"{ISSUE_NUMBER[:-1]}{'0FGHJKMNPQR'[order_number]}"


def file_of(folder: Path, name: str, content: bytes) -> str:
    """Write a file and return its path as text, as configurations hold it."""
    (folder / name).write_bytes(content)
    return str(folder / name)
