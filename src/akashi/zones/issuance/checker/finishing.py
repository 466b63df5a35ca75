"""
What is done with a file between reading it and signing it: the 2D codes of its pages, the moment, the digest. No key, no clock.

The composer left room for all three; only these bytes change, and the reader has said where they are.
Source: docs/spec/certificate-file.md sections 5 and 6; ISO 32000-1 12.8.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from akashi.documents.read import PrintedFace, ReadFile
from akashi.wire.certificates import Kind
from akashi.wire.messages import AnyRecord, IssueOrder
from akashi.zones.issuance.checker.errors import SigningFailed
from akashi.zones.issuance.checker.readers import ReadBack

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class CodePage:
    """
    What a page's 2D code may speak of.

    Attributes:
        kind: of the certificate.
        issue_number: 発行番号.
        page, page_count: from 1.
        words: what stands on the page, box by box in reading order: name of the box and its words.
        width, height: of the image in dots; each row is filled up to whole bytes, a bit of 1 is a black dot.
    """

    kind: Kind
    issue_number: str
    page: int
    page_count: int
    words: tuple[tuple[str, str], ...]
    width: int
    height: int


CodeMaker = Callable[[CodePage], bytes]
"""Makes the image of one page's 2D code, exactly as many bytes as its room has."""


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
        self, read_back: ReadBack, untrusted_pdf: bytes, record: AnyRecord, order: IssueOrder, face: PrintedFace, *, time_ms: int
    ) -> Finished:
        """Return the finished file."""
        ...


def finish(
    read_back: ReadBack,
    untrusted_pdf: bytes,
    record: AnyRecord,
    order: IssueOrder,
    face: PrintedFace,
    *,
    time_ms: int,
    codes: CodeMaker | None = None,
) -> Finished:
    """
    Read the file back, compare every word, fill in 2D codes and moment.

    Args:
        read_back: of this kind.
        untrusted_pdf: the unsigned file.
        record: as the registry signed it.
        order: as the applicant signed it.
        face: number, dates, officer and fonts by the checker's own policy.
        time_ms: moment of the signature, in milliseconds since 1970 UTC.
        codes: makes the 2D codes; without it their room stays empty.

    Raises:
        FileRefused: the file is not what it must be.
        FontsUnfit: the city's fonts cannot be read here.
        SigningFailed: a 2D code does not fit its room.
    """
    found = read_back(untrusted_pdf, record, order, face)
    pdf = bytearray(untrusted_pdf)
    if codes is not None:
        _fill_codes(pdf, found, codes, kind=order.kind, issue_number=face.issue_number)
    moment = (_EPOCH + timedelta(milliseconds=time_ms)).strftime("%Y%m%d%H%M%S").encode()
    room = found.signature
    pdf[room.moment_start : room.moment_start + len(moment)] = moment
    digest = hashlib.sha256(memoryview(pdf)[: room.start])
    digest.update(memoryview(pdf)[room.end :])
    return Finished(len(found.pages), Prepared(bytes(pdf), digest.digest(), room.start, room.end))


def _fill_codes(pdf: bytearray, found: ReadFile, codes: CodeMaker, *, kind: Kind, issue_number: str) -> None:
    for number, page in enumerate(found.pages, 1):
        image = codes(
            CodePage(
                kind=kind,
                issue_number=issue_number,
                page=number,
                page_count=len(found.pages),
                words=page.words(),
                width=page.code.width,
                height=page.code.height,
            )
        )
        if len(image) != page.code.end - page.code.start:
            raise SigningFailed("code")
        pdf[page.code.start : page.code.end] = image
