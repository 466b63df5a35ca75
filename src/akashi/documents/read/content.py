"""
What a page draws, read token by token in the one spelling that the composer's typesetter has.

A page is a sequence of marked texts and ruled lines and nothing else. Whatever is not written exactly so refuses, also where it
would draw nothing: no program can then see something in it that this one does not.
Source: docs/spec/form-juminhyo.md section 7; ISO 32000-1 7.3.4, 8.4, 9.4, 14.6.
"""

from __future__ import annotations

import re
import struct
from binascii import hexlify, unhexlify
from collections.abc import Iterator
from typing import NamedTuple

from akashi.documents.read.errors import FileRefused, Rule

CONTENT_BYTES_MAX = 1024 * 1024
_CELL_SIZES = {b"%g" % (halves / 2): halves / 2 for halves in range(11, 39)}
"""From the smallest size of a cell to that of the title, 5.5 to 19 pt. Source: docs/spec/form-juminhyo.md sections 4 and 7."""
_SEAL_SIZE_MIN_PT, _SEAL_SIZE_MAX_PT = 8.0, 60.0
_SEAL_SCALE_MIN, _SEAL_SCALE_MAX = 0.15, 1.0
_SEAL_PT = (476.2, 55.2, 538.6, 117.7)
"""Left, bottom, right and top of the seal's box on the sheet: 168 to 190 mm, 19.5 to 41.5 mm from below."""
_NESTED_MAX = 200

_NUMBER = rb"-?\d{1,4}(?:\.\d{1,9})?"
_HEX = rb"<(?:[0-9A-F]{2})+>"
_ESCAPE = rb"\\(?:[0-3][0-7]{2}|[nrtbf()\\])"
_PLAIN = rb"[ -'*-\[\]-~]|" + _ESCAPE
_FLAT = rb"\((?:" + _PLAIN + rb")*+\)"
_LITERAL = re.compile(rb"\(((?:" + _PLAIN + rb"|\((?:" + _PLAIN + rb"|" + _FLAT + rb")*+\))*+)\)")
"""A literal string with brackets in brackets at most; `_end_of_literal` is for the others."""
_LITERAL_PART = re.compile(rb"\(|\)|(?:" + _PLAIN + rb")++")
_ESCAPED_BRACKET = re.compile(rb"\\(.)", re.DOTALL)

_ONE_SHOWN = (
    rb"(?:/Span<</ActualText(" + _HEX + rb")>>BDC)? ([02]) Tr/(f\d) (\d{1,2}(?:\.\d{1,9})?) Tf 1 0 0 -1 (" + _NUMBER + rb") 0 Tm"
    rb"(\[?)(" + _HEX + rb")(\]TJ|Tj)(\nEMC)?"
)
_SHOWN = re.compile(_ONE_SHOWN)
_BEFORE_SHOWN = (
    rb"/Span<</MCID (\d{1,4})>>BDC\nq (\d(?:\.\d{1,9})?) 0 0 -1 (" + _NUMBER + rb") (" + _NUMBER + rb") cm/c0 cs 0 scn"
    rb"(/c0 CS 0 SCN 0\.25 w 4 M)?\nBT"
)
_AFTER_SHOWN = rb"\nET\nQ\nEMC"
_TEXT_OF_ONE = re.compile(_BEFORE_SHOWN + _ONE_SHOWN + _AFTER_SHOWN)
_TEXT_OF_MORE = re.compile(_BEFORE_SHOWN + rb"((?:" + re.sub(rb"\((?!\?)", b"(?:", _ONE_SHOWN) + rb")+)" + _AFTER_SHOWN)
_POINT = _NUMBER + rb" " + _NUMBER
_OPENED = rb"q 1 0 0 -1 " + _POINT + rb" cm/c0 CS 0 SCN "
_RULE = _POINT + rb" m " + _POINT + rb" l"
_RULES = rb"0\.35 w 4 M " + _RULE + rb"(?: " + _RULE + rb")*\nS\nQ\n"
_FRAME = _POINT + rb" m " + _POINT + rb" l " + _POINT + rb" l " + _POINT + rb" l\nh\nS\nQ\n"
_LINES = re.compile(
    rb"/Artifact BMC\n(?:" + _OPENED + rb"(?:" + _RULES + rb"|0\.(?:8|35) w 4 M " + _FRAME + rb"))+EMC"
    rb"|/Artifact<</Type/Layout>>BDC\n" + _OPENED + rb"2\.2677166 w 4 M " + _FRAME + rb"EMC"
)
_DRAWN = re.compile(rb"q 1 0 0 -1 (" + _NUMBER + rb") (" + _NUMBER + rb") cm/c0 CS 0 SCN ([0-9.]+) w 4 M ([^\n]*)\n(h\n)?S\nQ\n")
_HEAVY = b"2.2677166"
_STROKE_NUMBERS = 4


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
        outlined: stroked with 0.25 pt as well as filled, as the characters of the seal are.
        scale: of its width.
        x_pt, y_pt: where it begins, from the left and from below.
        glyphs: numbers in the font.
        replacement: the text that stands for its one glyph (/ActualText), or None.
    """

    font: str
    size_pt: float
    outlined: bool
    scale: float
    x_pt: float
    y_pt: float
    glyphs: tuple[int, ...]
    replacement: str | None


class PageContent(NamedTuple):
    """Everything that a page shows, texts and lines in the order of the file, and the number of its marked texts."""

    shown: tuple[Shown, ...]
    ruled: tuple[Ruled, ...]
    texts: int


def parse_content(untrusted_content: bytes, number: int) -> PageContent:
    """
    Return what the content stream of that page shows.

    Raises:
        FileRefused: CONTENT, for any byte that is not in the form.
    """
    content = _without_literals(untrusted_content, number)
    shown: list[Shown] = []
    ruled: list[Ruled] = []
    at, texts = 0, 0
    while at < len(content):
        if text := _TEXT_OF_ONE.match(content, at):
            mark, *place = text.group(1, 2, 3, 4, 5)
            strings = [text.groups()[5:]]
        elif text := _TEXT_OF_MORE.match(content, at):
            mark, *place, body = text.groups()
            strings = _SHOWN.findall(body)
        elif text := _LINES.match(content, at):
            ruled += _ruled(text[0])
            at = text.end()
            continue
        else:
            raise FileRefused(Rule.CONTENT, number)
        if mark != b"%d" % texts:
            raise FileRefused(Rule.CONTENT, number)
        texts += 1
        shown += [_shown(place, string, number) for string in strings]
        at = text.end()
    return PageContent(tuple(shown), tuple(ruled), texts)


def _shown(place: list[bytes], string: tuple[bytes, ...], number: int) -> Shown:
    scale_written, x, y, outlined = place
    replacement, mode, font, size, offset, bracket, operand, operator, closed = string
    scale = float(scale_written)
    one = Shown(
        font.decode(),
        float(size),
        mode == b"2",
        scale,
        float(x) + float(offset) * scale,
        float(y),
        _glyphs(operand, number),
        _replacement(replacement, number) if replacement else None,
    )
    if (
        one.outlined != bool(outlined)
        or bool(bracket) != (operator == b"]TJ")
        or bool(replacement) != bool(closed)
        or (replacement and len(one.glyphs) != 1)
        or not (_is_in_seal(one) if one.outlined else scale == 1 and size in _CELL_SIZES)
    ):
        raise FileRefused(Rule.CONTENT, number)
    return one


def _ruled(artifact: bytes) -> Iterator[Ruled]:
    """Yield the lines of an artifact: each rule, or the four sides of a frame."""
    for x, y, width, points, closed in _DRAWN.findall(artifact):
        numbers = [float(token) for token in points.split(b" ") if token not in (b"m", b"l")]
        if closed:
            (x1, y1), (x2, y2), (x3, y3), (x4, y4) = zip(numbers[::2], numbers[1::2], strict=True)
            numbers = [x1, y1, x2, y2, x2, y2, x3, y3, x3, y3, x4, y4, x4, y4, x1, y1]
        left, up = float(x), float(y)
        for start in range(0, len(numbers), _STROKE_NUMBERS):
            x1, y1, x2, y2 = numbers[start : start + _STROKE_NUMBERS]
            yield Ruled(left + x1, up - y1, left + x2, up - y2, width == _HEAVY)


def _is_in_seal(one: Shown) -> bool:
    left, bottom, right, top = _SEAL_PT
    return (
        len(one.glyphs) == 1
        and _SEAL_SIZE_MIN_PT <= one.size_pt <= _SEAL_SIZE_MAX_PT
        and _SEAL_SCALE_MIN <= one.scale <= _SEAL_SCALE_MAX
        and left <= one.x_pt <= right
        and bottom <= one.y_pt <= top
    )


def _glyphs(operand: bytes, number: int) -> tuple[int, ...]:
    codes = unhexlify(operand[1:-1])
    if len(codes) % 2:
        raise FileRefused(Rule.CONTENT, number)
    return struct.unpack(f">{len(codes) // 2}H", codes)


def _replacement(operand: bytes, number: int) -> str:
    text = unhexlify(operand[1:-1])
    try:
        return text[2:].decode("utf-16-be") if text.startswith(b"\xfe\xff") else text.decode("ascii")
    except UnicodeDecodeError:
        raise FileRefused(Rule.CONTENT, number) from None


def _without_literals(content: bytes, number: int) -> bytes:
    """
    Return the content with each literal string written in hexadecimal digits, so that what follows meets no text inside strings.

    Outside strings the form has no backslash, bracket or comment, so a string begins at the first bracket and nowhere else.
    """
    plain = _LITERAL.sub(lambda found: _hex(_unescaped(found[1])), content)
    if b"(" not in plain:
        return plain
    parts: list[bytes] = []
    at = 0
    while (start := content.find(b"(", at)) >= 0:
        end = _end_of_literal(content, start, number)
        parts += (content[at:start], _hex(_unescaped(content[start + 1 : end - 1])))
        at = end
    return b"".join((*parts, content[at:]))


def _end_of_literal(content: bytes, start: int, number: int) -> int:
    """Return where a literal string with brackets in it ends: they are balanced."""
    at, depth = start, 0
    while depth or at == start:
        part = _LITERAL_PART.match(content, at)
        if part is None or depth > _NESTED_MAX:
            raise FileRefused(Rule.CONTENT, number)
        depth += {b"(": 1, b")": -1}.get(part[0], 0)
        at = part.end()
    return at


def _hex(text: bytes) -> bytes:
    return b"<%s>" % hexlify(text).upper()


def _unescaped(text: bytes) -> bytes:
    """Return the bytes of a literal string that has no other escapes than the form's. Source: ISO 32000-1 7.3.4.2."""
    if b"\\" not in text:
        return text
    if b"\\(" in text or b"\\)" in text:
        # The codec below does not know these two.
        text = _ESCAPED_BRACKET.sub(lambda found: {b"(": b"\\050", b")": b"\\051"}.get(found[1], found[0]), text)
    return text.decode("unicode_escape").encode("latin-1")
