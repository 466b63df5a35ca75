"""Peers with a good certificate and bad manners: what they send must cost nobody else a place, memory or a secret."""

from __future__ import annotations

import asyncio
import contextlib
import os
import ssl
from collections.abc import Awaitable, Callable

import pytest

from akashi.base.http_desk import CONNECTIONS_MAX
from akashi.base.http_peer import HEAD_BYTES_MAX
from akashi.base.ports import Caller, CallFailed, Endpoint
from akashi.base.tls import client_context, server_context
from akashi.entry.world import WorkerCompute
from akashi.wire import topology
from hops.hop import Identities, calling, free_port, running


async def _echo(_caller: Caller, body: bytes) -> bytes:
    return body


Connect = Callable[[], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]


def _connector(identities: Identities, server: str, address: str, instance: str) -> Connect:
    context = client_context(identities.of("store/kiosk", instance))
    host, _, port = address.rpartition(":")
    name = topology.server(server).tls_name

    async def connect() -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection(host, int(port), ssl=context, server_hostname=name)

    return connect


@pytest.mark.promise("C23")
def test_half_sent_requests_of_one_kiosk_take_no_place(identities: Identities) -> None:
    async def scenario() -> bytes:
        async with running("hq/forwarder", {"forward": Endpoint(_echo, 4096)}, identities, concurrency_max=8) as (address, _):
            connect = _connector(identities, "hq/forwarder", address, "K0666")
            writers = []
            for _ in range(20):
                _, writer = await connect()
                writer.write(b"POST /v1/forward HTTP/1.1\r\nhost: x\r\ncontent-length: 4000\r\n\r\nhalf")
                await writer.drain()
                writers.append(writer)
            async with calling(identities.of("store/kiosk", "K0001"), {"hq/forwarder": address}) as link:
                answer = await link.call("hq/forwarder", "forward", b"hello", deadline_ms=3_000)
            for writer in writers:
                writer.transport.abort()
            return answer

    assert asyncio.run(scenario()) == b"hello"


@pytest.mark.promise("C23")
def test_one_kiosk_cannot_take_all_places(identities: Identities) -> None:
    gate = asyncio.Event()

    async def wait(_caller: Caller, _body: bytes) -> bytes:
        if _caller.instance == "K0666":
            await gate.wait()
        return b"served"

    async def scenario() -> tuple[int, bytes]:
        async with (
            running("hq/forwarder", {"forward": Endpoint(wait, 64)}, identities, concurrency_max=64) as (address, _),
            calling(identities.of("store/kiosk", "K0666"), {"hq/forwarder": address}) as greedy,
            calling(identities.of("store/kiosk", "K0001"), {"hq/forwarder": address}) as modest,
        ):

            async def take() -> bytes:
                with contextlib.suppress(CallFailed):
                    return await greedy.call("hq/forwarder", "forward", b"", deadline_ms=5_000)
                return b""

            taking = [asyncio.ensure_future(take()) for _ in range(80)]
            await asyncio.sleep(1)
            answer = await modest.call("hq/forwarder", "forward", b"", deadline_ms=3_000)
            gate.set()
            served = await asyncio.gather(*taking)
            return sum(one == b"served" for one in served), answer

    assert asyncio.run(scenario()) == (16, b"served")


@pytest.mark.promise("C23")
def test_an_endless_head_is_cut_off(identities: Identities) -> None:
    async def scenario() -> int:
        async with running("hq/forwarder", {"forward": Endpoint(_echo, 64)}, identities) as (address, _):
            reader, writer = await _connector(identities, "hq/forwarder", address, "K0666")()
            writer.write(b"POST /v1/forward HTTP/1.1\r\nx: ")
            sent = 0
            with contextlib.suppress(OSError, ssl.SSLError):
                while sent < 50_000_000:
                    writer.write(b"a" * 16_384)
                    await writer.drain()
                    sent += 16_384
                    if reader.at_eof():
                        break
                    await asyncio.sleep(0)
            writer.transport.abort()
            return sent

    assert asyncio.run(scenario()) < 200 * HEAD_BYTES_MAX


@pytest.mark.promise("C23")
def test_one_peer_holds_a_bounded_number_of_connections(identities: Identities) -> None:
    async def scenario() -> int:
        async with running("hq/forwarder", {"forward": Endpoint(_echo, 64)}, identities) as (address, _):
            connect = _connector(identities, "hq/forwarder", address, "K0666")
            held = [await connect() for _ in range(CONNECTIONS_MAX + 10)]
            await asyncio.sleep(0.5)
            open_ones = sum(not reader.at_eof() for reader, _ in held)
            for _, writer in held:
                writer.transport.abort()
            return open_ones

    assert asyncio.run(scenario()) == CONNECTIONS_MAX


@pytest.mark.promise("C5", "C7")
@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 307 Temporary Redirect\r\nlocation: http://127.0.0.1:%d/\r\ncontent-length: 0\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:%d/\r\ncontent-length: 0\r\n\r\n",
        b"HTTP/1.1 204 No Content\r\nx: %d\r\n\r\n",
    ],
)
def test_a_caller_never_follows_a_redirection(identities: Identities, head: bytes) -> None:
    async def scenario() -> tuple[str, list[bytes]]:
        plain: list[bytes] = []

        async def listen_plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            plain.append(await reader.read(100))
            writer.close()

        plain_port = free_port()
        elsewhere = await asyncio.start_server(listen_plain, "127.0.0.1", plain_port)

        async def redirect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(head % plain_port)
            await writer.drain()
            writer.close()

        port = free_port()
        hostile = await asyncio.start_server(redirect, "127.0.0.1", port, ssl=server_context(identities.of("dmz/transfer")))
        async with calling(identities.of("lgwan/gateway"), {"dmz/transfer": f"127.0.0.1:{port}"}) as link:
            try:
                await link.call("dmz/transfer", "forward", b"sealed", deadline_ms=3_000)
                code = "answered"
            except CallFailed as failure:
                code = failure.code
        for server in (hostile, elsewhere):
            server.close()
        return code, plain

    assert asyncio.run(scenario()) == ("RELAY_DOWN", [])


def _die() -> None:
    os._exit(1)


def test_a_worker_that_dies_is_replaced() -> None:
    async def scenario() -> int:
        compute = WorkerCompute(1)
        try:
            for _ in range(2):
                with pytest.raises(Exception, match="process pool"):
                    await compute.run(_die)
            return await compute.run(max, 3, 4)
        finally:
            compute.close()

    assert asyncio.run(scenario()) == 4
