"""The demonstration as tests use it: started on free ports in a folder of its own, kept up by a thread, ended at the end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from akashi.entry.commands.up import SAMPLE_POLICY
from akashi.entry.demo.city import DEMO_PIN, CityPlan
from akashi.entry.demo.layout import Layout
from akashi.entry.demo.provision import Progress
from akashi.entry.demo.running import Demonstration, Options

RESIDENTS = 400


@dataclass(frozen=True)
class RunningRoute:
    """A running demonstration and how to use it from outside."""

    demonstration: Demonstration
    layout: Layout

    def akashi(self, *arguments: str, timeout_s: float = 60) -> subprocess.CompletedProcess[str]:
        """Run the command line as a person would."""
        command = [sys.executable, "-m", "akashi", *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=timeout_s, check=False)

    def issue(self, person: str, out: Path, *more: str, pin: str = DEMO_PIN) -> dict[str, object]:
        """Issue one certificate by the command line and return what it printed as JSON."""
        done = self.akashi(
            "issue", "--data", str(self.layout.root), "--person", person, "--pin", pin, "--out", str(out), "--json", *more
        )
        lines = done.stdout.strip().splitlines()
        assert lines, done.stderr
        result: dict[str, object] = json.loads(lines[-1])
        return result


def _base_port() -> int:
    """Return a base port for this process, away from the default and from ephemeral ports."""
    return 8000 + (os.getpid() % 180) * 100


@contextmanager
def running_route() -> Iterator[RunningRoute]:
    """Start everything in a folder that the servers' own users can reach (pytest's own folders are private); end everything."""
    with tempfile.TemporaryDirectory(prefix="akashi-route-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        with _running(folder) as running:
            yield running


@contextmanager
def _running(folder: Path) -> Iterator[RunningRoute]:
    layout = Layout(folder / "demo")
    options = Options(CityPlan(11, RESIDENTS, 8), _base_port(), key_log=True, workers=0, sample_policy=SAMPLE_POLICY)
    demonstration = Demonstration(layout, options)
    demonstration.prepare(Progress(lambda _step: None, lambda _count: None))
    stop = threading.Event()

    def keep_up() -> None:
        while not stop.wait(1):
            demonstration.tick()

    keeper = threading.Thread(target=keep_up, name="demonstration")
    try:
        demonstration.start(lambda _name: None)
        keeper.start()
        yield RunningRoute(demonstration, layout)
    finally:
        stop.set()
        if keeper.is_alive():
            keeper.join()
        demonstration.stop()
