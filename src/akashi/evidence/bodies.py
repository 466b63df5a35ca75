"""
The bodies of HTTP messages in a reassembled stream: pieces put together, and what only a header tells is compressed.

Lenient on purpose: whatever looks like a message is read as one. A body too many costs nothing, a body too few would hide a name.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator

_HEAD = re.compile(rb"(?:HTTP/1\.[01] [0-9]{3}|[A-Z]{3,10} [^\r\n]{1,4000} HTTP/1\.[01])[^\r\n]*\r\n((?:[^\r\n]+\r\n)*)\r\n")
_CHUNKED = re.compile(rb"^transfer-encoding:[^\r\n]*chunked", re.MULTILINE | re.IGNORECASE)
_DEFLATE = re.compile(rb"^content-encoding:[^\r\n]*deflate", re.MULTILINE | re.IGNORECASE)
_CHUNK_HEAD = re.compile(rb"([0-9a-fA-F]{1,8})[^\r\n]{0,200}\r\n")
_OPENED_BYTES_MAX = 64 * 1024 * 1024


def http_bodies(stream: bytes) -> Iterator[bytes]:
    """
    Yield what a plain search of the stream would miss: bodies sent in chunks, bodies deflated without a head of their own.

    Bodies that stand in the stream as they are are not repeated.
    """
    for head in _HEAD.finditer(stream):
        body = stream[head.end() :]
        chunked = _CHUNKED.search(head.group(1)) is not None
        if chunked:
            body = _joined(body)
            yield body
        if _DEFLATE.search(head.group(1)):
            opener = zlib.decompressobj(-15)
            try:
                yield opener.decompress(body, _OPENED_BYTES_MAX)
            except zlib.error:
                continue  # deflate with its own head, which the search opens by itself


def _joined(stream: bytes) -> bytes:
    """Return the chunks at the beginning of the stream, put together; what breaks off ends them."""
    pieces = []
    place = 0
    while head := _CHUNK_HEAD.match(stream, place):
        length = int(head.group(1), 16)
        if not length:
            break
        pieces.append(stream[head.end() : head.end() + length])
        place = head.end() + length + 2
    return b"".join(pieces)
