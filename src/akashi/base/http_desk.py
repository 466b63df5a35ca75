"""
What all connections of a server share: who may call what, places for requests in work, counts, and the log of refusals.

Promises: nobody takes another one's place: a bound for all, one for each instance of a caller that has several, one on the
connections of each peer.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from akashi.base.log import Log
from akashi.base.ports import Caller, Endpoint

CONNECTIONS_MAX = 192
"""Connections of one peer; a caller of ours opens at most 128."""
_PREFIX = b"/v1/"


@dataclass(frozen=True, slots=True)
class Policy:
    """
    What a server is told about callers and errors; base itself knows neither topology nor codes.

    Attributes:
        identify: DER certificate of a peer to its name; raises where the name is not one of ours.
        may_call: whether this caller may call this method here.
        describe: an error to (HTTP status, code); unknown errors must become 500 and "INTERNAL".
        concurrency_max: requests in work at once; more are refused as busy, at once, before any work.
        instance_concurrency_max: of these, for one instance of a caller that has several, so that one kiosk cannot take them all.
        read_seconds_max: how long a request may take to arrive, a TLS handshake to be done and an answer to be taken; meanwhile
            it takes no place of others.
    """

    identify: Callable[[bytes], Caller]
    may_call: Callable[[Caller, str], bool]
    describe: Callable[[BaseException], tuple[int, str]]
    concurrency_max: int = 256
    instance_concurrency_max: int = 16
    read_seconds_max: float = 10.0


class Refusal(NamedTuple):
    """A no: HTTP status and code."""

    status: int
    code: str


class Desk:
    """
    What connections share.

    Args:
        endpoints: the methods that the server offers.
        policy: who may call what.
        log: for refusals (code, caller, method) and bugs (the error's type only).
    """

    def __init__(self, endpoints: dict[str, Endpoint], policy: Policy, log: Log) -> None:
        self.read_seconds_max = policy.read_seconds_max
        self.ending = False
        self.working: set[asyncio.Task[None]] = set()
        self._policy = policy
        self._endpoints = endpoints
        self._log = log
        self._active = 0
        self._by_instance: Counter[Caller] = Counter()
        self._by_peer: Counter[Caller | None] = Counter()

    def welcome(self, certificate: bytes | None) -> tuple[Caller | None, bool]:
        """Return who a new connection is (None: nobody knows) and whether it may stay; count it in, whatever the answer."""
        try:
            caller = self._policy.identify(certificate) if certificate else None
        except Exception:  # noqa: BLE001 - a certificate of ours with a name that is not: an unknown caller
            caller = None
        self._by_peer[caller] += 1
        return caller, self._by_peer[caller] <= CONNECTIONS_MAX and not self.ending

    def farewell(self, caller: Caller | None) -> None:
        """Count a connection out."""
        self._by_peer[caller] -= 1
        if not self._by_peer[caller]:
            del self._by_peer[caller]

    def find(self, caller: Caller | None, path: bytes) -> tuple[str, Endpoint | Refusal]:
        """Return the method that a path names, and how it is served or why it is not."""
        method = path[len(_PREFIX) :].decode("ascii", "replace") if path.startswith(_PREFIX) else ""
        if caller is None or not self._policy.may_call(caller, method):
            return method, Refusal(403, "CALLER_REFUSED")
        return method, self._endpoints.get(method) or Refusal(404, "METHOD_UNKNOWN")

    def take_place(self, caller: Caller) -> bool:
        """Take a place for one request of this caller; False where there is none."""
        if self._active >= self._policy.concurrency_max:
            return False
        if caller.instance:
            if self._by_instance[caller] >= self._policy.instance_concurrency_max:
                return False
            self._by_instance[caller] += 1
        self._active += 1
        return True

    def leave_place(self, caller: Caller) -> None:
        """Give a place back."""
        self._active -= 1
        if caller.instance:
            self._by_instance[caller] -= 1
            if not self._by_instance[caller]:
                del self._by_instance[caller]

    def refusal_of(self, error: Exception, method: str) -> Refusal:
        """Return what an error says outside; a bug is logged by its type and place."""
        refusal = Refusal(*self._policy.describe(error))
        if refusal.code == "INTERNAL":
            self.log_bug(error, method)
        return refusal

    def log_bug(self, error: BaseException, method: str) -> None:
        """Write down that something happened which nobody anticipated."""
        self._log.event("bug", method=method, error=type(error).__name__, at=_where(error))

    def log_refused(self, refusal: Refusal, caller: Caller | None, method: str) -> None:
        """Write down that a request was refused."""
        self._log.event("refused", code=refusal.code, caller=caller.server if caller else "unknown", method=method or "none")


def _where(error: BaseException) -> str:
    """Return "module:line" of the innermost frame: enough to find a bug, nothing of the data."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_globals.get('__name__', '')}:{trace.tb_lineno}" if trace else "unknown"
