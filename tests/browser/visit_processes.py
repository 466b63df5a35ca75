"""A kiosk as its processes run, with a route of one server: mutual TLS in front, the far end's cryptography inside."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import io
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar, cast

from akashi.base.ports import Caller, Endpoint
from akashi.entry.demo.toml import toml_text
from akashi.entry.world import RealClock
from akashi.pki.hop import make_hop_authority
from akashi.wire.errors import WireCode
from akashi.wire.messages import Outcome
from akashi.zones.store.kiosk.store import Journal
from hops.hop import Identities, free_port, running
from unit.zones.store_kiosk.far_end import CITY, DEADLINE_MS, KIOSK_ID, FarEnd, deployment, virtual_card
from unit.zones.store_kiosk.screen_stage import Browser, Response

T = TypeVar("T")
WAIT_S = 20


def until(what: Callable[[], T | None]) -> T:
    """Return the first value that is something; fail after a while."""
    end = time.monotonic() + WAIT_S
    while time.monotonic() < end:
        value = what()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError("it did not happen")


class Route:
    """hq/forwarder with real TLS and HTTP, in a thread; behind it the far end."""

    def __init__(self, folder: Path) -> None:
        self.far = FarEnd()
        folder.mkdir()
        now_ms = RealClock().now_ms()
        self.identities = Identities(folder, make_hop_authority(now_ms=now_ms), now_ms)
        self.address = ""
        self._stop = threading.Event()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="route")

    def start(self) -> None:
        self._thread.start()
        assert self._ready.wait(WAIT_S)

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    async def _serve(self) -> None:
        def method(name: str) -> Endpoint:
            async def handle(_caller: Caller, body: bytes) -> bytes:
                return await self.far.call("hq/forwarder", name, body, deadline_ms=DEADLINE_MS)

            return Endpoint(handle, 100_000)

        endpoints = {name: method(name) for name in ("bulletin", "forward")}
        async with running("hq/forwarder", endpoints, self.identities) as (self.address, _):
            self._ready.set()
            while not self._stop.is_set():  # noqa: ASYNC110 - told from another thread
                await asyncio.sleep(0.05)


@dataclass
class KioskProcesses:
    """
    A kiosk of a made-up operator: its folder, its main process, what a browser sees.

    Attributes:
        folder: with its TOML, keys, cards and journal.
        route: what it can reach.
        main: its main process, once started.
        log: what all its processes wrote.
    """

    folder: Path
    route: Route
    main: subprocess.Popen[bytes] | None = None
    log: Path = field(init=False)

    def __post_init__(self) -> None:
        self.folder.mkdir()
        self.log = self.folder / "log"
        self.port = free_port()
        cards = self.folder / "cards"
        cards.mkdir()
        virtual_card().save(cards / "family-head.json")
        keys, center, city = deployment().kiosks[0], deployment().center.root, deployment().city.root
        for name, content in {
            "device.key": keys.device_key.to_bytes(),
            "device.der": keys.certificate,
            "center.pub": center.public_bytes,
            "city.pub": city.public_bytes,
        }.items():
            (self.folder / name).write_bytes(content)
        tls = self.route.identities.of("store/kiosk", KIOSK_ID)
        self.table: dict[str, Any] = {
            "server": "store/kiosk",
            "listen": f"127.0.0.1:{self.port}",
            "development": True,
            "tls": {"certificate": tls.certificate, "key": tls.key, "authority": tls.authority},
            "neighbours": {"hq/forwarder": self.route.address},
            "service": {
                "kiosk_id": KIOSK_ID,
                "build": "akashi-test",
                "device_key": str(self.folder / "device.key"),
                "device_certificate": str(self.folder / "device.der"),
                "center_root": str(self.folder / "center.pub"),
                "city_roots": {CITY: str(self.folder / "city.pub")},
                "municipality": CITY,
                "journal": str(self.folder / "journal.db"),
                "outcome_interval_ms": 100,
                "cards": str(cards),
            },
        }

    @property
    def config(self) -> Path:
        return self.folder / "config.toml"

    def run(self, **service: object) -> subprocess.Popen[bytes]:
        """Start a main process with these settings changed."""
        table = {**self.table, "service": {**self.table["service"], **service}}
        self.config.write_text(toml_text(table))
        command = [sys.executable, "-m", "akashi", "serve", "store/kiosk", "--config", str(self.config)]
        with self.log.open("ab") as log:
            return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def start(self) -> None:
        self.main = self.run()
        until(lambda: len(self.visits()) == 2)

    def stop(self) -> None:
        if self.main is not None and self.main.poll() is None:
            self.main.terminate()
            self.main.wait(WAIT_S)

    def kill(self) -> None:
        """Pull the plug of the main process."""
        assert self.main is not None
        self.main.kill()
        self.main.wait(WAIT_S)

    def visits(self) -> list[int]:
        """Return the process ids of the visits, oldest first: the one that serves, the one that waits."""
        assert self.main is not None
        found = []
        for entry in Path("/proc").iterdir():
            with contextlib.suppress(OSError):
                if entry.name.isdigit():
                    fields = (entry / "stat").read_text().rpartition(")")[2].split()
                    if int(fields[1]) == self.main.pid and fields[0] != "Z":
                        found.append((int(fields[19]), int(entry.name)))
        return [pid for _, pid in sorted(found)]

    def lines(self) -> list[tuple[str, Outcome, WireCode | None]]:
        """Return all lines of the journal, acknowledged or not."""
        journal = Journal(self.folder / "journal.db")
        try:
            rows = journal._db.execute("SELECT issue_number, outcome, cause FROM outcomes ORDER BY sequence").fetchall()
            return [(row[0], Outcome(row[1]), WireCode(row[2]) if row[2] else None) for row in rows]
        finally:
            journal.close()

    def browser(self) -> HttpBrowser:
        return HttpBrowser(cast("Any", None), port=self.port)


@dataclass
class HttpBrowser(Browser):
    """The browser of a few lines, over a socket."""

    port: int = 0

    async def send(self, method: str, path: str, body: bytes = b"", **headers: str) -> Response:
        host = f"127.0.0.1:{self.port}"
        given = {"host": host, "cookie": self.cookie, **headers}
        if "origin" in given:
            given["origin"] = f"http://{host}"
        connection = http.client.HTTPConnection(host, timeout=WAIT_S)
        try:
            connection.request(
                method, path, body or None, {name.replace("_", "-"): value for name, value in given.items() if value}
            )
            answer = connection.getresponse()
            found = Response(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
        finally:
            connection.close()
        if "set-cookie" in found.headers:
            self.cookie = found.headers["set-cookie"].partition(";")[0]
        return found


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def memory_holds(pid: int, needle: bytes) -> bool:
    """Return whether a process has these bytes anywhere in its writable memory."""
    areas = Path(f"/proc/{pid}/maps").read_text().splitlines()
    with Path(f"/proc/{pid}/mem").open("rb", 0) as memory:
        for area in areas:
            span, rights = area.split()[:2]
            if not rights.startswith("rw"):
                continue
            start, end = (int(each, 16) for each in span.split("-"))
            with contextlib.suppress(OSError, OverflowError):
                os.lseek(memory.fileno(), start, io.SEEK_SET)
                if needle in (memory.read(end - start) or b""):
                    return True
    return False


@contextmanager
def kiosk_processes(folder: Path) -> Iterator[KioskProcesses]:
    """Give a kiosk that runs; end it at the end."""
    route = Route(folder / "route")
    route.start()
    kiosk = KioskProcesses(folder / "kiosk", route)
    try:
        kiosk.start()
        yield kiosk
    finally:
        kiosk.stop()
        route.stop()
