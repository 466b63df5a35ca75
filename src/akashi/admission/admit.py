"""
Admission of one request with a card: everything that issuer and registry each check before they believe a word of it.

Promises: an `Admitted` was signed by an accepted card and by a kiosk in good standing over exactly this request, for the
municipality and issuer key of exactly this header, and center/validity vouched for that card minutes ago.
Not checked here, the caller's: that the request was sealed to the caller (seal), that T is used once (issuer), the beacon's age
(center/validity, whose token covers the beacon through T), the directory sequence, who the card's holder is (registry).
Source: docs/spec/protocol.md sections 3.5 and 4.5.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from akashi.admission.cards import CardProof, CardTrust, verify_card
from akashi.admission.errors import HeaderUnfit
from akashi.admission.kiosks import verify_kiosk
from akashi.admission.tokens import verify_token
from akashi.pki.jpki import CardIdentity
from akashi.sealing.directory import Directory
from akashi.sealing.signing import Purpose, verify_raw
from akashi.wire import codec
from akashi.wire.kinds import Service
from akashi.wire.messages import CARD_JOURNEYS, PROTOCOL_VERSION, EligibilityRequest, Header, JourneyClass
from akashi.wire.transcript import root_hash, transcript_hash

RECEIVER = "issuance/issuer"
SENDER_PREFIX = "store/kiosk/"


@dataclass(frozen=True, slots=True)
class Trust:
    """
    What the checks trust.

    Attributes:
        center: the center's verified directory at a time in milliseconds; raises DirectoryStale where there is none.
        cards: which cards are accepted.
    """

    center: Callable[[int], Directory]
    cards: CardTrust


@dataclass(frozen=True, slots=True, repr=False)
class Admitted:
    """
    A request that was let in. Has no repr: it holds the session secret and stands for a person.

    Attributes:
        transcript: T, 32 bytes.
        root: R, 32 bytes.
        kiosk_id: where the card was used, such as "K0001".
        card: whose card it was.
        sign_public: the session's Ed25519 key: orders are signed with it.
        kem_public: the session's X-Wing key: answers are sealed to it.
        session_secret: for the subject token.
    """

    transcript: bytes
    root: bytes
    kiosk_id: str
    card: CardIdentity
    sign_public: bytes
    kem_public: bytes
    session_secret: bytes


def admit(
    header: Header,
    header_bytes: bytes,
    request: EligibilityRequest,
    validity_token: bytes,
    *,
    trust: Trust,
    now_ms: int,
) -> Admitted:
    """
    Return the request's proven facts, or refuse with the first failure's own code.

    Args:
        header: the envelope's header, parsed.
        header_bytes: its bytes as they stand in the envelope; must hold the same header.
        request: the content of part I, parsed; every field still untrusted.
        validity_token: encoded `Signed` as the relay attached it.
        trust: the center's directory and the accepted cards.
        now_ms: the verifier's time.

    Raises:
        Malformed: `header_bytes` are not a header.
        HeaderUnfit: the bytes hold another header, or it is not a request with a card to the issuer from that kiosk, or for
            another service than its journey (MALFORMED).
        DirectoryStale: no center directory in date.
        KioskUntrusted: the kiosk's certificate.
        SignatureBad: the kiosk's signature over T.
        TokenBad: the validity token.
        SuiteRefused: the suite is not accepted here, or not under the certificate's policy (CARD_UNTRUSTED).
        KeyUnsuited: the card's key is not of the suite's kind (CARD_UNTRUSTED).
        CardUntrusted: the card's certificate.
        CardExpired: its time is over.
        SignatureRefused: the card's signature over T (CARD_SIGNATURE).
        MaterialBad: a certificate in the directory or table cannot be parsed.
    """
    # 1. Header: its bytes, version, journey, receiver; the service. 2. Kiosk certificate; the header's sender is that kiosk.
    # 3. R and T from what was received, never from what is claimed. 4. Kiosk's signature over T. 5. Validity token for T: before
    # the card, so that a card which validity has not seen costs nothing more. 6. Card: suite, certificate, signature over T.
    # The caller does: unseal before, uniqueness of T after.
    _check_header(header, header_bytes, request.service)  # 1
    center = trust.center(now_ms)
    kiosk = verify_kiosk(request.kiosk_certificate, center=center, now_ms=now_ms)  # 2
    if header.sender != SENDER_PREFIX + kiosk.kiosk_id:
        raise HeaderUnfit("the sender is not the kiosk of the certificate")
    root = root_hash(request, municipality=header.municipality, issuer_key_id=header.key_id)  # 3
    transcript = transcript_hash(beacon=request.beacon, card_certificate=request.card_certificate, root=root)
    verify_raw(kiosk.public, Purpose.KIOSK, transcript, request.kiosk_signature)  # 4
    verify_token(validity_token, transcript=transcript, center=center, now_ms=now_ms)  # 5
    proof = CardProof(request.suite, request.card_certificate, request.card_signature)
    card = verify_card(proof, transcript=transcript, trust=trust.cards, now_ms=now_ms)  # 6
    return Admitted(
        transcript=transcript,
        root=root,
        kiosk_id=kiosk.kiosk_id,
        card=card,
        sign_public=request.sign_public,
        kem_public=request.kem_public,
        session_secret=request.session_secret,
    )


def _check_header(header: Header, header_bytes: bytes, service: str) -> None:
    if codec.parse(Header, header_bytes) != header:
        raise HeaderUnfit("the header's bytes hold another header")
    if header.version != PROTOCOL_VERSION:
        raise HeaderUnfit("another protocol version")
    if header.journey not in CARD_JOURNEYS or header.receiver != RECEIVER:
        raise HeaderUnfit("not a request with a card to the issuer")
    # The header is the issuer's word to a registry; the service is under the card's signature.
    if (header.journey is JourneyClass.ENROL) != (service == Service.ENROL):
        raise HeaderUnfit("the card was used for another service")
