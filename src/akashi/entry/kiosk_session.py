"""
The process that is one visit: `python -m akashi.entry.kiosk_session CONFIG SOCKET HOLDER`, started by `kiosk_page`.

Promises: keys, PIN, names and certificate of a visit are in this process and no other, and end with it. It is started while the
kiosk is idle, so that its one-use keys are there when somebody comes; it serves the page from the word "go" on its standard input
until the visit is over; it dies with the kiosk's main process, and leaves no memory image. Source: requirements C14, C19.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import resource
import signal
import socket
import sys
from pathlib import Path

import uvicorn

from akashi.base.config import ConfigRefused, load_config
from akashi.base.log import Log
from akashi.entry.kiosk import ConfiguredTray, build_kiosk
from akashi.entry.world import end_with_parent
from akashi.wire.errors import Refused
from akashi.zones.store.kiosk.config import Config
from akashi.zones.store.kiosk.guard import where
from akashi.zones.store.kiosk.screen import Screen, ScreenSettings
from akashi.zones.store.kiosk.visit import Visit

GO = b"go\n"
_PR_SET_DUMPABLE = 4
_END_SECONDS_MAX = 5


def page_hosts(listen: str) -> frozenset[str]:
    """Return what a browser may call a page that listens at "address:port"."""
    _, _, port = listen.rpartition(":")
    return frozenset({listen.lower(), f"localhost:{port}"})


async def run(config: Config, listening: socket.socket, *, holder: str) -> None:
    """
    Serve one visit.

    Args:
        config: the kiosk's.
        listening: where browsers connect; the main process keeps it open for the next visit.
        holder: name of this visit in the journal.

    Raises:
        ConfigRefused: a file that the configuration names is missing or wrong.
    """
    settings, log = config.service, Log(config.server)
    kiosk = build_kiosk(config)
    visit = Visit(kiosk.session(), kiosk.journal, holder=holder, municipality=settings.municipality)
    if not await _told_to_go():
        await kiosk.close()
        return
    servers: list[uvicorn.Server] = []

    def stop_listening() -> None:
        # Who connects from now on waits until the next visit's process accepts.
        for one in servers[0].servers:
            one.close()

    page = ScreenSettings(page_hosts(config.listen), settings.idle_ms, settings.idle_warning_ms)
    screen = Screen(visit, ConfiguredTray(config), page, log=log, stop_listening=stop_listening)
    server = uvicorn.Server(
        uvicorn.Config(
            screen.app(),
            interface="asgi3",
            lifespan="off",
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=_END_SECONDS_MAX,
        )
    )
    servers.append(server)
    serving = asyncio.ensure_future(server.serve(sockets=[listening]))
    over = asyncio.ensure_future(screen.over.wait())
    try:
        await asyncio.wait({serving, over}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        over.cancel()
        await screen.close()
        server.should_exit = True
        await serving
        await kiosk.close()


async def _told_to_go() -> bool:
    """Return whether it is this visit's turn; False where the main process has ended instead."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin.buffer)
    try:
        return await reader.readline() == GO
    finally:
        transport.close()


def _keep_to_itself() -> None:
    """No core file, no other process that reads this one's memory, no life after the main process."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0)
    end_with_parent(signal.SIGKILL)


def main(arguments: list[str]) -> int:
    """Run the visit that the arguments name and return the exit status: 0 over, 1 it could not or must not go on."""
    _keep_to_itself()
    path, descriptor, holder = arguments
    log = Log("store/kiosk")
    try:
        with socket.socket(fileno=int(descriptor)) as listening:
            asyncio.run(run(load_config(Path(path), Config), listening, holder=holder))
    except (ConfigRefused, Refused) as refusal:
        log.event("visit refused", error=type(refusal).__name__)
        return 1
    except KeyboardInterrupt:
        return 1
    except Exception as error:  # noqa: BLE001 - the edge: a traceback could hold what nobody may see
        log.event("bug", error=type(error).__name__, at=where(error))
        return 1
    return 0


if __name__ == "__main__":
    # Not sys.exit: nothing of the interpreter's own tidying up is needed, and memory that is gone at once is gone.
    os._exit(main(sys.argv[1:]))
