"""
What is done with a file between reading it and signing it: salt, the 2D codes of its pages, moment, digest. No key, no clock.

The composer left room for all that is written; only these bytes change, and the reader has said where they are. What a code is
made for is what was read back from this very file.
Source: docs/spec/certificate-file.md sections 7 and 9; docs/spec/paper-seal.md sections 3 and 5; ISO 32000-1 12.8.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Protocol

from akashi.documents.paper_seal import SALT_BYTES, PaperContent, PaperPage, paper_page
from akashi.documents.read import PrintedFace, ReadFile
from akashi.documents.read.places import Box, ExpectedPage, Role
from akashi.wire.certificates import Kind
from akashi.wire.messages import AnyRecord, IssueOrder
from akashi.zones.issuance.checker.errors import SigningFailed
from akashi.zones.issuance.checker.readers import ReadBack

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MOMENT_DIGITS = 14


class CodeMaker(Protocol):
    """Makes the 2D codes of a whole certificate, with the city's PAPER key."""

    def __call__(self, content: PaperContent, salt: bytes, issued_on: date, /) -> tuple[bytes, ...]:
        """Return the image of each page's code, as many bytes as its room has. Raises PaperUnfit where none can hold it."""
        ...


@dataclass(frozen=True, slots=True)
class Filling:
    """
    What is written into a file's rooms beside its signature.

    Attributes:
        time_ms: moment of the signature, in milliseconds since 1970 UTC.
        salt: 16 random bytes, of this one file.
        codes: makes the 2D codes.
    """

    time_ms: int
    salt: bytes
    codes: CodeMaker


@dataclass(frozen=True, slots=True)
class Prepared:
    """
    A file with everything but its signature.

    Attributes:
        pdf: the whole file, the room of the signature filled with zeros.
        digest: SHA-256 of everything outside the room.
        room_start, room_end: where the room is, brackets included.
    """

    pdf: bytes
    digest: bytes
    room_start: int
    room_end: int


@dataclass(frozen=True, slots=True)
class Finished:
    """A file that says exactly what it must, with room for its signature."""

    page_count: int
    prepared: Prepared


class Finish(Protocol):
    """What `finish` does."""

    def __call__(
        self,
        read_back: ReadBack,
        untrusted_pdf: bytes,
        record: AnyRecord,
        order: IssueOrder,
        face: PrintedFace,
        *,
        filling: Filling,
    ) -> Finished:
        """Return the finished file."""
        ...


def finish(
    read_back: ReadBack, untrusted_pdf: bytes, record: AnyRecord, order: IssueOrder, face: PrintedFace, *, filling: Filling
) -> Finished:
    """
    Read the file back, compare every word, fill in salt, 2D codes and moment.

    Args:
        read_back: of this kind.
        untrusted_pdf: the unsigned file.
        record: as the registry signed it.
        order: as the applicant signed it.
        face: number, dates, officer and fonts by the checker's own policy.
        filling: what is written into the rooms.

    Raises:
        FileRefused: the file is not what it must be.
        FontsUnfit: the city's fonts cannot be read here.
        PaperUnfit: no 2D code can hold what a page says.
        SigningFailed: a 2D code or the salt does not fit its room.
    """
    found = read_back(untrusted_pdf, record, order, face)
    return Finished(len(found.pages), prepare(fill_rooms(untrusted_pdf, found, order.kind, face, filling), found))


def fill_rooms(pdf: bytes, found: ReadFile, kind: Kind, face: PrintedFace, filling: Filling) -> bytes:
    """
    Return the file with salt, 2D codes and moment, by what was read in it.

    Raises:
        PaperUnfit, SigningFailed: as `finish`.
    """
    content = PaperContent(kind.value, face.issue_number, tuple([_paper_page(kind, page.shown) for page in found.pages]))
    filled = bytearray(pdf)
    _write(filled, found.salt_at, found.salt_at + 2 * SALT_BYTES, filling.salt.hex().upper().encode())
    images = filling.codes(content, filling.salt, face.issued_on)
    if len(images) != len(found.pages):
        raise SigningFailed("code")
    for page, image in zip(found.pages, images, strict=True):
        _write(filled, page.code.start, page.code.end, image)
    moment = (_EPOCH + timedelta(milliseconds=filling.time_ms)).strftime("%Y%m%d%H%M%S").encode()
    start = found.signature.moment_start
    _write(filled, start, start + _MOMENT_DIGITS, moment)
    return bytes(filled)


def prepare(filled_pdf: bytes, found: ReadFile) -> Prepared:
    """Return a file whose rooms are filled, and what its signature is made over."""
    room = found.signature
    digest = hashlib.sha256(memoryview(filled_pdf)[: room.start])
    digest.update(memoryview(filled_pdf)[room.end :])
    return Prepared(filled_pdf, digest.digest(), room.start, room.end)


def _write(pdf: bytearray, start: int, end: int, content: bytes) -> None:
    if len(content) != end - start:
        raise SigningFailed("room of a code, salt or moment")
    pdf[start:end] = content


def _paper_page(kind: Kind, page: ExpectedPage) -> PaperPage:
    """Return what a page says, value by value in the order of its tags; an image stands by the hash of its rows."""
    said = [(box.name, _said(page, box)) for box in page.places.boxes if box.role is Role.VALUE or box.role is Role.IMAGE]
    return paper_page(kind.value, said)


def _said(page: ExpectedPage, box: Box) -> str:
    if box.role is Role.VALUE:
        return page.words[box.name]
    picture = page.pictures[box.name]
    return f"image {picture.columns} {picture.rows} {hashlib.sha256(picture.bits).hexdigest()}"
