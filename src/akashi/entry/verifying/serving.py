"""The receiver's page on a socket, until it is told to end."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import uvicorn

from akashi.base.config import ConfigRefused
from akashi.base.log import Log
from akashi.entry.verifying.judging import Bench
from akashi.entry.verifying.lists import read_lists
from akashi.entry.verifying.page_app import CheckPage
from akashi.verifier import Report

_LOOPBACK = ("127.0.0.1", "localhost")
_END_SECONDS_MAX = 5
NAME = "verifier/page"


class FreshBench:
    """
    Judges by the lists as they are in the files at that moment: a void list counts from the moment it lies there.

    Args:
        places: as `read_lists` takes them.
    """

    def __init__(self, places: Sequence[Path]) -> None:
        self._places = places
        self._bench = Bench()

    async def warm(self) -> None:
        """See `Bench.warm`."""
        await self._bench.warm()

    async def judge(self, untrusted_files: Sequence[bytes]) -> Report:
        """
        See `Bench.judge`.

        Raises:
            ConfigRefused: the lists cannot be read any more.
        """
        return await self._bench.judge(untrusted_files, read_lists(self._places))

    async def close(self) -> None:
        """See `Bench.close`."""
        await self._bench.close()


async def serve_check_page(places: Sequence[Path], listen: str, *, hosts: frozenset[str]) -> None:
    """
    Serve the page until SIGTERM or SIGINT.

    Args:
        places: where the lists lie.
        listen: "address:port" on loopback.
        hosts: what browsers may call the page.

    Raises:
        ConfigRefused: not on loopback, or the address is taken.
    """
    host, _, port = listen.rpartition(":")
    if host not in _LOOPBACK or not port.isdigit():
        raise ConfigRefused(f"--listen {listen}: must be on loopback; the page is for this machine's own screen")
    log, bench = Log(NAME), FreshBench(places)
    page = CheckPage(bench, hosts=hosts, log=log)
    server = uvicorn.Server(
        uvicorn.Config(
            page.app(),
            host=host,
            port=int(port),
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
    log.event("started", listen=listen)
    try:
        await server.serve()
    except SystemExit:
        raise ConfigRefused(f"{listen}: cannot listen there") from None
    finally:
        await page.close()
        await bench.close()
