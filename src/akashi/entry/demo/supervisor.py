"""Starts, watches and ends the server processes of the demonstration: those it started, by their ids, and no others."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from akashi.base.config import ConfigRefused
from akashi.entry.demo.layout import Layout

START_SECONDS_MAX = 60
END_SECONDS_MAX = 10


@dataclass(frozen=True, slots=True)
class Role:
    """
    A process to run.

    Attributes:
        name: server in the topology, or what else is run beside them.
        config: its TOML.
        address: "host:port" where it will listen.
        user: operating-system user, or None to stay the present one.
        command: what to run in place of the server of that name.
    """

    name: str
    config: Path
    address: str
    user: str | None
    command: tuple[str, ...] = ()


class Supervisor:
    """
    The processes of one demonstration.

    Args:
        layout: where logs and the list of running processes go.
        roles: what to run, in order of start.
    """

    def __init__(self, layout: Layout, roles: tuple[Role, ...]) -> None:
        self._layout = layout
        self._roles = roles
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def check_free(self) -> None:
        """
        Check that nobody listens yet where the servers will.

        Raises:
            ConfigRefused: names the first address that is taken.
        """
        for role in self._roles:
            if _listens(role.address):
                raise ConfigRefused(
                    f"{role.address} は使われていて、{role.name} を起動できません。"
                    "別の akashi が動いていませんか（--base-port で全体をずらせます）"
                    f" / {role.address} is taken, {role.name} cannot listen there; is another `akashi up` running?"
                    " (--base-port moves all ports)"
                )

    def start(self, on_ready: Callable[[str], None]) -> None:
        """
        Start all and return when all listen; `on_ready` is called with each name.

        Raises:
            ConfigRefused: an address is taken, or a server ended or stayed silent; its log is quoted.
        """
        self.check_free()
        self._layout.logs.mkdir(mode=0o755, parents=True, exist_ok=True)
        for role in self._roles:
            self._processes[role.name] = self._spawn(role)
        state = {name: process.pid for name, process in self._processes.items()}
        self._layout.state.write_text(json.dumps({"supervisor": os.getpid(), "servers": state}, indent=1))
        end = time.monotonic() + START_SECONDS_MAX
        for role in self._roles:
            while not _listens(role.address):
                if self._processes[role.name].poll() is not None or time.monotonic() > end:
                    raise ConfigRefused(f"{role.name} が起動しません / did not start: {self._last_words(role.name)}")
                time.sleep(0.05)
            on_ready(role.name)

    def ended(self) -> list[str]:
        """Return the names of servers that have ended by themselves."""
        return [name for name, process in self._processes.items() if process.poll() is not None]

    def pids(self) -> dict[str, int]:
        """Return the process ids of the servers."""
        return {name: process.pid for name, process in self._processes.items()}

    def stop(self) -> None:
        """End all processes that this supervisor started, kindly first."""
        for process in reversed(self._processes.values()):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        end = time.monotonic() + END_SECONDS_MAX
        for process in self._processes.values():
            try:
                process.wait(max(0.1, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._processes.clear()
        with contextlib.suppress(FileNotFoundError):
            self._layout.state.unlink()

    def _spawn(self, role: Role) -> subprocess.Popen[bytes]:
        asked = role.command or ("serve", role.name, "--config", str(role.config))
        command = [sys.executable, "-m", "akashi", *asked, "--with-parent"]
        if role.user is not None:
            command += ["--user", role.user]
        with self._log(role.name).open("ab") as log:
            return subprocess.Popen(  # noqa: S603 - our own program, our own arguments
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )

    def _log(self, name: str) -> Path:
        return self._layout.logs / f"{name.replace('/', '-')}.log"

    def _last_words(self, name: str) -> str:
        lines = self._log(name).read_text("utf-8", "replace").splitlines()
        return " | ".join(lines[-3:]) or "no word in its log"


def _listens(address: str) -> bool:
    host, _, port = address.rpartition(":")
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.settimeout(0.5)
        return probe.connect_ex((host, int(port))) == 0
