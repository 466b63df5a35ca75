"""The real world behind the ports: the machine's clock, its random source, worker processes."""

from __future__ import annotations

import asyncio
import ctypes
import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

_PR_SET_PDEATHSIG = 1


class RealClock:
    """The machine's clocks. The wall clock is kept right by the operator (NTP); deadlines use the monotonic one."""

    def now_ms(self) -> int:
        """See `Clock.now_ms`."""
        return time.time_ns() // 1_000_000

    def monotonic_ms(self) -> int:
        """See `Clock.monotonic_ms`."""
        return time.monotonic_ns() // 1_000_000

    async def sleep_ms(self, duration_ms: int) -> None:
        """See `Clock.sleep_ms`."""
        await asyncio.sleep(duration_ms / 1000)


class RandomIds:
    """The operating system's random source."""

    def random_bytes(self, count: int) -> bytes:
        """See `Ids.random_bytes`."""
        return os.urandom(count)


class InlineCompute:
    """Runs at once, in the event loop: for servers whose work is short, and for command-line tools."""

    async def run(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """See `Compute.run`."""
        return function(*args, **kwargs)


class WorkerCompute:
    """
    Runs in worker processes, forked before the server listens, so that they hold no socket of it and inherit its user.

    Args:
        workers: number of processes, 1 or more.
    """

    def __init__(self, workers: int) -> None:
        context = multiprocessing.get_context("fork")
        self._pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_start_worker)
        for waiting in [self._pool.submit(os.getpid) for _ in range(workers)]:
            waiting.result()

    async def run(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """See `Compute.run`."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, partial(function, *args, **kwargs))

    def close(self) -> None:
        """End the workers."""
        self._pool.shutdown(wait=True, cancel_futures=True)


def end_with_parent(number: signal.Signals) -> None:
    """
    Ask the kernel to send this signal when the parent process ends. Call it after a change of user, which clears the wish.

    Args:
        number: SIGTERM to end in order, SIGKILL for a process that has nothing to put in order.
    """
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, number)


def _start_worker() -> None:
    """Make a worker end with its server, even one that was killed; Ctrl+C is the server's business."""
    end_with_parent(signal.SIGKILL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
