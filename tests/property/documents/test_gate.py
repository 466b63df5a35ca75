"""The gate against any bytes: in a file, in a map, in a page's content; and against one changed token."""

from __future__ import annotations

import re
from functools import cache

import pypdfium2 as pdfium
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from akashi.documents.read import FileRefused, Rule, read_back_jumin
from akashi.documents.read.content import parse_content
from akashi.documents.read.field_map import layout
from akashi.documents.read.glyphs import FONTS_DEBIAN
from akashi.documents.read.structure import check_form
from akashi.documents.read.tounicode import parse_to_unicode
from unit.documents.people import PRINTED, SHAPES, composed
from unit.documents.surgery import Opened, opened

pytestmark = pytest.mark.needs("fonts")

SHAPE = "one, everything"
TOKEN = re.compile(rb"\((?:[^()\\]|\\.)*\)|<<|>>|<[0-9A-F]*>|[\[\]]|/[A-Za-z0-9]*|-?[0-9.]+|[A-Za-z']+|\s", re.DOTALL)
ODD = (
    b"",
    b"0",
    b"1",
    b"-1",
    b"3",
    b"999",
    b"%",
    b"1 g",
    b"W n",
    b"q",
    b"Q",
    b"BT",
    b"ET",
    b"EMC",
    b"Do",
    b"()",
    b"<00>",
    b"Tz",
    b"Ts",
)
_SHEET_MM = (210, 297)


@cache
def parts() -> Opened:
    return opened(composed(SHAPE).pdf)


@cache
def content() -> bytes:
    return parts().content_of(b"/MCID 0")


@cache
def tokens() -> tuple[bytes, ...]:
    found = tuple(TOKEN.findall(content()))
    assert len(found) > 3000
    return found


def ink(pdf: bytes) -> dict[str, int]:
    """Return for each box of the form how dark it is on paper."""
    document = pdfium.PdfDocument(pdf)
    try:
        bitmap = document[0].render(scale=1.5, grayscale=True)
        rows = [bytes(bitmap.buffer[at * bitmap.stride : at * bitmap.stride + bitmap.width]) for at in range(bitmap.height)]
    finally:
        document.close()
    across, down = bitmap.width / _SHEET_MM[0], bitmap.height / _SHEET_MM[1]
    dark: dict[str, int] = {}
    for box in layout(1, last=True).boxes:
        left, right = round((box.left + 0.7) * across), round((box.right - 0.7) * across)
        inside = (rows[row][left:right] for row in range(round((box.top + 0.5) * down), round((box.bottom - 0.5) * down)))
        dark[box.name] = sum(255 * len(row) - sum(row) for row in inside)
    return dark


@cache
def ink_before() -> dict[str, int]:
    return ink(composed(SHAPE).pdf)


@pytest.mark.promise("C4", "C11")
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_one_changed_token_of_a_page_refuses_or_shows_the_same(data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(tokens()) - 1))
    other = data.draw(st.sampled_from(ODD) | st.integers(0, len(tokens()) - 1).map(lambda index: tokens()[index]))
    edit = data.draw(st.sampled_from(("instead", "before", "without")))
    after = {"instead": (other,), "before": (other, b" ", tokens()[place]), "without": ()}[edit]
    changed = b"".join((*tokens()[:place], *after, *tokens()[place + 1 :]))
    number = parts().number_of(b"/MCID 0")
    pdf = parts().with_object(number, parts().objects[number - 1][0], changed).pdf()
    paper, choices = SHAPES[SHAPE]
    try:
        assert read_back_jumin(pdf, paper, choices, PRINTED) == 1
    except FileRefused:
        return
    shown, meant = parse_content(changed, 1), parse_content(content(), 1)
    assert [(one.glyphs, one.replacement, one.outlined) for one in shown.shown] == [
        (one.glyphs, one.replacement, one.outlined) for one in meant.shown
    ]
    before, now = ink_before(), ink(pdf)
    assert all(now[name] > 0.1 * dark for name, dark in before.items() if dark > 0)


@pytest.mark.promise("C4", "C11")
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_one_changed_byte_of_any_part_refuses_or_shows_the_same(data: st.DataObject) -> None:
    paper, choices = SHAPES[SHAPE]
    number = data.draw(st.integers(1, len(parts().objects)))
    text, inside = parts().objects[number - 1]
    where = inside if inside and data.draw(st.booleans()) else text
    place = data.draw(st.integers(0, len(where) - 1))
    changed = where[:place] + bytes([data.draw(st.integers(0, 255))]) + where[place + 1 :]
    altered = parts().with_object(number, text, changed) if where is inside else parts().with_object(number, changed, inside)
    pdf = altered.pdf()
    try:
        assert read_back_jumin(pdf, paper, choices, PRINTED) == 1
    except FileRefused:
        return
    before, now = ink_before(), ink(pdf)
    assert all(now[name] > 0.1 * dark for name, dark in before.items() if dark > 0)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300), st.binary(max_size=300), st.integers(0, 300))
def test_any_bytes_are_a_file_or_refused(start: bytes, end: bytes, keep: int) -> None:
    pdf = composed(SHAPE).pdf
    for untrusted in (
        start,
        pdf[:keep] + start,
        start + pdf[-keep:],
        pdf[:-keep] + end,
        pdf[:keep] + start + pdf[keep + len(start) :],
    ):
        if untrusted == pdf:
            continue
        with pytest.raises(FileRefused):
            check_form(untrusted, FONTS_DEBIAN)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200), st.integers(0, 10**6), st.integers(0, 40))
def test_any_bytes_in_a_map_are_texts_or_refused(inserted: bytes, place: int, cut: int) -> None:
    whole = parts().text_map
    at = place % len(whole)
    try:
        texts = parse_to_unicode(whole[:at] + inserted + whole[at + cut :])
    except FileRefused:
        return
    assert all(0 <= cid <= 0xFFFF and text for cid, text in texts.items())


@settings(max_examples=150, deadline=None)
@given(
    st.binary(max_size=200)
    | st.lists(st.sampled_from([b"(", b")", b"\\", b"((", b"))", b"\\(", b"\\)", b"ab", b"\\000"])).map(b"".join),
    st.integers(0, 10**6),
    st.integers(0, 40),
)
def test_any_bytes_in_a_page_are_content_or_refused(inserted: bytes, place: int, cut: int) -> None:
    at = place % len(content())
    try:
        found = parse_content(content()[:at] + inserted + content()[at + cut :], 3)
    except FileRefused:
        return
    assert found.texts > 0


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0x20, 0x2F), min_size=1, max_size=60))
def test_strings_with_brackets_in_any_depth_are_read_as_they_are_meant(units: list[int]) -> None:
    """The typesetter leaves balanced brackets as they are; here they stand escaped, and again as they are where they balance."""
    codes = b"".join(bytes((0, unit)) for unit in units)
    shown = b"/Span<</MCID 0>>BDC\nq 1 0 0 -1 9 9 cm/c0 cs 0 scn\nBT 0 Tr/f0 9 Tf 1 0 0 -1 0 0 Tm[%b]TJ\nET\nQ\nEMC"
    escaped = b"".join(b"\\" + bytes((byte,)) if byte in b"()" else bytes((byte,)) if byte else b"\\000" for byte in codes)
    assert parse_content(shown.replace(b"%b", b"(" + escaped + b")"), 1).shown[0].glyphs == tuple(units)
    depth = [sum((unit == 0x28) - (unit == 0x29) for unit in units[: end + 1]) for end in range(len(units))]
    plain = shown.replace(b"%b", b"(" + codes.replace(b"\0", b"\\000") + b")")
    if min(depth) >= 0 and depth[-1] == 0:
        assert parse_content(plain, 1).shown[0].glyphs == tuple(units)
    else:
        with pytest.raises(FileRefused) as caught:
            parse_content(plain, 1)
        assert (caught.value.rule, caught.value.page) == (Rule.CONTENT, 1)
