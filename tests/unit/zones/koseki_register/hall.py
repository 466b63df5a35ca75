"""The city hall: the register's service with a store, and sessions that ask it as the protocol says."""

from __future__ import annotations

import asyncio
import io
from dataclasses import dataclass
from datetime import date
from typing import Any

import msgspec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from akashi.admission import Trust, trust_authorities
from akashi.base.log import Log
from akashi.card.suites import JPKI_RSA2048
from akashi.ledger.entries import entry_hash
from akashi.pki.jpki import USER_AUTHENTICATION_POLICY
from akashi.registers.stores.engine import Engine
from akashi.sealing.directory import Directory, verify_directory
from akashi.sealing.keys import SigningKey
from akashi.sealing.signing import Purpose, sign_message, sign_raw, verify_message
from akashi.simulation.deployment import sign_center_directory, sign_city_directory
from akashi.wire import codec
from akashi.wire.certificates import Choice, Kind
from akashi.wire.kinds import Service
from akashi.wire.messages import (
    BeaconPayload,
    EligibilityRequest,
    EnrolCall,
    EnrolStatement,
    EnrolWord,
    FuhyoRecord,
    Header,
    HeldCall,
    HeldRecord,
    IntentEntry,
    IssueOrder,
    JourneyClass,
    KosekiRecord,
    OpenGrantCall,
    ReadRecordCall,
    Receipt,
    RevocationSource,
    Standing,
    SubjectTicket,
    ValidityTokenPayload,
)
from akashi.wire.transcript import (
    card_link,
    intent_commitment,
    order_hash,
    person_hash,
    root_hash,
    subject_token,
    transcript_hash,
)
from akashi.zones.koseki.register.conditions import Attestation, Condition, Conditions
from akashi.zones.koseki.register.config import ServiceConfig
from akashi.zones.koseki.register.service import Ground, KosekiRegister
from akashi.zones.koseki.register.store import KosekiStore
from unit.zones.core_residents.counter import ISSUER, KEY_ID, SALT, Card, Made, StillClock, issue_number_of
from unit.zones.core_residents.people import CITY
from unit.zones.koseki_register.families import family, resident_no

STAFF = {"sato": SigningKey.generate(), "suzuki": SigningKey.generate(), "takahashi": SigningKey.generate()}


class Counted:
    """Ids that are counted: a test can tell them apart."""

    def __init__(self) -> None:
        self.count = 0

    def random_bytes(self, count: int) -> bytes:
        self.count += 1
        return self.count.to_bytes(count, "big")


def attested(first: date = date(2026, 1, 1), last: date = date(2026, 12, 31)) -> Conditions:
    return Conditions(
        tuple(
            Attestation(condition=one, attested_on=first, expires_on=last, by="市民課長", evidence="ab" * 32) for one in Condition
        )
    )


@dataclass(frozen=True)
class Session:
    """What the kiosk's process knows of one session."""

    card: Card
    key: SigningKey
    secret: bytes
    transcript: bytes
    header: bytes
    request: bytes
    token: bytes

    @property
    def grant_call(self) -> OpenGrantCall:
        return OpenGrantCall(self.header, self.request, self.token)

    @property
    def link(self) -> bytes:
        return card_link(self.card.issuer_dn, self.card.serial)

    @property
    def subject_token(self) -> bytes:
        return subject_token(self.secret, self.link)


class Hall:
    """The register's service, and everything that asks it."""

    def __init__(self, made: Made, engine: Engine, **settings: object) -> None:
        self.made = made
        self.clock = StillClock()
        self.log = io.StringIO()
        self.conditions = attested()
        self.revoked: tuple[str, ...] = ()
        self.ids = Counted()
        self.store = KosekiStore(engine)
        city = made.deployment.city
        self.key = city.koseki
        self.directory = verify_directory(
            sign_city_directory(city, sequence=1, now_ms=made.now_ms),
            root_public=city.root.public_bytes,
            authority=CITY,
            now_ms=made.now_ms,
        )
        staff = {name: key.public_bytes.hex() for name, key in STAFF.items()}
        self.config = msgspec.convert({"municipality": CITY, "staff": staff, **settings}, ServiceConfig)
        cards = trust_authorities(
            made.authority.authorities, policy_oids=(USER_AUTHENTICATION_POLICY,), suites=(JPKI_RSA2048.name,)
        )
        ground = Ground(
            self.key, lambda _now_ms: self.directory, Trust(lambda _now_ms: self.center(), cards), lambda: self.conditions
        )
        self.service = KosekiRegister(
            self.store, ground, clock=self.clock, ids=self.ids, config=self.config, log=Log("koseki/register", self.log)
        )
        self.orders = 0

    def center(self) -> Directory:
        center = self.made.deployment.center
        signed = sign_center_directory(center, sequence=1, now_ms=self.made.now_ms, revoked_kiosks=self.revoked)
        return verify_directory(signed, root_public=center.root.public_bytes, authority="center", now_ms=self.made.now_ms)

    def session(self, card: Card, service: Service = Service.CERTIFICATES, *, tag: int = 1, city: str = CITY) -> Session:
        """A session with everything signed as it should be; `tag` tells two sessions apart."""
        deployment, now_ms = self.made.deployment, self.clock.now_ms()
        kiosk, key = deployment.kiosks[0], SigningKey.from_bytes(bytes([tag]) * 32)
        beacon = sign_message(deployment.center.beacon, Purpose.BEACON, BeaconPayload(now_ms, bytes(16)))
        journey = JourneyClass.ENROL if service is Service.ENROL else JourneyClass.ELIGIBILITY
        header = Header(1, city, journey, bytes(16), "store/kiosk/K0001", "issuance/issuer", KEY_ID)
        bare = EligibilityRequest(
            salt=bytes([tag]) * 32,
            suite=JPKI_RSA2048.name,
            kem_public=bytes(1216),
            sign_public=key.public_bytes,
            session_secret=bytes([tag, 7]) * 16,
            build="test",
            service=service,
            directory_sequence=1,
            beacon=beacon,
            card_certificate=card.certificate,
            card_signature=bytes(256),
            kiosk_certificate=kiosk.certificate,
            kiosk_signature=bytes(64),
            deadline_ms=30_000,
        )
        root = root_hash(bare, municipality=city, issuer_key_id=KEY_ID)
        transcript = transcript_hash(beacon=beacon, card_certificate=card.certificate, root=root)
        request = msgspec.structs.replace(
            bare,
            card_signature=card.key.sign(transcript, padding.PKCS1v15(), hashes.SHA256()),
            kiosk_signature=sign_raw(kiosk.device_key, Purpose.KIOSK, transcript),
        )
        payload = ValidityTokenPayload(transcript, now_ms + 180_000, RevocationSource.OCSP)
        token = sign_message(deployment.center.token, Purpose.VALIDITY_TOKEN, payload)
        return Session(card, key, bare.session_secret, transcript, codec.encode(header), codec.encode(request), token)

    def ticket(self, session: Session, number: str, *, key: SigningKey | None = None, **changes: Any) -> bytes:
        """A ticket as core/residents gives it, but for what is named."""
        ticket = SubjectTicket(
            transcript=session.transcript,
            municipality=CITY,
            resident_no=number,
            sign_public=session.key.public_bytes,
            kiosk_id="K0001",
            not_after_ms=self.clock.now_ms() + 1_800_000,
            card_link=session.link,
            subject_token=session.subject_token,
        )
        signer = key or self.made.deployment.city.registry
        return sign_message(signer, Purpose.TICKET, msgspec.structs.replace(ticket, **changes))

    def held(self, session: Session, ticket: bytes) -> HeldRecord:
        reply = asyncio.run(self.service.held(ISSUER, HeldCall(ticket, session.secret)))
        return verify_message(self.key.public_bytes, Purpose.HELD, HeldRecord, reply.record)

    def order(self, session: Session, kind: Kind, members: tuple[int, ...] = (), choices: tuple[Choice, ...] = ()) -> IssueOrder:
        self.orders += 1
        year = 0
        return IssueOrder(session.transcript, self.orders, kind, members, choices, year, 450, None, 30_000)

    def read_call(
        self, session: Session, ticket: bytes, order: IssueOrder, *, person: tuple[str, str] | None = None, **changes: Any
    ) -> ReadRecordCall:
        """A call with everything as it should be, but for what is named; `person`: name and birth date in the resident record."""
        issue_number, hashed = issue_number_of(order.number), order_hash(codec.encode(order))
        entry = IntentEntry(CITY, "K0001", issue_number, intent_commitment(SALT, hashed))
        receipt = Receipt(entry_hash(entry), 7, self.clock.now_ms())
        city = self.made.deployment.city
        name, birth_date = person or ("", "")
        told = codec.parse(SubjectTicket, codec.parse(_SignedOf, ticket).payload)
        standing = Standing(
            transcript=session.transcript,
            order_hash=hashed,
            issue_number=issue_number,
            resident_no=told.resident_no,
            subject_token=session.subject_token,
            person_hash=person_hash(session.transcript, name, birth_date),
            row_version=1,
            as_of_ms=self.clock.now_ms(),
            not_after_ms=self.clock.now_ms() + 60_000,
        )
        call = ReadRecordCall(
            ticket,
            sign_message(session.key, Purpose.ORDER, order),
            session.secret,
            issue_number,
            codec.encode(entry),
            SALT,
            sign_message(city.receipt, Purpose.RECEIPT, receipt),
            sign_message(city.registry, Purpose.STANDING, standing) if person else b"",
        )
        return msgspec.structs.replace(call, **changes)

    def koseki(self, call: ReadRecordCall) -> KosekiRecord:
        reply = asyncio.run(self.service.read_record(ISSUER, call))
        return verify_message(self.key.public_bytes, Purpose.KOSEKI_RECORD, KosekiRecord, reply.record)

    def fuhyo(self, call: ReadRecordCall) -> FuhyoRecord:
        reply = asyncio.run(self.service.read_record(ISSUER, call))
        return verify_message(self.key.public_bytes, Purpose.FUHYO_RECORD, FuhyoRecord, reply.record)

    def read(
        self, session: Session, kind: Kind, members: tuple[int, ...] = (), choices: tuple[Choice, ...] = (), *, serial: int = 1
    ) -> Any:
        """Read the next order of somebody of the sample who lives in the city."""
        ticket = self.ticket(session, resident_no(serial))
        call = self.read_call(session, ticket, self.order(session, kind, members, choices), person=PEOPLE[serial])
        return self.fuhyo(call) if kind is Kind.FUHYO else self.koseki(call)

    def statement(self, session: Session, **changes: Any) -> EnrolStatement:
        stated = EnrolStatement(
            transcript=session.transcript,
            honseki="東京都証野市硯町二丁目3番",
            hittosha="辛島遠子",
            name="辛島 遠夫",
            birth_date="昭和57年4月19日",
            address="大阪府浪野市1番地",
            phone="0600000000",
        )
        return msgspec.structs.replace(stated, **changes)

    def enrol_call(self, session: Session, statement: EnrolStatement | None = None) -> EnrolCall:
        signed = sign_message(session.key, Purpose.ENROL, statement or self.statement(session))
        return EnrolCall(session.header, session.request, session.token, signed)

    def enrol(self, session: Session, statement: EnrolStatement | None = None) -> EnrolWord:
        reply = asyncio.run(self.service.enrol(ISSUER, self.enrol_call(session, statement)))
        return verify_message(self.key.public_bytes, Purpose.ENROLLED, EnrolWord, reply.word)


class _SignedOf(msgspec.Struct, frozen=True, array_like=True):
    payload: bytes
    key_id: bytes
    signature: bytes


PEOPLE: dict[int, tuple[str, str]] = {
    **{serial: (family().full_name(one), one.birth.written) for serial, one in enumerate(family().persons, start=1)},
    10: ("乙川\u3000一人", "昭和57年4月19日"),
    11: ("丁田\u3000次郎", "昭和57年4月19日"),
    12: ("丁田\u3000花子", "昭和57年4月19日"),
    13: ("戊井\u3000紙夫", "昭和57年4月19日"),
    14: ("己村\u3000旧子", "昭和57年4月19日"),
    15: ("庚本\u3000閉男", "昭和57年4月19日"),
}
"""Name and birth date, as the resident records have them."""
