"""Calls to neighbours: a neighbour's no keeps its code, anything else it says becomes INTERNAL, answers are parsed."""

from __future__ import annotations

import asyncio

import pytest

from akashi.base.ports import CallFailed
from akashi.wire import calls, codec
from akashi.wire.codec import Malformed
from akashi.wire.errors import Refused, WireCode
from akashi.wire.messages import Bulletin, BulletinRequest, Frame
from akashi.wire.topology import Method


class OneAnswer:
    """A link that gives one answer, or fails with one code, and keeps what it was asked."""

    def __init__(self, answer: bytes = b"", code: str | None = None) -> None:
        self.answer = answer
        self.code = code
        self.asked: tuple[str, str, bytes, int] | None = None

    async def call(self, callee: str, method: str, body: bytes, *, deadline_ms: int) -> bytes:
        self.asked = (callee, method, body, deadline_ms)
        if self.code is not None:
            raise CallFailed(self.code)
        return self.answer


def test_a_frame_goes_on_with_its_own_deadline() -> None:
    frame = Frame(1234, b"envelope", b"")
    link = OneAnswer(b"sealed answer")
    assert asyncio.run(calls.forward(link, "dmz/transfer", frame)) == b"sealed answer"
    assert link.asked == ("dmz/transfer", Method.FORWARD, codec.encode(frame), 1234)


def test_a_bulletin_is_asked_for_one_city_and_parsed() -> None:
    link = OneAnswer(codec.encode(Bulletin(beacon=b"signed")))
    assert asyncio.run(calls.bulletin(link, "center/relay", "139998", deadline_ms=5)) == Bulletin(beacon=b"signed")
    assert link.asked == ("center/relay", Method.BULLETIN, codec.encode(BulletinRequest("139998")), 5)


def test_a_bulletin_that_is_none_is_malformed() -> None:
    with pytest.raises(Malformed):
        asyncio.run(calls.bulletin(OneAnswer(b"<html>"), "center/relay", "139998", deadline_ms=5))


@pytest.mark.parametrize(
    ("said", "code"), [("BUSY", WireCode.BUSY), ("RELAY_DOWN", WireCode.RELAY_DOWN), ("?", WireCode.INTERNAL)]
)
def test_a_no_keeps_its_code(said: str, code: WireCode) -> None:
    with pytest.raises(Refused) as refused:
        asyncio.run(calls.forward(OneAnswer(code=said), "dmz/transfer", Frame(1, b"", b"")))
    assert refused.value.code is code
    assert refused.value.detail == "dmz/transfer forward"
