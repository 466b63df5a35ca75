"""
Every way in which a name can stand in bytes: character sets, and the encodings that programs wrap around them.

Compression and PDF are not spellings but containers; `searching` opens those.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from urllib.parse import quote_from_bytes

from akashi.evidence.errors import MeasurementFailed

CHARSETS = ("utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be", "euc_jp", "cp932", "iso2022_jp")
MARKER_BYTES_MIN = 8
"""Shorter ones would be met by chance in megabytes of ciphertext."""


@dataclass(frozen=True, slots=True)
class Marker:
    """
    A name to look for.

    Attributes:
        text: as it stands in the register.
        needles: (how it is spelled, bytes), shortest spelling first.
    """

    text: str
    needles: tuple[tuple[str, bytes], ...]

    @property
    def letters(self) -> str:
        """The text without spaces of any width, as it is compared with the text of a page."""
        return "".join(self.text.split())


def is_telling(text: str) -> bool:
    """Return whether a name is long enough to be told from chance in every character set."""
    return len("".join(text.split()).encode("cp932", "ignore")) >= MARKER_BYTES_MIN


def make_marker(text: str) -> Marker:
    """
    Return the marker with all its spellings, with its spaces and without.

    Raises:
        MeasurementFailed: too short to be told from chance.
    """
    if not is_telling(text):
        raise MeasurementFailed("the marker is too short to be told from chance")
    found: dict[bytes, str] = {}
    for written in dict.fromkeys((text, "".join(text.split()), text.replace("\u3000", " "))):
        for charset in CHARSETS:
            try:
                raw = written.encode(charset)
            except UnicodeEncodeError:
                continue  # the character set has no such character, so nobody can have written it in that set
            for how, needle in _spellings(raw):
                found.setdefault(needle, f"{charset}{how}")
        for how, needle in _escapes(written):
            found.setdefault(needle, how)
    return Marker(text, tuple((how, needle) for needle, how in sorted(found.items(), key=lambda pair: len(pair[0]))))


def _spellings(raw: bytes) -> list[tuple[str, bytes]]:
    hexed = raw.hex()
    percent = quote_from_bytes(raw, safe="")
    escaped = "".join(chr(byte) if 32 <= byte < 127 else f"\\x{byte:02x}" for byte in raw)  # noqa: PLR2004 - printable ASCII
    spellings = [
        ("", raw),
        (" as hex", hexed.encode()),
        (" as hex", hexed.upper().encode()),
        (" as percent escapes", percent.encode()),
        (" as percent escapes", percent.lower().encode()),
        (" as backslash escapes", escaped.encode()),
        (" as quoted-printable", "".join(f"={byte:02X}" for byte in raw).encode()),
        (" as octal escapes", "".join(f"\\{byte:03o}" for byte in raw).encode()),
    ]
    spellings += [(" as base 64", needle) for needle in _base64(raw)]
    return spellings


def _base64(raw: bytes) -> list[bytes]:
    """Return the characters that do not depend on what stands before and after, for each of the three alignments."""
    needles = []
    for shift in range(3):
        whole = base64.b64encode(bytes(shift) + raw)
        first = (shift * 8 + 5) // 6
        last = (shift + len(raw)) * 8 // 6
        needles += [whole[first:last], whole[first:last].replace(b"+", b"-").replace(b"/", b"_")]
    return needles


def _escapes(text: str) -> list[tuple[str, bytes]]:
    """Return escapes of characters rather than bytes; ASCII is left as it is, as writers of such escapes do."""
    ways = (
        ("JSON escapes", _utf16_escape),
        ("JSON escapes", lambda character: _utf16_escape(character).upper().replace("\\U", "\\u")),
        ("HTML references", lambda character: f"&#{ord(character)};"),
        ("HTML references", lambda character: f"&#x{ord(character):x};"),
        ("HTML references", lambda character: f"&#x{ord(character):X};"),
    )
    return [(how, "".join(one if one.isascii() else escape(one) for one in text).encode()) for how, escape in ways]


def _utf16_escape(character: str) -> str:
    units = character.encode("utf-16-be")
    return "".join(f"\\u{units[place : place + 2].hex()}" for place in range(0, len(units), 2))
