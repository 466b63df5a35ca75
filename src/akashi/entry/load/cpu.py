"""CPU time of processes and their children, from the kernel's own account: where a certificate's time goes."""

from __future__ import annotations

import os
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_UTIME, _STIME, _CUTIME, _CSTIME, _PPID = 11, 12, 13, 14, 1


def cpu_ms(pids: dict[str, int]) -> dict[str, float]:
    """
    Return milliseconds of CPU that each named process has used so far, with its worker processes; an ended one counts 0.

    A descendant that has a name of its own counts there: the load generator has started the servers.
    """
    table = _table()
    children: dict[int, list[int]] = {}
    for pid, (parent, _) in table.items():
        children.setdefault(parent, []).append(pid)

    named = set(pids.values())

    def total(pid: int) -> float:
        own = table[pid][1] if pid in table else 0.0
        return own + sum(total(child) for child in children.get(pid, []) if child not in named)

    return {name: total(pid) for name, pid in pids.items()}


def memory_mib(pids: dict[str, int]) -> dict[str, float]:
    """Return resident memory in MiB of each named process without its children; an ended one counts 0."""
    return {name: _resident_mib(pid) for name, pid in pids.items()}


def _table() -> dict[int, tuple[int, float]]:
    """Return pid to (parent, ms of CPU)."""
    table: dict[int, tuple[int, float]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            fields = _fields(entry / "stat")
            if fields:
                ticks = int(fields[_UTIME]) + int(fields[_STIME]) + int(fields[_CUTIME]) + int(fields[_CSTIME])
                table[int(entry.name)] = (int(fields[_PPID]), ticks * 1000 / _TICKS)
    return table


def _fields(path: Path) -> list[str]:
    try:
        # The program's name stands in brackets and may hold spaces; what follows does not.
        return path.read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _resident_mib(pid: int) -> float:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
    except OSError:
        return 0.0
