"""
A file that is read again when it changes, for starts: services get a function and never see a file.

A change that cannot be used leaves the last good value in place and is logged once: a broken delivery must not stop a city.
Whether the old value is still in date is for its user to ask.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from akashi.base.config import ConfigRefused
from akashi.base.log import Log
from akashi.wire.errors import Refused

T = TypeVar("T")

LOOK_SECONDS = 0.25
"""How long a look counts: a request asks for a dozen values, and a look costs a system call for each file."""


class Watched(Generic[T]):
    """
    The parsed content of one or several files.

    Args:
        paths: files; a change of any reads all again.
        parse: contents, in the order of `paths`, to value; raises Refused where they cannot be used.
        log: is told about a change that cannot be used.
        look_seconds: how long a look at the files counts; `LOOK_SECONDS` by default, 0 where the next question must know.

    Raises:
        ConfigRefused: at the start a file cannot be read or used.
    """

    def __init__(self, paths: tuple[Path, ...], parse: Callable[..., T], log: Log, *, look_seconds: float | None = None) -> None:
        self._paths = paths
        self._parse = parse
        self._log = log
        self._look_seconds = LOOK_SECONDS if look_seconds is None else look_seconds
        try:
            # Stamps before contents: a change in between is then seen at the next use, not lost.
            self._stamps = self._look()
            self._value = self._read()
            self._look_at = time.monotonic() + self._look_seconds
        except OSError as error:
            raise ConfigRefused(f"{error.filename}: cannot be read ({error.strerror})") from None
        except Refused as refusal:
            names = ", ".join(str(path) for path in paths)
            raise ConfigRefused(f"{names}: cannot be used ({refusal.detail})") from None

    def __call__(self) -> T:
        """Return the value of the last usable content, at most `look_seconds` behind the files."""
        now = time.monotonic()
        if now < self._look_at:
            return self._value
        self._look_at = now + self._look_seconds
        try:
            stamps = self._look()
            if stamps != self._stamps:
                self._stamps = stamps
                self._value = self._read()
        except (OSError, Refused) as error:
            self._log.event("file_unusable", file=self._paths[0].name, error=type(error).__name__)
        return self._value

    def _look(self) -> tuple[tuple[int, int, int], ...]:
        stats = [path.stat() for path in self._paths]
        return tuple((each.st_ino, each.st_mtime_ns, each.st_size) for each in stats)

    def _read(self) -> T:
        return self._parse(*(path.read_bytes() for path in self._paths))
