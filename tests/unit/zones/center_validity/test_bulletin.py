"""The beacon is signed at most every 30 seconds; the bulletin is the same for every city."""

from __future__ import annotations

import asyncio

import pytest

from akashi.sealing.keys import SigningKey
from akashi.sealing.signing import Purpose, verify_message
from akashi.wire import codec
from akashi.wire.codec import Malformed
from akashi.wire.errors import WireCode
from akashi.wire.messages import BeaconPayload, Bulletin, BulletinRequest
from akashi.wire.topology import methods_of
from akashi.zones.center.validity.beacon import Beacons
from akashi.zones.center.validity.errors import BeaconForeign, BeaconStale
from akashi.zones.center.validity.web import endpoints
from unit.admission.made_session import CITY, beacon, center
from unit.pki.made_pki import NOW
from unit.zones.center_validity.made_validity import RELAY, CountingIds, HandClock, Stage


def read(encoded: bytes) -> BeaconPayload:
    return verify_message(center().beacon.public_bytes, Purpose.BEACON, BeaconPayload, encoded)


def fetch(stage: Stage, body: bytes) -> Bulletin:
    async def exchange() -> bytes:
        return await endpoints(stage.service)["bulletin"].handle(RELAY, body)

    return codec.parse(Bulletin, asyncio.run(exchange()))


def test_it_offers_what_the_topology_lists() -> None:
    assert set(endpoints(Stage().service)) == set(methods_of("center/validity"))


def test_a_bulletin_holds_beacon_and_center_directory_and_depends_on_no_city() -> None:
    stage = Stage()
    bulletin = fetch(stage, codec.encode(BulletinRequest(CITY)))
    assert read(bulletin.beacon).time_ms == NOW
    assert bulletin.center_directory == center().signed_directory()
    assert bulletin.city_directory == b""
    assert fetch(stage, codec.encode(BulletinRequest("131164"))) == bulletin
    with pytest.raises(Malformed):
        fetch(stage, b"")


def test_a_beacon_is_signed_once_in_thirty_seconds() -> None:
    stage = Stage()
    first = stage.beacons.current()
    stage.clock.now = NOW + 29_999
    assert stage.beacons.current() is first
    stage.clock.now = NOW + 30_000
    second = stage.beacons.current()
    assert read(second).time_ms == NOW + 30_000
    assert read(second).nonce != read(first).nonce
    assert stage.ids.taken == 2


def test_a_clock_set_back_gives_a_new_beacon_of_its_own_time() -> None:
    stage = Stage()
    stage.beacons.current()
    stage.clock.now = NOW - 60_000
    assert read(stage.beacons.current()).time_ms == NOW - 60_000


def test_beacons_of_the_key_before_count_while_they_are_young() -> None:
    successor = SigningKey.generate()
    clock = HandClock()
    beacons = Beacons(successor, (center().beacon.public_bytes,), clock, CountingIds(), renew_ms=30_000, age_ms_max=180_000)
    beacons.check(beacon(NOW))
    beacons.check(beacons.current())
    with pytest.raises(BeaconForeign) as foreign:
        beacons.check(beacon(NOW, SigningKey.generate()))
    assert foreign.value.code is WireCode.SIGNATURE_BAD
    clock.now = NOW + 180_001
    with pytest.raises(BeaconStale) as stale:
        beacons.check(beacon(NOW))
    assert stale.value.code is WireCode.BEACON_STALE
