"""
Virtual time and the coroutines that live in it: one thread, one heap, one seed.

Promises: the same seed gives the same order of steps. Nothing runs while time passes, time passes only between steps, so
years of waiting cost nothing. Steps due at the same moment run in a random order, which the seed decides.
"""

from __future__ import annotations

import contextlib
import heapq
import random
from collections.abc import Callable, Coroutine, Generator
from typing import Any, Generic, Protocol, TypeVar
from weakref import WeakSet

T = TypeVar("T")


def seeded(seed: int) -> random.Random:
    """Return a reproducible source of choices; it guards nothing and must not."""
    return random.Random(seed)  # noqa: S311 - reproducible on purpose


class Fenced(BaseException):
    """The code that came here belongs to a machine that has crashed: it must do nothing more. Not an `Exception` on purpose."""


class Stalled(Exception):  # noqa: N818 - a fact about the run
    """Nothing is left to happen, yet what was waited for has not come: a lost wake-up or a deadlock."""


class Life(Protocol):
    """Whose code a task runs: one life of one machine, from its start to its crash."""

    @property
    def alive(self) -> bool:
        """Whether the machine still runs this life."""
        ...

    def before_step(self) -> None:
        """Be told that a coroutine of this life is about to go on; may end the life."""
        ...


class Promise(Generic[T]):
    """A value that comes later. Awaited inside a task; kept or broken by the simulator."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self._waiting: list[Callable[[], None]] = []
        self._settled = False
        self._value: T | None = None
        self._error: BaseException | None = None

    @property
    def settled(self) -> bool:
        """Whether a value or an error is there."""
        return self._settled

    def keep(self, value: T) -> None:
        """Give the value; later settlements of the same promise are ignored."""
        self._settle(value, None)

    def fail(self, error: BaseException) -> None:
        """Raise the error where the promise is awaited; ignored when it is settled already."""
        self._settle(None, error)

    def result(self) -> T:
        """Return the value or raise the error of a settled promise."""
        if not self._settled:
            raise Stalled("the promise was never settled")
        if self._error is not None:
            raise self._error
        return self._value  # type: ignore[return-value]  # settled without an error: T, which may itself be None

    def when_settled(self, action: Callable[[], None]) -> None:
        """Do `action` once there is a value or an error, as a step of its own."""
        if self._settled:
            self._scheduler.after(0, action)
        else:
            self._waiting.append(action)

    def _settle(self, value: T | None, error: BaseException | None) -> None:
        if self._settled:
            return
        self._settled, self._value, self._error = True, value, error
        for action in self._waiting:
            self._scheduler.after(0, action)
        self._waiting.clear()

    def __await__(self) -> Generator[Promise[Any], None, T]:
        # Always yields, also when settled: every await is a place where the machine can crash.
        yield self
        return self.result()


class Task(Generic[T]):
    """
    One coroutine being driven, on behalf of one life of one machine (or of the simulator itself).

    Attributes:
        done: settled when the coroutine has ended; broken by `Fenced` when its machine crashed first.
    """

    def __init__(self, scheduler: Scheduler, coroutine: Coroutine[Any, Any, T], life: Life | None) -> None:
        self._coroutine = coroutine
        self._life = life
        self._running = False
        self._ended = False
        self.done: Promise[T] = Promise(scheduler)

    def end(self) -> None:
        """Stop the coroutine where it stands, as a crash does: its `finally` blocks run behind the fence."""
        if self._ended or self._running:
            return  # a running coroutine is unwound by the error that its door raises
        self._ended = True
        # Dead code may knock at a door (Fenced) or await in a finally block (RuntimeError): both end here.
        with contextlib.suppress(Fenced, RuntimeError):
            self._coroutine.close()
        self.done.fail(Fenced())

    def step(self) -> None:
        """Let the coroutine go on to its next await, unless its machine has crashed."""
        if self._ended:
            return
        if self._life is not None:
            if self._life.alive:
                self._life.before_step()
            if not self._life.alive:
                self.end()
                return
        self._running = True
        try:
            promise = self._coroutine.send(None)
        except StopIteration as stop:
            self._finish()
            self.done.keep(stop.value)
        except (Exception, Fenced) as error:  # noqa: BLE001 - whoever awaits the task gets it
            self._finish()
            self.done.fail(error)
        else:
            self._running = False
            if not isinstance(promise, Promise):
                raise Stalled(f"awaited {type(promise).__name__}: a service awaits only Link, Clock and Compute")
            if self._life is not None and not self._life.alive:
                self.end()
            else:
                promise.when_settled(self.step)

    def _finish(self) -> None:
        self._running, self._ended = False, True


class Scheduler:
    """
    The heap of what happens next.

    Args:
        seed: decides every order and everything that asks `random`.
        start_ms: milliseconds since 1970 at the start.
    """

    def __init__(self, seed: int, *, start_ms: int) -> None:
        self.random = seeded(seed)
        self.now_ms = start_ms
        self.steps = 0
        self._order = seeded(seed ^ 0x5EED)
        self._count = 0
        self._tasks: WeakSet[Task[Any]] = WeakSet()
        self._heap: list[tuple[int, float, int, Callable[[], None]]] = []

    def after(self, delay_ms: int, action: Callable[[], None]) -> None:
        """Do `action` in `delay_ms` milliseconds (0 or more)."""
        self._count += 1
        heapq.heappush(self._heap, (self.now_ms + max(delay_ms, 0), self._order.random(), self._count, action))

    def spawn(self, coroutine: Coroutine[Any, Any, T], life: Life | None = None) -> Task[T]:
        """Begin to drive a coroutine; it takes its first step when the simulator comes to it."""
        task = Task(self, coroutine, life)
        self._tasks.add(task)
        self.after(0, task.step)
        return task

    def close(self) -> None:
        """End every coroutine where it stands; nothing happens any more."""
        for task in tuple(self._tasks):
            task.end()
        self._heap.clear()

    def promise(self) -> Promise[Any]:
        """Return a promise that the simulator will keep or break."""
        return Promise(self)

    async def sleep_ms(self, duration_ms: int) -> None:
        """Wait in virtual time."""
        promise: Promise[None] = Promise(self)
        self.after(duration_ms, lambda: promise.keep(None))
        await promise

    def step(self) -> bool:
        """Do the next thing; False where nothing is left."""
        if not self._heap:
            return False
        due_ms, _, _, action = heapq.heappop(self._heap)
        self.now_ms = max(self.now_ms, due_ms)
        self.steps += 1
        action()
        return True

    def run_until(self, finished: Callable[[], bool], *, steps_max: int = 50_000_000) -> None:
        """
        Step until `finished()`.

        Raises:
            Stalled: nothing is left to do, or the limit of steps is passed, and it is not finished.
        """
        limit = self.steps + steps_max
        while not finished():
            if self.steps >= limit or not self.step():
                raise Stalled(f"after {self.steps} steps at {self.now_ms} ms")

    def complete(self, coroutine: Coroutine[Any, Any, T], life: Life | None = None) -> T:
        """Drive the simulation until this coroutine has ended and return its result or raise its error."""
        task = self.spawn(coroutine, life)
        self.run_until(lambda: task.done.settled)
        return task.done.result()
