"""The HTTP edge of a hop: limits, time-outs, errors, what the log says."""

from __future__ import annotations

import asyncio

import pytest

from akashi.base.ports import Caller, CallFailed, Endpoint, Handler
from akashi.wire.errors import Refused, WireCode
from hops.hop import Identities, calling, free_port, running

MARKER = "山田葛󠄂子"


async def _call(
    identities: Identities, handle: Handler, *, body: bytes = b"x", deadline_ms: int = 5_000, body_bytes_max: int = 64
) -> tuple[str, str]:
    async with (
        running("center/relay", {"forward": Endpoint(handle, body_bytes_max)}, identities) as (address, log),
        calling(identities.of("hq/forwarder"), {"center/relay": address}) as link,
    ):
        try:
            answer = await link.call("center/relay", "forward", body, deadline_ms=deadline_ms)
            return answer.decode("latin-1"), log.getvalue()
        except CallFailed as failure:
            return failure.code, log.getvalue()


async def _size(_caller: Caller, body: bytes) -> bytes:
    return str(len(body)).encode()


async def _never(_caller: Caller, _body: bytes) -> bytes:
    await asyncio.sleep(30)
    return b""


async def _bug(_caller: Caller, _body: bytes) -> bytes:
    raise ValueError(f"the record of {MARKER}")


async def _refuse(_caller: Caller, _body: bytes) -> bytes:
    raise Refused(WireCode.KIND_OFF, f"detail about {MARKER}")


@pytest.mark.parametrize(("size", "answer"), [(64, "64"), (65, "OVERSIZE"), (5_000_000, "OVERSIZE"), (0, "0")])
def test_body_limit(identities: Identities, size: int, answer: str) -> None:
    assert asyncio.run(_call(identities, _size, body=b"b" * size))[0] == answer


def test_too_slow_is_deadline_passed(identities: Identities) -> None:
    assert asyncio.run(_call(identities, _never, deadline_ms=200))[0] == "DEADLINE_PASSED"


@pytest.mark.promise("C6")
@pytest.mark.parametrize(("handle", "code"), [(_bug, "INTERNAL"), (_refuse, "KIND_OFF")])
def test_only_a_code_crosses_and_no_name_is_logged(identities: Identities, handle: Handler, code: str) -> None:
    answer, log = asyncio.run(_call(identities, handle))
    assert answer == code
    assert code in log
    assert MARKER not in log
    assert "detail" not in log


def test_nobody_there_is_relay_down(identities: Identities) -> None:
    async def scenario() -> None:
        async with calling(identities.of("hq/forwarder"), {"center/relay": f"127.0.0.1:{free_port()}"}) as link:
            await link.call("center/relay", "forward", b"", deadline_ms=2_000)

    with pytest.raises(CallFailed) as failed:
        asyncio.run(scenario())
    assert failed.value.code == "RELAY_DOWN"


def test_overload_is_refused_at_once(identities: Identities) -> None:
    gate = asyncio.Event()

    async def wait(_caller: Caller, _body: bytes) -> bytes:
        await gate.wait()
        return b"done"

    async def scenario() -> list[str]:
        async with (
            running("center/relay", {"forward": Endpoint(wait, 64)}, identities, concurrency_max=3) as (address, _),
            calling(identities.of("hq/forwarder"), {"center/relay": address}) as link,
        ):

            async def once() -> str:
                try:
                    return (await link.call("center/relay", "forward", b"", deadline_ms=5_000)).decode()
                except CallFailed as failure:
                    return failure.code

            calls = [asyncio.ensure_future(once()) for _ in range(8)]
            await asyncio.wait(calls, timeout=2, return_when=asyncio.FIRST_COMPLETED)
            await asyncio.sleep(0.3)
            gate.set()
            return sorted(await asyncio.gather(*calls))

    answers = asyncio.run(scenario())
    assert answers == ["BUSY"] * 5 + ["done"] * 3


def test_a_server_that_was_started_again_is_called_again(identities: Identities) -> None:
    async def scenario() -> list[bytes]:
        port, answers = free_port(), []
        async with calling(identities.of("hq/forwarder"), {"center/relay": f"127.0.0.1:{port}"}) as link:
            for body in (b"one", b"three"):
                async with running("center/relay", {"forward": Endpoint(_size, 64)}, identities, port=port):
                    calls = [link.call("center/relay", "forward", body, deadline_ms=5_000) for _ in range(3)]
                    answers += await asyncio.gather(*calls)
        return answers

    # The second time over connections that died while nobody looked.
    assert asyncio.run(scenario()) == [b"3"] * 3 + [b"5"] * 3


def test_many_calls_at_once_share_a_bounded_number_of_connections(identities: Identities) -> None:
    async def scenario() -> tuple[int, int]:
        async with (
            running("center/relay", {"forward": Endpoint(_size, 64)}, identities) as (address, _),
            calling(identities.of("hq/forwarder"), {"center/relay": address}) as link,
        ):
            calls = [link.call("center/relay", "forward", b"x", deadline_ms=20_000) for _ in range(400)]
            answers = await asyncio.gather(*calls)
            return answers.count(b"1"), sum(len(pool._open) for pool in link._pools.values())

    served, connections = asyncio.run(scenario())
    assert served == 400
    assert connections <= 128


def test_requests_in_work_are_answered_when_the_server_ends(identities: Identities) -> None:
    async def scenario() -> bytes:
        begun = asyncio.Event()

        async def slow(_caller: Caller, body: bytes) -> bytes:
            begun.set()
            await asyncio.sleep(0.5)
            return body

        async with calling(identities.of("hq/forwarder"), {"center/relay": f"127.0.0.1:{(port := free_port())}"}) as link:
            async with running("center/relay", {"forward": Endpoint(slow, 64)}, identities, port=port):
                call = asyncio.ensure_future(link.call("center/relay", "forward", b"last", deadline_ms=5_000))
                await begun.wait()
            return await call

    assert asyncio.run(scenario()) == b"last"
