"""
The pipe between the kiosk's screen and the one process that is a session.

One session is one child process: keys, PIN and certificate live in its memory and end with it, because Python cannot wipe
memory and processes can end. Messages are length-framed and typed like those of the wire. Source: design, session; C14, C19.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated

from msgspec import Meta

from akashi.wire import codec
from akashi.wire.certificates import Choice, Kind
from akashi.wire.errors import Refused, WireCode
from akashi.wire.messages import CertificateAnswer, EligibilityAnswer, Message, Outcome
from akashi.zones.store.kiosk.errors import SessionRefused

_FRAME_BYTES_MAX = 4 * 1024 * 1024
END_SECONDS_MAX = 5


class Prepare(Message, frozen=True, tag="prepare"):
    """Fetch and check the bulletin."""

    municipality: str


class OpenGrant(Message, frozen=True, tag="grant"):
    """Use the card: an image file of the made-up city, or the reader where the name is empty."""

    card_image: str
    pin: Annotated[str, Meta(max_length=16)]


class Order(Message, frozen=True, tag="order"):
    """Order one certificate."""

    kind: Kind
    members: tuple[int, ...]
    choices: tuple[Choice, ...]
    fee_yen: int


class Settle(Message, frozen=True, tag="settle"):
    """Write into the journal what became of the paper."""

    issue_number: str
    outcome: Outcome
    cause: WireCode | None


class Command(Message, frozen=True):
    """What the screen asks of the session."""

    command: Prepare | OpenGrant | Order | Settle


class Done(Message, frozen=True, tag="done"):
    """It is done and there is nothing to show."""


class No(Message, frozen=True, tag="no"):
    """A refusal; `tries_left` where the PIN was wrong."""

    code: WireCode
    tries_left: int | None


class Reply(Message, frozen=True):
    """What the session answers."""

    reply: Done | No | EligibilityAnswer | CertificateAnswer


async def serve_commands(
    handle: Callable[[Command], Awaitable[Reply]], reader: asyncio.StreamReader, write: Callable[[bytes], None]
) -> None:
    """Answer commands until the screen closes the pipe. Runs in the session's process."""
    while True:
        try:
            untrusted = await _read_frame(reader)
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        reply = await handle(codec.parse(Command, untrusted))
        body = codec.encode(reply)
        write(len(body).to_bytes(4, "big") + body)


async def _read_frame(reader: asyncio.StreamReader) -> bytes:
    size = int.from_bytes(await reader.readexactly(4), "big")
    if size > _FRAME_BYTES_MAX:
        raise SessionRefused(WireCode.OVERSIZE, "session pipe")
    return await reader.readexactly(size)


class SessionProcess:
    """
    The screen's side of one session.

    Args:
        process: the child, with pipes on standard input and output.
    """

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def call(self, command: Prepare | OpenGrant | Order | Settle) -> Done | EligibilityAnswer | CertificateAnswer:
        """
        Return the session's answer.

        Raises:
            SessionRefused: its no, or the session has ended.
        """
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise SessionRefused(WireCode.INTERNAL, "session without pipes")
        body = codec.encode(Command(command))
        try:
            stdin.write(len(body).to_bytes(4, "big") + body)
            await stdin.drain()
            reply = codec.parse(Reply, await _read_frame(stdout)).reply
        except (asyncio.IncompleteReadError, ConnectionError):
            raise SessionRefused(WireCode.GRANT_ENDED, "the session's process has ended") from None
        if isinstance(reply, No):
            raise PipeNo(reply)
        return reply

    async def end(self) -> None:
        """End the process, and all that it held, now."""
        if self._process.returncode is None:
            if self._process.stdin is not None:
                self._process.stdin.close()
            try:
                await asyncio.wait_for(self._process.wait(), END_SECONDS_MAX)
            except TimeoutError:
                self._process.kill()
                await self._process.wait()


class PipeNo(Refused):
    """The session said no."""

    def __init__(self, no: No) -> None:
        super().__init__(no.code)
        self.tries_left = no.tries_left
