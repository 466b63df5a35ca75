"""
Logs of ids and codes, one JSON object a line.

Promise: no personal data and no secret can get in by accident. Values are whole numbers, truth values or short words of a
closed alphabet; whatever else is passed is withheld, and the line says so.
"""

from __future__ import annotations

import json
import re
import sys
from typing import TextIO

_SAFE = re.compile(r"^[A-Za-z0-9_./:-]{1,80}$")
_LONG_DIGITS = re.compile(r"[0-9]{9,}")
WITHHELD = "(withheld)"

Value = int | bool | str | None


class Log:
    """
    A server's log.

    Args:
        server: name in the topology; stands in every line.
        stream: where lines go; standard error by default.
    """

    def __init__(self, server: str, stream: TextIO | None = None) -> None:
        self._server = server
        self._stream = stream or sys.stderr

    def event(self, name: str, **facts: Value) -> None:
        """Write one line. Text that could be a name, a number of a person or a secret is replaced by "(withheld)"."""
        line: dict[str, Value] = {"server": self._server, "event": name}
        line.update((key, _safe(value)) for key, value in facts.items())
        self._stream.write(json.dumps(line, ensure_ascii=True) + "\n")
        self._stream.flush()


def _safe(value: Value) -> Value:
    """Return the value where it is an id, a code or a number; digits in a run of nine or more look like a person's number."""
    if isinstance(value, str):
        return value if _SAFE.match(value) and not _LONG_DIGITS.search(value) else WITHHELD
    return value
