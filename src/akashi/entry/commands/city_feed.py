"""
`akashi city feed`: write to a change feed: changes and heartbeats, numbered without a gap.

A resident-record system writes its feed itself; this command stands in for it in the demonstration and in tests, and
gives an operator the heartbeat of a source that has none.
"""

from __future__ import annotations

import fcntl
import os
import sys
import time
from pathlib import Path

import click

from akashi.entry.world import RealClock
from akashi.registers.tail import LINE_BYTES_MAX
from akashi.zones.core.residents.changes import FeedRecord, Heartbeat, format_line, parse_change, parse_line


@click.command("feed")
@click.argument("source", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--change", "changes", multiple=True, help='A change as JSON, such as {"kind": "editing-begun", ...}; "-" reads lines.'
)
@click.option("--heartbeat", is_flag=True, help="Append one heartbeat.")
@click.option("--every", "every_s", type=click.IntRange(min=1), help="Append a heartbeat every so many seconds until ended.")
@click.option("--after", type=click.IntRange(min=0), default=0, show_default=True, help="Last number before an empty SOURCE.")
def feed(source: Path, changes: tuple[str, ...], *, heartbeat: bool, every_s: int | None, after: int) -> None:
    """Append to SOURCE, a JSON-lines file (docs/spec/registry.md section 3)."""
    for text in changes:
        lines = sys.stdin.buffer.read().splitlines() if text == "-" else [text.encode()]
        for line in lines:
            append(source, line, after=after)
    if heartbeat:
        append(source, None, after=after)
    if every_s is None:
        with source.open("rb") as stream:
            click.echo(f"{source}: last number {_last_number(stream.fileno(), after)}")
        return
    while True:
        append(source, None, after=after)
        time.sleep(every_s)


def append(source: Path, untrusted_change: bytes | None, *, after: int) -> int:
    """
    Append one record, durable, and return its number.

    Args:
        source: the file; made where it is missing.
        untrusted_change: the change as JSON, or None for a heartbeat.
        after: the number before the first one of an empty file.

    Raises:
        FeedRefused: the change, or the file's last line, is not one.
    """
    change = Heartbeat() if untrusted_change is None else parse_change(untrusted_change)
    descriptor = os.open(source, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o640)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)  # two writers would give one number twice
        number = _last_number(descriptor, after) + 1
        os.write(descriptor, format_line(FeedRecord(sequence=number, time_ms=RealClock().now_ms(), change=change)))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    return number


def _last_number(descriptor: int, after: int) -> int:
    size = os.fstat(descriptor).st_size
    if not size:
        return after
    length = min(size, LINE_BYTES_MAX + 1)
    tail = os.pread(descriptor, length, size - length)
    return parse_line(tail.splitlines()[-1]).sequence
