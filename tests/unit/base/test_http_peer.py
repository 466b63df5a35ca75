"""A server's side of one connection, without sockets: what it takes, what it refuses, when it ends."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from akashi.base.http_peer import HEAD_BYTES_MAX, IDLE_SECONDS_MAX
from akashi.base.ports import Caller
from unit.base.wires import Served, request

READ_SECONDS_MAX = 10.0


async def _echo(caller: Caller, body: bytes) -> bytes:
    return caller.server.encode() + b"|" + body


async def _never(_caller: Caller, _body: bytes) -> bytes:
    await asyncio.Event().wait()
    return b""


def _talk(*pieces: bytes, **limits: int) -> tuple[bytes, bool, bool, str]:
    """Return what a peer that sends these pieces gets, whether it was closed or cut off, and the log."""

    async def scenario() -> tuple[bytes, bool, bool, str]:
        served = Served(_echo, **limits)
        peer, wire = served.connect()
        for piece in pieces:
            if not wire.aborted:
                peer.data_received(piece)
                await served.done()
        return wire.written, wire.closed, wire.aborted, served.log.getvalue()

    return asyncio.run(scenario())


def _bodies(answers: bytes) -> list[bytes]:
    """Return status and body of each answer."""
    found = []
    while answers:
        head, _, rest = answers.partition(b"\r\n\r\n")
        length = int(head.rpartition(b"content-length: ")[2])
        found.append(head.split()[1] + b" " + rest[:length])
        answers = rest[length:]
    return found


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_requests_one_after_the_other_however_they_are_cut(size: int) -> None:
    sent = request(b"first") + b"" + request(b"")
    first, second = sent[: len(request(b"first"))], sent[len(request(b"first")) :]
    pieces = [part[i : i + size] for part in (first, second) for i in range(0, len(part), size)]
    written, closed, aborted, _ = _talk(*pieces)
    assert _bodies(written) == [b"200 hq/forwarder|first", b"200 hq/forwarder|"]
    assert not closed
    assert not aborted


def test_a_chunked_body_counts_too() -> None:
    head = b"POST /v1/forward HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n"
    assert _bodies(_talk(head, b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")[0]) == [b"200 hq/forwarder|abcde"]
    assert _bodies(_talk(head, b"41\r\n" + b"x" * 65 + b"\r\n")[0]) == [b"413 OVERSIZE"]


@pytest.mark.parametrize(
    ("sent", "answer"),
    [
        (request(b"x", path=b"/v1/other"), b"403 CALLER_REFUSED"),
        (request(b"x", path=b"/forward"), b"403 CALLER_REFUSED"),
        (request(b"x", path=b"/v1/forward?x"), b"403 CALLER_REFUSED"),
        (request(b"x", path=b"/v1/bulletin"), b"404 METHOD_UNKNOWN"),
        (request(b"x", method=b"PUT"), b"404 METHOD_UNKNOWN"),
        (request(b"x" * 65), b"413 OVERSIZE"),
    ],
)
def test_what_is_refused_is_refused_before_the_body_and_the_next_is_served(sent: bytes, answer: bytes) -> None:
    written, closed, aborted, log = _talk(sent, request(b"next"))
    assert _bodies(written) == [answer, b"200 hq/forwarder|next"]
    assert answer[4:].decode() in log
    assert not closed
    assert not aborted


def test_no_is_said_before_the_body_is_there() -> None:
    written, _, _, _ = _talk(b"POST /v1/forward HTTP/1.1\r\ncontent-length: 900000\r\n\r\n" + b"x" * 65)
    assert _bodies(written) == [b"413 OVERSIZE"]


@pytest.mark.parametrize("more", [b"connection: close\r\n", b""])
def test_a_peer_that_wants_to_end_is_let_go(more: bytes) -> None:
    written, closed, _, _ = _talk(request(b"x", more=more))
    assert _bodies(written) == [b"200 hq/forwarder|x"]
    assert closed == bool(more)
    written, closed, _, _ = _talk(request(b"x", path=b"/v1/no", more=more))
    assert closed == bool(more)


@pytest.mark.promise("C23")
@pytest.mark.parametrize("second", [request(b"two"), b"P", b"\x00"], ids=["another request", "its first byte", "something else"])
@pytest.mark.parametrize("together", [True, False])
def test_more_before_the_answer_ends_the_connection(second: bytes, *, together: bool) -> None:
    async def scenario() -> tuple[bool, int, str]:
        served = Served(_never)
        peer, wire = served.connect()
        for piece in [request(b"one") + second] if together else [request(b"one"), second]:
            peer.data_received(piece)
            await asyncio.sleep(0)
        working = len(served.desk.working)
        for task in served.desk.working:
            task.cancel()
        return wire.aborted, working, served.log.getvalue()

    assert asyncio.run(scenario()) == (True, 1, "")


@pytest.mark.promise("C23")
def test_who_does_not_take_answers_gets_no_more() -> None:
    async def scenario() -> tuple[bool, bool]:
        served = Served(_echo)
        waiting, wire = served.connect()
        waiting.data_received(request(b"one"))
        await served.done()
        waiting.pause_writing()
        waiting.data_received(request(b"two"))
        recovered, other = served.connect()
        recovered.pause_writing()
        recovered.resume_writing()
        recovered.data_received(request(b"two"))
        await served.done()
        return wire.aborted, other.aborted

    assert asyncio.run(scenario()) == (True, False)


@pytest.mark.promise("C23")
def test_an_endless_head_is_cut_off_however_it_comes() -> None:
    for piece in (b"a", b"a" * 5_000):
        pieces = [b"POST /v1/forward HTTP/1.1\r\nx: ", *[piece] * (HEAD_BYTES_MAX // len(piece) + 2)]
        assert _talk(*pieces)[2]


@pytest.mark.promise("C23")
def test_time_limits() -> None:
    async def scenario() -> list[tuple[bytes, bool, bool]]:
        served = Served(_never)
        now = asyncio.get_running_loop().time()
        ends = []
        for sent, seconds in (
            (b"", IDLE_SECONDS_MAX),
            (b"POST /v1/for", READ_SECONDS_MAX),
            (b"POST /v1/forward HTTP/1.1\r\ncontent-length: 9\r\n\r\nhalf", READ_SECONDS_MAX),
            (b"POST /v1/no HTTP/1.1\r\ncontent-length: 9\r\n\r\nhalf", READ_SECONDS_MAX),
        ):
            peer, wire = served.connect()
            peer.data_received(sent)
            peer.check_time(now + seconds - 1)
            assert not wire.is_closing()
            peer.check_time(now + seconds + 1)
            ends.append((b"".join(_bodies(wire.written)), wire.closed, wire.aborted))
        peer, wire = served.connect()
        peer.data_received(request(b"work"))
        peer.check_time(now + 1_000)
        assert not wire.is_closing()
        for task in served.desk.working:
            task.cancel()
        return ends

    assert asyncio.run(scenario()) == [
        (b"", True, False),
        (b"", False, True),
        (b"408 DEADLINE_PASSED", True, False),
        (b"403 CALLER_REFUSED", False, True),
    ]


def test_a_peer_that_has_gone_gets_nothing_and_work_goes_on() -> None:
    async def scenario() -> tuple[list[bytes], bytes, int]:
        done: list[bytes] = []
        gate = asyncio.Event()

        async def work(_caller: Caller, body: bytes) -> bytes:
            await gate.wait()
            done.append(body)
            return body

        served = Served(work)
        peer, wire = served.connect()
        peer.data_received(request(b"kept"))
        await asyncio.sleep(0)
        wire.abort()
        peer.connection_lost(None)
        gate.set()
        await served.done()
        return done, wire.written, len(served.open_ones)

    assert asyncio.run(scenario()) == ([b"kept"], b"", 0)


def test_places_are_given_back() -> None:
    async def scenario() -> list[bytes]:
        gate = asyncio.Event()

        async def wait(_caller: Caller, body: bytes) -> bytes:
            await gate.wait()
            if body == b"fail":
                raise ValueError
            return body

        served = Served(wait, concurrency_max=2)
        wires = []
        for body in (b"fail", b"one", b"two"):
            peer, wire = served.connect()
            peer.data_received(request(body))
            wires.append(wire)
        gate.set()
        await served.done()
        peer.data_received(request(b"three"))
        await served.done()
        return [b", ".join(_bodies(wire.written)) for wire in wires]

    assert asyncio.run(scenario()) == [b"500 INTERNAL", b"200 one", b"503 BUSY, 200 three"]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.one_of(st.binary(max_size=200), st.sampled_from([request(b"x"), request(b"y" * 70)])), max_size=6))
def test_any_bytes_give_answers_or_an_end(pieces: list[bytes]) -> None:
    written, _, _, log = _talk(*pieces)
    assert all(answer[:3] in {b"200", b"403", b"404", b"413", b"503"} for answer in _bodies(written))
    assert "bug" not in log
