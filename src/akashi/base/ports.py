"""
The four doors through which a service reaches the world.

A service awaits only a `Link`, a `Clock` and a `Compute`, and takes random bytes from `Ids`. It imports no socket, no event
loop and no wall clock, so that the very same class runs behind HTTP and inside the seeded simulation.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import ParamSpec, Protocol, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Caller:
    """
    Who calls, as proven by the peer's TLS certificate, never as claimed in a message.

    Attributes:
        server: name in the topology, such as "hq/forwarder".
        instance: which of several, such as the kiosk's id "K0001"; empty where there is one.
    """

    server: str
    instance: str = ""


class Clock(Protocol):
    """Time, passed in. Only `entry` has the real one."""

    def now_ms(self) -> int:
        """Return milliseconds since 1970-01-01 UTC. May jump; use for dates and validity."""
        ...

    def monotonic_ms(self) -> int:
        """Return milliseconds since an unknown start. Never goes back; use for deadlines."""
        ...

    async def sleep_ms(self, duration_ms: int) -> None:
        """Wait `duration_ms` milliseconds (0 or more)."""
        ...


class Link(Protocol):
    """Calls to neighbours. Carries bytes; knows nothing of what they mean."""

    async def call(self, callee: str, method: str, body: bytes, *, deadline_ms: int) -> bytes:
        """
        Call one method of a neighbouring server and return its answer.

        Args:
            callee: name in the topology, such as "center/relay".
            method: name in the topology, such as "forward".
            body: at most the callee's limit for that method.
            deadline_ms: time left, in milliseconds, > 0.

        Raises:
            CallFailed: the callee refused (its code), could not be reached ("RELAY_DOWN") or was too slow ("DEADLINE_PASSED").
        """
        ...


class Compute(Protocol):
    """Work that burns CPU: inline in the simulation, in worker processes otherwise."""

    async def run(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Return `function(*args)`; arguments and result must be picklable. Errors of the function come through."""
        ...


class Ids(Protocol):
    """Random bytes: every id, name and nonce is random, none comes from time, a counter or a terminal."""

    def random_bytes(self, count: int) -> bytes:
        """Return `count` fresh random bytes."""
        ...


class CallFailed(Exception):  # noqa: N818 - it is a fact about a call, its code is the error
    """
    A call to a neighbour gave no answer.

    Args:
        code: a wire code, such as "RELAY_DOWN"; never a text, never personal data.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


Handler = Callable[[Caller, bytes], Awaitable[bytes]]
"""One method of a server: proven caller and untrusted body in, body out; refuses by raising an error that has `.code`."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """
    A method that a server offers.

    Attributes:
        handle: parses, calls one service function, encodes.
        body_bytes_max: larger bodies are refused before they are read (OVERSIZE).
    """

    handle: Handler
    body_bytes_max: int
