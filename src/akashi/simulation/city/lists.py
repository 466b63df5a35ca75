"""
The lists that names and places are drawn from: `lists/*.csv`, written for this project, of nobody in particular.

A variation selector is invisible, so the files write it as its hexadecimal number in braces: 葛{E0102}西.
"""

from __future__ import annotations

import csv
import re
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent / "lists"
_SELECTOR = re.compile(r"\{([0-9A-F]{4,5})\}")


def spell(text: str) -> str:
    """Return the text with every {E0102} turned into the character of that number."""
    return _SELECTOR.sub(lambda match: chr(int(match.group(1), 16)), text)


@cache
def rows(name: str) -> tuple[dict[str, str], ...]:
    """Return the rows of one list, characters spelled out; `name` without ".csv"."""
    with (_FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return tuple({column: spell(value) for column, value in row.items()} for row in csv.DictReader(file))
