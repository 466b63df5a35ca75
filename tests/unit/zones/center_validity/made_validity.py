"""A center/validity with a hand-set clock and a neighbour that can be made to fail in every way."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable
from dataclasses import dataclass, field

from akashi.base.log import Log
from akashi.base.ports import Caller, CallFailed
from akashi.pki import ocsp
from akashi.pki.crl import Revocation as Revoked
from akashi.pki.crl import RevocationList, parse_crl
from akashi.pki.testca import TestAuthority
from akashi.sealing.keys import SealPrivateKey
from akashi.sealing.seal import seal_validity_part
from akashi.sealing.signing import Purpose, verify_message
from akashi.wire import codec
from akashi.wire.messages import CheckCardCall, ValidityRequest, ValidityTokenPayload
from akashi.wire.transcript import header_hash, transcript_hash
from akashi.zones.center.validity.beacon import Beacons
from akashi.zones.center.validity.clients import Responder
from akashi.zones.center.validity.revocation import ByList, ByOcsp, FirstThatKnows, Revocation
from akashi.zones.center.validity.service import Keys, Published, Validity
from akashi.zones.center.validity.web import endpoints
from akashi.zones.jpki.responder.service import OcspResponder
from unit.admission.made_session import RSA_SUITE, beacon, card_signs, cards, center
from unit.pki.made_pki import NOW, card, card_key, fresh_ca

HEADER = b"a header, of which validity sees a hash"
ROOT = bytes(range(32))
RELAY = Caller("center/relay")


class HandClock:
    """Shows what it is set to."""

    def __init__(self, now_ms: int = NOW) -> None:
        self.now = now_ms

    def now_ms(self) -> int:
        return self.now

    def monotonic_ms(self) -> int:
        return self.now

    async def sleep_ms(self, duration_ms: int) -> None:
        self.now += duration_ms


class CountingIds:
    """Different bytes each time."""

    def __init__(self) -> None:
        self.taken = 0

    def random_bytes(self, count: int) -> bytes:
        self.taken += 1
        return self.taken.to_bytes(count, "big")


class OcspLink:
    """The link to the stand-in responder; `twist` changes or withholds its answers."""

    def __init__(self, responder: OcspResponder) -> None:
        self.responder = responder
        self.asked: list[tuple[bytes, int]] = []
        self.twist: Callable[[bytes], bytes] = lambda answer: answer

    async def call(self, callee: str, method: str, body: bytes, *, deadline_ms: int) -> bytes:
        assert (callee, method) == ("jpki/responder", "ocsp")
        self.asked.append((body, deadline_ms))
        return self.twist(self.responder.answer(body))


def down(_answer: bytes) -> bytes:
    raise CallFailed("RELAY_DOWN")


def slow(_answer: bytes) -> bytes:
    raise CallFailed("DEADLINE_PASSED")


def silent(_answer: bytes) -> bytes:
    return b""


@dataclass
class Stage:
    """The server with everything around it."""

    policy: str = "ocsp-then-crl"
    ca: TestAuthority = field(default_factory=fresh_ca)
    clock: HandClock = field(default_factory=HandClock)
    lists: tuple[RevocationList, ...] = ()
    seal: tuple[SealPrivateKey, ...] = field(default_factory=lambda: (SealPrivateKey.generate(),))

    def __post_init__(self) -> None:
        responders = [
            ocsp.Responder(each.certificate_der, each.responder_der, each.responder_key) for each in self.ca.generations
        ]
        self.link = OcspLink(OcspResponder(responders, self.revoked, self.clock, answer_ms=300_000))
        self.log_text = io.StringIO()
        self.ids = CountingIds()
        self.beacons = Beacons(center().beacon, (), self.clock, self.ids, renew_ms=30_000, age_ms_max=180_000)
        self.service = Validity(
            Keys(self.seal, center().token),
            self.beacons,
            self.revocation(),
            published=Published(center().signed_directory, cards),
            clock=self.clock,
            token_ms=180_000,
        )

    def revoked(self) -> dict[bytes, dict[int, Revoked]]:
        accepted = self.ca.accepted()
        return {row.authority_key_id: each.revoked for row, each in zip(accepted, self.ca.generations, strict=True)}

    def revocation(self) -> Revocation:
        by_ocsp = ByOcsp(Responder(self.link), self.clock, self.ids, deadline_ms=2_000)
        by_list = ByList(lambda: self.lists, self.clock)
        log = Log("center/validity", self.log_text)
        choice: dict[str, Revocation] = {
            "ocsp": by_ocsp,
            "crl": by_list,
            "ocsp-then-crl": FirstThatKnows(by_ocsp, by_list, log),
        }
        return choice[self.policy]

    def publish_lists(self, *, now_ms: int = NOW) -> None:
        self.lists = tuple(parse_crl(der, authorities=self.ca.authorities) for der in self.ca.crls(now_ms=now_ms))

    def request(self, *, certificate: bytes | None = None, time_ms: int | None = None) -> ValidityRequest:
        """Return what an honest kiosk seals into part V, with a beacon of that time, signed by the card."""
        beacon_bytes = beacon(self.clock.now if time_ms is None else time_ms)
        der = certificate or card().certificate_der
        transcript = transcript_hash(beacon=beacon_bytes, card_certificate=der, root=ROOT)
        return ValidityRequest(RSA_SUITE, beacon_bytes, der, ROOT, card_signs(card_key(), transcript))

    def call(self, plaintext: bytes, *, header: bytes = HEADER, key: int = 0) -> CheckCardCall:
        sealed = seal_validity_part(plaintext, header=header, public=self.seal[key].public_bytes)
        return CheckCardCall(header_hash(header), sealed)

    def ask(self, request: ValidityRequest | None = None) -> ValidityTokenPayload:
        """Send one question through the endpoint and return the verified token."""
        return self.send(self.call(codec.encode(request or self.request())))

    def send(self, call: CheckCardCall) -> ValidityTokenPayload:
        async def exchange() -> bytes:
            return await endpoints(self.service)["check_card"].handle(RELAY, codec.encode(call))

        signed = asyncio.run(exchange())
        return verify_message(center().token.public_bytes, Purpose.VALIDITY_TOKEN, ValidityTokenPayload, signed)
