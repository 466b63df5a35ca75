"""The made-up registry systems at the other end of the feeds: a heartbeat every ten seconds keeps them from being stale."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from akashi.zones.core.residents import changes as residents
from akashi.zones.core.seals import changes as seals
from akashi.zones.koseki.register import notifications as koseki

HEARTBEAT_SECONDS = 10


@dataclass(frozen=True, slots=True)
class FeedKind:
    """
    One register's feed.

    Attributes:
        number_of: the number in a line.
        heartbeat: number and time to the line of a heartbeat.
    """

    number_of: Callable[[bytes], int]
    heartbeat: Callable[[int, int], bytes]


RESIDENTS = FeedKind(
    lambda line: residents.parse_line(line).sequence,
    lambda number, now_ms: residents.format_line(
        residents.FeedRecord(sequence=number, time_ms=now_ms, change=residents.Heartbeat())
    ),
)
SEALS = FeedKind(
    lambda line: seals.parse_line(line).sequence,
    lambda number, now_ms: seals.format_line(seals.FeedRecord(sequence=number, time_ms=now_ms, change=seals.Heartbeat())),
)
KOSEKI = FeedKind(
    lambda line: koseki.parse_line(line).sequence,
    lambda number, now_ms: koseki.format_line(koseki.FeedRecord(sequence=number, time_ms=now_ms, steps=())),
)


class FeedWriter:
    """
    Appends records to a feed file, numbering on from what is there.

    Args:
        path: the JSON-lines file; made where it is missing.
        kind: whose feed.
    """

    def __init__(self, path: Path, kind: FeedKind) -> None:
        self._path = path
        self._kind = kind
        path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        path.touch(mode=0o644)
        lines = path.read_bytes().splitlines()
        self._sequence = kind.number_of(lines[-1]) if lines else 0

    def beat(self, now_ms: int) -> None:
        """Append a heartbeat."""
        self._sequence += 1
        with self._path.open("ab") as file:
            file.write(self._kind.heartbeat(self._sequence, now_ms))
