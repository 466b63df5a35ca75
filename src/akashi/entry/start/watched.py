"""
A file that is read again when it changes, for starts: services get a function and never see a file.

A change that cannot be used leaves the last good value in place and is logged once: a broken delivery must not stop a city.
Whether the old value is still in date is for its user to ask.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from akashi.base.config import ConfigRefused
from akashi.base.log import Log
from akashi.wire.errors import Refused

T = TypeVar("T")


class Watched(Generic[T]):
    """
    The parsed content of one or several files.

    Args:
        paths: files; a change of any reads all again.
        parse: contents, in the order of `paths`, to value; raises Refused where they cannot be used.
        log: is told about a change that cannot be used.

    Raises:
        ConfigRefused: at the start a file cannot be read or used.
    """

    def __init__(self, paths: tuple[Path, ...], parse: Callable[..., T], log: Log) -> None:
        self._paths = paths
        self._parse = parse
        self._log = log
        try:
            # Stamps before contents: a change in between is then seen at the next use, not lost.
            self._stamps = self._look()
            self._value = self._read()
        except OSError as error:
            raise ConfigRefused(f"{error.filename}: cannot be read ({error.strerror})") from None
        except Refused as refusal:
            names = ", ".join(str(path) for path in paths)
            raise ConfigRefused(f"{names}: cannot be used ({refusal.detail})") from None

    def __call__(self) -> T:
        """Return the value of the last usable content."""
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
