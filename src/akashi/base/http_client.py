"""
The HTTP side of a hop's caller: kept connections over mutual TLS, the callee's name checked, one bounded wait.

A call that gets no answer ends as `CallFailed` with the callee's code, RELAY_DOWN or DEADLINE_PASSED. Every method of the
protocol may safely be sent twice, so a connection that died idle is replaced and the call sent once more.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from collections.abc import Coroutine
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypeVar

from akashi.base.http_exchange import Exchange, Gone
from akashi.base.ports import CallFailed

_CODE_BYTES_MAX = 40
_IDLE_SECONDS_MAX = 60
_CALLS_MAX = 128
_GOOD_BYE_STEPS_MAX = 50
_GOOD_BYE_STEP_SECONDS = 0.01

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Where a callee listens ("address:port") and the DNS name its certificate must carry."""

    address: str
    tls_name: str


class HttpLink:
    """
    Calls to neighbours over HTTP with mutual TLS. Close it at the end.

    Args:
        neighbours: callee name to where it is.
        context: client context of this server's identity.
    """

    def __init__(self, neighbours: dict[str, Neighbour], context: ssl.SSLContext) -> None:
        self._pools = {callee: _Pool(neighbour, context) for callee, neighbour in neighbours.items()}

    async def call(self, callee: str, method: str, body: bytes, *, deadline_ms: int) -> bytes:
        """See `akashi.base.ports.Link.call`."""
        pool = self._pools.get(callee)
        if pool is None:
            raise CallFailed("CALLER_REFUSED")
        if deadline_ms <= 0:
            raise CallFailed("DEADLINE_PASSED")
        status, answer = await pool.ask(method, body, deadline_ms / 1000)
        if status == HTTPStatus.OK:
            return answer
        # A neighbour says no with a status of our own and a code; anything else, a redirection say, is no answer of ours.
        if status < HTTPStatus.BAD_REQUEST or len(answer) > _CODE_BYTES_MAX:
            raise CallFailed("RELAY_DOWN")
        raise CallFailed(answer.decode("ascii", "replace"))

    async def close(self) -> None:
        """Close all connections."""
        for pool in self._pools.values():
            await pool.close()


class _Pool:
    """Connections to one neighbour, each with at most one call on it."""

    def __init__(self, neighbour: Neighbour, context: ssl.SSLContext) -> None:
        self._host, _, port = neighbour.address.rpartition(":")
        self._port = int(port)
        self._tls_name = neighbour.tls_name
        self._context = context
        # Of calls, not of connections: a kept one is used first, so no more are ever open than calls were at once.
        self._places = asyncio.Semaphore(_CALLS_MAX)
        self._idle: deque[Exchange] = deque()
        self._open: set[Exchange] = set()

    async def ask(self, method: str, body: bytes, seconds_max: float) -> tuple[int, bytes]:
        """Return status and body of the answer; raises `CallFailed`."""
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds_max
        head = f"POST /v1/{method} HTTP/1.1\r\nhost: {self._tls_name}\r\ncontent-length: {len(body)}\r\n\r\n"
        # In one piece: one system call, and for a short one one TLS record.
        request = head.encode() + body
        if self._places.locked():
            await _before(end, self._places.acquire())
        else:
            await self._places.acquire()
        try:
            kept = self._take(loop.time())
            if kept is not None:
                try:
                    return await self._exchange(kept, request, end)
                except Gone:
                    pass
            fresh = await _before(end, self._connect(loop))
            try:
                return await self._exchange(fresh, request, end)
            except Gone:
                raise CallFailed("RELAY_DOWN") from None
        finally:
            self._places.release()

    async def close(self) -> None:
        """Close all connections, and wait a moment for the callees to say good-bye."""
        for connection in self._open:
            connection.close()
        for _ in range(_GOOD_BYE_STEPS_MAX):
            if not self._open:
                return
            await asyncio.sleep(_GOOD_BYE_STEP_SECONDS)
        for connection in list(self._open):
            connection.abort()

    async def _exchange(self, connection: Exchange, request: bytes, end: float) -> tuple[int, bytes]:
        answer = await connection.ask(request, end)
        if connection.reusable:
            self._idle.append(connection)
        return answer

    def _take(self, now: float) -> Exchange | None:
        """Return the connection that was used last, and let go of one that nobody has needed for long."""
        idle = self._idle
        if idle and now - idle[0].answered_at > _IDLE_SECONDS_MAX:
            idle.popleft().close()
        while idle:
            connection = idle.pop()
            if connection.reusable:
                return connection
        return None

    async def _connect(self, loop: asyncio.AbstractEventLoop) -> Exchange:
        try:
            _, exchange = await loop.create_connection(
                lambda: Exchange(loop, self._open), self._host, self._port, ssl=self._context, server_hostname=self._tls_name
            )
        except OSError:
            raise CallFailed("RELAY_DOWN") from None
        return exchange


async def _before(end: float, work: Coroutine[Any, Any, T]) -> T:
    """Return the work's result; raises `CallFailed` (DEADLINE_PASSED) where it is not there in time."""
    try:
        async with asyncio.timeout_at(end):
            return await work
    except TimeoutError:
        raise CallFailed("DEADLINE_PASSED") from None
