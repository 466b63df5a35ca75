"""
Holds a server to "it keeps nothing": once it serves, Python lets it write no file, open no database and start no process.

Import contracts show what code can reach; this acts on what runs. A C extension that opened files by itself would escape it,
which is why blind servers load none that does, and stand on a read-only file system where they are deployed.
Source: style guide, dependency rules; requirements C6, C14.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

WRITE_FLAGS = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
FORBIDDEN = frozenset(
    {
        "os.exec",
        "os.fork",
        "os.forkpty",
        "os.link",
        "os.mkdir",
        "os.posix_spawn",
        "os.rename",
        "os.spawn",
        "os.symlink",
        "os.system",
        "os.truncate",
        "pty.spawn",
        "shutil.copyfile",
        "shutil.move",
        "sqlite3.connect",
        "subprocess.Popen",
        "tempfile.mkdtemp",
        "tempfile.mkstemp",
    }
)


class KeepsNothing(PermissionError):  # noqa: N818 - it names the promise that was about to be broken
    """A server that keeps nothing tried to write or to start something."""


def keep_nothing(on_breach: Callable[[str], None]) -> None:
    """
    From now on, refuse writing and spawning in this process, for good.

    Args:
        on_breach: told the audit event's name before it is refused.
    """
    sys.dont_write_bytecode = True
    told = False

    def hook(event: str, args: tuple[object, ...]) -> None:
        nonlocal told
        breach = event in FORBIDDEN or (event == "open" and _writes(args))
        if not breach:
            return
        if not told:
            # Telling it may itself be audited; once is enough to find it.
            told = True
            on_breach(event)
        raise KeepsNothing(event)

    sys.addaudithook(hook)


def _writes(args: tuple[object, ...]) -> bool:
    """Return whether an "open" event is for writing: by its mode ("w", "a", "x", "+"), or by its flags."""
    _, mode, flags = args
    if isinstance(mode, str) and set(mode) & set("wax+"):
        return True
    return isinstance(flags, int) and bool(flags & WRITE_FLAGS)
