"""What an import tells of the lines that it refused: file, line, column and reason, never a value."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

REFUSED_LISTED_MAX: Final = 1_000


@dataclass(frozen=True, slots=True)
class RefusedLine:
    """
    Why one line was refused.

    Attributes:
        file: its name.
        line: where the record begins, counted from 1, header included; 0 for the whole file.
        column: which, or empty.
        reason: in fixed words; no value.
    """

    file: str
    line: int
    column: str
    reason: str


@dataclass(slots=True)
class LinesReport:
    """
    What became of an import.

    Attributes:
        counts: lines read by file.
        refused: the first refused lines, at most 1,000.
        refused_count: all of them; 0 means that everything was imported.
    """

    counts: dict[str, int] = field(default_factory=dict)
    refused: list[RefusedLine] = field(default_factory=list)
    refused_count: int = 0

    def refuse(self, file: str, line: int, column: str, reason: str) -> None:
        """Note one refused line."""
        self.refused_count += 1
        if len(self.refused) < REFUSED_LISTED_MAX:
            self.refused.append(RefusedLine(file, line, column, reason))
