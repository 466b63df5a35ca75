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
from akashi.pki.jpki import USER_AUTHENTICATION_POLICY
from akashi.pki.testca import TestAuthority
from akashi.sealing.directory import verify_directory
from akashi.sealing.keys import SigningKey
from akashi.sealing.signing import Purpose, sign_message, sign_raw, verify_message
from akashi.simulation.deployment import Deployment, make_deployment, sign_center_directory
from akashi.wire import codec
from akashi.wire.certificates import Choice, Kind
from akashi.wire.messages import (
    BeaconPayload,
    EligibilityRecord,
    EligibilityRequest,
    Header,
    IssueOrder,
    JourneyClass,
    JuminRecord,
    OpenGrantCall,
    OpenGrantReply,
    ReadRecordCall,
    RevocationSource,
    SubjectTicket,
    ValidityTokenPayload,
)
from akashi.wire.transcript import root_hash, transcript_hash
from akashi.zones.core.residents.config import ServiceConfig
from akashi.zones.core.residents.records import CardLink
from akashi.zones.core.residents.service import Residents
from akashi.zones.core.residents.store import ResidentStore
from akashi.zones.core.residents.stores.engine import Engine
from unit.zones.core_residents.people import AS_OF_MS, CITY, LINKED_ON, number

ISSUER = Caller("issuance/issuer")
ISSUE_NUMBER = f"{CITY}-0123-4567-89AB-CDEF"
KEY_ID = b"\x11" * 8


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
        center = made.deployment.center
        directory = verify_directory(
            sign_center_directory(center, sequence=1, now_ms=made.now_ms),
            root_public=center.root.public_bytes,
            authority="center",
            now_ms=made.now_ms,
        )
        cards = trust_authorities(
            made.authority.authorities, policy_oids=(USER_AUTHENTICATION_POLICY,), suites=(JPKI_RSA2048.name,)
        )
        self.key = made.deployment.city.registry
        self.config = msgspec.convert({"municipality": CITY, **settings}, ServiceConfig)
        self.service = Residents(
            ResidentStore(engine),
            self.key,
            Trust(lambda _now_ms: directory, cards),
            clock=self.clock,
            config=self.config,
            log=Log("core/residents", self.log),
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

    def order(self, session: Session, members: tuple[int, ...], choices: tuple[Choice, ...] = ()) -> IssueOrder:
        return IssueOrder(session.transcript, 1, Kind.JUMINHYO, members, choices, 200, None, 30_000)

    def read(
        self,
        session: Session,
        reply: OpenGrantReply,
        members: tuple[int, ...],
        choices: tuple[Choice, ...] = (),
        *,
        caller: Caller = ISSUER,
    ) -> JuminRecord:
        call = self.read_call(session, reply, self.order(session, members, choices))
        answer = asyncio.run(self.service.read_record(caller, call))
        return verify_message(self.key.public_bytes, Purpose.RECORD, JuminRecord, answer.record)

    def read_call(self, session: Session, reply: OpenGrantReply, order: IssueOrder) -> ReadRecordCall:
        return ReadRecordCall(reply.ticket, sign_message(session.key, Purpose.ORDER, order), session.secret, ISSUE_NUMBER)


def file_of(folder: Path, name: str, content: bytes) -> str:
    """Write a file and return its path as text, as configurations hold it."""
    (folder / name).write_bytes(content)
    return str(folder / name)
