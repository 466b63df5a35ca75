"""
The beacon: the center's time and a nonce, signed, new every 30 seconds; and how old one under a card's signature may be.

It is what makes a card's signature fresh without trusting any kiosk's clock. Source: docs/spec/protocol.md section 2.3.
"""

from __future__ import annotations

from collections.abc import Sequence

from akashi.base.ports import Clock, Ids
from akashi.sealing import signing
from akashi.sealing.keys import SigningKey
from akashi.sealing.signing import Purpose
from akashi.wire import codec
from akashi.wire.messages import BeaconPayload, Signed
from akashi.wire.transcript import key_id
from akashi.zones.center.validity.errors import BeaconForeign, BeaconStale

NONCE_BYTES = 16
AHEAD_MS_MAX = 2_000
"""A clock that is set back a little must not refuse the beacons of a moment ago."""


class Beacons:
    """
    Gives out beacons and checks those that come back.

    Args:
        key: signs them.
        previous: public keys before this one, 32 bytes each.
        clock: the center's time.
        ids: for nonces.
        renew_ms: how long one is given out.
        age_ms_max: how old one may be when it comes back.
    """

    def __init__(
        self, key: SigningKey, previous: Sequence[bytes], clock: Clock, ids: Ids, *, renew_ms: int, age_ms_max: int
    ) -> None:
        self._key = key
        self._publics = {key_id(public): public for public in (*previous, key.public_bytes)}
        self._clock = clock
        self._ids = ids
        self._renew_ms = renew_ms
        self._age_ms_max = age_ms_max
        self._encoded = b""
        self._made_ms = 0

    def current(self) -> bytes:
        """Return the beacon of the moment, an encoded `Signed`; at most one signature every `renew_ms`."""
        now_ms = self._clock.now_ms()
        # Before `_made_ms`: the clock was set back, and everybody would find the cached one ahead of time.
        if not self._encoded or not self._made_ms <= now_ms < self._made_ms + self._renew_ms:
            payload = BeaconPayload(now_ms, self._ids.random_bytes(NONCE_BYTES))
            self._encoded = signing.sign_message(self._key, Purpose.BEACON, payload)
            self._made_ms = now_ms
        return self._encoded

    def check(self, untrusted_beacon: bytes) -> None:
        """
        Return if the beacon is ours and young enough now.

        Args:
            untrusted_beacon: encoded `Signed`, as it lies under the card's signature.

        Raises:
            Malformed: not a signed beacon.
            BeaconForeign: by a key that is not ours (SIGNATURE_BAD).
            SignatureBad: its signature does not verify.
            BeaconStale: too old, or ahead of the clock.
        """
        public = self._publics.get(codec.parse(Signed, untrusted_beacon).key_id)
        if public is None:
            raise BeaconForeign
        beacon = signing.verify_message(public, Purpose.BEACON, BeaconPayload, untrusted_beacon)
        age_ms = self._clock.now_ms() - beacon.time_ms
        if age_ms > self._age_ms_max:
            raise BeaconStale("older than allowed")
        if age_ms < -AHEAD_MS_MAX:
            raise BeaconStale("ahead of the center's time")
