"""One operating-system user per server, and its folder his alone. Only root can do that; without root all run as one user."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from akashi.base.config import ConfigRefused
from akashi.entry.demo.layout import Layout
from akashi.entry.demo.ownership import give_tree
from akashi.wire import topology

VERIFIER_USER = "akashi-verifier"
"""Of the page on which receivers check certificates: owns nothing."""

USERS_LOCK = Path("/run/akashi-users.lock")
"""In a folder that only root may write to: demonstrations in different folders make the same users."""
_USERADD_EXISTS = 9


def own_users_possible(*places: Path) -> str:
    """
    Return "" where every server can have its own user, else the reason why not, for people.

    Args:
        places: what every server must reach: the code, the interpreter, the data; a place need not exist yet.
    """
    if os.geteuid() != 0:
        return (
            "管理者（root）でないので、すべてのサーバが同じ利用者で動き、互いの鍵を隠せません"
            " / not started as root: all servers run as one operating-system user, so their keys are not kept from each other"
        )
    for place in places:
        for folder in (place.resolve(), *place.resolve().parents):
            if folder.exists() and not folder.stat().st_mode & 0o001:
                return (
                    f"{folder} はほかの利用者に閉じているので、すべてのサーバが root で動きます。"
                    "/srv など、だれでも通れる場所に置いてください"
                    f" / {folder} is closed to other users: all servers run as root; put it where others can pass, such as /srv"
                )
    return ""


def make_users(layout: Layout, kiosk_ids: tuple[str, ...]) -> None:
    """
    Make a system user per server where it is missing, and give each server's folder to it alone. One process at a time.

    Raises:
        ConfigRefused: useradd is missing or refused, or a folder holds what a server may not own.
    """
    with _one_at_a_time(USERS_LOCK):
        for server in topology.SERVERS:
            folders = (
                [layout.kiosk(kiosk_id) for kiosk_id in kiosk_ids]
                if server.name == "store/kiosk"
                else [layout.server(server.name)]
            )
            user = _ensure(server.os_user)
            for folder in folders:
                give_tree(folder, user.pw_uid, user.pw_gid)
        # Everybody who checks paper reads the void list; only the recorder writes it.
        recorder = pwd.getpwnam(topology.server("vault/recorder").os_user)
        give_tree(layout.voids, recorder.pw_uid, recorder.pw_gid)
        layout.voids.chmod(0o755)
        _ensure(VERIFIER_USER)
        # The kiosk's cards stand for cards in people's hands: whoever is at the kiosk can use them.
        kiosk = pwd.getpwnam(topology.server("store/kiosk").os_user)
        for folder in (layout.cards, layout.load_cards):
            give_tree(folder, kiosk.pw_uid, kiosk.pw_gid)


@contextlib.contextmanager
def _one_at_a_time(lock: Path) -> Iterator[None]:
    try:
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise ConfigRefused(f"{lock}: 書けません / cannot be written ({error.strerror})") from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _ensure(name: str) -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        pass
    useradd = shutil.which("useradd", path="/usr/sbin:/usr/bin:/sbin:/bin")
    if useradd is None:
        raise ConfigRefused(
            "useradd がありません（Debian の passwd）。サーバごとの利用者が作れません"
            " / useradd is missing; each server needs an operating-system user of its own (Debian package passwd)"
        )
    command = [useradd, "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", name]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - fixed program, names from the topology
    if done.returncode not in {0, _USERADD_EXISTS}:
        raise ConfigRefused(f"useradd {name}: {done.stderr.strip()}")
    try:
        return pwd.getpwnam(name)
    except KeyError:
        raise ConfigRefused(f"useradd {name}: {done.stderr.strip() or 'made no such user'}") from None
