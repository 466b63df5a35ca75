"""One server process: its configuration, its start, its HTTP, its end."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
import socket
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvloop

from akashi.base.config import ConfigRefused, ServerConfig, load_config
from akashi.base.http_client import HttpLink, Neighbour
from akashi.base.http_desk import Desk, Policy
from akashi.base.http_server import HopServer
from akashi.base.log import Log
from akashi.base.ports import Caller, Compute
from akashi.base.tls import client_context, server_context
from akashi.entry.guard import keep_nothing
from akashi.entry.identity import become
from akashi.entry.loading import load
from akashi.entry.start import Started, World
from akashi.entry.world import InlineCompute, RandomIds, RealClock, WorkerCompute, end_with_parent
from akashi.pki.hop import peer_name
from akashi.wire import topology
from akashi.wire.errors import FACTS, Refused, WireCode

KIOSK = "store/kiosk"
KEEP_NOTHING = frozenset({topology.Sealing.BLIND, topology.Sealing.OWN_PART})
"""Servers that are held to it at run time."""

GC_ALLOCATIONS = 20_000
"""How many objects may come to be, beyond those that went, before the collector looks at the young ones."""

Start = Callable[[Any, World], Started]


@dataclass(frozen=True, slots=True)
class Program:
    """A server's loaded code: its configuration type and its start."""

    server: topology.Server
    config_type: type[ServerConfig]
    start: Start


def load_program(name: str) -> Program:
    """
    Return the code of a server of the topology, and of no other.

    Raises:
        ConfigRefused: the topology has no such server.
    """
    try:
        server = topology.server(name)
    except KeyError:
        names = ", ".join(known.name for known in topology.SERVERS)
        raise ConfigRefused(f"no server {name!r}; the topology has {names}") from None
    if name == KIOSK:
        return Program(server, load(f"{server.package}.config", "Config"), _no_hop)
    config_type: type[ServerConfig] = load(f"{server.package}.config", "Config")
    start: Start = load(f"akashi.entry.start.{name.replace('/', '_')}", "start")
    return Program(server, config_type, start)


def _no_hop(_config: Any, _world: World) -> Started:
    raise ConfigRefused("the kiosk offers no method to other servers; its page is started by entry.kiosk_page")


def check_config(program: Program, path: Path) -> ServerConfig:
    """
    Return the configuration, checked against the topology.

    Raises:
        ConfigRefused: unknown or missing key, another server's file, neighbours that are not exactly the topology's callees, a
            development-only setting without `development = true`.
    """
    config = load_config(path, program.config_type)
    name = program.server.name
    if config.server != name:
        raise ConfigRefused(f"{path}: is the configuration of {config.server!r}, not of {name!r}")
    expected = set(topology.callees_of(name))
    if set(config.neighbours) != expected:
        raise ConfigRefused(f"{path}: [neighbours] must name exactly {sorted(expected) or 'nobody'}")
    if config.tls.key_log and not config.development:
        raise ConfigRefused(f"{path}: tls.key_log is for development only; remove it, or set development = true")
    return config


def loaded_modules(name: str, path: Path) -> list[str]:
    """
    Build the server as `serve` does, without listening, and return the names of all modules that it has loaded.

    Raises:
        ConfigRefused: it must not start.
    """
    program = load_program(name)
    config = check_config(program, path)

    async def build() -> None:
        started, link = _build(program, config, InlineCompute())
        await link.close()
        started.close()

    asyncio.run(build())
    return sorted(sys.modules)


def serve(name: str, path: Path, *, user: str | None, with_parent: bool = False) -> None:
    """
    Run one server until it is told to end.

    Args:
        name: server in the topology.
        path: its TOML.
        user: operating-system user to become when started as root; None keeps the present one.
        with_parent: end when the process that started this one ends, however it ends.

    Raises:
        ConfigRefused: it must not start; the text says why.
    """
    program = load_program(name)
    if user is not None:
        become(user)
    if with_parent:
        end_with_parent(signal.SIGTERM)
    config = check_config(program, path)
    if name == KIOSK:
        serve_page: Callable[[ServerConfig, Path], None] = load("akashi.entry.kiosk_page", "serve_page")
        serve_page(config, path)
        return
    compute: Compute = WorkerCompute(config.compute_workers) if config.compute_workers else InlineCompute()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_run(program, config, compute))
    if isinstance(compute, WorkerCompute):
        compute.close()


def _build(program: Program, config: ServerConfig, compute: Compute) -> tuple[Started, HttpLink]:
    neighbours = {callee: Neighbour(address, topology.server(callee).tls_name) for callee, address in config.neighbours.items()}
    link = HttpLink(neighbours, client_context(config.tls))
    started = program.start(config, World(RealClock(), RandomIds(), link, compute))
    if set(started.endpoints) != set(topology.methods_of(program.server.name)):
        raise ConfigRefused(f"{program.server.name} offers other methods than the topology lists")
    return started, link


def _cannot_listen(config: ServerConfig, error: Exception) -> ConfigRefused:
    return ConfigRefused(f"{config.listen}: ここでは待ち受けられません / cannot listen there ({error})")


async def _run(program: Program, config: ServerConfig, compute: Compute) -> None:
    name = program.server.name
    log = Log(name)
    host, _, port = config.listen.rpartition(":")
    try:
        # Before anything is opened: two of a server would else quarrel about its store, and say that instead of this.
        socket.create_server((host, int(port))).close()
    except (OSError, OverflowError, ValueError) as error:
        raise _cannot_listen(config, error) from None
    started, link = _build(program, config, compute)
    policy = Policy(identify=peer_name, may_call=lambda caller, method: _may_call(caller, name, method), describe=describe)
    server = HopServer(Desk(started.endpoints, policy, log))
    try:
        await server.listen(host, int(port), server_context(config.tls))
    except (OSError, OverflowError, ValueError) as error:
        started.close()
        await link.close()
        raise _cannot_listen(config, error) from None
    # What was built so far lives as long as the server: the collector need not walk through it again and again.
    gc.collect()
    gc.freeze()
    # What requests leave behind is freed by counting; the collector is for the rare circle, and its walks cost every request.
    gc.set_threshold(GC_ALLOCATIONS, 10, 10)
    ending = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ending.set)
    background = [asyncio.ensure_future(_watched(task, ending, log)) for task in started.background]
    log.event("started", listen=config.listen, workers=config.compute_workers)
    if program.server.sealing in KEEP_NOTHING:
        keep_nothing(lambda event: log.event("breach", audit=event))
    try:
        await ending.wait()
    finally:
        await server.close()
        for task in background:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        await link.close()
        started.close()
        log.event("ended")


async def _watched(task: Callable[[], Awaitable[None]], ending: asyncio.Event, log: Log) -> None:
    """Run a background task; where it fails, the server must not go on as if it ran."""
    try:
        await task()
    except Exception as error:  # noqa: BLE001 - whatever it was, it is a bug here
        log.event("bug", at="background", error=type(error).__name__)
        ending.set()


def _may_call(caller: Caller, callee: str, method: str) -> bool:
    return topology.may_call(caller.server, callee, method)


def describe(error: BaseException) -> tuple[int, str]:
    """Return (HTTP status, code) of an error: a refusal's own code, INTERNAL for everything that nobody anticipated."""
    code = error.code if isinstance(error, Refused) else WireCode.INTERNAL
    return FACTS[code].http_status, code.value
