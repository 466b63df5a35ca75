"""
One connection to a callee: a request out, its answer back, one at a time.

Promises: an answer is bounded; after whatever was not a whole answer in time the connection ends, so that no late answer is
ever taken for the next call's. Trusts: httptools (llhttp) for the form of HTTP; TLS for who answers.
"""

from __future__ import annotations

import asyncio
from typing import cast

import httptools

from akashi.base.ports import CallFailed

ANSWER_BYTES_MAX = 4 * 1024 * 1024
HEAD_BYTES_MAX = 16 * 1024


class Gone(Exception):  # noqa: N818 - it names what happened
    """The connection ended before a byte of the answer came, as a kept one does whose callee ended it or was started again."""


class _Unasked(Exception):  # noqa: N818 - it names what came
    """An answer that nobody waits for."""


class Exchange(asyncio.Protocol):
    """
    One connection.

    Args:
        loop: the running one.
        open_ones: where it is from its beginning to its end.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, open_ones: set[Exchange]) -> None:
        self.answered_at = 0.0
        self._loop = loop
        self._open_ones = open_ones
        self._waiter: asyncio.Future[tuple[int, bytes]] | None = None
        self._began = False
        self._in_head = True
        self._head_bytes = 0
        self._body: list[bytes] = []
        self._body_bytes = 0

    @property
    def reusable(self) -> bool:
        """Whether another call may go over it."""
        return self._waiter is None and not self._transport.is_closing()

    async def ask(self, request: bytes, end: float) -> tuple[int, bytes]:
        """
        Send a request and return status and body of the answer.

        Args:
            request: head and body.
            end: until when to wait, on the loop's clock.

        Raises:
            Gone: no byte of an answer came before the callee ended the connection.
            CallFailed: RELAY_DOWN, DEADLINE_PASSED or OVERSIZE.
        """
        waiter: asyncio.Future[tuple[int, bytes]] = self._loop.create_future()
        self._waiter = waiter
        self._began = False
        timer = self._loop.call_at(end, self._fail, "DEADLINE_PASSED")
        try:
            self._transport.write(request)
            return await waiter
        finally:
            timer.cancel()
            if self._waiter is waiter:
                # The caller was cancelled: the answer that still comes must not meet the next call.
                self._waiter = None
                self.abort()

    def close(self) -> None:
        """End the connection in order."""
        self._transport.close()

    def abort(self) -> None:
        """End the connection at once."""
        self._transport.abort()

    # What the transport calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.Transport", transport)
        self._parser = httptools.HttpResponseParser(self)
        self._open_ones.add(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - why it ended changes nothing
        """End a call that waits."""
        self._open_ones.discard(self)
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_exception(CallFailed("RELAY_DOWN") if self._began else Gone())
        del self._parser

    def data_received(self, data: bytes) -> None:
        """Take bytes of an answer."""
        if self._waiter is None:
            self.abort()
            return
        self._began = True
        if self._in_head:
            self._head_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._fail("RELAY_DOWN")
            return
        # Looked at afterwards: the same piece may bring the body.
        if self._in_head and self._head_bytes > HEAD_BYTES_MAX:
            self._fail("RELAY_DOWN")

    # What the parser calls.

    def on_message_begin(self) -> None:
        """Begin an answer, if somebody waits for one: two answers in one piece are one too many."""
        if self._waiter is None:
            raise _Unasked

    def on_headers_complete(self) -> None:
        """Expect the body."""
        self._in_head = False

    def on_body(self, piece: bytes) -> None:
        """Take a piece of the body, as long as it fits."""
        self._body_bytes += len(piece)
        if self._body_bytes > ANSWER_BYTES_MAX:
            self._body = []
            self._fail("OVERSIZE")
        else:
            self._body.append(piece)

    def on_message_complete(self) -> None:
        """Give the answer to who waits."""
        waiter, self._waiter = self._waiter, None
        body, self._body, self._body_bytes = b"".join(self._body), [], 0
        self._in_head, self._head_bytes = True, 0
        self.answered_at = self._loop.time()
        if not self._parser.should_keep_alive():
            self.close()
        if waiter is not None and not waiter.done():
            waiter.set_result((self._parser.get_status_code(), body))

    def _fail(self, code: str) -> None:
        """End call and connection."""
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_exception(CallFailed(code))
        self.abort()
