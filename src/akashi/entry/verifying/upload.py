"""What the page's form sends: files, into memory and nowhere else. General parsers write larger files to a disk."""

from __future__ import annotations

import re
from dataclasses import dataclass

from akashi.verifier.errors import Unreadable

UPLOAD_BYTES_MAX = 33 * 1024 * 1024
"""Files of 32 MiB together, and the form around them."""
FILES_MAX = 20
_PARTS_MAX = 24
_HEAD_BYTES_MAX = 4096
_BOUNDARY = re.compile(r'multipart/form-data;\s*boundary="?([A-Za-z0-9\'()+_,./:=? -]{1,70}?)"?\s*\Z', re.IGNORECASE)
_NAME = re.compile(rb'content-disposition:\s*form-data;.*?\bname="([^"\r\n]{0,40})"', re.IGNORECASE)
_LANGUAGE_BYTES_MAX = 8


@dataclass(frozen=True, slots=True, repr=False)
class Upload:
    """Files that hold something, and the language of the page. Holds certificates, so it has no repr."""

    files: tuple[bytes, ...]
    language: str


def parse_upload(content_type: str, untrusted_body: bytes) -> Upload:
    """
    Return what the form holds.

    Raises:
        Unreadable: not such a form, too large, or too many files.
    """
    boundary = _BOUNDARY.match(content_type)
    if boundary is None or len(untrusted_body) > UPLOAD_BYTES_MAX:
        raise Unreadable("form: kind or size")
    # The body begins with the boundary; with a line end before it every part is found in the same way.
    parts = (b"\r\n" + untrusted_body).split(b"\r\n--" + boundary[1].encode("ascii"), _PARTS_MAX + 2)
    if len(parts) < 2 or parts[0] or len(parts) > _PARTS_MAX + 1 or not parts[-1].startswith(b"--"):  # noqa: PLR2004 - one part at least
        raise Unreadable("form: parts")
    files: list[bytes] = []
    language = ""
    for part in parts[1:-1]:
        head, middle, content = part.partition(b"\r\n\r\n")
        named = _NAME.search(head) if middle and len(head) <= _HEAD_BYTES_MAX else None
        if named is None or not part.startswith(b"\r\n"):
            raise Unreadable("form: a part")
        if named[1] == b"file" and content:
            files.append(content)
        elif named[1] == b"lang":
            language = content[:_LANGUAGE_BYTES_MAX].decode("ascii", "replace")
    if len(files) > FILES_MAX:
        raise Unreadable("form: number of files")
    return Upload(tuple(files), language)
