"""Virtual time: order by seed, promises, tasks, lives that end."""

from __future__ import annotations

import asyncio

import pytest

from akashi.simulation.scheduler import Fenced, Promise, Scheduler, Stalled


class Life:
    def __init__(self) -> None:
        self.alive = True
        self.steps = 0
        self.dies_at = 0

    def before_step(self) -> None:
        self.steps += 1
        if self.steps == self.dies_at:
            self.alive = False


def order_of(seed: int) -> list[int]:
    scheduler, seen = Scheduler(seed, start_ms=0), list[int]()

    async def worker(number: int) -> None:
        for _ in range(3):
            await scheduler.sleep_ms(5)
            seen.append(number)

    tasks = [scheduler.spawn(worker(number)) for number in range(6)]
    scheduler.run_until(lambda: all(task.done.settled for task in tasks))
    assert scheduler.now_ms == 15
    return seen


def test_the_seed_decides_the_order_of_what_is_due_at_once() -> None:
    assert order_of(1) == order_of(1)
    assert len({tuple(order_of(seed)) for seed in range(8)}) > 4


def test_time_passes_only_between_steps_and_costs_nothing() -> None:
    scheduler = Scheduler(0, start_ms=1000)
    scheduler.complete(scheduler.sleep_ms(365 * 86_400_000))
    assert scheduler.now_ms == 1000 + 365 * 86_400_000
    assert scheduler.steps < 10


def test_errors_and_values_reach_whoever_waits() -> None:
    scheduler = Scheduler(0, start_ms=0)
    promise: Promise[int] = scheduler.promise()
    scheduler.after(3, lambda: promise.keep(7))
    scheduler.after(4, lambda: promise.fail(KeyError()))  # too late: settled once

    async def read() -> int:
        return await promise

    assert scheduler.complete(read()) == 7

    async def fails() -> None:
        raise LookupError

    with pytest.raises(LookupError):
        scheduler.complete(fails())


def test_a_lost_wake_up_is_reported() -> None:
    scheduler = Scheduler(0, start_ms=0)

    async def waits() -> None:
        await scheduler.promise()

    with pytest.raises(Stalled):
        scheduler.complete(waits())
    with pytest.raises(Stalled):
        scheduler.promise().result()


def test_a_service_may_await_nothing_else() -> None:
    scheduler = Scheduler(0, start_ms=0)

    async def sleeps() -> None:
        await asyncio.sleep(0)

    with pytest.raises(Stalled):
        scheduler.complete(sleeps())


@pytest.mark.parametrize("dies_at", range(1, 5))
def test_a_life_ends_at_any_await_and_its_finally_blocks_run_once(dies_at: int) -> None:
    scheduler, life, seen = Scheduler(0, start_ms=0), Life(), list[str]()
    life.dies_at = dies_at

    async def work() -> None:
        try:
            for number in range(3):
                await scheduler.sleep_ms(1)
                seen.append(str(number))
        finally:
            seen.append("end")
            await scheduler.sleep_ms(1)  # dead code may try to wait: it does not come back
            seen.append("never")

    with pytest.raises(Fenced):
        scheduler.complete(work(), life)
    expected = [str(number) for number in range(dies_at - 2)]
    assert seen == (expected if dies_at == 1 else [*expected, "end"])
