"""A hop on loopback for tests: certificates of a fresh authority, a server with the real HTTP and TLS code, a caller."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import StringIO
from pathlib import Path

from akashi.base.config import TlsConfig
from akashi.base.http_client import HttpLink, Neighbour
from akashi.base.http_desk import Desk, Policy
from akashi.base.http_server import HopServer
from akashi.base.log import Log
from akashi.base.ports import Endpoint
from akashi.base.tls import client_context, server_context
from akashi.entry.serving import describe
from akashi.pki.authority import Authority
from akashi.pki.hop import issue_hop_certificate, peer_name
from akashi.pki.pem import pem_text
from akashi.wire import topology


class Identities:
    """TLS files of servers, made when asked for."""

    def __init__(self, folder: Path, authority: Authority, now_ms: int) -> None:
        self._folder = folder
        self._authority = authority
        self._now_ms = now_ms
        (folder / "authority.pem").write_bytes(pem_text("CERTIFICATE", authority.certificate_der))

    def of(self, server: str, instance: str = "") -> TlsConfig:
        stem = self._folder / f"{server.replace('/', '-')}-{instance}"
        if not stem.with_suffix(".key").exists():
            identity = issue_hop_certificate(self._authority, server=server, instance=instance, now_ms=self._now_ms)
            stem.with_suffix(".key").write_bytes(identity.key_pem)
            stem.with_suffix(".pem").write_bytes(pem_text("CERTIFICATE", identity.certificate_der))
        return TlsConfig(
            certificate=str(stem.with_suffix(".pem")),
            key=str(stem.with_suffix(".key")),
            authority=str(self._folder / "authority.pem"),
        )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@asynccontextmanager
async def running(
    server: str, endpoints: dict[str, Endpoint], identities: Identities, *, concurrency_max: int = 256, port: int = 0
) -> AsyncIterator[tuple[str, StringIO]]:
    """Run a server with the real HTTP and TLS code, on a port of its own unless one is given; give its address and its log."""
    log = StringIO()
    policy = Policy(
        identify=peer_name,
        may_call=lambda caller, method: topology.may_call(caller.server, server, method),
        describe=describe,
        concurrency_max=concurrency_max,
    )
    port = port or free_port()
    http = HopServer(Desk(endpoints, policy, Log(server, log)))
    await http.listen("127.0.0.1", port, server_context(identities.of(server)))
    try:
        yield f"127.0.0.1:{port}", log
    finally:
        await http.close()


@asynccontextmanager
async def calling(tls: TlsConfig, addresses: dict[str, str]) -> AsyncIterator[HttpLink]:
    """Give a link with that identity to the servers at these addresses."""
    neighbours = {name: Neighbour(address, topology.server(name).tls_name) for name, address in addresses.items()}
    link = HttpLink(neighbours, client_context(tls))
    try:
        yield link
    finally:
        await link.close()
