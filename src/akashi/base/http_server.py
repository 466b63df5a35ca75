"""
The HTTP side of a hop's server: one way to call, over mutual TLS, and the bounds that keep one peer from harming the others.

`POST /v1/<method>`, the message as body. The caller is who its TLS certificate says it is; a call that the topology does not
list is refused before the body is read. An answer is 200 and bytes, or a status and a code, nothing else.
Source: docs/decisions/0012.
"""

from __future__ import annotations

import asyncio
import ssl

from akashi.base.http_desk import Desk
from akashi.base.http_peer import PeerConnection

END_SECONDS_MAX = 5.0
"""How long requests in work may take when the server ends."""
_SWEEP_SECONDS = 1.0
_GOOD_BYE_STEPS_MAX = 100
_GOOD_BYE_STEP_SECONDS = 0.01
_BACKLOG = 1024


class HopServer:
    """
    One server on one address. Make it inside a running event loop.

    Args:
        desk: what its connections share.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._loop = asyncio.get_running_loop()
        self._connections: set[PeerConnection] = set()
        self._listener: asyncio.Server | None = None
        self._sweeping: asyncio.TimerHandle | None = None

    async def listen(self, host: str, port: int, context: ssl.SSLContext) -> None:
        """
        Accept connections from now on.

        Raises:
            OSError: the address cannot be listened on.
        """
        self._listener = await self._loop.create_server(
            lambda: PeerConnection(self._desk, self._connections, self._loop),
            host,
            port,
            ssl=context,
            backlog=_BACKLOG,
            ssl_handshake_timeout=self._desk.read_seconds_max,
        )
        self._sweep()

    async def close(self) -> None:
        """Accept nothing more, let requests in work finish for a while, end all connections."""
        self._desk.ending = True
        if self._sweeping is not None:
            self._sweeping.cancel()
        if self._listener is not None:
            self._listener.close()
        if self._desk.working:
            _, late = await asyncio.wait(self._desk.working, timeout=END_SECONDS_MAX)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        for each in list(self._connections):
            each.close()
        # A peer that does not say good-bye is not waited for.
        for _ in range(_GOOD_BYE_STEPS_MAX):
            if not self._connections:
                return
            await asyncio.sleep(_GOOD_BYE_STEP_SECONDS)
        for each in list(self._connections):
            each.abort()

    def _sweep(self) -> None:
        """Look for connections that take too long: one timer for all, so that a request costs none."""
        now = self._loop.time()
        for each in list(self._connections):
            each.check_time(now)
        self._sweeping = self._loop.call_later(_SWEEP_SECONDS, self._sweep)
