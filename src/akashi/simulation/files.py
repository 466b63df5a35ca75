"""
Finished files in a run: most by a light stand-in, some for real.

Composing and reading back a page takes tens of milliseconds, a thousand times what the rules about it take. So most certificates
of a run are a stand-in that holds the encoded record: it goes the same way, is signed and sealed like a real one, and the model
can look into it. As many as are wanted are composed, read back and signed by the real code.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from random import Random
from typing import Any

from akashi.documents.compose.face import CertificateFace, Composed
from akashi.documents.compose.jumin import compose_jumin
from akashi.wire import codec
from akashi.wire.certificates import Choice
from akashi.wire.messages import JuminRecord

_MARK = b"%AKASHI-SIMULATION-1\n"
_PERSONS_ON_SHEET = 4


def compose_light(record: JuminRecord, choices: tuple[Choice, ...], face: CertificateFace) -> Composed:  # noqa: ARG001 - same call as the real one
    """Return the stand-in for `compose_jumin`."""
    encoded = codec.encode(record)
    return Composed(_MARK + struct.pack(">I", len(encoded)) + encoded, -(-len(record.persons) // _PERSONS_ON_SHEET))


class Files:
    """
    Decides for each certificate whether it is made for real.

    Args:
        real: how many are.
        random: draws which of the first ones.
    """

    def __init__(self, real: int, random: Random) -> None:
        self._real_left = real
        self._random = random
        self.real_done = 0

    def substitute(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return what `Compute` runs in place of `function` (`node.World.substitute`)."""
        if function is compose_jumin:
            if self._real_left and self._random.random() < 0.5:  # noqa: PLR2004 - some of the first, not just the first
                self._real_left -= 1
                self.real_done += 1
                return compose_jumin
            return compose_light
        return function

    def record_in(self, pdf: bytes) -> JuminRecord | None:
        """Return the record that a stand-in holds, or None for a real file."""
        if not pdf.startswith(_MARK):
            return None
        return record_in_light(pdf)


def record_in_light(pdf: bytes) -> JuminRecord:
    """Return the record in a stand-in."""
    (length,) = struct.unpack_from(">I", pdf, len(_MARK))
    start = len(_MARK) + 4
    return codec.parse(JuminRecord, pdf[start : start + length])
