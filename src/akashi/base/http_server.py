"""
The HTTP side of a hop's server: one ASGI application, one way to call.

`POST /v1/<method>`, the message as body. The caller is who its TLS certificate says it is; a call that the topology does not
list is refused before the body is read. An answer is 200 and bytes, or a status and a code, nothing else.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import Counter
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from akashi.base.log import Log
from akashi.base.ports import Caller, Endpoint

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_PREFIX = "/v1/"
HEAD_BYTES_MAX = 16 * 1024
"""Bytes of a request's head; ours have about 300."""
CONNECTIONS_MAX = 192
"""Connections of one peer; a caller of ours opens at most 128."""


@dataclass(frozen=True, slots=True)
class Policy:
    """
    What a server is told about callers and errors; base itself knows neither topology nor codes.

    Attributes:
        identify: DER certificate of a peer to its name; raises where the name is not one of ours.
        may_call: whether this caller may call this method here.
        describe: an error to (HTTP status, code); unknown errors must become 500 and "INTERNAL".
        concurrency_max: requests in work at once; more are refused as busy, at once, before any work.
        instance_concurrency_max: of these, for one instance of a caller that has several, so that one kiosk cannot take them all.
        read_seconds_max: how long a body may take to arrive; it takes no place of others meanwhile.
    """

    identify: Callable[[bytes], Caller]
    may_call: Callable[[Caller, str], bool]
    describe: Callable[[BaseException], tuple[int, str]]
    concurrency_max: int = 256
    instance_concurrency_max: int = 16
    read_seconds_max: float = 10.0


class HopApp:
    """
    The ASGI application of one server.

    Args:
        endpoints: the methods it offers.
        policy: who may call what.
        log: for refusals (code, caller, method) and bugs (the error's type only).
    """

    def __init__(self, endpoints: dict[str, Endpoint], policy: Policy, log: Log) -> None:
        self._endpoints = endpoints
        self._policy = policy
        self._log = log
        self._active = 0
        self._by_instance: Counter[Caller] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            return
        caller: Caller | None = scope["state"].get("caller")
        path: str = scope["path"]
        method = path[len(_PREFIX) :] if path.startswith(_PREFIX) else ""
        if caller is None or not self._policy.may_call(caller, method):
            await self._refuse(send, 403, "CALLER_REFUSED", caller, method)
            return
        endpoint = self._endpoints.get(method)
        if endpoint is None or scope["method"] != "POST":
            await self._refuse(send, 404, "METHOD_UNKNOWN", caller, method)
            return
        try:
            async with asyncio.timeout(self._policy.read_seconds_max):
                body = await _read_body(receive, endpoint.body_bytes_max)
        except TimeoutError:
            await self._refuse(send, 408, "DEADLINE_PASSED", caller, method)
            return
        if body is None:
            await self._refuse(send, 413, "OVERSIZE", caller, method)
        elif not self._has_place(caller):
            await self._refuse(send, 503, "BUSY", caller, method)
        else:
            await self._work(endpoint, caller, method, body, send)

    def _has_place(self, caller: Caller) -> bool:
        """Return whether there is a place for one more request of this caller."""
        full = self._active >= self._policy.concurrency_max
        return not full and (not caller.instance or self._by_instance[caller] < self._policy.instance_concurrency_max)

    async def _work(self, endpoint: Endpoint, caller: Caller, method: str, body: bytes, send: Send) -> None:
        self._active += 1
        self._by_instance[caller] += 1
        try:
            answer = await endpoint.handle(caller, body)
        except Exception as error:  # noqa: BLE001 - the hop's edge: whatever it was, only a code goes out
            status, code = self._policy.describe(error)
            if code == "INTERNAL":
                self._log.event("bug", method=method, error=type(error).__name__, at=_where(error))
            await self._refuse(send, status, code, caller, method)
        else:
            await _respond(send, 200, answer)
        finally:
            self._active -= 1
            self._by_instance[caller] -= 1
            if not self._by_instance[caller]:
                del self._by_instance[caller]

    async def _refuse(self, send: Send, status: int, code: str, caller: Caller | None, method: str) -> None:
        self._log.event("refused", code=code, caller=caller.server if caller else "unknown", method=method or "none")
        await _respond(send, status, code.encode())


async def _read_body(receive: Receive, bytes_max: int) -> bytes | None:
    """Return the body, or None as soon as it is longer than allowed."""
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return b""
        chunk: bytes = message.get("body", b"")
        size += len(chunk)
        if size > bytes_max:
            return None
        chunks.append(chunk)
        if not message.get("more_body", False):
            return b"".join(chunks)


async def _respond(send: Send, status: int, body: bytes) -> None:
    headers = [(b"content-length", str(len(body)).encode()), (b"content-type", b"application/octet-stream")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _where(error: BaseException) -> str:
    """Return "module:line" of the innermost frame: enough to find a bug, nothing of the data."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_globals.get('__name__', '')}:{trace.tb_lineno}" if trace else "unknown"


def _protocol(identify: Callable[[bytes], Caller]) -> type[HttpToolsProtocol]:
    """
    Return uvicorn's protocol with three additions.

    Who the peer's certificate says it is, found once a connection; a bound on the connections of one peer; a bound on the bytes
    of a request's head, which uvicorn's parser lacks.
    """
    connections: Counter[Caller | None] = Counter()

    class PeerProtocol(HttpToolsProtocol):
        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            ssl_object: ssl.SSLObject | None = transport.get_extra_info("ssl_object")
            certificate = ssl_object.getpeercert(binary_form=True) if ssl_object else None
            try:
                caller = identify(certificate) if certificate else None
            except Exception:  # noqa: BLE001 - a certificate of ours with a name that is not: an unknown caller
                caller = None
            self.app_state = {**self.app_state, "caller": caller}
            self._caller = caller
            self._head_bytes = 0
            self._in_head = True
            connections[caller] += 1
            if connections[caller] > CONNECTIONS_MAX:
                transport.abort()

        def connection_lost(self, exc: Exception | None) -> None:
            connections[self._caller] -= 1
            if not connections[self._caller]:
                del connections[self._caller]
            super().connection_lost(exc)

        def data_received(self, data: bytes) -> None:
            if self._in_head:
                self._head_bytes += len(data)
            super().data_received(data)
            # Looked at afterwards: the same piece may bring the body.
            if self._in_head and self._head_bytes > HEAD_BYTES_MAX:
                self.transport.abort()

        def on_headers_complete(self) -> None:
            self._in_head = False
            super().on_headers_complete()

        def on_message_complete(self) -> None:
            super().on_message_complete()
            self._in_head, self._head_bytes = True, 0

    return PeerProtocol


def make_server(app: HopApp, *, host: str, port: int, context: ssl.SSLContext, policy: Policy) -> uvicorn.Server:
    """Return a uvicorn server that speaks mutual TLS and nothing else; `await server.serve()` runs it."""
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        http=_protocol(policy.identify),
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        timeout_keep_alive=120,
        timeout_graceful_shutdown=5,
        ssl_context_factory=lambda _config, _default: context,
    )
    return uvicorn.Server(config)
