"""
The network of a run: every call of every link passes here, and may be lost, repeated, slowed or tampered with.

Promises: only calls that the topology lists arrive; the callee learns the caller's true name, whatever the bytes say (mutual
TLS is taken as given here, and tested for itself elsewhere); errors cross as a code, as they do over HTTP. An error that is no
anticipated refusal is kept in `bugs`: a run with one has failed.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from akashi.base.ports import Caller, CallFailed, Endpoint
from akashi.simulation.faults import Fault, FaultCounts, FaultPlan
from akashi.simulation.node import Generation, Node
from akashi.simulation.scheduler import Fenced, Promise, Scheduler
from akashi.wire import topology
from akashi.wire.errors import Refused, WireCode


@dataclass(slots=True, eq=False)
class Call:
    """
    One call on its way.

    Attributes:
        caller: who calls, truly.
        callee, method, body: what; a hostile relay may have put another body there.
        deadline_ms: time the caller waits.
        answer: kept or broken once.
    """

    caller: Caller
    callee: str
    method: str
    body: bytes
    deadline_ms: int
    answer: Promise[bytes]


class Adversary(Protocol):
    """Whoever holds the relays."""

    def on_request(self, call: Call, send: Callable[[Call], None]) -> bool:
        """Look at, change or steal a request; True where it was dealt with and must not go on by itself."""
        ...

    def on_answer(self, call: Call, answer: bytes) -> bytes | None:
        """Return the answer to hand on, or None where it is kept back."""
        ...


class Observer(Protocol):
    """The run's all-seeing eye: checks, never changes."""

    def on_answer(self, call: Call, answer: bytes) -> None:
        """See what a callee really answered."""
        ...


@dataclass(slots=True, eq=False)
class Network:
    """
    All links.

    Attributes:
        scheduler, plan, counts: time, what may go wrong, what did.
        adversary, observer: None where there is none.
        bugs: tracebacks of unanticipated errors in servers.
        refusals: (callee, method, code) of each anticipated refusal, counted.
        calls: number of calls that arrived.
    """

    scheduler: Scheduler
    plan: FaultPlan
    counts: FaultCounts
    adversary: Adversary | None = None
    observer: Observer | None = None
    bugs: list[str] = field(default_factory=list)
    refusals: dict[tuple[str, str, str], int] = field(default_factory=dict)
    calls: int = 0
    _nodes: dict[str, Node] = field(default_factory=dict)

    def add(self, node: Node) -> None:
        """Attach a machine that others may call."""
        self._nodes[node.server] = node

    def link_for(self, generation: Generation) -> SimLink:
        """Return the link of one life of a machine."""
        return SimLink(self, generation)

    def begin(self, caller: Caller, callee: str, method: str, body: bytes, deadline_ms: int) -> Promise[bytes]:
        """Send a call and return the promise of its answer."""
        promise: Promise[bytes] = Promise(self.scheduler)
        if not topology.may_call(caller.server, callee, method):
            promise.fail(CallFailed(WireCode.CALLER_REFUSED))
            return promise
        if deadline_ms <= 0:
            promise.fail(CallFailed(WireCode.DEADLINE_PASSED))
            return promise
        self.scheduler.after(deadline_ms, lambda: promise.fail(CallFailed(WireCode.DEADLINE_PASSED)))
        call = Call(caller, callee, method, body, deadline_ms, promise)
        if self._happens(self.plan.unreachable, Fault.UNREACHABLE):
            self.scheduler.after(self._delay(), lambda: promise.fail(CallFailed(WireCode.RELAY_DOWN)))
        elif self.adversary is None or not self.adversary.on_request(call, self.send):
            self.send(call)
        return promise

    def send(self, call: Call) -> None:
        """Put a call on the wire."""
        if self._happens(self.plan.request_lost, Fault.REQUEST_LOST):
            return
        self.scheduler.after(self._delay(), lambda: self._arrive(call))
        if self._happens(self.plan.duplicate, Fault.DUPLICATE):
            self.scheduler.after(self._delay(), lambda: self._arrive(call))

    def _happens(self, share: float, fault: Fault) -> bool:
        if share and self.scheduler.random.random() < share:
            self.counts[fault] += 1
            return True
        return False

    def _delay(self) -> int:
        if self._happens(self.plan.slow, Fault.SLOW):
            return self.scheduler.random.randint(self.plan.delay_ms[1], self.plan.slow_ms)
        return self.scheduler.random.randint(*self.plan.delay_ms)

    def _arrive(self, call: Call) -> None:
        node = self._nodes.get(call.callee)
        generation = node.generation if node is not None else None
        booted = generation.booted if generation is not None else None
        if generation is None or booted is None:
            self._fail(call, WireCode.RELAY_DOWN)
            return
        self.calls += 1
        endpoint = booted.endpoints.get(call.method)
        if endpoint is None:
            self._fail(call, WireCode.METHOD_UNKNOWN)
        elif len(call.body) > endpoint.body_bytes_max:
            self._fail(call, WireCode.OVERSIZE)
        else:
            task = generation.spawn(_handle(endpoint, call))
            task.done.when_settled(lambda: self._answered(call, task.done))

    def _answered(self, call: Call, done: Promise[bytes]) -> None:
        try:
            answer = done.result()
        except Fenced:
            self._fail(call, WireCode.RELAY_DOWN)
        except Refused as refusal:
            key = (call.callee, call.method, refusal.code.value)
            self.refusals[key] = self.refusals.get(key, 0) + 1
            self._fail(call, refusal.code)
        except Exception as error:  # noqa: BLE001 - the hop's edge, as in base.http_server: only a code goes out
            self.bugs.append("".join(traceback.format_exception(error)))
            self._fail(call, WireCode.INTERNAL)
        else:
            if self.observer is not None:
                self.observer.on_answer(call, answer)
            self._hand_back(call, answer)

    def _hand_back(self, call: Call, answer: bytes) -> None:
        handed = answer if self.adversary is None else self.adversary.on_answer(call, answer)
        if handed is not None and not self._happens(self.plan.answer_lost, Fault.ANSWER_LOST):
            self.scheduler.after(self._delay(), lambda: call.answer.keep(handed))

    def _fail(self, call: Call, code: WireCode) -> None:
        self.scheduler.after(self._delay(), lambda: call.answer.fail(CallFailed(code)))


async def _handle(endpoint: Endpoint, call: Call) -> bytes:
    return await endpoint.handle(call.caller, call.body)


class SimLink:
    """The link of one life of a machine."""

    def __init__(self, network: Network, generation: Generation) -> None:
        self._network = network
        self._generation = generation

    async def call(self, callee: str, method: str, body: bytes, *, deadline_ms: int) -> bytes:
        """See `Link.call`."""
        self._generation.check()
        node = self._generation.node
        answer = await self._network.begin(Caller(node.server, node.instance), callee, method, body, deadline_ms)
        self._generation.check()
        return answer
