"""The real world behind the ports: the machine's clock, its random source, worker processes."""

from __future__ import annotations

import asyncio
import ctypes
import multiprocessing
import os
import resource
import signal
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

_PR_SET_PDEATHSIG = 1
WORKER_BYTES_MAX = 4 * 1024**3
"""Address space of a worker; one that works on a crafted file must not take the machine along."""


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

    Where a worker dies (killed, out of memory, broken by a crafted file), the calls at hand fail and fresh workers take over.

    Args:
        workers: number of processes, 1 or more.
    """

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._pool = self._start()

    async def run(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """See `Compute.run`."""
        pool = self._pool
        try:
            return await asyncio.get_running_loop().run_in_executor(pool, partial(function, *args, **kwargs))
        except BrokenProcessPool:
            if self._pool is pool:
                self._pool = self._start()
                pool.shutdown(wait=False)
            raise

    def close(self) -> None:
        """End the workers."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _start(self) -> ProcessPoolExecutor:
        context = multiprocessing.get_context("fork")
        pool = ProcessPoolExecutor(self._workers, mp_context=context, initializer=_start_worker)
        for waiting in [pool.submit(os.getpid) for _ in range(self._workers)]:
            waiting.result()
        return pool


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
    resource.setrlimit(resource.RLIMIT_AS, (WORKER_BYTES_MAX, WORKER_BYTES_MAX))
