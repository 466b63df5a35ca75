"""
Looks for a marker in bytes as a curious reader would: in every spelling, inside compressed pieces, inside PDF pages.

A plain search of a capture proves nothing: compression and the fonts of a PDF hide a name from it and not from a reader
(measured: 2 of 6 copies found). So compressed pieces are opened wherever they begin, and PDF files are read as pages.
Limits: outlined or bitmap text would need recognition of letters; ours is text (`documents.read` reads it back).
"""

from __future__ import annotations

import itertools
import re
import zlib
from collections.abc import Iterator

from akashi.evidence.errors import MeasurementFailed
from akashi.evidence.needles import MARKER_BYTES_MIN, Marker
from akashi.evidence.programs import run_program

DEPTH_MAX = 4
OPENED_BYTES_MAX = 64 * 1024 * 1024
"""What one compressed piece may grow to; a piece that is larger makes the measurement fail."""
_STEP_BYTES = 4096
_PIECE_BYTES_MIN = MARKER_BYTES_MIN
_GZIP = re.compile(rb"\x1f\x8b\x08")
_ZLIB = re.compile(rb"[\x08\x18\x28\x38\x48\x58\x68\x78][\x00-\xff]")
_ZSTD = re.compile(rb"\x28\xb5\x2f\xfd")
_PDF = re.compile(rb"%PDF-[12]\.[0-9]")
_PDF_END = b"%%EOF"
_READING_ORDERS: tuple[list[str], ...] = (["-raw"], ["-layout"], [])
"""As drawn, as laid out, in columns: in a form, family name and given name can be far apart in any one of them."""


def find_marker(content: bytes, marker: Marker) -> tuple[str, ...]:
    """
    Return how the marker stands in the bytes, such as "utf-8" or "gzip > PDF page"; empty where it does not.

    Raises:
        MeasurementFailed: something that is inside could not be opened for want of a program, or is too large.
    """
    return tuple(dict.fromkeys(_find(content, marker, "", 0)))


def _find(content: bytes, marker: Marker, within: str, depth: int) -> Iterator[str]:
    for how, needle in marker.needles:
        if needle in content:
            yield within + how
    if depth == DEPTH_MAX:
        return
    for how, piece in _pieces(content):
        yield from _find(piece, marker, f"{within}{how} > ", depth + 1)
    for page_text in _pdf_texts(content):
        if marker.letters in "".join(page_text.split()):
            yield f"{within}PDF page"


def _pieces(content: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield every compressed piece that begins anywhere in the bytes and opens to something worth reading."""
    for found in _GZIP.finditer(content):
        yield from _inflated("gzip", content, found.start(), 31)
    for place in _zlib_heads(content):
        yield from _inflated("deflate", content, place, 15)
    for found in _ZSTD.finditer(content):
        opened = run_program(["zstd", "-dcq", "--no-check"], content=content[found.start() :]).stdout
        if len(opened) >= _PIECE_BYTES_MIN:
            yield "zstd", opened


def _zlib_heads(content: bytes) -> Iterator[int]:
    """Yield where a zlib stream can begin: two bytes that are a multiple of 31, no preset dictionary."""
    place = 0
    while (found := _ZLIB.search(content, place)) is not None:
        place = found.start() + 1
        head = content[found.start()] << 8 | content[found.start() + 1]
        if head % 31 == 0 and not head & 0x20:
            yield found.start()


def _inflated(how: str, content: bytes, place: int, window_bits: int) -> Iterator[tuple[str, bytes]]:
    """Yield what opens at that place; a piece that breaks off or is damaged yields what stands before that."""
    opener = zlib.decompressobj(window_bits)
    opened = bytearray()
    step = _STEP_BYTES
    while place < len(content) and not opener.eof:
        before = opener.copy() if step > 1 else opener
        try:
            opened += opener.decompress(content[place : place + step], OPENED_BYTES_MAX)
        except zlib.error:
            if step == 1:
                break
            # The failed step gave nothing: byte by byte, what stands before the damage comes out.
            opener, step = before, 1
            continue
        if opener.unconsumed_tail or len(opened) > OPENED_BYTES_MAX:
            raise MeasurementFailed("a compressed piece is too large to be searched")
        place += step
    if len(opened) >= _PIECE_BYTES_MIN:
        yield how, bytes(opened)


def _pdf_texts(content: bytes) -> Iterator[str]:
    """Yield the text of every PDF file in the bytes, each up to the last end mark before the next file."""
    begins = [found.start() for found in _PDF.finditer(content)]
    for begin, end in itertools.pairwise([*begins, len(content)]):
        last = content.rfind(_PDF_END, begin, end)
        if last < 0:
            continue
        file = content[begin : last + len(_PDF_END)]
        for order in _READING_ORDERS:
            command = ["pdftotext", "-q", *order, "-enc", "UTF-8", "-", "-"]
            yield run_program(command, content=file).stdout.decode("utf-8", "replace")
