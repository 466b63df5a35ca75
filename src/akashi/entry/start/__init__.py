"""One start per server: reads the key files that its config names, builds store and service, returns what it offers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from akashi.base.ports import Clock, Compute, Endpoint, Ids, Link


@dataclass(frozen=True, slots=True)
class World:
    """What a server is given to reach the world: the real clock, random ids, links to its neighbours, workers."""

    clock: Clock
    ids: Ids
    link: Link
    compute: Compute


@dataclass(frozen=True, slots=True)
class Started:
    """
    A server ready to serve.

    Attributes:
        endpoints: its methods; must equal `topology.methods_of(server)`.
        background: coroutines to run beside it until it ends.
        close: called once at the end.
    """

    endpoints: dict[str, Endpoint]
    background: tuple[Callable[[], Awaitable[None]], ...] = ()
    close: Callable[[], None] = lambda: None
