"""
How objects, numbers, texts and the table at the end are written. The one spelling of each.

Source: docs/spec/certificate-file.md sections 1, 2; ISO 32000-1 7.3, 7.5.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence

HEADER = b"%PDF-1.7\n%\x80\x80\x80\x80\n\n"
FREE_ENTRY = b"0000000000 65535 f\r\n"


def number(value: float) -> str:
    """Return a number with at most 4 decimals: a thousandth of a printer's dot."""
    text = f"{value:.4f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def number_as_drawn(value: float) -> str:
    """Return a number of the typesetter's with all its decimals, so that the form's drawing stays the same to the last pixel."""
    text = f"{value:.7f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def text_string(text: str) -> str:
    """Return a text as a PDF string: UTF-16 with its mark, in hexadecimal digits."""
    return f"<FEFF{text.encode('utf-16-be').hex().upper()}>"


def stream(entries: str, data: bytes) -> bytes:
    """Return a stream of these very bytes; `entries` follow /Length in its dictionary."""
    return b"<</Length %d%b>>\nstream\n%b\nendstream" % (len(data), entries.encode(), data)


def deflated(data: bytes, entries: str = "") -> bytes:
    """Return a compressed stream, for what is written once and read often; `entries` stand between /Length and /Filter."""
    return stream(f"{entries}/Filter/FlateDecode", zlib.compress(data, 9))


def write_objects(bodies: Sequence[bytes], *, first: int, start: int) -> tuple[bytes, list[int]]:
    """
    Return objects as they stand in a file, and where each begins.

    Args:
        bodies: what stands between `N 0 obj` and `endobj`.
        first: number of the first one.
        start: where it begins in the file.
    """
    parts: list[bytes] = []
    places: list[int] = []
    for count, body in enumerate(bodies, first):
        part = b"%d 0 obj\n%b\nendobj\n" % (count, body)
        places.append(start)
        parts.append(part)
        start += len(part)
    return b"".join(parts), places


def table_lines(places: Sequence[int]) -> bytes:
    """Return lines of the cross-reference table."""
    return (b"%010d 00000 n\r\n" * len(places)) % tuple(places)
