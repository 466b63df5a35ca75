"""
One envelope there, one sealed answer back.

Promises: a journey's bytes are fixed once, so that sending it again after a lost answer asks for the same bytes again and
never for a second certificate. Source: docs/spec/protocol.md sections 3, 5.2, 8.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass

from akashi.base.ports import Link
from akashi.sealing.keys import SealPrivateKey
from akashi.sealing.seal import seal_issuer_part, seal_validity_part
from akashi.sealing.unseal import unseal_answer
from akashi.wire import calls, codec
from akashi.wire.errors import Refused, WireCode
from akashi.wire.messages import (
    CertificateAnswer,
    EligibilityAnswer,
    Envelope,
    Frame,
    Header,
    OutcomeAck,
    RefusalAnswer,
    SignedAnswer,
)
from akashi.wire.transcript import envelope_hash
from akashi.zones.store.kiosk.errors import SealedRefusal, SessionRefused
from akashi.zones.store.kiosk.trust import Bearings

HQ = "hq/forwarder"
RETRIES = 2
"""
How often an identical envelope is sent again at once where the way failed (RELAY_DOWN); the issuer answers with the same bytes.

Not where a server is busy or the time is over: then the person decides, and the same envelope goes again later.
"""


@dataclass(frozen=True, slots=True)
class Journey:
    """
    A fixed envelope.

    Attributes:
        header: the outer header's bytes.
        envelope: the encoded `Envelope`.
        envelope_hash: what the answer must name.
    """

    header: bytes
    envelope: bytes
    envelope_hash: bytes

    @classmethod
    def seal(
        cls, header: Header, issuer_plaintext: bytes, *, issuer_public: bytes, validity: tuple[bytes, bytes] | None
    ) -> Journey:
        """Return the sealed journey; `validity` is (plaintext, public key) of part V, for ELIGIBILITY."""
        header_bytes = codec.encode(header)
        part_v = seal_validity_part(validity[0], header=header_bytes, public=validity[1]) if validity else b""
        part_i = seal_issuer_part(issuer_plaintext, header=header_bytes, public=issuer_public)
        envelope = codec.encode(Envelope(header_bytes, part_v, part_i))
        return cls(header_bytes, envelope, envelope_hash(envelope))


async def send(
    journey: Journey, link: Link, bearings: Bearings, key: SealPrivateKey, *, deadline_ms: int
) -> EligibilityAnswer | CertificateAnswer | OutcomeAck:
    """
    Return the answer: opened with the session's key, signed by the checker, about this envelope.

    Raises:
        SealedRefusal: the city's signed no to this envelope.
        Refused: the route's code; SEAL_BROKEN, SIGNATURE_BAD, MALFORMED or CONTRADICTION where what came is not this
            envelope's answer. Nothing is known then of what became of it.
    """
    frame = Frame(deadline_ms, journey.envelope, b"")
    for attempt in range(RETRIES + 1):
        try:
            sealed = await calls.forward(link, HQ, frame)
            break
        except Refused as refusal:
            if refusal.code is not WireCode.RELAY_DOWN or attempt == RETRIES:
                raise
    plaintext = unseal_answer(sealed, header=journey.header, envelope_hash=journey.envelope_hash, key=key)
    answer = bearings.verify_answer(codec.parse(SignedAnswer, plaintext).answer)
    if not hmac.compare_digest(answer.envelope_hash, journey.envelope_hash):
        raise SessionRefused(WireCode.CONTRADICTION, "answer to another envelope")
    if isinstance(answer, RefusalAnswer):
        raise SealedRefusal(answer.code)
    return answer
