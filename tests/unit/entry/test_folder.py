"""The demonstration's folder: nobody else's files are touched, and one process has it at a time."""

from __future__ import annotations

import fcntl
import os
import pwd
import shutil
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from akashi.base.config import ConfigRefused
from akashi.entry.commands.up import SAMPLE_POLICY
from akashi.entry.demo import provision, users
from akashi.entry.demo.city import CityPlan
from akashi.entry.demo.folder import MARK, HeldFolder
from akashi.entry.demo.layout import Layout
from akashi.entry.demo.provision import FINISHED, FORMAT, Progress, is_provisioned
from akashi.entry.demo.running import Demonstration, Options


def _contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def _mine(folder: Path) -> dict[str, bytes]:
    """Put somebody's files there."""
    (folder / "photos").mkdir(parents=True)
    (folder / "photos/one").write_bytes(b"1")
    (folder / "letter").write_bytes(b"2")
    return _contents(folder)


def _demonstration(folder: Path, base_port: int = 39_000, policy: Path = SAMPLE_POLICY) -> Demonstration:
    return Demonstration(Layout(folder), Options(CityPlan(1, 100, 0), base_port, key_log=False, workers=0, sample_policy=policy))


def _quiet() -> Progress:
    return Progress(lambda _step: None, lambda _count: None)


def test_the_mark_comes_first(tmp_path: Path) -> None:
    held = HeldFolder(tmp_path / "new/demo")
    assert [path.name for path in (tmp_path / "new/demo").iterdir()] == [MARK]
    held.release()
    held.release()


@pytest.mark.parametrize("extra", ["", FINISHED, MARK, "other-mark"])
def test_a_folder_of_somebody_else_is_refused_untouched(tmp_path: Path, extra: str) -> None:
    before = _mine(tmp_path)
    if extra:
        name = MARK if extra == "other-mark" else extra
        (tmp_path / name).write_bytes(b"mine" if extra == "other-mark" else b"")
        before = _contents(tmp_path)
    with pytest.raises(ConfigRefused, match="was not made by Akashi"):
        _demonstration(tmp_path).prepare(_quiet())
    assert _contents(tmp_path) == before


def test_a_linked_mark_is_no_mark(tmp_path: Path) -> None:
    folder, target = tmp_path / "demo", tmp_path / "target"
    folder.mkdir()
    (folder / MARK).symlink_to(target)
    with pytest.raises(ConfigRefused):
        HeldFolder(folder)
    assert not target.exists()


def test_clearing_leaves_the_mark_and_follows_no_link(tmp_path: Path) -> None:
    kept = _mine(tmp_path / "kept")
    held = HeldFolder(tmp_path / "demo")
    (tmp_path / "demo/sub/deep").mkdir(parents=True)
    (tmp_path / "demo/sub/deep/file").touch()
    (tmp_path / "demo/link").symlink_to(tmp_path / "kept")
    held.clear()
    assert [path.name for path in (tmp_path / "demo").iterdir()] == [MARK]
    assert _contents(tmp_path / "kept") == kept
    held.release()


def test_what_cannot_be_made_is_said() -> None:
    with pytest.raises(ConfigRefused, match="/proc/nobody"):
        HeldFolder(Path("/proc/nobody/demo"))


def test_two_starts_on_a_new_folder_do_not_meet(tmp_path: Path) -> None:
    folder, barrier, held, refused = tmp_path / "demo", threading.Barrier(8), list[HeldFolder](), list[str]()

    def start() -> None:
        barrier.wait()
        try:
            held.append(HeldFolder(folder))
        except ConfigRefused as refusal:
            refused.append(str(refusal))

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(held) == 1
    assert len(refused) == 7
    assert all("another akashi is using this folder" in text for text in refused)
    held[0].release()
    HeldFolder(folder).release()


def test_a_second_process_changes_nothing(tmp_path: Path) -> None:
    held = HeldFolder(tmp_path)
    (tmp_path / "feed").mkdir()
    (tmp_path / "feed/residents.jsonl").write_bytes(b"1\n")
    before = _contents(tmp_path)
    command = [sys.executable, "-m", "akashi", "up", "--data", str(tmp_path), "--base-port", "39000", "--once"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 3
    assert "another akashi is using this folder" in done.stderr
    assert _contents(tmp_path) == before
    held.release()


def test_a_taken_address_is_found_before_anything_is_made(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        base_port = taken.getsockname()[1] - 1
        demonstration = _demonstration(tmp_path / "demo", base_port)
        with pytest.raises(ConfigRefused, match="is taken"):
            demonstration.prepare(_quiet())
    assert [path.name for path in (tmp_path / "demo").iterdir()] == [MARK]
    HeldFolder(tmp_path / "demo").release()


def test_a_bad_policy_is_found_before_anything_is_made(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text("wrong = 1\n")
    with pytest.raises(ConfigRefused, match=r"mine\.toml"):
        _demonstration(tmp_path / "demo", policy=tmp_path / "mine.toml").prepare(_quiet())
    assert not (tmp_path / "demo").exists()


def test_the_policy_is_applied_at_each_start(tmp_path: Path) -> None:
    city = tmp_path / "demo/public/city.toml"
    for _ in range(2):
        demonstration = _demonstration(tmp_path / "demo")
        demonstration.prepare(_quiet())
        demonstration.stop()
        assert "[[groups]]" in city.read_text("utf-8")
        city.write_text("older")


def test_a_city_of_another_format_is_made_anew_aloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    held, layout = HeldFolder(tmp_path), Layout(tmp_path)
    (tmp_path / FINISHED).write_text(FORMAT + "0")
    (tmp_path / "old").touch()

    def stop_here(**_: object) -> None:
        raise ConfigRefused("far enough")

    monkeypatch.setattr(provision, "make_deployment", stop_here)
    with pytest.raises(ConfigRefused, match="far enough"):
        provision.provision(layout, held, CityPlan(1, 100, 0), now_ms=0, progress=Progress(told.append, lambda _count: None))
    assert "made anew" in told[0]
    assert not (tmp_path / "old").exists()
    assert not is_provisioned(layout)
    held.release()


def test_a_user_whom_another_start_has_made_is_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    me = pwd.getpwuid(os.getuid())
    asked: list[str] = []

    def look_up(name: str) -> pwd.struct_passwd:
        asked.append(name)
        if len(asked) == 1:
            raise KeyError
        return me

    monkeypatch.setattr(pwd, "getpwnam", look_up)
    monkeypatch.setattr(shutil, "which", lambda *_, **__: "/usr/sbin/useradd")
    done = subprocess.CompletedProcess(("useradd",), 9, "", "useradd: user exists")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: done)
    assert users._ensure("akashi-somebody") == me


def test_users_are_made_by_one_process_at_a_time(tmp_path: Path) -> None:
    lock, entered = tmp_path / "lock", threading.Event()
    with users._one_at_a_time(lock):
        second = threading.Thread(target=lambda: _enter(lock, entered))
        second.start()
        assert not entered.wait(0.2)
    second.join(10)
    assert entered.is_set()
    with lock.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _enter(lock: Path, entered: threading.Event) -> None:
    with users._one_at_a_time(lock):
        entered.set()


@pytest.mark.needs("root")
def test_a_place_that_is_closed_to_others_is_named(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    assert str(tmp_path) in users.own_users_possible(closed / "data")
    assert users.own_users_possible(Path("/usr/lib"), Path("/srv/not/made/yet")) == ""
