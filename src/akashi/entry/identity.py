"""Becoming the server's own operating-system user, before any key is read."""

from __future__ import annotations

import os
import pwd

from akashi.base.config import ConfigRefused


def become(user: str) -> None:
    """
    Drop root for good and be `user`. Without root nothing can be dropped and nothing is done.

    Raises:
        ConfigRefused: there is no such user, or the rights did not go.
    """
    if os.geteuid() != 0:
        return
    try:
        entry = pwd.getpwnam(user)
    except KeyError:
        raise ConfigRefused(f"no operating-system user {user!r}; `akashi up` as root makes one per server") from None
    os.setgroups([])
    os.setgid(entry.pw_gid)
    os.setuid(entry.pw_uid)
    if os.geteuid() != entry.pw_uid or os.getuid() == 0:
        raise ConfigRefused(f"could not become {user!r}")
    os.umask(0o077)
