"""
The HTTP side of a hop's caller: keep-alive connections over mutual TLS, the callee's name checked, one bounded wait.

A call that gets no answer ends as `CallFailed` with the callee's code, RELAY_DOWN or DEADLINE_PASSED. Every method of the
protocol may safely be sent twice, so a connection that died idle is replaced and the call sent once more.
"""

from __future__ import annotations

import asyncio
import io
import ssl
from dataclasses import dataclass
from http import HTTPStatus

import aiohttp

from akashi.base.ports import CallFailed

_ANSWER_BYTES_MAX = 4 * 1024 * 1024
_CODE_BYTES_MAX = 40
_WHOLE_BODY_BYTES_MAX = 1024 * 1024
_IDLE_SECONDS = 60
_CONNECTIONS_MAX = 128


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Where a callee listens ("address:port") and the DNS name its certificate must carry."""

    address: str
    tls_name: str


class HttpLink:
    """
    Calls to neighbours over HTTP with mutual TLS. Make it inside a running event loop; close it at the end.

    Args:
        neighbours: callee name to where it is.
        context: client context of this server's identity.
    """

    def __init__(self, neighbours: dict[str, Neighbour], context: ssl.SSLContext) -> None:
        self._neighbours = neighbours
        self._context = context
        self._session: aiohttp.ClientSession | None = None

    async def call(self, callee: str, method: str, body: bytes, *, deadline_ms: int) -> bytes:
        """See `akashi.base.ports.Link.call`."""
        neighbour = self._neighbours.get(callee)
        if neighbour is None:
            raise CallFailed("CALLER_REFUSED")
        if deadline_ms <= 0:
            raise CallFailed("DEADLINE_PASSED")
        try:
            async with asyncio.timeout(deadline_ms / 1000):
                try:
                    return await self._post(neighbour, method, body)
                except aiohttp.ServerDisconnectedError:
                    return await self._post(neighbour, method, body)
        except TimeoutError:
            raise CallFailed("DEADLINE_PASSED") from None
        except (aiohttp.ClientError, OSError):
            raise CallFailed("RELAY_DOWN") from None

    async def _post(self, neighbour: Neighbour, method: str, body: bytes) -> bytes:
        session = self._session or self._open()
        url = f"https://{neighbour.address}/v1/{method}"
        # aiohttp writes a large body in pieces only if it is a file, and the loop must not stand still meanwhile.
        data = body if len(body) <= _WHOLE_BODY_BYTES_MAX else io.BytesIO(body)
        async with session.post(
            url, data=data, ssl=self._context, server_hostname=neighbour.tls_name, allow_redirects=False
        ) as response:
            chunks, size = [], 0
            async for chunk in response.content.iter_any():
                size += len(chunk)
                if size > _ANSWER_BYTES_MAX:
                    raise CallFailed("OVERSIZE")
                chunks.append(chunk)
            answer = b"".join(chunks)
        if response.status == HTTPStatus.OK:
            return answer
        # A neighbour says no with a status of our own and a code; anything else, a redirection say, is no answer of ours.
        if response.status < HTTPStatus.BAD_REQUEST or len(answer) > _CODE_BYTES_MAX:
            raise CallFailed("RELAY_DOWN")
        raise CallFailed(answer.decode("ascii", "replace"))

    def _open(self) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(limit=0, limit_per_host=_CONNECTIONS_MAX, keepalive_timeout=_IDLE_SECONDS)
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            timeout=aiohttp.ClientTimeout(total=None),
            headers={"accept-encoding": "identity"},
            skip_auto_headers=("user-agent",),
        )
        return self._session

    async def close(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None
