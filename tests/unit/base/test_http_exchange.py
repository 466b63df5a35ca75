"""A caller's side of one connection, without sockets: whose answer is whose, and when a connection may be used again."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from akashi.base.http_exchange import ANSWER_BYTES_MAX, HEAD_BYTES_MAX, Exchange, Gone
from akashi.base.ports import CallFailed
from unit.base.wires import Wire

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nyes"


async def _asked(exchange: Exchange, *, seconds: float = 30.0) -> asyncio.Task[tuple[int, bytes]]:
    asking = asyncio.ensure_future(exchange.ask(b"request", asyncio.get_running_loop().time() + seconds))
    await asyncio.sleep(0)
    return asking


def _exchange() -> tuple[Exchange, Wire, set[Exchange]]:
    wire, open_ones = Wire(), set[Exchange]()
    exchange = Exchange(asyncio.get_running_loop(), open_ones)
    exchange.connection_made(wire)
    return exchange, wire, open_ones


def _outcome(*pieces: bytes) -> tuple[object, bool]:
    """Return the answer or the failure's code that these bytes are, and whether another call may follow."""

    async def scenario() -> tuple[object, bool]:
        exchange, wire, _ = _exchange()
        asking = await _asked(exchange)
        for piece in pieces:
            if not wire.aborted:
                exchange.data_received(piece)
        if not asking.done():
            await asyncio.sleep(0)
        if not asking.done():
            exchange.connection_lost(None)
        try:
            return await asking, exchange.reusable
        except CallFailed as failure:
            return failure.code, exchange.reusable
        except Gone:
            return "gone", exchange.reusable

    return asyncio.run(scenario())


@pytest.mark.parametrize(
    ("pieces", "outcome", "reusable"),
    [
        ([OK], (200, b"yes"), True),
        ([OK[i : i + 1] for i in range(len(OK))], (200, b"yes"), True),
        ([b"HTTP/1.1 403 Forbidden\r\ncontent-length: 2\r\n\r\nNO"], (403, b"NO"), True),
        ([b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 3\r\n\r\nyes"], (200, b"yes"), False),
        ([OK + b"more"], (200, b"yes"), False),
        ([OK + OK[:-3]], (200, b"yes"), False),
        ([b"HTTP/1.1 100 Continue\r\n\r\n" + OK], (100, b""), False),
        ([b"SSH-2.0\r\n"], "RELAY_DOWN", False),
        ([b"HTTP/1.1 200 OK\r\nx: ", b"a" * (HEAD_BYTES_MAX + 1)], "RELAY_DOWN", False),
        ([b"HTTP/1.1 200 OK\r\ncontent-length: 99999999\r\n\r\n", b"a" * (ANSWER_BYTES_MAX + 1)], "OVERSIZE", False),
        ([OK[:-1]], "RELAY_DOWN", True),
        ([], "gone", True),
    ],
)
def test_what_comes_is_an_answer_or_the_end(pieces: list[bytes], outcome: object, *, reusable: bool) -> None:
    found, again = _outcome(*pieces)
    assert found == outcome
    # Where the peer ended it, the transport says so; the wire of these tests does not.
    assert again is reusable


@settings(max_examples=200, deadline=None)
@given(st.lists(st.one_of(st.binary(max_size=100), st.sampled_from([OK, b"HTTP/1.1 ", b"\r\n\r\n"])), max_size=6))
def test_any_bytes_are_an_answer_or_the_end(pieces: list[bytes]) -> None:
    found, _ = _outcome(*pieces)
    assert found in {"gone", "RELAY_DOWN", "OVERSIZE"} or isinstance(found, tuple)


@pytest.mark.promise("C2")
@pytest.mark.parametrize("late", [OK, OK[:10]])
def test_an_answer_that_comes_too_late_meets_no_other_call(late: bytes) -> None:
    async def scenario() -> tuple[str, bool]:
        exchange, wire, _ = _exchange()
        asking = await _asked(exchange, seconds=0.01)
        with pytest.raises(CallFailed) as failed:
            await asking
        assert wire.aborted
        exchange.data_received(late)
        return failed.value.code, exchange.reusable

    assert asyncio.run(scenario()) == ("DEADLINE_PASSED", False)


@pytest.mark.promise("C2")
def test_a_cancelled_call_takes_its_connection_along() -> None:
    async def scenario() -> tuple[bool, bool]:
        exchange, wire, _ = _exchange()
        asking = await _asked(exchange)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        return wire.aborted, exchange.reusable

    assert asyncio.run(scenario()) == (True, False)


@pytest.mark.promise("C2")
def test_what_nobody_asked_for_ends_the_connection() -> None:
    async def scenario() -> tuple[bool, bool]:
        exchange, wire, _ = _exchange()
        exchange.data_received(OK)
        return wire.aborted, exchange.reusable

    assert asyncio.run(scenario()) == (True, False)


def test_a_lost_connection_is_counted_out() -> None:
    async def scenario() -> int:
        exchange, _, open_ones = _exchange()
        exchange.connection_lost(OSError())
        return len(open_ones)

    assert asyncio.run(scenario()) == 0
