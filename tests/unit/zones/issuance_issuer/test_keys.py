"""Sealing keys: found by id, learned from directories, destroyed two hours after their end."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec import structs

from akashi.sealing.directory import Directory, verify_directory
from akashi.sealing.errors import DirectoryStale
from akashi.sealing.keys import SealPrivateKey
from akashi.simulation.deployment import DAY_MS, sign_city_directory
from akashi.wire.errors import WireCode
from akashi.wire.messages import DirectoryKey, KeyUse
from akashi.zones.issuance.issuer.errors import StoreRefused
from akashi.zones.issuance.issuer.keys import CityKeys, FolderKeyRing
from unit.zones.issuance_issuer.stage import CITY, NOON_MS, Stage, deployment

HOUR_MS = 3_600_000


def directory(sequence: int, now_ms: int, previous: DirectoryKey | None = None) -> Directory:
    keys = deployment().city
    signed = sign_city_directory(keys, sequence=sequence, now_ms=now_ms, previous=previous)
    return verify_directory(signed, root_public=keys.root.public_bytes, authority=CITY, now_ms=now_ms)


def test_a_key_is_found_by_its_id_only(tmp_path: Path) -> None:
    keys = [SealPrivateKey.generate() for _ in range(2)]
    for place, key in enumerate(keys):
        (tmp_path / f"{place}.key").write_bytes(key.to_bytes())
    ring = FolderKeyRing(tmp_path)
    for key in keys:
        found = ring.find(key.key_id)
        assert found is not None
        assert found.public_bytes == key.public_bytes
    assert ring.find(bytes(8)) is None


def test_a_new_key_counts_after_a_reload_and_a_bad_file_changes_nothing(tmp_path: Path) -> None:
    first, second = SealPrivateKey.generate(), SealPrivateKey.generate()
    (tmp_path / "a.key").write_bytes(first.to_bytes())
    ring = FolderKeyRing(tmp_path)
    (tmp_path / "b.key").write_bytes(second.to_bytes())
    assert ring.find(second.key_id) is None
    ring.reload()
    assert ring.find(second.key_id) is not None
    (tmp_path / "c.key").write_bytes(b"half a key")
    with pytest.raises(StoreRefused):
        ring.reload()
    assert ring.find(first.key_id) is not None


def test_a_destroyed_key_is_gone_from_memory_and_disk(tmp_path: Path) -> None:
    key = SealPrivateKey.generate()
    (tmp_path / "a.key").write_bytes(key.to_bytes())
    kept = (tmp_path / "a.key").open("rb")
    ring = FolderKeyRing(tmp_path)
    ring.destroy(key.key_id)
    assert ring.find(key.key_id) is None
    assert list(tmp_path.iterdir()) == []
    assert kept.read() == bytes(96)
    kept.close()
    ring.destroy(key.key_id)


def test_a_folder_that_cannot_be_used_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.key").mkdir()
    with pytest.raises(StoreRefused):
        FolderKeyRing(tmp_path)


def test_a_key_that_cannot_be_removed_is_said(tmp_path: Path) -> None:
    key = SealPrivateKey.generate()
    (tmp_path / "a.key").write_bytes(key.to_bytes())
    ring = FolderKeyRing(tmp_path)
    (tmp_path / "a.key").unlink()
    with pytest.raises(StoreRefused):
        ring.destroy(key.key_id)


def test_an_ended_key_lives_two_more_hours_also_over_restarts_and_new_directories(stage: Stage) -> None:
    old = deployment().city.seal
    end_ms = stage.city.by_id(old.key_id).not_after_ms
    current = {"directory": stage.city}

    def keys() -> CityKeys:
        return CityKeys(
            stage.ring,
            directory=lambda _now: current["directory"],
            signed_directory=lambda: b"",
            database=stage.database,
            overlap_ms=2 * HOUR_MS,
        )

    assert keys().destroy_ended(NOON_MS) == 0
    # a later directory that does not name the key any more does not make it forgotten
    fresh = SealPrivateKey.generate()
    payload = structs.replace(directory(2, NOON_MS + DAY_MS).payload, keys=())
    current["directory"] = Directory(payload)
    stage.ring.keys[fresh.key_id] = fresh
    again = keys()
    assert again.destroy_ended(end_ms + 2 * HOUR_MS) == 0
    assert stage.ring.find(old.key_id) is not None
    assert again.destroy_ended(end_ms + 2 * HOUR_MS + 1) == 1
    assert stage.ring.find(old.key_id) is None
    assert stage.ring.find(fresh.key_id) is fresh


def test_a_stale_directory_teaches_nothing_and_breaks_nothing(stage: Stage) -> None:
    def stale(_now: int) -> Directory:
        raise DirectoryStale("city")

    keys = CityKeys(stage.ring, directory=stale, signed_directory=lambda: b"", database=stage.database, overlap_ms=2 * HOUR_MS)
    assert keys.destroy_ended(NOON_MS) == 0


def test_a_tick_destroys_what_has_ended(stage: Stage) -> None:
    stage.tick()
    key = deployment().city.seal
    assert stage.city.by_id(key.key_id).use is KeyUse.ISSUER_SEAL
    assert stage.ring.find(key.key_id) is not None
    stage.clock.add(stage.city.by_id(key.key_id).not_after_ms - NOON_MS + 2 * HOUR_MS + 1)
    stage.tick()
    assert stage.ring.find(key.key_id) is None


def test_a_key_that_cannot_be_destroyed_does_not_stop_the_tick(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_now: int) -> int:
        raise StoreRefused(WireCode.INTERNAL, "seal keys: read-only")

    monkeypatch.setattr(stage.keys, "destroy_ended", fail)
    stage.tick()
    assert "key_not_destroyed" in stage.log.getvalue()
