"""
Finished files in a run: most by a light stand-in, some for real.

Composing and reading back a page takes tens of milliseconds, a thousand times what the rules about it take. So most certificates
of a run are a stand-in that holds the encoded record: it goes the same way, is signed and sealed like a real one, and the model
can look into it. As many as are wanted are composed, read back and signed by the real code.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable
from random import Random
from typing import Any

from akashi.documents.compose.errors import RecordUnfit
from akashi.documents.compose.face import CertificateFace, Composed
from akashi.documents.compose.jumin import compose_jumin
from akashi.documents.read import FileRefused, PrintedFace, Rule
from akashi.wire import codec
from akashi.wire.certificates import Choice, items_for
from akashi.wire.messages import JuminRecord
from akashi.zones.issuance.checker.finishing import Finished, Prepared, finish_jumin

_MARK = b"%AKASHI-SIMULATION-1\n"
_PERSONS_ON_SHEET = 4
_ROOM = b"<" + b"0" * 6_144 + b">"


def _face(face: CertificateFace | PrintedFace) -> bytes:
    words = (face.issue_number, face.issued_on_written, face.as_of_written, face.city_name, face.officer_title, face.officer_name)
    return "\n".join(words).encode()


def _parts(pdf: bytes) -> tuple[JuminRecord, bytes]:
    """Return the record and the face of a stand-in."""
    (length,) = struct.unpack_from(">I", pdf, len(_MARK))
    start = len(_MARK) + 4
    (face_length,) = struct.unpack_from(">I", pdf, start + length)
    face = start + length + 4
    return codec.parse(JuminRecord, pdf[start : start + length]), pdf[face : face + face_length]


def compose_light(
    record: JuminRecord,
    choices: tuple[Choice, ...],
    face: CertificateFace,
    *,
    fonts: tuple[str, ...] = (),  # noqa: ARG001 - the real one's; a stand-in draws nothing
) -> Composed:
    """Return the stand-in for `compose_jumin`: it holds the record and the face."""
    if any(tuple(field.item for field in person.fields) != items_for(choices) for person in record.persons):
        raise RecordUnfit("items of a person are not those of the choices")
    encoded, words = codec.encode(record), _face(face)
    pdf = b"".join((_MARK, struct.pack(">I", len(encoded)), encoded, struct.pack(">I", len(words)), words))
    return Composed(pdf, -(-len(record.persons) // _PERSONS_ON_SHEET))


def finish_light(
    untrusted_pdf: bytes, record: JuminRecord, choices: tuple[Choice, ...], face: PrintedFace, *, time_ms: int
) -> Finished:
    """Do what `finish_jumin` does: a stand-in is compared with record and face, a real file is read back."""
    if not untrusted_pdf.startswith(_MARK):
        return finish_jumin(untrusted_pdf, record, choices, face, time_ms=time_ms)
    if _parts(untrusted_pdf) != (record, _face(face)):
        raise FileRefused(Rule.TEXT_WORDS)
    start = len(untrusted_pdf)
    prepared = Prepared(untrusted_pdf + _ROOM, hashlib.sha256(untrusted_pdf).digest(), start, start + len(_ROOM))
    return Finished(-(-len(record.persons) // _PERSONS_ON_SHEET), prepared)


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
        if function is not compose_jumin:
            return function
        if self._real_left and self._random.random() < 0.5:  # noqa: PLR2004 - some of the first, not just the first
            self._real_left -= 1
            self.real_done += 1
            return compose_jumin
        return compose_light

    def record_in(self, pdf: bytes) -> JuminRecord | None:
        """Return the record that a stand-in holds, or None for a real file, which only the checker's reader can read."""
        return _parts(pdf)[0] if pdf.startswith(_MARK) else None
