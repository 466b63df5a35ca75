"""Sealing keys: found by id, learned from directories, destroyed two hours after their end."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from msgspec import structs

from akashi.sealing.directory import Directory, verify_directory
from akashi.sealing.errors import DirectoryStale
from akashi.sealing.keys import SealPrivateKey
from akashi.simulation.deployment import DAY_MS, sign_city_directory
from akashi.wire.errors import Refused, WireCode
from akashi.wire.messages import DirectoryKey, KeyUse
from akashi.zones.issuance.issuer.errors import StoreRefused
from akashi.zones.issuance.issuer.keys import CityKeys, FolderKeyRing
from unit.zones.issuance_issuer.stage import CITY, NOON_MS, Stage, deployment
from unit.zones.issuance_issuer.visitor import Visitor, frame_of

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
    with kept:
        assert kept.read() == b""
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


AS_THE_ISSUERS_USER = """
import os, sys
from pathlib import Path
from akashi.pki.pem import write_private
from akashi.sealing.keys import SealPrivateKey
from akashi.zones.issuance.issuer.errors import StoreRefused
from akashi.zones.issuance.issuer.keys import FolderKeyRing
folder = Path(sys.argv[1])
keys = [SealPrivateKey.generate() for _ in range(2)]
if os.geteuid() == 0:
    os.chown(folder, 65534, 65534)
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
    try:
        os.setuid(0)
    except PermissionError:
        pass
    else:
        sys.exit("still root")
for place, key in enumerate(keys):
    write_private(folder / f"{place}.key", key.to_bytes())
    assert (folder / f"{place}.key").stat().st_mode & 0o777 == 0o400
ring = FolderKeyRing(folder)
kept = (folder / "0.key").open("rb", buffering=0)
ring.destroy(keys[0].key_id)
assert kept.read() == b""
ring.reload()
assert ring.find(keys[0].key_id) is None and ring.find(keys[1].key_id) is not None
folder.chmod(0o500)
try:
    ring.destroy(keys[1].key_id)
except StoreRefused:
    print("said")
folder.chmod(0o700)
assert (folder / "1.key").read_bytes() == b""
again = FolderKeyRing(folder)
assert again.find(keys[0].key_id) is None and again.find(keys[1].key_id) is None
print(*sorted(path.name for path in folder.iterdir()))
"""


def test_a_server_that_is_not_root_destroys_its_own_keys() -> None:
    """Key files are 0400: even their owner cannot simply open them for writing."""
    with TemporaryDirectory() as folder:
        ran = subprocess.run(
            [sys.executable, "-c", AS_THE_ISSUERS_USER, folder],
            env={"PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            check=False,
        )
    assert (ran.returncode, ran.stdout) == (0, "said\n1.key\n"), ran.stderr


def test_a_key_that_cannot_be_destroyed_neither_comes_back_nor_saves_the_others(stage: Stage, tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    folder.mkdir()
    keys = [SealPrivateKey.generate() for _ in range(3)]
    for place, key in enumerate(keys):
        (folder / f"{place}.key").write_bytes(key.to_bytes())
    (folder / "copy.key").write_bytes(keys[2].to_bytes())
    ring = FolderKeyRing(folder)
    ends = [DirectoryKey(key.key_id, KeyUse.ISSUER_SEAL, key.public_bytes, 0, NOON_MS) for key in keys]
    payload = structs.replace(directory(2, NOON_MS).payload, keys=tuple(ends))
    city = CityKeys(
        ring, directory=lambda _now: Directory(payload), signed_directory=lambda: b"", database=stage.database, overlap_ms=0
    )
    assert city.find(keys[0].key_id, NOON_MS) is not None
    # the first one's file went behind the server's back: it cannot say that it was overwritten
    (folder / "0.key").rename(folder / "0.hidden")
    with pytest.raises(StoreRefused, match="1 of 3"):
        city.destroy_ended(NOON_MS + 1)
    assert [path.name for path in folder.iterdir()] == ["0.hidden"]
    (folder / "0.hidden").rename(folder / "0.key")
    (folder / "1.key").write_bytes(keys[1].to_bytes())
    ring.reload()
    assert [ring.find(key.key_id) for key in keys] == [None] * 3
    assert city.destroy_ended(NOON_MS + 2) == 3
    assert not list(folder.iterdir())


def test_an_ended_key_opens_nothing_even_before_it_is_destroyed(stage: Stage, tmp_path: Path) -> None:
    """A restart finds the key's file in a backup that somebody put back, and no directory names the key any more."""
    old = deployment().city.seal
    after_ms = stage.city.by_id(old.key_id).not_after_ms + 2 * HOUR_MS + 1
    stage.tick()
    folder = tmp_path / "keys"
    folder.mkdir()
    (folder / "old.key").write_bytes(old.to_bytes())
    nothing = Directory(structs.replace(directory(2, NOON_MS).payload, keys=()))

    def city() -> CityKeys:
        return CityKeys(
            FolderKeyRing(folder),
            directory=lambda _now: nothing,
            signed_directory=lambda: b"",
            database=stage.database,
            overlap_ms=2 * HOUR_MS,
        )

    assert city().find(old.key_id, after_ms - 1) is not None
    assert city().find(old.key_id, after_ms) is None


def test_a_request_to_an_ended_key_is_refused_before_the_next_tick(stage: Stage) -> None:
    def ended_at(end_ms: int, sequence: int) -> Directory:
        keys = tuple(
            structs.replace(key, not_after_ms=end_ms) if key.use is KeyUse.ISSUER_SEAL else key for key in stage.city.payload.keys
        )
        return Directory(structs.replace(stage.city.payload, sequence=sequence, keys=keys))

    visitor = Visitor(stage, kiosk=1)
    frame = frame_of(visitor.eligibility(), visitor.token())
    stage.city = ended_at(NOON_MS - 2 * HOUR_MS - 1, 2)
    with pytest.raises(Refused) as refused:
        stage.forward(frame)
    assert refused.value.code is WireCode.DIRECTORY_STALE
    stage.city = ended_at(NOON_MS - 2 * HOUR_MS + HOUR_MS, 3)
    assert stage.forward(frame)


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
