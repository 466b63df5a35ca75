"""
What a form draws on a page, read item by item in the one spelling that such files have.

The fixed content of a page is a sequence of marked texts, ruled lines and one figure for the 2D code, and nothing else. Whatever
is not written exactly so refuses, also where it would draw nothing: no program can then see something in it that this one does
not.
Source: docs/spec/certificate-file.md section 3; ISO 32000-1 8.4, 9.4, 14.6.
"""

from __future__ import annotations

import re
from binascii import unhexlify
from collections.abc import Iterator
from typing import NamedTuple

from akashi.documents.read.errors import FileRefused, Rule

CONTENT_BYTES_MAX = 1024 * 1024
NUMBER = rb"(?:0|-?(?:[1-9]\d{0,3}(?:\.\d{0,6}[1-9])?|0\.\d{0,6}[1-9]))"
SIZES = {b"%g" % (halves / 2): halves / 2 for halves in range(11, 39)}
"""Of characters, in pt: from the smallest size of a cell to that of a title. Source: docs/spec/form-juminhyo.md section 4."""
_STAMPED_SIZE_PT = (8.0, 60.0)
_STAMPED_SCALE = (0.15, 1.0)
_POINT = NUMBER + rb" " + NUMBER
_PIECE = (
    rb"q (" + NUMBER + rb") 0 0 -1 (" + NUMBER + rb") (" + NUMBER + rb") cm /c0 cs 0 scn( /c0 CS 0 SCN 0\.25 w 4 M)?\n"
    rb"BT\n([02]) Tr/(f\d) (" + NUMBER + rb") Tf 1 0 0 -1 0 0 Tm<((?:[0-9A-F]{4})+)>Tj\nET\nQ\n"
)
_ONE_PIECE = re.compile(_PIECE)
_TEXT = re.compile(rb"/Span<</MCID (\d{1,4})>>BDC\n((?:" + re.sub(rb"\((?!\?)", b"(?:", _PIECE) + rb")+)EMC\n")
_PATH = (
    rb"q 1 0 0 -1 (" + NUMBER + rb") (" + NUMBER + rb") cm /c0 CS 0 SCN (0\.35|0\.8|2\.2677166) w 4 M\n"
    rb"((?:" + _POINT + rb" m " + _POINT + rb" l\n)+|"
    rb"" + _POINT + rb" m " + _POINT + rb" l " + _POINT + rb" l " + _POINT + rb" l h\n)S\nQ\n"
)
_ONE_PATH = re.compile(_PATH)
LINES = re.compile(rb"/Artifact BMC\n((?:" + re.sub(rb"\((?!\?)", b"(?:", _PATH) + rb")+)EMC\n")
_CODE = re.compile(
    rb"/Figure<</MCID (\d{1,4})>>BDC\nq (" + NUMBER + rb") 0 0 (" + NUMBER + rb") (" + NUMBER + rb") (" + NUMBER + rb") cm "
    rb"/c0 cs 0 scn\n/q0 Do\nQ\nEMC\n"
)
_HEAVY = b"2.2677166"
_NUMBERS_OF_A_LINE = 4


class Ruled(NamedTuple):
    """One straight line, from the left and from below; heavy as the frame of the seal, or thin."""

    x1_pt: float
    y1_pt: float
    x2_pt: float
    y2_pt: float
    heavy: bool


class Shown(NamedTuple):
    """
    One string that is drawn, in black.

    Attributes:
        font: name in the page's resources.
        size_pt: its height.
        stamped: stroked with 0.25 pt as well as filled, as the characters of the seal are.
        scale: of its width.
        x_pt, y_pt: where it begins, from the left and from below.
        clusters: numbers in the font, as characters.
    """

    font: str
    size_pt: float
    stamped: bool
    scale: float
    x_pt: float
    y_pt: float
    clusters: str


class Figure(NamedTuple):
    """The room of the 2D code: left, bottom, and side of its square."""

    x_pt: float
    y_pt: float
    side_pt: float


class PageContent(NamedTuple):
    """Everything that the form shows on a page: the strings of each marked text by its number, the lines, the 2D code's room."""

    texts: tuple[tuple[Shown, ...], ...]
    ruled: tuple[Ruled, ...]
    code: Figure


def parse_content(untrusted_content: bytes, number: int) -> PageContent:
    """
    Return what the fixed content of that page shows.

    Raises:
        FileRefused: CONTENT, for any byte that is not in the form.
    """
    texts: list[tuple[Shown, ...]] = []
    ruled: list[Ruled] = []
    at = 0
    while True:
        if text := _TEXT.match(untrusted_content, at):
            if text[1] != b"%d" % len(texts):
                raise FileRefused(Rule.CONTENT, number)
            texts.append(tuple(_shown(piece, number) for piece in _ONE_PIECE.findall(text[2])))
            at = text.end()
        elif lines := LINES.match(untrusted_content, at):
            ruled += ruled_in(lines[1])
            at = lines.end()
        else:
            break
    code = _CODE.fullmatch(untrusted_content, at)
    if code is None or code[1] != b"%d" % len(texts) or code[2] != code[3]:
        raise FileRefused(Rule.CONTENT, number)
    return PageContent(tuple(texts), tuple(ruled), Figure(float(code[4]), float(code[5]), float(code[2])))


def _shown(piece: tuple[bytes, ...], number: int) -> Shown:
    scale, x, y, stroked, mode, font, size, codes = piece
    try:
        clusters = unhexlify(codes).decode("utf-16-be")
    except UnicodeDecodeError:
        raise FileRefused(Rule.CONTENT, number) from None
    one = Shown(font.decode(), float(size), mode == b"2", float(scale), float(x), float(y), clusters)
    if one.stamped:
        fits = (
            len(one.clusters) == 1
            and _STAMPED_SIZE_PT[0] <= one.size_pt <= _STAMPED_SIZE_PT[1]
            and _STAMPED_SCALE[0] <= one.scale <= _STAMPED_SCALE[1]
        )
    else:
        fits = scale == b"1" and size in SIZES
    if not fits or one.stamped != bool(stroked):
        raise FileRefused(Rule.CONTENT, number)
    return one


def ruled_in(artifact: bytes) -> Iterator[Ruled]:
    """Yield the lines of an artifact: each rule, or the four sides of a frame."""
    for x, y, width, points in _ONE_PATH.findall(artifact):
        numbers = [float(token) for token in points.split() if token not in (b"m", b"l", b"h")]
        if points.endswith(b" h\n"):
            (x1, y1), (x2, y2), (x3, y3), (x4, y4) = zip(numbers[::2], numbers[1::2], strict=True)
            numbers = [x1, y1, x2, y2, x2, y2, x3, y3, x3, y3, x4, y4, x4, y4, x1, y1]
        left, up = float(x), float(y)
        for start in range(0, len(numbers), _NUMBERS_OF_A_LINE):
            x1, y1, x2, y2 = numbers[start : start + _NUMBERS_OF_A_LINE]
            yield Ruled(left + x1, up - y1, left + x2, up - y2, width == _HEAVY)
