"""
A PC/SC service with two virtual readers, shut away from the machine.

pcscd and everything that talks to it run in their own network and mount name spaces: its driver listens on all addresses without
asking who calls, and its socket has a fixed path. As root these are plain name spaces; as a user, those of a user name space.
Every process is started here and ended by its own pid.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).resolve().parents[2]
READER: Final = "Virtual PCD 00 00"
SECOND_READER: Final = "Virtual PCD 00 01"
STEP_SECONDS: Final = 20
_START: Final = "ip link set lo up && mount -t tmpfs tmpfs /run && mkdir /run/pcscd && exec pcscd -f"
_BRIDGE: Final = "from akashi.entry.commands.card import group; group()"
_AS_ROOT: Final = os.geteuid() == 0


class ReaderLab:
    """A running PC/SC service. Made by `running_lab`."""

    def __init__(self, service: subprocess.Popen[bytes], home: Path) -> None:
        self._service = service
        kinds = ("-n", "-m") if _AS_ROOT else ("-U", "--preserve-credentials", "-n", "-m")
        self._enter = ("nsenter", "-t", str(service.pid), *kinds, "--")
        self._environment = {
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": str(home),
            "PYTHONPATH": f"{ROOT / 'src'}:{ROOT / 'tests'}",
            "LC_ALL": "C.UTF-8",
        }

    def wait_until_ready(self) -> None:
        socket_path = Path(f"/proc/{self._service.pid}/root/run/pcscd/pcscd.comm")
        end = time.monotonic() + STEP_SECONDS
        while not socket_path.exists():
            if self._service.poll() is not None:
                pytest.skip("not run: this machine lets us make no name spaces for pcscd")
            assert time.monotonic() < end, "pcscd did not start"
            time.sleep(0.02)

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a program beside the readers to its end, at most 20 seconds."""
        return subprocess.run(
            (*self._enter, *command), env=self._environment, capture_output=True, text=True, timeout=STEP_SECONDS, check=False
        )

    def output(self, *command: str) -> str:
        """Run a program that must succeed, and return what it wrote."""
        done = self.run(*command)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def akashi(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `akashi card ...` beside the readers."""
        return self.run(sys.executable, "-c", _BRIDGE, *arguments)

    @contextmanager
    def started(self, *command: str) -> Iterator[subprocess.Popen[str]]:
        """Start a program beside the readers; it is ended, if it has not ended, on leaving."""
        process = subprocess.Popen(
            (*self._enter, *command), env=self._environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        with process:
            try:
                yield process
            finally:
                end(process)

    @contextmanager
    def inserted(self, image: Path, *, port: int = 35963, reader: str = READER) -> Iterator[subprocess.Popen[str]]:
        """Put a card into a reader by `akashi card bridge`, and wait until PC/SC sees it."""
        with self.started(sys.executable, "-c", _BRIDGE, "bridge", str(image), "--port", str(port)) as bridge:
            self.output(sys.executable, "-m", "card.in_reader", "wait", reader)
            yield bridge
        # PC/SC looks now and then only: the next card must not be taken for this one.
        self.output(sys.executable, "-m", "card.in_reader", "wait_empty", reader)


def end(process: subprocess.Popen[str] | subprocess.Popen[bytes]) -> None:
    """End one process that we started."""
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(5)


@contextmanager
def running_lab(home: Path) -> Iterator[ReaderLab]:
    """Start pcscd in name spaces of its own; end it on leaving."""
    kinds = ("-n", "-m") if _AS_ROOT else ("-U", "-r", "-n", "-m")
    with (home / "pcscd.log").open("wb") as log:
        service = subprocess.Popen(("unshare", *kinds, "sh", "-c", _START), stdout=log, stderr=log)
    try:
        lab = ReaderLab(service, home)
        lab.wait_until_ready()
        yield lab
    finally:
        end(service)
