"""
A folder into which people put signed requests, for decisions that nobody can make over the network.

A file alone does nothing: whoever reads it checks its signature and waits for a second person's. So the folder needs no more
protection than any login on that machine: nothing that lies there can end the server, and no number of files keeps two good
ones apart.
"""

from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path

from akashi.base.log import Log

REQUEST_BYTES_MAX = 16_384
REQUESTS_MAX = 64
"""So many files that were not seen before are read in one round."""
WAITING_MAX = 16
"""So many files of one signer are remembered while they wait for a colleague's."""
REQUEST_SUFFIX = ".signed"
_CHANCE = secrets.SystemRandom()
# A named pipe would keep its opener waiting, and a link could lead anywhere.
_OPEN = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class Inbox:
    """
    A folder of signed requests: `*.signed` wait, `done/` and `refused/` keep what was dealt with.

    Args:
        folder: made if absent.
        log: is told what cannot be listed, read or moved; it is left where it is.

    Raises:
        OSError: it cannot be made; the server does not start.
    """

    def __init__(self, folder: Path, log: Log) -> None:
        self._folder = folder
        self._log = log
        self._waiting: dict[str, str] = {}
        self._stuck: set[str] = set()
        for name in ("done", "refused"):
            (folder / name).mkdir(mode=0o700, parents=True, exist_ok=True)

    def read(self) -> list[tuple[str, bytes]]:
        """
        Return (name, untrusted content) of the files that wait for a colleague's and of at most `REQUESTS_MAX` others.

        The others are drawn by lot, so that no name and no time of a file hides another one. Only regular files count.
        """
        try:
            with os.scandir(self._folder) as entries:
                names = {entry.name for entry in entries if entry.name.endswith(REQUEST_SUFFIX) and _is_regular(entry)}
        except OSError as error:
            self._log.event("inbox_unreadable", error=error.errno)
            return []
        self._stuck &= names
        self._waiting = {name: signer for name, signer in self._waiting.items() if name in names}
        others = sorted(names - self._stuck - self._waiting.keys())
        chosen = [*self._waiting, *_CHANCE.sample(others, min(len(others), REQUESTS_MAX))]
        return [(name, content) for name in chosen if (content := self._content(name)) is not None]

    def keep(self, name: str, signer: str) -> None:
        """
        Remember that a good request waits, so that it is read in every round until it is settled or withdrawn (removed).

        Of each signer the latest `WAITING_MAX` are remembered; what is forgotten is drawn again.

        Args:
            name: of the file.
            signer: whose signature it holds.
        """
        own = [other for other, whose in self._waiting.items() if whose == signer]
        if name not in self._waiting and len(own) >= WAITING_MAX:
            del self._waiting[own[0]]
        self._waiting[name] = signer

    def settle(self, name: str, *, accepted: bool) -> None:
        """Move a file away, so that it is dealt with once. One that cannot be moved is not read again until the next start."""
        self._waiting.pop(name, None)
        try:
            (self._folder / name).replace(self._folder / ("done" if accepted else "refused") / name)
        except OSError as error:
            self._set_aside(name, error)

    def _content(self, name: str) -> bytes | None:
        try:
            descriptor = os.open(self._folder / name, _OPEN)
            with os.fdopen(descriptor, "rb") as file:
                return file.read(REQUEST_BYTES_MAX + 1) if stat.S_ISREG(os.fstat(descriptor).st_mode) else None
        except FileNotFoundError:
            return None
        except OSError as error:
            self._set_aside(name, error)
            return None

    def _set_aside(self, name: str, error: OSError) -> None:
        self._stuck.add(name)
        self._log.event("inbox_file_stuck", file=name, error=error.errno)


def _is_regular(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file(follow_symlinks=False)
    except OSError:
        return False
