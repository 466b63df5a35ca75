"""One operating-system user per server, and its folder his alone. Only root can do that; without root all run as one user."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from pathlib import Path

from akashi.base.config import ConfigRefused
from akashi.entry.demo.layout import Layout
from akashi.entry.demo.ownership import give_tree
from akashi.wire import topology

VERIFIER_USER = "akashi-verifier"
"""Of the page on which receivers check certificates: owns nothing."""


def own_users_possible(package: Path) -> str:
    """Return "" where every server can have its own user, else the reason why not, for people."""
    if os.geteuid() != 0:
        return "not started as root: all servers run as one operating-system user, so their keys are not kept from each other"
    for folder in (package.resolve(), *package.resolve().parents):
        if not folder.stat().st_mode & 0o001:
            return f"{folder} is closed to other users: all servers run as root; put the checkout where others can read it"
    return ""


def make_users(layout: Layout, kiosk_ids: tuple[str, ...]) -> None:
    """
    Make a system user per server where it is missing, and give each server's folder to it alone.

    Raises:
        ConfigRefused: useradd is missing or refused, or a folder holds what a server may not own.
    """
    for server in topology.SERVERS:
        folders = (
            [layout.kiosk(kiosk_id) for kiosk_id in kiosk_ids] if server.name == "store/kiosk" else [layout.server(server.name)]
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


def _ensure(name: str) -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        pass
    useradd = shutil.which("useradd", path="/usr/sbin:/usr/bin:/sbin:/bin")
    if useradd is None:
        raise ConfigRefused("useradd is missing; each server needs an operating-system user of its own (Debian package passwd)")
    command = [useradd, "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", name]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - fixed program, names from the topology
    if done.returncode != 0:
        raise ConfigRefused(f"useradd {name}: {done.stderr.strip()}")
    return pwd.getpwnam(name)
