"""
The feed's lines as they come: a file of JSON lines, or a folder of such files in the order of their names.

Promise: only whole lines are handed out, so that a record that is being written is never seen half.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from akashi.registers.errors import FeedRefused
from akashi.wire.errors import WireCode

LINE_BYTES_MAX: Final = 1024 * 1024
"""Longest line of a feed."""

LINES_MAX: Final = 200
"""Lines handed out at a time, so that other work gets its turn."""


class FeedTail:
    """
    What a source has that was not yet taken.

    Args:
        source: the file or folder; may come into being later.
    """

    def __init__(self, source: Path) -> None:
        self._source = source
        self._offsets: dict[Path, int] = {}
        self._current: tuple[Path, int] | None = None

    def lines(self) -> list[bytes]:
        """
        Return the next whole lines; the same ones again until `taken` is called.

        Raises:
            FeedRefused: RELAY_DOWN, the source cannot be read.
        """
        self._current = None
        try:
            for file in self._files():
                lines, offset = self._read(file)
                if lines:
                    self._current = (file, offset)
                    return lines
        except OSError as error:
            raise FeedRefused(f"the source cannot be read: {error.strerror}", code=WireCode.RELAY_DOWN) from None
        return []

    def taken(self) -> None:
        """Go on behind the lines that were handed out last."""
        if self._current is not None:
            file, offset = self._current
            self._offsets[file] = offset

    def _files(self) -> list[Path]:
        return sorted(self._source.glob("*.jsonl")) if self._source.is_dir() else [self._source]

    def _read(self, file: Path) -> tuple[list[bytes], int]:
        offset = self._offsets.get(file, 0)
        with file.open("rb") as stream:
            if stream.seek(0, 2) < offset:
                offset = 0  # the file was replaced by a shorter one: from the beginning, known records are skipped
            stream.seek(offset)
            lines: list[bytes] = []
            while len(lines) < LINES_MAX:
                line = stream.readline(LINE_BYTES_MAX + 1)
                if not line.endswith(b"\n") and len(line) <= LINE_BYTES_MAX:
                    break  # not finished yet
                offset += len(line)
                if line.strip():
                    lines.append(line)
            return lines, offset
