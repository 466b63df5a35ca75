"""
The process that judges untrusted bytes once: `python -m akashi.entry.verifying.worker`, question in, answer out by pipes.

Promises: it can write no file, cannot be looked into, uses no more memory and time than it is given, and ends with the answer.
Whatever a decoder is talked into doing, it does it here, without any key and with nobody else's document.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys

import msgspec

from akashi.entry.world import end_with_parent
from akashi.verifier import Report, judge, parse_trust
from akashi.verifier.verdict import unreadable
from akashi.wire.errors import Refused

MEMORY_BYTES_MAX = 3 * 1024**3
CPU_SECONDS_MAX = 40
_FILES_MAX = 64
_PR_SET_DUMPABLE = 4


class Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to judge, and by which lists."""

    files: tuple[bytes, ...]
    trust: tuple[tuple[bytes, bytes], ...]
    voids: tuple[bytes, ...]


def answer(question: Question) -> Report:
    """Return the report; lists that do not verify make everything unreadable (the caller has checked them already)."""
    try:
        return judge(question.files, parse_trust(question.trust, question.voids))
    except (Refused, MemoryError):
        return unreadable()


def _confine() -> None:
    end_with_parent(signal.SIGKILL)
    ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0)
    for limit, value in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_AS, MEMORY_BYTES_MAX),
        (resource.RLIMIT_CPU, CPU_SECONDS_MAX),
        (resource.RLIMIT_NOFILE, _FILES_MAX),
    ):
        resource.setrlimit(limit, (value, value))


def main() -> None:
    """Read the question, write the answer."""
    _confine()
    question = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Question)
    sys.stdout.buffer.write(msgspec.json.encode(answer(question)))
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
    # Nothing to tidy up: what was in memory is gone with the process.
    os._exit(0)
