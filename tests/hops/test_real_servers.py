"""The servers as processes: what code they load, whose keys they can read, what happens when one is asked to do wrong."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from akashi.wire import topology
from akashi.wire.topology import Sealing
from running_route import RunningRoute

BLIND = [server.name for server in topology.SERVERS if server.sealing is Sealing.BLIND]
HOPS = [server.name for server in topology.SERVERS if server.name != "store/kiosk"]
UNSEALERS = {"center/validity", "issuance/issuer"}
FORBIDDEN_IN_BLIND = {
    "akashi.sealing",
    "akashi.rules",
    "akashi.ledger",
    "akashi.documents",
    "akashi.card",
    "akashi.admission",
    "akashi.simulation",
    "sqlite3",
    "dbm",
    "shelve",
}


def _modules(route: RunningRoute, name: str, folder: Path) -> set[str]:
    # A copy that stores elsewhere: the running server holds its own store locked.
    config = folder / "config.toml"
    text = route.layout.server_config(name).read_text()
    config.write_text(text.replace(str(route.layout.server(name) / "ledger"), str(folder / "ledger")))
    done = route.akashi("serve", name, "--config", str(config), "--list-modules")
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


@pytest.mark.promise("C5", "C6", "C7")
@pytest.mark.parametrize("name", BLIND)
def test_a_blind_server_has_no_code_that_opens_judges_or_stores(route: RunningRoute, name: str, tmp_path: Path) -> None:
    modules = _modules(route, name, tmp_path)
    assert f"{topology.server(name).package}.service" in modules
    assert {module for module in modules if any(module == f or module.startswith(f"{f}.") for f in FORBIDDEN_IN_BLIND)} == set()


@pytest.mark.promise("C7")
@pytest.mark.parametrize("name", ["core/residents", "issuance/checker", "vault/recorder"])
def test_only_the_ends_load_what_unseals(route: RunningRoute, name: str, tmp_path: Path) -> None:
    assert name not in UNSEALERS
    assert "akashi.sealing.unseal" not in _modules(route, name, tmp_path)


@pytest.mark.promise("C5")
@pytest.mark.needs("own users")
@pytest.mark.parametrize("name", HOPS)
def test_every_server_runs_as_its_own_user(route: RunningRoute, name: str) -> None:
    assert route.demonstration.users_missing == ""
    status = Path(f"/proc/{route.demonstration.pids()[name]}/status").read_text()
    uids = next(line.split()[1:] for line in status.splitlines() if line.startswith("Uid:"))
    groups = next(line.split()[1:] for line in status.splitlines() if line.startswith("Groups:"))
    expected = subprocess.run(["id", "-u", topology.server(name).os_user], capture_output=True, text=True, check=True)
    assert set(uids) == {expected.stdout.strip()}
    assert uids[0] != "0"
    assert groups == []


@pytest.mark.promise("C5", "C23")
@pytest.mark.needs("own users")
def test_no_server_can_open_anothers_key(route: RunningRoute) -> None:
    secrets = {
        server.name: [
            p for p in route.layout.server(server.name).rglob("*") if p.suffix in {".key", ".db"} or p.name == "hop.key"
        ]
        for server in topology.SERVERS
        if server.name != "store/kiosk"
    }
    offline = list(route.layout.offline.glob("*.key"))
    assert all(secrets.values())
    assert len(offline) >= 6
    for reader, mine in secrets.items():
        others = [str(path) for owner, paths in secrets.items() if owner != reader for path in paths] + [str(p) for p in offline]
        opened = _opened_as(topology.server(reader).os_user, others)
        assert opened == [], f"{reader} can open {opened}"
        own = [str(path) for path in mine]
        assert _opened_as(topology.server(reader).os_user, own) == own


def _opened_as(user: str, paths: list[str]) -> list[str]:
    """Return which of the paths that user can open, tried in a process of that user."""
    code = (
        "import os, pwd, sys\n"
        "u = pwd.getpwnam(sys.argv[1]); os.setgroups([]); os.setgid(u.pw_gid); os.setuid(u.pw_uid)\n"
        "for path in sys.stdin.read().splitlines():\n"
        "    try: os.close(os.open(path, os.O_RDONLY)); print(path)\n"
        "    except PermissionError: pass\n"
    )
    done = subprocess.run([sys.executable, "-c", code, user], input="\n".join(paths), capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


@pytest.mark.promise("C6", "C14")
@pytest.mark.parametrize("name", [*BLIND, "center/validity"])
def test_a_server_that_keeps_nothing_has_no_file_open_for_writing(route: RunningRoute, name: str) -> None:
    pid = route.demonstration.pids()[name]
    written = set()
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        target = str(descriptor.readlink())
        flags = int(Path(f"/proc/{pid}/fdinfo/{descriptor.name}").read_text().split("flags:")[1].split()[0], 8)
        if target.startswith("/") and not target.startswith(("/dev/", "/proc/")) and flags & 0o3:
            written.add(target)
    # The log of ids and codes that the supervisor gave it, and in this run the key log for the evidence's control.
    folder = route.layout.server(name)
    allowed = {str(route.layout.logs / f"{name.replace('/', '-')}.log"), str(folder / "tls-keys.log")}
    assert written <= allowed


@pytest.mark.promise("C6")
@pytest.mark.parametrize(
    "attempt",
    [
        "open(path, 'w')",
        "os.open(path, os.O_CREAT | os.O_WRONLY)",
        "pathlib.Path(path).write_bytes(b'x')",
        "tempfile.mkstemp()",
        "tempfile.NamedTemporaryFile()",
        "tempfile.mkdtemp()",
        "sqlite3.connect(path)",
        "subprocess.run(['true'])",
        "os.system('true')",
        "os.fork()",
        "os.mkdir(path)",
        "os.rename('/etc/hostname', path)",
        "shutil.copyfile('/etc/hostname', path)",
        "os.symlink('/etc/hostname', path)",
    ],
)
def test_the_guard_stops_every_way_to_keep_something(tmp_path: Path, attempt: str) -> None:
    path = tmp_path / "kept"
    code = (
        "import os, pathlib, shutil, sqlite3, subprocess, sys, tempfile\n"
        "from akashi.entry.guard import keep_nothing\n"
        "path = sys.argv[1]\n"
        "keep_nothing(lambda event: print('told', event))\n"
        "open('/etc/hostname').close()\n"
        f"try: {attempt}\n"
        # tempfile turns the refusal into an error of its own after it has tried every folder.
        "except OSError as kept: print('stopped', kept)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout.splitlines()[0].startswith("told ")
    assert done.stdout.splitlines()[-1].startswith("stopped ")
    assert not path.exists()


@pytest.mark.parametrize("name", HOPS)
def test_check_config_says_what_is_wrong(route: RunningRoute, name: str, tmp_path: Path) -> None:
    good = route.layout.server_config(name)
    assert route.akashi("serve", name, "--config", str(good), "--check-config").returncode == 0
    text = good.read_text()
    breakages = {
        "unknown key": text.replace("[tls]", 'surprise = "x"\n[tls]', 1),
        "another server's": text.replace(f'server = "{name}"', 'server = "nobody/else"', 1),
        "no listen": "\n".join(line for line in text.splitlines() if not line.startswith("listen")),
        "one neighbour more": text.replace("[neighbours]", '[neighbours]\n"vault/other" = "127.0.0.1:1"', 1),
        "key log outside development": text.replace("development = true", "development = false", 1),
        "not TOML": text + "\n[[[",
    }
    for what, broken in breakages.items():
        path = tmp_path / "broken.toml"
        path.write_text(broken)
        done = route.akashi("serve", name, "--config", str(path), "--check-config")
        assert done.returncode == 3, what
        assert "akashi:" in done.stderr
        assert "Traceback" not in done.stderr
