"""
One connection of a caller: bytes to requests, one at a time, and answers back.

Promises: who the peer is was found once, from its certificate; whatever it sends costs a bounded head, one body within its
method's limit and one answer; a second request before the first is answered, or before its answer was taken, ends the
connection. Trusts: httptools (llhttp) for the form of HTTP.
"""

from __future__ import annotations

import asyncio
import enum
import ssl
from http import HTTPStatus
from typing import cast

import httptools

from akashi.base.http_desk import Desk, Refusal
from akashi.base.ports import Caller, Endpoint

HEAD_BYTES_MAX = 16 * 1024
"""Bytes of a request's head; ours have about 100."""
IDLE_SECONDS_MAX = 120.0
"""How long a connection may stay without a request; a caller of ours gives one up earlier."""
_OK = b"HTTP/1.1 200 OK\r\ncontent-type: application/octet-stream\r\ncontent-length: %d\r\n\r\n"
_NO = b"HTTP/1.1 %d %s\r\ncontent-type: application/octet-stream\r\ncontent-length: %d\r\n\r\n"


class _Impatient(Exception):  # noqa: N818 - it names the peer
    """The peer sent more before it was answered."""


class _Phase(enum.Enum):
    """What a connection is doing."""

    IDLE = enum.auto()
    READING = enum.auto()
    """A request is arriving."""
    REFUSED = enum.auto()
    """A request is arriving that was refused already; the rest of it is dropped."""
    WORKING = enum.auto()
    """A request is being worked on."""


class PeerConnection(asyncio.Protocol):
    """
    One connection.

    Args:
        desk: what connections share.
        open_ones: where it is from its beginning to its end.
        loop: the running one.
    """

    def __init__(self, desk: Desk, open_ones: set[PeerConnection], loop: asyncio.AbstractEventLoop) -> None:
        self._desk = desk
        self._open_ones = open_ones
        self._loop = loop
        self._caller: Caller | None = None
        self._known: dict[bytes, tuple[str, Endpoint]] = {}
        self._phase = _Phase.IDLE
        self._since = loop.time()
        self._unread = False
        self._in_head = True
        self._head_bytes = 0
        self._path = b""
        self._method = ""
        self._endpoint: Endpoint | None = None
        self._body: list[bytes] = []
        self._body_bytes = 0

    # What the transport calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Find out who it is."""
        self._transport = cast("asyncio.Transport", transport)
        self._parser = httptools.HttpRequestParser(self)
        tls: ssl.SSLObject | None = transport.get_extra_info("ssl_object")
        self._caller, may_stay = self._desk.welcome(tls.getpeercert(binary_form=True) if tls else None)
        self._open_ones.add(self)
        if not may_stay:
            self.abort()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - why it ended changes nothing
        """Count it out. Work that was begun goes on: its answer is kept where the service keeps answers."""
        self._open_ones.discard(self)
        self._desk.farewell(self._caller)
        del self._parser

    def pause_writing(self) -> None:
        """Note that the peer does not take its answer."""
        self._unread = True

    def resume_writing(self) -> None:
        """Note that it does."""
        self._unread = False

    def data_received(self, data: bytes) -> None:
        """Take bytes of a request."""
        if self._in_head:
            self._head_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserCallbackError as failure:
            if not isinstance(failure.__context__, _Impatient):
                self._desk.log_bug(failure.__context__ or failure, self._method)
            self.abort()
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self.abort()
        # Looked at afterwards: the same piece may bring the body.
        if self._in_head and self._head_bytes > HEAD_BYTES_MAX:
            self.abort()

    # What the parser calls.

    def on_message_begin(self) -> None:
        """Begin a request."""
        if self._phase is not _Phase.IDLE or self._unread:
            raise _Impatient
        self._phase = _Phase.READING
        self._since = self._loop.time()

    def on_url(self, url: bytes) -> None:
        """Take the path, or a piece of it."""
        self._path += url

    def on_headers_complete(self) -> None:
        """Decide whether the body is wanted."""
        self._in_head = False
        known = self._known.get(self._path)
        if known is None:
            self._method, found = self._desk.find(self._caller, self._path)
            if isinstance(found, Refusal):
                self._refuse(found)
                return
            known = self._known[self._path] = (self._method, found)
        self._method, self._endpoint = known
        if self._parser.get_method() != b"POST":
            self._refuse(Refusal(404, "METHOD_UNKNOWN"))

    def on_body(self, piece: bytes) -> None:
        """Take a piece of the body, as long as it fits the method."""
        if self._phase is _Phase.REFUSED or self._endpoint is None:
            return
        self._body_bytes += len(piece)
        if self._body_bytes > self._endpoint.body_bytes_max:
            self._refuse(Refusal(413, "OVERSIZE"))
        else:
            self._body.append(piece)

    def on_message_complete(self) -> None:
        """Have the request worked on."""
        body, endpoint = self._body, self._endpoint
        was_refused = self._phase is _Phase.REFUSED
        self._body, self._body_bytes, self._path, self._endpoint = [], 0, b"", None
        self._in_head, self._head_bytes = True, 0
        self._phase = _Phase.IDLE
        self._since = self._loop.time()
        keep = self._parser.should_keep_alive()
        if was_refused or endpoint is None or self._caller is None:
            if not keep:
                self.close()
        elif not self._desk.take_place(self._caller):
            self._answer_no(Refusal(503, "BUSY"), keep=keep)
        else:
            self._phase = _Phase.WORKING
            work = self._work(endpoint, self._caller, self._method, b"".join(body), keep=keep)
            self._task = self._loop.create_task(work)
            self._desk.working.add(self._task)

    # What the server calls.

    def check_time(self, now: float) -> None:
        """End a connection that takes too long; a request that does not arrive is refused in words."""
        waited = now - self._since
        if self._phase is _Phase.WORKING:
            return
        if self._phase is _Phase.IDLE and not self._unread:
            if waited > IDLE_SECONDS_MAX:
                self.close()
        elif waited > self._desk.read_seconds_max:
            if self._phase is _Phase.READING and not self._in_head:
                self._answer_no(Refusal(408, "DEADLINE_PASSED"), keep=False)
            else:
                self.abort()

    def close(self) -> None:
        """End the connection in order."""
        self._transport.close()

    def abort(self) -> None:
        """End the connection at once."""
        self._transport.abort()

    async def _work(self, endpoint: Endpoint, caller: Caller, method: str, body: bytes, *, keep: bool) -> None:
        refusal: Refusal | None = None
        answer = b""
        try:
            answer = await endpoint.handle(caller, body)
        except Exception as error:  # noqa: BLE001 - the hop's edge: whatever it was, only a code goes out
            refusal = self._desk.refusal_of(error, method)
        finally:
            self._desk.leave_place(caller)
            self._desk.working.discard(self._task)
            self._phase = _Phase.IDLE
            self._since = self._loop.time()
        if refusal is None:
            self._write(_OK % len(answer), answer, keep=keep)
        else:
            self._method = method
            self._answer_no(refusal, keep=keep)

    def _refuse(self, refusal: Refusal) -> None:
        """Answer no while the request is still arriving; what is left of it is dropped."""
        self._phase = _Phase.REFUSED
        self._body = []
        self._answer_no(refusal, keep=True)

    def _answer_no(self, refusal: Refusal, *, keep: bool) -> None:
        self._desk.log_refused(refusal, self._caller, self._method)
        phrase, code = HTTPStatus(refusal.status).phrase.encode(), refusal.code.encode()
        self._write(_NO % (refusal.status, phrase, len(code)), code, keep=keep)

    def _write(self, head: bytes, body: bytes, *, keep: bool) -> None:
        if self._transport.is_closing():
            return
        # In one piece: one TLS record and one system call where it is short.
        self._transport.write(head + body)
        if not keep or self._desk.ending:
            self._transport.close()
