"""
The values of a certificate's file, word for word: read by its own grammar, not by a program's guess at its text.

This is no gate: a signed file was read by the checker before it was signed. Here only the content is taken out again, to compare
it with what the codes were made for. What is written otherwise gives None: nothing can be compared.
Source: docs/spec/certificate-file.md sections 1, 4, 5 and 7; docs/spec/paper-seal.md section 3.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from dataclasses import dataclass
from itertools import pairwise

from akashi.documents.paper_seal import SALT_BYTES
from akashi.verifier.pdf_pages import PDF_BYTES_MAX

_CONTENT_BYTES_MAX = 1024 * 1024
_PAGES_MAX = 99
_OBJECTS_MAX = 20_000
_TAIL_BYTES = 400
_END = re.compile(
    rb"trailer\n<</Size (\d{1,5})/Root (\d{1,5}) 0 R/Info \d{1,5} 0 R/ID\[<[0-9A-F]{32}><([0-9A-F]{32})>\]>>\n"
    rb"startxref\n(\d{1,7})\n%%EOF\Z"
)
_PAGES = re.compile(rb"<</Type/Pages/Count (\d{1,2})/Kids\[")
_FONT_NAME = re.compile(rb"/(v\d{1,2}) (\d{1,5}) 0 R")
_IMAGE_NAME = re.compile(rb"/(i\d{1,2}) (\d{1,5}) 0 R")
_FONT = re.compile(rb"/ToUnicode (\d{1,5}) 0 R>>\Z")
_IMAGE = re.compile(rb"/Width (\d{1,5})/Height (\d{1,5})/")
_LENGTH = re.compile(rb"<</Length (\d{1,7})")
_MAPPED = re.compile(rb"<([0-9A-F]{4})> ?<((?:[0-9A-F]{4}){1,8})>\n")
_MARKED = re.compile(rb"/(?:Span<</MCID \d+>>BDC\n(.*?)|Figure<</MCID \d+>>BDC\n.*?/(i\d{1,2}) Do\nQ\n)EMC\n", re.DOTALL)
_SHOWN = re.compile(rb"/(v\d{1,2}) [0-9.]+ Tf 1 0 0 -1 0 0 Tm<((?:[0-9A-F]{4})+)>Tj\n")


@dataclass(frozen=True, slots=True)
class FileValues:
    """
    What a file says.

    Attributes:
        pages: values of each page, in the order of its tags.
        salt: of the content hash.
    """

    pages: tuple[tuple[str, ...], ...]
    salt: bytes


def read_values(untrusted_pdf: bytes) -> FileValues | None:
    """Return the values, or None where the file is not written as certificates are."""
    if len(untrusted_pdf) > PDF_BYTES_MAX:
        return None
    try:
        return _read(untrusted_pdf)
    except (_Other, IndexError, KeyError, ValueError, zlib.error):
        return None


class _Other(Exception):  # noqa: N818 - what happened; never leaves this module
    """The file is written in another way."""


def _read(pdf: bytes) -> FileValues:
    end = _END.search(pdf, max(0, len(pdf) - _TAIL_BYTES))
    if end is None:
        raise _Other
    size, root, table = int(end[1]), int(end[2]), int(end[4])
    if not 1 <= root < size <= _OBJECTS_MAX:
        raise _Other
    objects = _objects(pdf, size, table)
    found = _PAGES.match(objects[root + 1])
    if found is None or not 1 <= (count := int(found[1])) <= _PAGES_MAX:
        raise _Other
    first_page, first_values = root + 2, root + count + 4
    fonts: dict[int, dict[bytes, str]] = {}
    pages = []
    for index in range(count):
        page = objects[first_page + index]
        texts = {name: _texts(objects, int(number), fonts) for name, number in _FONT_NAME.findall(page)}
        images = {name: _image(objects[int(number)]) for name, number in _IMAGE_NAME.findall(page)}
        pages.append(_values(_content(objects[first_values + index]), texts, images))
    return FileValues(tuple(pages), bytes.fromhex(end[3].decode())[:SALT_BYTES])


def _objects(pdf: bytes, size: int, table: int) -> list[bytes]:
    """Return the bodies of all objects, by number."""
    head = b"xref\n0 %d\n" % size
    if not pdf.startswith(head, table):
        raise _Other
    first = table + len(head) + 20
    starts = [int(pdf[at : at + 10]) for at in range(first, first + 20 * (size - 1), 20)]
    bodies = [b""]
    for number, (start, stop) in enumerate(pairwise((*starts, table)), 1):
        opening = b"%d 0 obj\n" % number
        if not pdf.startswith(opening, start) or not pdf.endswith(b"\nendobj\n", start, stop):
            raise _Other
        bodies.append(pdf[start + len(opening) : stop - len(b"\nendobj\n")])
    return bodies


def _stream(body: bytes) -> bytes:
    length = _LENGTH.match(body)
    start = body.find(b">>\nstream\n")
    if length is None or start < 0:
        raise _Other
    start += len(b">>\nstream\n")
    stream = body[start : start + int(length[1])]
    if body[start + int(length[1]) :] != b"\nendstream":
        raise _Other
    return stream


def _content(body: bytes) -> bytes:
    """Return the content of a stream, unpacked where it is packed; the own part of today's files is not."""
    stream = _stream(body)
    if b"/FlateDecode" not in body[: body.find(b">>\nstream\n")]:
        return stream
    inflater = zlib.decompressobj()
    content = inflater.decompress(stream, _CONTENT_BYTES_MAX)
    if not inflater.eof:
        raise _Other
    return content


def _texts(objects: list[bytes], number: int, known: dict[int, dict[bytes, str]]) -> dict[bytes, str]:
    """Return code to text of a font; fonts are shared by pages."""
    if number not in known:
        found = _FONT.search(objects[number])
        if found is None:
            raise _Other
        lines = _MAPPED.findall(_content(objects[int(found[1])]))
        known[number] = {code: bytes.fromhex(text.decode()).decode("utf-16-be") for code, text in lines}
    return known[number]


def _image(body: bytes) -> str:
    """Return what stands for an image in the content: its size and the hash of its rows."""
    found = _IMAGE.search(body)
    if found is None:
        raise _Other
    return f"image {int(found[1])} {int(found[2])} {hashlib.sha256(_content(body)).hexdigest()}"


def _values(content: bytes, fonts: dict[bytes, dict[bytes, str]], images: dict[bytes, str]) -> tuple[str, ...]:
    values = []
    for text, image in _MARKED.findall(content):
        if image:
            values.append(images[image])
            continue
        pieces = _SHOWN.findall(text)
        values.append("".join(fonts[font][codes[at : at + 4]] for font, codes in pieces for at in range(0, len(codes), 4)))
    return tuple(values)
