"""Calls that every server makes the same way: a neighbour's no becomes a `Refused` with its code, answers are parsed."""

from __future__ import annotations

from akashi.base.ports import CallFailed, Link
from akashi.wire import codec
from akashi.wire.errors import Refused, parse_code
from akashi.wire.messages import Bulletin, BulletinRequest, Frame
from akashi.wire.topology import Method


async def call(link: Link, callee: str, method: Method, body: bytes, *, deadline_ms: int) -> bytes:
    """
    Return the neighbour's untrusted answer.

    Args:
        link: to the neighbour.
        callee: its name in the topology.
        method: what to call.
        body: the encoded message.
        deadline_ms: time left, in milliseconds.

    Raises:
        Refused: the neighbour said no, could not be reached or was too slow; carries the code only.
    """
    try:
        return await link.call(callee, method, body, deadline_ms=deadline_ms)
    except CallFailed as failure:
        raise Refused(parse_code(failure.code), f"{callee} {method}") from None


async def forward(link: Link, callee: str, frame: Frame) -> bytes:
    """Pass a frame on and return the sealed answer; waits as long as the frame's deadline says."""
    return await call(link, callee, Method.FORWARD, codec.encode(frame), deadline_ms=frame.deadline_ms)


async def bulletin(link: Link, callee: str, municipality: str, *, deadline_ms: int) -> Bulletin:
    """Ask a neighbour for what is public. The parts are signed; whoever uses them checks the signatures."""
    request = codec.encode(BulletinRequest(municipality))
    return codec.parse(Bulletin, await call(link, callee, Method.BULLETIN, request, deadline_ms=deadline_ms))
