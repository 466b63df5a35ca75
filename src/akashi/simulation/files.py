"""
Finished files in a run: most by a light stand-in, some for real.

Composing and reading back a page takes tens of milliseconds, a thousand times what the rules about it take. So most certificates
of a run are a stand-in that holds the encoded record: it goes the same way, is signed and sealed like a real one, and the model
can look into it. As many as are wanted are composed, read back and signed by the real code, where their kind has a form.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable
from random import Random
from typing import Any

from akashi.documents.compose.errors import RecordUnfit
from akashi.documents.compose.face import CertificateFace, Composed
from akashi.documents.read import FileRefused, PrintedFace, ReadFile, Rule
from akashi.sealing.records import FAMILIES
from akashi.wire import codec
from akashi.wire.certificates import Kind, items_for
from akashi.wire.kinds import KINDS
from akashi.wire.messages import AnyRecord, IssueOrder, JuminRecord
from akashi.zones.issuance.checker.finishing import Filling, Finished, Prepared, finish
from akashi.zones.issuance.checker.readers import READERS, ReadBack, Reader, Readers
from akashi.zones.issuance.issuer.composers import COMPOSERS, Composer, Composers

_MARK = b"%AKASHI-SIMULATION-1\n"
_PERSONS_ON_SHEET = 4
_ROOM = b"<" + b"0" * 6_144 + b">"


def _face(face: CertificateFace | PrintedFace) -> bytes:
    words = (face.issue_number, face.issued_on_written, face.as_of_written, face.city_name, face.officer_title, face.officer_name)
    return "\n".join(words).encode()


def _blocks(pdf: bytes) -> list[bytes]:
    """Return kind, record and face of a stand-in."""
    blocks, at = list[bytes](), len(_MARK)
    while at < len(pdf) and len(blocks) < 3:  # noqa: PLR2004 - kind, record, face; what follows is the signature's room
        (length,) = struct.unpack_from(">I", pdf, at)
        blocks.append(pdf[at + 4 : at + 4 + length])
        at += 4 + length
    return blocks


def _stand_in(record: AnyRecord, kind: Kind, face: CertificateFace | PrintedFace) -> bytes:
    blocks = (kind.encode(), codec.encode(record), _face(face))
    return _MARK + b"".join(struct.pack(">I", len(block)) + block for block in blocks)


def _pages(record: AnyRecord) -> int:
    return -(-len(record.persons) // _PERSONS_ON_SHEET) if isinstance(record, JuminRecord) else 1


def compose_light(
    record: AnyRecord,
    order: IssueOrder,
    face: CertificateFace,
    *,
    fonts: tuple[str, ...] = (),  # noqa: ARG001 - the real one's; a stand-in draws nothing
) -> Composed:
    """Return the stand-in for a real composer: it holds kind, record and face."""
    if isinstance(record, JuminRecord) and any(
        tuple(field.item for field in person.fields) != items_for(order.choices) for person in record.persons
    ):
        raise RecordUnfit("items of a person are not those of the choices")
    return Composed(_stand_in(record, order.kind, face), _pages(record))


def read_back_none(untrusted_pdf: bytes, record: AnyRecord, order: IssueOrder, face: PrintedFace) -> ReadFile:  # noqa: ARG001 - a reader's
    """Refuse a real file of a kind without a form."""
    raise FileRefused(Rule.FILE_READABLE)


def finish_light(
    read_back: ReadBack, untrusted_pdf: bytes, record: AnyRecord, order: IssueOrder, face: PrintedFace, *, filling: Filling
) -> Finished:
    """Do what `finish` does: a stand-in is compared with record and face, a real file is read back and filled."""
    if not untrusted_pdf.startswith(_MARK):
        return finish(read_back, untrusted_pdf, record, order, face, filling=filling)
    if untrusted_pdf != _stand_in(record, order.kind, face):
        raise FileRefused(Rule.TEXT_WORDS)
    start = len(untrusted_pdf)
    prepared = Prepared(untrusted_pdf + _ROOM, hashlib.sha256(untrusted_pdf).digest(), start, start + len(_ROOM))
    return Finished(_pages(record), prepared)


SIMULATED_COMPOSERS: Composers = {
    kind: COMPOSERS.get(kind, Composer(frozenset(facts.choices), compose_light)) for kind, facts in KINDS.items()
}
"""Every kind: those without a form are stand-ins always."""
SIMULATED_READERS: Readers = {
    kind: READERS.get(kind, Reader(frozenset(facts.choices), read_back_none)) for kind, facts in KINDS.items()
}
_REAL = frozenset(composer.compose for composer in COMPOSERS.values())


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
        if function not in _REAL:
            return function
        if self._real_left and self._random.random() < 0.5:  # noqa: PLR2004 - some of the first, not just the first
            self._real_left -= 1
            self.real_done += 1
            return function
        return compose_light

    def record_in(self, pdf: bytes) -> AnyRecord | None:
        """Return the record that a stand-in holds, or None for a real file, which only the checker's reader can read."""
        if not pdf.startswith(_MARK):
            return None
        kind, record, _ = _blocks(pdf)
        return codec.parse(FAMILIES[Kind(kind.decode())].record, record)
