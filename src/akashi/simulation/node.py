"""
A machine: it starts, runs its server's own classes, crashes at any await or beside any store call, and comes back.

Promises: a crash fences the machine's life. Whatever dead code does afterwards, in a `finally` block or through a kept
reference, meets `Fenced` at every door: no store, no link, no clock, no randomness, no work. What the store had committed stays.
"""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from random import Random
from typing import Any, ParamSpec, Protocol, TypeVar, cast

from akashi.base.ports import Clock, Compute, Endpoint, Ids, Link
from akashi.simulation.faults import Fault, FaultCounts, FaultPlan
from akashi.simulation.scheduler import Fenced, Promise, Scheduler, Task

P = ParamSpec("P")
R = TypeVar("R")
S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Booted:
    """
    A server that has started.

    Attributes:
        endpoints: its methods.
        background: coroutines beside it.
        close: closes its files after the end; open transactions are gone, as after a crash.
        service: the service object, for looking inside at the end of a run.
    """

    endpoints: dict[str, Endpoint]
    background: tuple[Callable[[], Awaitable[None]], ...] = ()
    close: Callable[[], None] = lambda: None
    service: object = None


Boot = Callable[["Generation"], Booted]


class Wire(Protocol):
    """What a machine needs of the network."""

    def link_for(self, generation: Generation) -> Link:
        """Return the link of one life of a machine."""
        ...


@dataclass(slots=True)
class World:
    """
    What all machines of a run share.

    Attributes:
        scheduler, plan, counts: time, what may go wrong, what did.
        wire: the network.
        substitute: a function for `Compute` to the one that is run in its place; the same one by default.
    """

    scheduler: Scheduler
    plan: FaultPlan
    counts: FaultCounts
    wire: Wire
    substitute: Callable[[Callable[..., Any]], Callable[..., Any]] = lambda function: function


class Generation:
    """
    One life of a machine.

    Attributes:
        node: the machine.
        clock, ids, compute, link: its doors; each refuses (`Fenced`) after the crash.
        booted: what runs; None until the start is done.
    """

    def __init__(self, node: Node, world: World) -> None:
        self.node = node
        self._alive = True
        self._world = world
        self._tasks: list[Task[Any]] = []
        self.clock: Clock = SimClock(self, world.scheduler)
        self.ids: Ids = SimIds(self)
        self.compute: Compute = SimCompute(self, world)
        self.link: Link = world.wire.link_for(self)
        self.booted: Booted | None = None

    @property
    def alive(self) -> bool:
        """Whether the machine still runs this life."""
        return self._alive

    def check(self) -> None:
        """Raise `Fenced` where this life is over: the first line of every door."""
        if not self._alive:
            raise Fenced

    def before_step(self) -> None:
        """Be told that one of its coroutines is about to go on: a place to crash."""
        self.node.pass_point()

    def spawn(self, coroutine: Coroutine[Any, Any, R]) -> Task[R]:
        """Run a coroutine as this life's."""
        task = self._world.scheduler.spawn(coroutine, self)
        self._tasks = [other for other in self._tasks if not other.done.settled]
        self._tasks.append(task)
        return task

    def fenced(self, store: S) -> S:
        """Return the store behind the fence: every call of it is refused after the crash, and is a place to crash."""
        return cast("S", _FencedStore(self, store))

    def end(self) -> None:
        """Stop everything."""
        self._alive = False
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.end()
        if self.booted is not None:
            self.booted.close()


@dataclass(slots=True, eq=False)
class Node:
    """
    A machine.

    Attributes:
        world: the run it is in.
        server, instance: its name in the topology; the instance of a kiosk.
        boot: builds the server's own classes on this life's doors.
        random: of this machine; seeded, goes on over its lives.
        offset_ms: how far its wall clock is off; `frozen_ms` is its time while it stands still.
        points: places passed at which it could have crashed.
    """

    world: World
    server: str
    boot: Boot
    random: Random
    instance: str = ""
    offset_ms: int = 0
    frozen_ms: int | None = None
    points: int = 0
    starts: int = 0
    generation: Generation | None = None
    _crash_in: int | None = None
    _back_after_ms: int = field(default=0)

    def start(self) -> None:
        """Begin a life, if none is running."""
        if self.generation is not None:
            return
        generation = Generation(self, self.world)
        self.generation = generation
        self.starts += 1
        try:
            generation.booted = self.boot(generation)
        except Fenced:
            return  # crashed while it was starting
        for background in generation.booted.background:
            task = generation.spawn(_as_coroutine(background))
            task.done.when_settled(lambda done=task.done: _report(done))  # type: ignore[misc]  # binds the loop's value

    def crash(self, *, back_after_ms: int) -> None:
        """Stop at once, and start again after a while."""
        if self.generation is not None:
            self.world.counts[Fault.CRASH] += 1
        self.stop()
        self.world.scheduler.after(back_after_ms, self.start)

    def stop(self) -> None:
        """End the present life, if there is one, and do not come back."""
        generation, self.generation = self.generation, None
        if generation is not None:
            generation.end()

    def crash_at(self, points: int, *, back_after_ms: int) -> None:
        """Crash at the `points`-th place from now (1 is the next)."""
        self._crash_in, self._back_after_ms = points, back_after_ms

    def cancel_crash(self) -> None:
        """Forget a crash that was planned and has not come."""
        self._crash_in = None

    def pass_point(self) -> None:
        """Count a place at which the machine could crash, and crash if it is the one."""
        self.points += 1
        if self._crash_in is not None:
            self._crash_in -= 1
            if self._crash_in <= 0:
                self._crash_in = None
                self.crash(back_after_ms=self._back_after_ms)


def _report(done: Promise[None]) -> None:
    """Let an error of a background coroutine end the run: a real process would have ended, too. A crash is none."""
    with contextlib.suppress(Fenced):
        done.result()


async def _as_coroutine(background: Callable[[], Awaitable[None]]) -> None:
    await background()


class _FencedStore:
    """A store seen through a life's fence."""

    def __init__(self, generation: Generation, store: object) -> None:
        self._generation = generation
        self._store = store

    def __getattr__(self, name: str) -> object:
        attribute = getattr(self._store, name)
        if not callable(attribute):
            self._generation.check()
            return attribute
        generation = self._generation

        def call(*args: object, **kwargs: object) -> object:
            generation.check()
            generation.node.pass_point()
            generation.check()
            result = attribute(*args, **kwargs)
            # Committed, and then the machine dies before the code can use the result.
            generation.node.pass_point()
            generation.check()
            return result

        return call


class SimClock:
    """A machine's clocks in virtual time; the wall clock may be off, stand still or have jumped, the other never does."""

    def __init__(self, generation: Generation, scheduler: Scheduler) -> None:
        self._generation = generation
        self._scheduler = scheduler

    def now_ms(self) -> int:
        """See `Clock.now_ms`."""
        self._generation.check()
        node = self._generation.node
        return node.frozen_ms if node.frozen_ms is not None else self._scheduler.now_ms + node.offset_ms

    def monotonic_ms(self) -> int:
        """See `Clock.monotonic_ms`."""
        self._generation.check()
        return self._scheduler.now_ms

    async def sleep_ms(self, duration_ms: int) -> None:
        """See `Clock.sleep_ms`."""
        self._generation.check()
        await self._scheduler.sleep_ms(duration_ms)
        self._generation.check()


class SimIds:
    """Seeded bytes: the same run makes the same ids."""

    def __init__(self, generation: Generation) -> None:
        self._generation = generation

    def random_bytes(self, count: int) -> bytes:
        """See `Ids.random_bytes`."""
        self._generation.check()
        return self._generation.node.random.randbytes(count)


class SimCompute:
    """Work done at once, in virtual time that passes before its result is there."""

    def __init__(self, generation: Generation, world: World) -> None:
        self._generation = generation
        self._world = world

    async def run(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """See `Compute.run`."""
        self._generation.check()
        world, duration_ms = self._world, self._world.plan.compute_ms
        if world.plan.slow_composer and world.scheduler.random.random() < world.plan.slow_composer:
            duration_ms *= world.scheduler.random.randint(10, 100)
            world.counts[Fault.SLOW_COMPOSER] += 1
        await world.scheduler.sleep_ms(duration_ms)
        self._generation.check()
        chosen: Callable[P, R] = world.substitute(function)
        return chosen(*args, **kwargs)
