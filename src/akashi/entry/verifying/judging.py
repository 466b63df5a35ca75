"""Judging in a process of its own: started for one question, ended with its answer, or killed when it takes too long."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Sequence

import msgspec

from akashi.entry.verifying.lists import Lists
from akashi.entry.verifying.worker import Question
from akashi.verifier import Report
from akashi.verifier.verdict import unreadable

SECONDS_MAX = 60.0
_COMMAND = ("-m", "akashi.entry.verifying.worker")


class Bench:
    """Starts processes that judge, the next one ahead where that is asked for, so that nobody waits for its imports."""

    def __init__(self) -> None:
        self._warm: asyncio.subprocess.Process | None = None

    async def warm(self) -> None:
        """Start the next process ahead."""
        if self._warm is None or self._warm.returncode is not None:
            self._warm = await _start()

    async def judge(self, untrusted_files: Sequence[bytes], lists: Lists, *, seconds_max: float = SECONDS_MAX) -> Report:
        """Return the report by these lists. A process that dies or takes too long gives "unreadable"."""
        process, self._warm = self._warm, None
        if process is None or process.returncode is not None:
            process = await _start()
        question = msgspec.msgpack.encode(Question(tuple(untrusted_files), lists.trust, lists.voids))
        try:
            async with asyncio.timeout(seconds_max):
                answer, _ = await process.communicate(question)
            return msgspec.json.decode(answer, type=Report)
        except (TimeoutError, msgspec.DecodeError, OSError):
            return unreadable()
        finally:
            await _end(process)

    async def close(self) -> None:
        """End the waiting process."""
        if self._warm is not None:
            await _end(self._warm)
            self._warm = None


async def _start() -> asyncio.subprocess.Process:
    pipe, nothing = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
    return await asyncio.create_subprocess_exec(sys.executable, *_COMMAND, stdin=pipe, stdout=pipe, stderr=nothing)


async def _end(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    await process.communicate()
