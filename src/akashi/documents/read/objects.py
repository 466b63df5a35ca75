"""
The objects of a file that is written in one way only: numbered from 1 without a gap, one after another, one table, one end.

Every byte of the file belongs to the header, to one object, or to the table and the end. So there is no place for a second
revision, for an object that only one program finds, or for anything between objects.
Source: docs/spec/certificate-file.md section 1; ISO 32000-1 7.5.
"""

from __future__ import annotations

import re
import zlib
from typing import NamedTuple

from akashi.documents.read.errors import FileRefused, Rule

FILE_BYTES_MAX = 2 * 1024 * 1024
HEADER = b"%PDF-1.7\n%\x80\x80\x80\x80\n\n"
_END = re.compile(
    rb"trailer\n<</Size ([1-9]\d{0,4})/Root ([1-9]\d{0,4}) 0 R/Info ([1-9]\d{0,4}) 0 R/ID\[<([0-9A-F]{32})><\4>\]>>\n"
    rb"startxref\n([1-9]\d{0,6})\n%%EOF"
)
_END_BYTES_MAX = 250
_OBJECT = re.compile(rb"([1-9]\d{0,4}) 0 obj\n([^\n]*)\n(endobj|stream)\n")
_LENGTH = re.compile(rb"/Length (0|[1-9]\d{0,6})[/>]")
_STREAM_END = b"\nendstream\nendobj\n"


class FileObject(NamedTuple):
    """One object: where it begins, its text, where its stream lies in the file (start and stop; both 0 where it has none)."""

    at: int
    text: bytes
    start: int
    stop: int


class FileEnd(NamedTuple):
    """
    The end of a file.

    Attributes:
        size: objects and one more.
        root, info: the two objects that it names.
        table_at, end_at: where the table begins and where it ends.
        salt_at: the first of the 32 digits of the second string of /ID.
    """

    size: int
    root: int
    info: int
    table_at: int
    end_at: int
    salt_at: int


def parse_end(untrusted_pdf: bytes) -> FileEnd:
    """
    Return what the end of a file says.

    Raises:
        FileRefused: FILE_READABLE, no PDF or too large; FILE_PLAIN, not one revision; FILE_FORM, written in another way.
    """
    if len(untrusted_pdf) > FILE_BYTES_MAX or not untrusted_pdf.startswith(b"%PDF-"):
        raise FileRefused(Rule.FILE_READABLE)
    end_at = untrusted_pdf.rfind(b"trailer\n", max(0, len(untrusted_pdf) - _END_BYTES_MAX))
    if end_at < 0 or not untrusted_pdf.endswith(b"%%EOF"):
        raise FileRefused(Rule.FILE_PLAIN)
    end = _END.fullmatch(untrusted_pdf, end_at)
    if end is None or not untrusted_pdf.startswith(HEADER):
        raise FileRefused(Rule.FILE_FORM)
    size, root, info, table_at = int(end[1]), int(end[2]), int(end[3]), int(end[5])
    if not 1 <= root < size or table_at > end_at:
        raise FileRefused(Rule.FILE_FORM)
    # Behind the first string and `><`; the pattern demands that the second one is the same.
    return FileEnd(size, root, info, table_at, end_at, end.end(4) + 2)


def walk_objects(pdf: bytes, at: int, first: int, count: int) -> tuple[list[FileObject], int]:
    """
    Return that many objects from a place, numbered from `first`, with nothing between them, and the place behind them.

    Raises:
        FileRefused: FILE_FORM.
    """
    objects: list[FileObject] = []
    for number in range(first, first + count):
        found = _OBJECT.match(pdf, at)
        if found is None or int(found[1]) != number:
            raise FileRefused(Rule.FILE_FORM)
        text, start, stop = found[2], 0, 0
        end = found.end()
        if found[3] == b"stream":
            length = _LENGTH.search(text)
            if length is None:
                raise FileRefused(Rule.FILE_FORM)
            start, stop = end, end + int(length[1])
            end = stop + len(_STREAM_END)
            if pdf[stop:end] != _STREAM_END:
                raise FileRefused(Rule.FILE_FORM)
        objects.append(FileObject(at, text, start, stop))
        at = end
    return objects, at


def entries(objects: list[FileObject]) -> bytes:
    """Return the lines of the table for objects."""
    return b"".join([b"%010d 00000 n\r\n" % item.at for item in objects])


def check_table(pdf: bytes, end: FileEnd, at: int, lines: bytes) -> None:
    """
    Check that the table begins there, has exactly these lines, and that the end of the file follows.

    Raises:
        FileRefused: FILE_FORM.
    """
    if end.table_at != at or pdf[at : end.end_at] != b"xref\n0 %d\n0000000000 65535 f\r\n%b" % (end.size, lines):
        raise FileRefused(Rule.FILE_FORM)


def inflate(stream: bytes, *, bytes_max: int) -> bytes:
    """
    Return the content of a compressed stream: exactly one, with nothing behind it.

    Raises:
        FileRefused: FILE_FORM.
    """
    inflater = zlib.decompressobj()
    try:
        content = inflater.decompress(stream, bytes_max + 1)
    except zlib.error:
        raise FileRefused(Rule.FILE_FORM) from None
    if len(content) > bytes_max or not inflater.eof or inflater.unused_data or inflater.unconsumed_tail:
        raise FileRefused(Rule.FILE_FORM)
    return content
