"""The made-up registry system at the other end of the change feed: a heartbeat every ten seconds keeps it from being stale."""

from __future__ import annotations

from pathlib import Path

from akashi.zones.core.residents.changes import FeedRecord, Heartbeat, format_line, parse_line

HEARTBEAT_SECONDS = 10


class FeedWriter:
    """
    Appends records to the feed file, numbering on from what is there.

    Args:
        path: the JSON-lines file; made where it is missing.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        path.touch(mode=0o644)
        lines = path.read_bytes().splitlines()
        self._sequence = parse_line(lines[-1]).sequence if lines else 0

    def beat(self, now_ms: int) -> None:
        """Append a heartbeat."""
        self._sequence += 1
        with self._path.open("ab") as file:
            file.write(format_line(FeedRecord(sequence=self._sequence, time_ms=now_ms, change=Heartbeat())))
