"""The kiosk's own process: its page for the screen, a warm session waiting, pending outcomes sent again and again."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import uvicorn

from akashi.base.config import ConfigRefused
from akashi.base.log import Log
from akashi.entry.kiosk import Kiosk, build_kiosk
from akashi.wire.errors import Refused
from akashi.zones.store.kiosk.config import Config
from akashi.zones.store.kiosk.screen import Screen
from akashi.zones.store.kiosk.session_pipe import SessionProcess

_PIPE_BYTES = 8 * 1024 * 1024
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


class SessionPool:
    """
    Keeps one session's process started ahead, so that its keys are made while nobody waits.

    Args:
        config_path: the kiosk's TOML, given to each session.
    """

    def __init__(self, config_path: Path) -> None:
        self._config_path = config_path
        self._warm: asyncio.Task[SessionProcess] | None = None

    def warm(self) -> None:
        """Start the next session's process."""
        if self._warm is None:
            self._warm = asyncio.ensure_future(self._start())

    async def take(self) -> SessionProcess:
        """Return the waiting session and start the next."""
        self.warm()
        waiting, self._warm = self._warm, None
        self.warm()
        return await waiting if waiting is not None else await self._start()

    async def close(self) -> None:
        """End the waiting session."""
        if self._warm is not None:
            await (await self._warm).end()
            self._warm = None

    async def _start(self) -> SessionProcess:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "akashi.entry.kiosk_session",
            str(self._config_path),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=_PIPE_BYTES,
        )
        return SessionProcess(process)


def serve_page(config: Config, config_path: Path) -> None:
    """
    Serve the page until told to end.

    Raises:
        ConfigRefused: `listen` is not on loopback: the page is for the screen of this machine only.
    """
    host, _, port = config.listen.rpartition(":")
    if host not in _LOOPBACK:
        raise ConfigRefused(f"{config_path}: listen must be on loopback; the page is for this machine's own screen")
    asyncio.run(_serve(config, config_path, host, int(port)))


async def _serve(config: Config, config_path: Path, host: str, port: int) -> None:
    kiosk = build_kiosk(config)
    pool = SessionPool(config_path)
    cards = Path(config.service.cards) if config.development and config.service.cards else None
    screen = Screen(pool.take, municipality=config.service.municipality, cards=cards, reader=bool(config.service.reader))
    log = Log(config.server)
    server = uvicorn.Server(
        uvicorn.Config(
            screen.app(), host=host, port=port, lifespan="off", log_config=None, access_log=False, server_header=False, ws="none"
        )
    )
    pool.warm()
    reporting = asyncio.ensure_future(_report_forever(kiosk, log, config.service.outcome_interval_ms))
    log.event("started", listen=config.listen)
    try:
        await server.serve()
    finally:
        reporting.cancel()
        await screen.close()
        await pool.close()
        await kiosk.close()


async def _report_forever(kiosk: Kiosk, log: Log, interval_ms: int) -> None:
    """Send pending outcomes until each is acknowledged; a refusal is logged by its code and tried again."""
    reporter = kiosk.reporter()
    while True:
        try:
            acknowledged = await reporter.report()
            if acknowledged:
                log.event("outcomes", acknowledged=acknowledged)
        except Refused as refusal:
            log.event("outcomes pending", code=refusal.code)
        await asyncio.sleep(interval_ms / 1000)
