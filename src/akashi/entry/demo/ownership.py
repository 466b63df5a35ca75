"""
Giving files to a server's user, as root, in folders that this user may have prepared: no link is followed, hard ones included.

A taken-over server that plants a link in its folder must not become the owner of what the link names.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from akashi.base.config import ConfigRefused

_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def give_tree(folder: Path, user_id: int, group_id: int) -> None:
    """
    Give a folder and all in it to a user; the folder is closed to others.

    Raises:
        ConfigRefused: it holds a link, a file with a second name, or something that is neither file nor folder.
    """
    for _, _, names, descriptor in os.fwalk(folder, follow_symlinks=False):
        os.fchown(descriptor, user_id, group_id)
        for name in names:
            _give(name, descriptor, folder, user_id, group_id)
    folder.chmod(0o700)


def give_file(path: Path, user_id: int, group_id: int) -> None:
    """
    Give one file to a user.

    Raises:
        ConfigRefused: it is a link, has a second name, or is no file.
    """
    descriptor = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        _give(path.name, descriptor, path.parent, user_id, group_id)
    finally:
        os.close(descriptor)


def _give(name: str, folder_descriptor: int, folder: Path, user_id: int, group_id: int) -> None:
    try:
        descriptor = os.open(name, _FLAGS, dir_fd=folder_descriptor)
    except OSError as error:
        raise ConfigRefused(f"{folder}: {name!r} is no plain file ({error.strerror}); it is not given to anybody") from None
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_nlink != 1:
            raise ConfigRefused(f"{folder}: {name!r} is no plain file, or has a second name; it is not given to anybody")
        os.fchown(descriptor, user_id, group_id)
    finally:
        os.close(descriptor)
