"""
The objects of a file that is written in one way only: numbered from 1 without a gap, one after another, one table, one end.

Every byte of the file belongs to the header, to one object, or to the table and the end. So there is no place for a second
revision, for an object that only one program finds, or for anything between objects.
Source: docs/spec/form-juminhyo.md section 7; ISO 32000-1 7.5.
"""

from __future__ import annotations

import re
import zlib
from typing import NamedTuple

from akashi.documents.read.errors import FileRefused, Rule

FILE_BYTES_MAX = 2 * 1024 * 1024
_HEADER = b"%PDF-1.7\n%\x80\x80\x80\x80\n\n"
_END = re.compile(
    rb"trailer\n<</Size (\d{1,5})/Root (\d{1,5}) 0 R/Info (\d{1,5}) 0 R/ID\[\([A-Za-z0-9+/=]{24}\)\([A-Za-z0-9+/=]{24}\)\]>>\n"
    rb"startxref\n(\d{1,7})\n%%EOF"
)
_END_BYTES_MAX = 250
_TABLE = re.compile(rb"xref\n0 (\d{1,5})\n0000000000 65535 f\r\n((?:\d{10} 00000 n\r\n)+)")
_ENTRY_BYTES = 20


class FileObject(NamedTuple):
    """One object: its text, and the bytes of its stream as they stand in the file, or None."""

    text: bytes
    stream: bytes | None


class FileObjects(NamedTuple):
    """All objects, by number from 1 (0 is empty), and the numbers of those that the end of the file names."""

    objects: list[FileObject]
    root: int
    info: int


def parse_objects(untrusted_pdf: bytes) -> FileObjects:
    """
    Return the objects of a file.

    Raises:
        FileRefused: FILE_READABLE, no PDF or too large; FILE_PLAIN, not one revision; FILE_FORM, written in another way.
    """
    if len(untrusted_pdf) > FILE_BYTES_MAX or not untrusted_pdf.startswith(b"%PDF-"):
        raise FileRefused(Rule.FILE_READABLE)
    if untrusted_pdf.count(b"startxref") != 1 or not untrusted_pdf.endswith(b"%%EOF"):
        raise FileRefused(Rule.FILE_PLAIN)
    end_at = untrusted_pdf.find(b"trailer\n", max(0, len(untrusted_pdf) - _END_BYTES_MAX))
    end = _END.fullmatch(untrusted_pdf, end_at) if end_at > 0 else None
    if end is None:
        raise FileRefused(Rule.FILE_FORM)
    size, root, info, table_at = (int(number) for number in end.groups())
    table = _TABLE.fullmatch(untrusted_pdf, table_at, end_at)
    if table is None or int(table[1]) != size or len(table[2]) != _ENTRY_BYTES * (size - 1):
        raise FileRefused(Rule.FILE_FORM)
    starts = [int(table[2][at : at + 10]) for at in range(0, len(table[2]), _ENTRY_BYTES)]
    if not untrusted_pdf.startswith(_HEADER) or starts[0] != len(_HEADER):
        raise FileRefused(Rule.FILE_FORM)
    objects = [FileObject(b"", None)]
    for number, (start, stop) in enumerate(zip(starts, [*starts[1:], table_at], strict=True), 1):
        objects.append(_object(untrusted_pdf, number, start, stop))
    if not (0 < root < size and 0 < info < size):
        raise FileRefused(Rule.FILE_FORM)
    return FileObjects(objects, root, info)


def _object(pdf: bytes, number: int, start: int, stop: int) -> FileObject:
    opening = b"%d 0 obj\n" % number
    first, last = start + len(opening), stop - len(b"\nendobj\n")
    if first >= last or not pdf.startswith(opening, start) or not pdf.startswith(b"\nendobj\n", last):
        raise FileRefused(Rule.FILE_FORM)
    line = pdf.find(b"\n", first, last)
    if line < 0:
        return FileObject(pdf[first:last], None)
    text = pdf[first:line]
    length = re.search(rb"/Length (\d{1,7})", text)
    data = line + len(b"\nstream\n")
    if (
        length is None
        or not pdf.startswith(b"\nstream\n", line)
        or data + int(length[1]) + len(b"\nendstream") != last
        or not pdf.startswith(b"\nendstream", last - len(b"\nendstream"))
    ):
        raise FileRefused(Rule.FILE_FORM)
    return FileObject(text, pdf[data : data + int(length[1])])


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
