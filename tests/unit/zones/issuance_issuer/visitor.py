"""A person at a kiosk: makes envelopes as the kiosk does, opens answers as the kiosk does."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from msgspec import structs

from akashi.sealing.keys import SealPrivateKey, SigningKey
from akashi.sealing.seal import seal_issuer_part, seal_validity_part
from akashi.sealing.signing import Purpose, sign_message, sign_raw, verify_message
from akashi.sealing.unseal import unseal_answer
from akashi.wire import codec
from akashi.wire.certificates import Choice, Kind
from akashi.wire.errors import WireCode
from akashi.wire.messages import (
    AnswerBox,
    AnswerPayload,
    BeaconPayload,
    CertificateAnswer,
    EligibilityRequest,
    Envelope,
    Frame,
    Header,
    IssueOrder,
    IssueRequest,
    JourneyClass,
    KeyUse,
    Outcome,
    OutcomeEntry,
    OutcomeReport,
    OutcomeRequest,
    RefusalAnswer,
    RevocationSource,
    SignedAnswer,
    ValidityTokenPayload,
)
from akashi.wire.transcript import envelope_hash, root_hash, transcript_hash
from unit.zones.issuance_issuer.stage import CITY, SUITE, SeededIds, Stage, card, deployment, sign_as_card

DEADLINE_MS = 30_000


@dataclass(frozen=True)
class Journey:
    """A sealed envelope and what its answer must name."""

    parts: Envelope

    @property
    def envelope(self) -> bytes:
        return codec.encode(self.parts)

    @property
    def envelope_hash(self) -> bytes:
        return envelope_hash(self.envelope)

    @property
    def header(self) -> bytes:
        return self.parts.header


def frame_of(journey: Journey, token: bytes = b"", *, deadline_ms: int = DEADLINE_MS) -> bytes:
    """Return the frame in which dmz/transfer hands an envelope over."""
    return codec.encode(Frame(deadline_ms, journey.envelope, token))


@dataclass
class Visitor:
    """
    One session of one person at one kiosk.

    Attributes:
        owner: whose card.
        kiosk: index of the kiosk in the deployment.
    """

    stage: Stage
    owner: str = "朝倉"
    kiosk: int = 0
    seed: int = 7
    kem: SealPrivateKey = field(default_factory=SealPrivateKey.generate)
    session_key: SigningKey = field(default_factory=SigningKey.generate)

    def __post_init__(self) -> None:
        self.keys = deployment().kiosks[self.kiosk]
        self.ids = SeededIds(self.seed)
        self.stage.residents.names[card(self.owner).serial] = f"{self.owner}氏名目印"
        beacon = BeaconPayload(self.stage.clock.now_ms(), self.ids.random_bytes(16))
        self.beacon = sign_message(deployment().center.beacon, Purpose.BEACON, beacon)
        self.issuer_key = self.stage.city.current(KeyUse.ISSUER_SEAL, self.stage.clock.now_ms())
        self.request = self._request()
        root = root_hash(self.request, municipality=CITY, issuer_key_id=self.issuer_key.key_id)
        certificate = card(self.owner).certificate_der
        self.transcript = transcript_hash(beacon=self.beacon, card_certificate=certificate, root=root)
        self.request = structs.replace(
            self.request,
            card_signature=sign_as_card(self.owner, self.transcript),
            kiosk_signature=sign_raw(self.keys.device_key, Purpose.KIOSK, self.transcript),
        )

    def _request(self) -> EligibilityRequest:
        return EligibilityRequest(
            salt=self.ids.random_bytes(32),
            suite=SUITE,
            kem_public=self.kem.public_bytes,
            sign_public=self.session_key.public_bytes,
            session_secret=self.ids.random_bytes(32),
            build="akashi-1",
            service="certificates",
            directory_sequence=1,
            beacon=self.beacon,
            card_certificate=card(self.owner).certificate_der,
            card_signature=bytes(64),
            kiosk_certificate=self.keys.certificate,
            kiosk_signature=bytes(64),
            deadline_ms=DEADLINE_MS,
        )

    def token(self, *, transcript: bytes | None = None) -> bytes:
        """Return center/validity's word."""
        end_ms = self.stage.clock.now_ms() + 180_000
        payload = ValidityTokenPayload(transcript or self.transcript, end_ms, RevocationSource.OCSP)
        return sign_message(deployment().center.token, Purpose.VALIDITY_TOKEN, payload)

    def journey(self, journey: JourneyClass, plaintext: bytes, *, sender: str | None = None) -> Journey:
        """Return a sealed envelope with any content."""
        validity = None
        if journey is JourneyClass.ELIGIBILITY:
            center = self.stage.center.current(KeyUse.VALIDITY_SEAL, self.stage.clock.now_ms())
            validity = (b"not looked at by the issuer", center.public)
        names = sender or f"store/kiosk/{self.keys.kiosk_id}", "issuance/issuer"
        header = codec.encode(Header(1, CITY, journey, self.ids.random_bytes(16), *names, self.issuer_key.key_id))
        part_v = seal_validity_part(validity[0], header=header, public=validity[1]) if validity else b""
        part_i = seal_issuer_part(plaintext, header=header, public=self.issuer_key.public)
        return Journey(Envelope(header, part_v, part_i))

    def eligibility(self, **changes: Any) -> Journey:
        """Return the ELIGIBILITY envelope; `changes` replace fields of the request after everything was signed."""
        return self.journey(JourneyClass.ELIGIBILITY, codec.encode(structs.replace(self.request, **changes)))

    def order(self, number: int = 1, **changes: Any) -> Journey:
        """Return an ISSUE envelope; `changes` replace fields of the order before it is signed."""
        order = IssueOrder(
            transcript=self.transcript,
            number=number,
            kind=Kind.JUMINHYO,
            members=(0,),
            choices=(Choice.HONSEKI,),
            year=0,
            fee_yen=200,
            predecessor=None,
            deadline_ms=DEADLINE_MS,
        )
        signed = sign_message(self.session_key, Purpose.ORDER, structs.replace(order, **changes))
        return self.journey(JourneyClass.ISSUE, codec.encode(IssueRequest(signed)))

    def outcome(self, *entries: OutcomeEntry, kiosk_id: str | None = None) -> Journey:
        """Return an OUTCOME envelope, signed by this kiosk's device key."""
        report = OutcomeReport(kiosk_id or self.keys.kiosk_id, entries)
        signed = sign_message(self.keys.device_key, Purpose.OUTCOME, report)
        request = OutcomeRequest(self.kem.public_bytes, self.keys.certificate, signed)
        return self.journey(JourneyClass.OUTCOME, codec.encode(request))

    def open(self, journey: Journey, sealed: bytes) -> AnswerPayload:
        """Return what the sealed answer says, checked as a kiosk checks it."""
        plaintext = unseal_answer(sealed, header=journey.header, envelope_hash=journey.envelope_hash, key=self.kem)
        signed = codec.parse(SignedAnswer, plaintext).answer
        answer = verify_message(deployment().city.answer.public_bytes, Purpose.ANSWER, AnswerBox, signed).answer
        assert answer.envelope_hash == journey.envelope_hash
        return answer

    def ask(self, journey: Journey, token: bytes = b"") -> AnswerPayload:
        """Send an envelope and return the opened answer."""
        return self.open(journey, self.stage.forward(frame_of(journey, token)))

    def refused(self, journey: Journey, token: bytes = b"") -> WireCode:
        """Send an envelope that must be refused under seal, and return the code."""
        answer = self.ask(journey, token)
        assert isinstance(answer, RefusalAnswer)
        return answer.code

    def open_grant(self) -> None:
        """Do the card's part."""
        answer = self.ask(self.eligibility(), self.token())
        assert not isinstance(answer, RefusalAnswer), answer.code

    def issue(self, number: int = 1, **changes: Any) -> CertificateAnswer:
        """Order a certificate that must come."""
        answer = self.ask(self.order(number, **changes))
        assert isinstance(answer, CertificateAnswer), answer
        return answer

    def tell(self, sequence: int, issue_number: str, outcome: Outcome, cause: WireCode | None = None) -> AnswerPayload:
        """Report one outcome."""
        return self.ask(self.outcome(OutcomeEntry(sequence, issue_number, outcome, cause)))
