"""A transport that remembers what was written, for protocols without sockets."""

from __future__ import annotations

import asyncio
from io import StringIO
from typing import Any

from akashi.base.http_desk import Desk, Policy
from akashi.base.http_peer import PeerConnection
from akashi.base.log import Log
from akashi.base.ports import Caller, Endpoint

CALLER = Caller("hq/forwarder")


class Wire(asyncio.Transport):
    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.closed = False
        self.aborted = False

    def write(self, data: Any) -> None:
        self.written += bytes(data)

    def is_closing(self) -> bool:
        return self.closed or self.aborted

    def close(self) -> None:
        self.closed = True

    def abort(self) -> None:
        self.aborted = True

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return _Tls() if name == "ssl_object" else default


class _Tls:
    def getpeercert(self, *, binary_form: bool) -> bytes:
        assert binary_form
        return b"certificate"


class Served:
    """A server's side of one connection: `center/relay` with the method "forward"; make it inside a running loop."""

    def __init__(self, handle: Any, *, body_bytes_max: int = 64, concurrency_max: int = 4) -> None:
        self.log = StringIO()
        policy = Policy(
            identify=lambda _certificate: CALLER,
            may_call=lambda _caller, method: method in {"forward", "bulletin"},
            describe=lambda _error: (500, "INTERNAL"),
            concurrency_max=concurrency_max,
        )
        self.desk = Desk({"forward": Endpoint(handle, body_bytes_max)}, policy, Log("center/relay", self.log))
        self.open_ones: set[PeerConnection] = set()

    def connect(self) -> tuple[PeerConnection, Wire]:
        wire = Wire()
        peer = PeerConnection(self.desk, self.open_ones, asyncio.get_running_loop())
        peer.connection_made(wire)
        return peer, wire

    async def done(self) -> None:
        """Let requests in work end."""
        while self.desk.working:
            await asyncio.wait(self.desk.working)


def request(body: bytes, *, path: bytes = b"/v1/forward", method: bytes = b"POST", more: bytes = b"") -> bytes:
    return b"%s %s HTTP/1.1\r\nhost: x\r\n%scontent-length: %d\r\n\r\n%s" % (method, path, more, len(body), body)
