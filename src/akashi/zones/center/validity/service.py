"""
center/validity: is this card certificate valid now, and did it sign this transcript? And the center's beacon and directory.

Promises: a token is signed only after every check of `check_card`; nothing is stored, nothing of a card is logged. It sees a
closed root instead of the request: neither municipality, nor kiosk, nor what is asked, nor to whom the answer will go.
Source: docs/spec/protocol.md sections 2.3, 2.4, 4.4.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from akashi.admission import CardProof, CardTrust, verify_card
from akashi.base.ports import Clock
from akashi.sealing.keys import SealPrivateKey, SigningKey
from akashi.sealing.signing import Purpose, sign_message
from akashi.sealing.unseal import unseal_validity_part
from akashi.wire import codec
from akashi.wire.messages import Bulletin, CheckCardCall, ValidityRequest, ValidityTokenPayload
from akashi.wire.transcript import transcript_hash
from akashi.zones.center.validity.beacon import Beacons
from akashi.zones.center.validity.revocation import Revocation


@dataclass(frozen=True, slots=True, repr=False)
class Keys:
    """
    Private keys of the service, beside the beacon's.

    Attributes:
        seal: VALIDITY_SEAL keys: the current one, then the one before.
        token: VALIDITY_TOKEN.
    """

    seal: tuple[SealPrivateKey, ...]
    token: SigningKey


@dataclass(frozen=True, slots=True)
class Published:
    """
    What is read again while the server runs.

    Attributes:
        center_directory: the center's signed directory as it is served.
        cards: which cards are accepted.
    """

    center_directory: Callable[[], bytes]
    cards: Callable[[], CardTrust]


class Validity:
    """
    The service.

    Args:
        keys: to open part V and to sign tokens.
        beacons: gives them out and checks them.
        revocation: where revocation is looked up.
        published: directory and table of cards.
        clock: the center's time.
        token_ms: how long a token counts.
    """

    def __init__(
        self,
        keys: Keys,
        beacons: Beacons,
        revocation: Revocation,
        *,
        published: Published,
        clock: Clock,
        token_ms: int,
    ) -> None:
        self._keys = keys
        self._beacons = beacons
        self._revocation = revocation
        self._published = published
        self._clock = clock
        self._token_ms = token_ms

    def bulletin(self) -> Bulletin:
        """Return what the center says to everybody: beacon and directory. Which city is asked about plays no part."""
        return Bulletin(self._beacons.current(), self._published.center_directory())

    async def check_card(self, call: CheckCardCall) -> bytes:
        """
        Return the validity token, an encoded `Signed` over a `ValidityTokenPayload`.

        Args:
            call: part V as it came, and the hash of the header that it is bound to.

        Raises:
            SealBroken: part V does not open, or was sealed for another header.
            Malformed: what it holds is not a `ValidityRequest`, or its beacon is none.
            SignatureBad: the beacon's signature.
            BeaconForeign: the beacon is another party's (SIGNATURE_BAD).
            BeaconStale: the beacon is too old.
            SuiteRefused: the suite is not accepted (CARD_UNTRUSTED).
            KeyUnsuited: the card's key is not of the suite's kind (CARD_UNTRUSTED).
            CardUntrusted: the certificate.
            CardExpired: its time is over.
            SignatureRefused: the card's signature over T (CARD_SIGNATURE).
            CardRevoked: revoked or on hold.
            RevocationUnknown: nothing authentic and in date says that it is not.
        """
        # 1. Open. 2. Beacon: ours, young enough. 3. T from what was received. 4. Certificate and signature over T. 5. Revocation:
        # last, so that only a card which has just signed makes us ask the outside responder about a certificate. 6. Token.
        # The relay does: nothing more with the token than to attach it. Issuer and registry do: everything but 2 and 5 again.
        opened = unseal_validity_part(call.sealed, header_hash=call.header_hash, keys=self._keys.seal)  # 1
        request = codec.parse(ValidityRequest, opened)
        self._beacons.check(request.beacon)  # 2
        transcript = transcript_hash(  # 3
            beacon=request.beacon, card_certificate=request.card_certificate, root=request.root
        )
        proof = CardProof(request.suite, request.card_certificate, request.card_signature)  # 4
        card = verify_card(proof, transcript=transcript, trust=self._published.cards(), now_ms=self._clock.now_ms())
        source = await self._revocation.check(card)  # 5
        token = ValidityTokenPayload(transcript, self._clock.now_ms() + self._token_ms, source)  # 6
        return sign_message(self._keys.token, Purpose.VALIDITY_TOKEN, token)
