"""
Everything behind the kiosk's one link, with the real cryptography: bulletin, grant, orders, outcomes; honest, or twisted as told.

It checks what it gets as the true servers do, so that a kiosk that sends something else fails here. A `Twist` says how it lies.
"""

from __future__ import annotations

import asyncio
import functools
import random
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar, cast

from msgspec import structs

from akashi.base.ports import CallFailed
from akashi.card.client import CardClient
from akashi.card.suites import JPKI_RSA2048
from akashi.card.virtual import VirtualCard
from akashi.entry.world import RandomIds
from akashi.pki.jpki import CardIdentity, verify_card_certificate
from akashi.pki.pem import parse_key
from akashi.pki.testca import CardMaterial, TestAuthority
from akashi.sealing.keys import SigningKey
from akashi.sealing.seal import seal_answer
from akashi.sealing.signing import Purpose, sign, sign_message, verify_message, verify_raw
from akashi.sealing.unseal import unseal_issuer_part, unseal_validity_part
from akashi.simulation.deployment import Deployment, make_deployment, sign_center_directory, sign_city_directory
from akashi.wire import codec, transcript
from akashi.wire.certificates import Choice, Kind
from akashi.wire.errors import WireCode
from akashi.wire.frames import OpenFrame, parse_frame
from akashi.wire.messages import (
    AnswerBox,
    AnswerPayload,
    BeaconPayload,
    Bulletin,
    BulletinRequest,
    CertificateAnswer,
    DirectoryKey,
    DirectoryPayload,
    EligibilityAnswer,
    EligibilityRequest,
    IssueOrder,
    IssueRequest,
    JourneyClass,
    KindOffer,
    Member,
    OutcomeAck,
    OutcomeReport,
    OutcomeRequest,
    RefusalAnswer,
    Signed,
    SignedAnswer,
    ValidityRequest,
)
from akashi.zones.store.kiosk.service import KioskIdentity, KioskSession, Wish
from akashi.zones.store.kiosk.store import Journal
from akashi.zones.store.kiosk.trust import PinnedRoots

T = TypeVar("T")

CITY = "139998"
OTHER_CITY = "139971"
NOW_MS = 1_795_478_400_000
"""2026-11-24 09:00 in Japan."""
PIN = "4649"
KIOSK_ID = "K0001"
DEADLINE_MS = 30_000
FEE_YEN = 200
CERTIFICATES_MAX = 10
NAME = "朝倉 氏名目印"
PDF = b"%PDF-1.7\nfor tests: " + NAME.encode()

Tamper = Callable[[Any], Any]


def same(value: Any) -> Any:
    return value


@dataclass
class Twist:
    """
    How the other end lies. Each is applied where it says; by default it is honest.

    Attributes:
        bulletin: to the bulletin before it leaves.
        answer: to the answer before the checker signs it.
        key, purpose: what the answer is signed with, where not the city's.
        plaintext: to the signed answer before it is sealed.
        seal: keyword arguments of `seal_answer` that are replaced.
        sealed: to the sealed bytes.
        lose: so many answers are lost after the work is done, with this code.
        plain: codes said on the way before the work is done.
    """

    bulletin: Tamper = same
    answer: Tamper = same
    key: SigningKey | None = None
    purpose: Purpose = Purpose.ANSWER
    plaintext: Tamper = same
    seal: dict[str, Any] = field(default_factory=dict)
    sealed: Tamper = same
    lose: int = 0
    lost_as: WireCode = WireCode.DEADLINE_PASSED
    plain: list[WireCode] = field(default_factory=list)


@functools.cache
def deployment() -> Deployment:
    return make_deployment(municipality=CITY, city_name="東京都証野市", kiosk_ids=(KIOSK_ID, "K0002"), now_ms=NOW_MS)


@functools.cache
def other_city() -> Deployment:
    return make_deployment(municipality=OTHER_CITY, city_name="東京都隣野市", kiosk_ids=(KIOSK_ID,), now_ms=NOW_MS)


@functools.cache
def authority() -> TestAuthority:
    return TestAuthority.create(now_ms=NOW_MS, generations=1)


@functools.cache
def material(owner: str = "朝倉") -> CardMaterial:
    del owner  # the cache's key: another owner, another card
    return authority().issue(now_ms=NOW_MS)


def virtual_card(owner: str = "朝倉") -> VirtualCard:
    one = material(owner)
    key: Any = parse_key(one.key_pem or b"")
    return VirtualCard(key, one.certificate_der, one.authority_der, PIN)


class SeededIds:
    """The same bytes in every run."""

    def __init__(self, seed: int = 1) -> None:
        self._random = random.Random(seed)

    def random_bytes(self, count: int) -> bytes:
        return self._random.randbytes(count)


@dataclass
class Grant:
    """What the city knows of an open session."""

    request: EligibilityRequest
    subject_token: bytes
    next_number: int = 1


@dataclass
class FarEnd:
    """
    A `Link` to hq/forwarder with all that is behind it.

    Attributes:
        twist: how it lies.
        refusals: sealed no's for coming ISSUE or OUTCOME envelopes, in order.
        frames: envelopes as they came.
        issued: answers by issue number.
        acknowledged: sequences of journal lines that came.
        poison: issue numbers whose outcome the city refuses, with `poison_code`: by default it contradicts what the city knows.
    """

    twist: Twist = field(default_factory=Twist)
    refusals: list[WireCode] = field(default_factory=list)
    frames: list[bytes] = field(default_factory=list)
    issued: dict[str, CertificateAnswer] = field(default_factory=dict)
    acknowledged: list[int] = field(default_factory=list)
    poison: set[str] = field(default_factory=set)
    poison_code: WireCode = WireCode.CONTRADICTION
    offers: tuple[KindOffer, ...] = (
        KindOffer(Kind.JUMINHYO, FEE_YEN, (Choice.RELATIONSHIP, Choice.HONSEKI, Choice.MY_NUMBER), None),
    )
    certificates_max: int = CERTIFICATES_MAX
    sequence: int = 7
    now_ms: int = NOW_MS
    _grants: dict[bytes, Grant] = field(default_factory=dict)
    _kept: dict[bytes, bytes] = field(default_factory=dict)
    _ids: SeededIds = field(default_factory=lambda: SeededIds(99))

    async def call(self, callee: str, method: str, body: bytes, *, deadline_ms: int) -> bytes:
        await asyncio.sleep(0)
        assert callee == "hq/forwarder"
        assert deadline_ms == DEADLINE_MS
        if self.twist.plain:
            raise CallFailed(self.twist.plain.pop(0))
        if method == "bulletin":
            assert codec.parse(BulletinRequest, body).municipality in {CITY, OTHER_CITY}
            tampered: Bulletin = self.twist.bulletin(self.bulletin())
            return codec.encode(tampered)
        assert method == "forward"
        opened = parse_frame(body)
        assert opened.frame.validity_token == b""
        envelope = opened.frame.envelope
        self.frames.append(envelope)
        if envelope not in self._kept:
            self._kept[envelope] = self._sealed(opened)
        if self.twist.lose:
            self.twist.lose -= 1
            raise CallFailed(self.twist.lost_as)
        sealed: bytes = self.twist.sealed(self._kept[envelope])
        return sealed

    def bulletin(self) -> Bulletin:
        beacon = BeaconPayload(self.now_ms, self._ids.random_bytes(16))
        return Bulletin(
            sign_message(deployment().center.beacon, Purpose.BEACON, beacon),
            sign_center_directory(deployment().center, sequence=self.sequence, now_ms=self.now_ms),
            sign_city_directory(deployment().city, sequence=self.sequence, now_ms=self.now_ms),
        )

    def _sealed(self, opened: OpenFrame) -> bytes:
        header = opened.header
        assert (header.municipality, header.sender, header.receiver) == (CITY, f"store/kiosk/{KIOSK_ID}", "issuance/issuer")
        plaintext = unseal_issuer_part(opened.envelope.issuer_part, header=opened.envelope.header, key=deployment().city.seal)
        journeys: dict[JourneyClass, Callable[[OpenFrame, bytes], tuple[AnswerPayload, bytes]]] = {
            JourneyClass.ELIGIBILITY: self._eligibility,
            JourneyClass.ISSUE: self._issue,
            JourneyClass.OUTCOME: self._outcome,
        }
        answer, public = journeys[header.journey](opened, plaintext)
        twist = self.twist
        signed = sign_message(twist.key or deployment().city.answer, twist.purpose, AnswerBox(twist.answer(answer)))
        context = {
            "header": opened.envelope.header,
            "envelope_hash": transcript.envelope_hash(opened.frame.envelope),
            "public": public,
            **twist.seal,
        }
        return seal_answer(twist.plaintext(codec.encode(SignedAnswer(signed))), **context)

    def _eligibility(self, opened: OpenFrame, plaintext: bytes) -> tuple[AnswerPayload, bytes]:
        request = codec.parse(EligibilityRequest, plaintext)
        root = transcript.root_hash(request, municipality=CITY, issuer_key_id=opened.header.key_id)
        signed = transcript.transcript_hash(beacon=request.beacon, card_certificate=request.card_certificate, root=root)
        verify_raw(deployment().kiosks[0].device_key.public_bytes, Purpose.KIOSK, signed, request.kiosk_signature)
        card = _card_identity(request.card_certificate)
        JPKI_RSA2048.verify(card.public_key, signed, request.card_signature)
        hashed = transcript.header_hash(opened.envelope.header)
        part_v = unseal_validity_part(opened.envelope.validity_part, header_hash=hashed, keys=(deployment().center.seal,))
        expected = ValidityRequest(request.suite, request.beacon, request.card_certificate, root, request.card_signature)
        assert codec.parse(ValidityRequest, part_v) == expected
        envelope = transcript.envelope_hash(opened.frame.envelope)
        if self.refusals:
            return RefusalAnswer(envelope, self.refusals.pop(0)), request.kem_public
        token = transcript.subject_token(request.session_secret, transcript.card_link(card.issuer_dn_der, card.serial))
        self._grants[signed] = Grant(request, token)
        members = (
            Member(0, NAME, "世帯主", is_applicant=True, foreign=False),
            Member(1, "朝倉 花子", "妻", is_applicant=False, foreign=False),
        )
        return (
            EligibilityAnswer(envelope, token, self.now_ms, members, self.offers, self.now_ms + 1_800_000, self.certificates_max),
            request.kem_public,
        )

    def _issue(self, opened: OpenFrame, plaintext: bytes) -> tuple[AnswerPayload, bytes]:
        signed = codec.parse(IssueRequest, plaintext).order
        grant = self._grants[codec.parse(IssueOrder, codec.parse(Signed, signed).payload).transcript]
        order = verify_message(grant.request.sign_public, Purpose.ORDER, IssueOrder, signed)
        envelope = transcript.envelope_hash(opened.frame.envelope)
        assert order.members == tuple(sorted(set(order.members)))
        assert order.choices == tuple(choice for choice in Choice if choice in order.choices)
        if order.number != grant.next_number:
            return RefusalAnswer(envelope, WireCode.GRANT_ORDER), grant.request.kem_public
        grant.next_number += 1
        if self.refusals:
            code = self.refusals.pop(0)
            if code in NOTHING_USED_UP:
                grant.next_number -= 1
            return RefusalAnswer(envelope, code), grant.request.kem_public
        answer = CertificateAnswer(envelope, grant.subject_token, order.number, order.kind, self.number(), 2, order.fee_yen, PDF)
        self.issued[answer.issue_number] = answer
        return answer, grant.request.kem_public

    def _outcome(self, opened: OpenFrame, plaintext: bytes) -> tuple[AnswerPayload, bytes]:
        request = codec.parse(OutcomeRequest, plaintext)
        device = deployment().kiosks[0]
        assert request.kiosk_certificate == device.certificate
        report = verify_message(device.device_key.public_bytes, Purpose.OUTCOME, OutcomeReport, request.report)
        assert report.kiosk_id == KIOSK_ID
        envelope = transcript.envelope_hash(opened.frame.envelope)
        if self.refusals:
            return RefusalAnswer(envelope, self.refusals.pop(0)), request.kem_public
        if any(entry.issue_number in self.poison for entry in report.entries):
            return RefusalAnswer(envelope, self.poison_code), request.kem_public
        sequences = tuple(entry.sequence for entry in report.entries)
        self.acknowledged += sequences
        return OutcomeAck(envelope, sequences), request.kem_public

    def number(self) -> str:
        digits = "".join("0123456789ABCDEFGHJKMNPQRSTVWXYZ"[byte % 32] for byte in self._ids.random_bytes(16))
        return "-".join((CITY, *(digits[start : start + 4] for start in range(0, 16, 4))))


NOTHING_USED_UP = {WireCode.BUSY, WireCode.GRANT_ENDED, WireCode.GRANT_ORDER, WireCode.INTERNAL}


@functools.cache
def _card_identity(der: bytes) -> CardIdentity:
    return verify_card_certificate(der, authorities=authority().authorities, now_ms=NOW_MS, policies=authority().accepted())


def wish(fee_yen: int = FEE_YEN, **changes: Any) -> Wish:
    return replace(Wish(Kind.JUMINHYO, (0,), (Choice.HONSEKI,), fee_yen), **changes)


def identity() -> KioskIdentity:
    keys = deployment().kiosks[0]
    return KioskIdentity(keys.kiosk_id, keys.certificate, keys.device_key, "akashi-test")


def pinned(journal: Journal) -> PinnedRoots:
    roots = {CITY: deployment().city.root.public_bytes, OTHER_CITY: other_city().city.root.public_bytes}
    return PinnedRoots(deployment().center.root.public_bytes, roots, journal)


def session(far: FarEnd, journal: Journal) -> KioskSession:
    return KioskSession(identity(), pinned(journal), link=far, ids=RandomIds(), deadline_ms=DEADLINE_MS)


def granted(far: FarEnd, journal: Journal, owner: str = "朝倉") -> tuple[KioskSession, EligibilityAnswer]:
    """Return a session whose card has signed and whose grant is open."""
    one = session(far, journal)
    run(one.prepare(CITY))
    return one, run(one.open_grant(CardClient(virtual_card(owner)), PIN))


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(coroutine)


def replaced(of: type, **changes: Any) -> Tamper:
    """Return a tamper that replaces fields of answers of one type."""

    def tamper(answer: Any) -> Any:
        if not isinstance(answer, of):
            return answer
        changed: Any = structs.replace(cast("Any", answer), **changes)
        return changed

    return tamper


def directory_keys(signed: bytes) -> tuple[DirectoryKey, ...]:
    return codec.parse(DirectoryPayload, codec.parse(Signed, signed).payload).keys


def resigned_directory(signed: bytes, root: SigningKey, **changes: Any) -> bytes:
    """Return a directory with other fields, signed by that root as if nothing were wrong."""
    payload = codec.parse(DirectoryPayload, codec.parse(Signed, signed).payload)
    return sign(root, Purpose.DIRECTORY, codec.encode(structs.replace(payload, **changes)))
