"""
The kiosk's main process: one visit's process after the other on one listening socket, pending outcomes sent again and again.

Promises: it never sees a PIN, a name or a certificate: browsers talk to the visit's own process. Whatever ends a visit (the
person, the clock, a crash), its process is gone before the next one serves, and what it opened and did not settle is void.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import secrets
import signal
import socket
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from akashi.base.config import ConfigRefused
from akashi.base.log import Log
from akashi.entry.kiosk import Kiosk, build_kiosk
from akashi.entry.kiosk_session import GO
from akashi.wire.errors import Refused, WireCode
from akashi.zones.store.kiosk.config import Config
from akashi.zones.store.kiosk.guard import where

_LOOPBACK = ("127.0.0.1", "localhost")
_BACKLOG = 64
_HOLDER_BYTES = 16
_FAILING_SECONDS = 1.0
"""A visit's process that ends with an error is not replaced faster than this."""


def serve_page(config: Config, config_path: Path) -> None:
    """
    Serve the page until told to end (SIGTERM, SIGINT).

    Raises:
        ConfigRefused: `listen` is not on loopback (the page is for the screen of this machine only) or is taken, the warning is
            not within the idle time, another process serves this kiosk's page, or a file is missing or wrong.
    """
    host, _, port = config.listen.rpartition(":")
    if host not in _LOOPBACK or not port.isdigit():
        raise ConfigRefused(f"{config_path}: listen must be on loopback; the page is for this machine's own screen")
    if config.service.idle_warning_ms >= config.service.idle_ms:
        raise ConfigRefused(f"{config_path}: idle_warning_ms must be less than idle_ms")
    with _alone(Path(config.service.journal)):
        try:
            listening = socket.create_server((host, int(port)), backlog=_BACKLOG)
        except OSError as error:
            raise ConfigRefused(f"{config.listen}: cannot listen there ({error.strerror})") from None
        with listening:
            asyncio.run(_serve(config, config_path, listening))


async def _serve(config: Config, config_path: Path, listening: socket.socket) -> None:
    log, stop = Log(config.server), asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    kiosk = build_kiosk(config)
    visits = Visits(config_path, listening.fileno())
    # No visit runs now: whatever is still open was cut off with the power.
    _void(kiosk, log, holder=None)
    reporting = asyncio.ensure_future(report_forever(kiosk, log, config.service.outcome_interval_ms))
    log.event("started", listen=config.listen)
    try:
        while not stop.is_set():
            await _one_visit(visits, kiosk, log, stop)
    finally:
        reporting.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await reporting
        await visits.close()
        await kiosk.close()


async def _one_visit(visits: Visits, kiosk: Kiosk, log: Log, stop: asyncio.Event) -> None:
    """Serve one visit, from the first screen to the end of its process."""
    began = time.monotonic()
    visit = await visits.take()
    stopping, ended = asyncio.ensure_future(stop.wait()), asyncio.ensure_future(visit.process.wait())
    try:
        await asyncio.wait({stopping, ended}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopping.cancel()
        await visit.end()
        await ended
        _void(kiosk, log, holder=visit.holder)
    status = visit.process.returncode
    if status and not stop.is_set():
        log.event("visit broke off", status=status)
        if time.monotonic() - began < _FAILING_SECONDS:
            await asyncio.sleep(_FAILING_SECONDS)


def _void(kiosk: Kiosk, log: Log, *, holder: str | None) -> None:
    """Void what a visit that has ended left open. What cannot be written now is still noted as open, for the next start."""
    try:
        voided = kiosk.journal.abandon(WireCode.INTERNAL, holder=holder)
    except Refused as refusal:
        log.event("refused", code=refusal.code.value)
        return
    if voided:
        log.event("voided", numbers=voided)


@dataclass(frozen=True, slots=True)
class VisitProcess:
    """
    The process of one visit.

    Attributes:
        holder: its random name in the journal.
    """

    process: asyncio.subprocess.Process
    holder: str

    def begin(self) -> None:
        """Tell it that it is its turn."""
        if self.process.stdin is not None:
            self.process.stdin.write(GO)

    async def end(self) -> None:
        """End it, and all that it holds, now. No kindness: nothing in it is needed any more, and nothing must stay."""
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        await self.process.wait()
        if self.process.stdin is not None:
            self.process.stdin.close()


class Visits:
    """
    Keeps the next visit's process started ahead, so that its keys are made while nobody waits.

    Args:
        config_path: the kiosk's TOML.
        descriptor: of the listening socket.
    """

    def __init__(self, config_path: Path, descriptor: int) -> None:
        self._config_path = config_path
        self._descriptor = descriptor
        self._warm: VisitProcess | None = None

    async def take(self) -> VisitProcess:
        """Return the waiting process, begun; start the one after it."""
        visit = self._warm if self._warm is not None and self._warm.process.returncode is None else await self._start()
        self._warm = None
        visit.begin()
        self._warm = await self._start()
        return visit

    async def close(self) -> None:
        """End the waiting process."""
        if self._warm is not None:
            await self._warm.end()
            self._warm = None

    async def _start(self) -> VisitProcess:
        holder = secrets.token_hex(_HOLDER_BYTES)
        command = ("-m", "akashi.entry.kiosk_session", str(self._config_path), str(self._descriptor), holder)
        process = await asyncio.create_subprocess_exec(
            sys.executable, *command, stdin=asyncio.subprocess.PIPE, pass_fds=(self._descriptor,)
        )
        return VisitProcess(process, holder)


async def report_forever(kiosk: Kiosk, log: Log, interval_ms: int) -> None:
    """Send pending outcomes until each is acknowledged; whatever goes wrong is logged by its kind and tried again."""
    reporter = kiosk.reporter()
    while True:
        try:
            acknowledged = await reporter.report()
            if acknowledged:
                log.event("outcomes", acknowledged=acknowledged)
        except Refused as refusal:
            log.event("outcomes pending", code=refusal.code.value)
        except Exception as error:  # noqa: BLE001 - a bug must not end the reporting of all that comes later
            log.event("bug", error=type(error).__name__, at=where(error))
        await asyncio.sleep(interval_ms / 1000)


@contextlib.contextmanager
def _alone(journal: Path) -> Iterator[None]:
    """Hold the page of this kiosk for one process: a second one would void what the first one's visit has open."""
    path = journal.with_name(f"{journal.name}.page")
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise ConfigRefused(f"{path}: cannot be written ({error.strerror})") from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise ConfigRefused(f"{path}: another process serves this kiosk's page") from None
    try:
        yield
    finally:
        os.close(descriptor)
