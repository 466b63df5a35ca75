"""The reader against any bytes: in a file, in a map, in a page's content; against one changed token; against one changed byte."""

from __future__ import annotations

import re
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from akashi.documents.read import FONTS_DEBIAN, FileRefused, city_fonts, read_back_jumin
from akashi.documents.read.content import parse_content
from akashi.documents.read.file_font import read_font
from akashi.documents.read.objects import HEADER, parse_end, walk_objects
from unit.documents.people import PRINTED, SHAPES, composed
from unit.documents.surgery import Opened, opened

pytestmark = pytest.mark.needs("fonts")

SHAPE = "one, everything"
TOKEN = re.compile(rb"<<|>>|<[0-9A-F]*>|[\[\]]|/[A-Za-z0-9]*|-?[0-9.]+|[A-Za-z']+|\s", re.DOTALL)
BOX = re.compile(rb"/BBox\[[0-9. ]+\]")
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


@cache
def parts() -> Opened:
    return opened(composed(SHAPE).pdf)


def reads_back(pdf: bytes) -> bool:
    """Return whether the reader takes it; anything but a value or its refusal fails the test."""
    paper, choices = SHAPES[SHAPE]
    try:
        return len(read_back_jumin(pdf, paper, choices, PRINTED).pages) == 1
    except FileRefused:
        return False


@cache
def tokens(number: int) -> tuple[bytes, ...]:
    found = tuple(TOKEN.findall(parts().content(number)))
    assert b"".join(found) == parts().content(number)
    return found


def placed(content: bytes) -> list[bytes]:
    """Return a content with all lengths left out."""
    return re.sub(rb"(?<= )-?[0-9.]+(?= )", b"", content).split(b"\n")


@pytest.mark.promise("C4", "C11")
@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_one_changed_token_of_a_page_refuses_or_moves_a_text_within_its_box(data: st.DataObject) -> None:
    number = data.draw(st.sampled_from((parts().fixed(), parts().values())))
    all_tokens = tokens(number)
    place = data.draw(st.integers(0, len(all_tokens) - 1))
    other = data.draw(st.sampled_from(ODD) | st.integers(0, len(all_tokens) - 1).map(lambda index: all_tokens[index]))
    edit = data.draw(st.sampled_from(("instead", "before", "without")))
    after = {"instead": (other,), "before": (other, b" ", all_tokens[place]), "without": ()}[edit]
    changed = b"".join((*all_tokens[:place], *after, *all_tokens[place + 1 :]))
    if reads_back(parts().with_content(number, changed).pdf()):
        # A length, and nothing else, may differ: where a text stands in its box, or how large it is there.
        assert placed(changed) == placed(parts().content(number))


@pytest.mark.promise("C4", "C11")
@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_one_changed_byte_of_any_part_refuses_or_moves_a_text_within_its_box(data: st.DataObject) -> None:
    number = data.draw(st.integers(1, len(parts().objects)))
    text, inside = parts().objects[number - 1]
    where = inside if inside and data.draw(st.booleans()) else text
    place = data.draw(st.integers(0, len(where) - 1))
    changed = where[:place] + bytes([data.draw(st.integers(0, 255))]) + where[place + 1 :]
    altered = parts().with_object(number, text, changed) if where is inside else parts().with_object(number, changed, inside)
    if altered != parts() and reads_back(altered.pdf()):
        assert number in {parts().fixed(), parts().values()}
        assert placed(changed) == placed(where)


@pytest.mark.promise("C4", "C11")
@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_one_flipped_bit_of_a_file_refuses(data: st.DataObject) -> None:
    pdf = composed(SHAPE).pdf
    _flip(pdf, data.draw(st.integers(0, len(pdf) - 1)), data.draw(st.integers(0, 7)))


@pytest.mark.nightly
@pytest.mark.promise("C4", "C11")
def test_every_flipped_byte_of_a_file_refuses() -> None:
    pdf = composed(SHAPE).pdf
    for place in range(len(pdf)):
        _flip(pdf, place, place % 8)


def _flip(pdf: bytes, place: int, bit: int) -> None:
    """Check that the file with that bit changed refuses; or is the same, compressed otherwise, or a text moved in its box."""
    changed = pdf[:place] + bytes([pdf[place] ^ 1 << bit]) + pdf[place + 1 :]
    if reads_back(changed):
        now = opened(changed)
        number = parts().values()
        assert placed(now.content(number)) == placed(parts().content(number))
        same = now.with_content(number, parts().content(number))
        if same != parts():
            # The last decimal of a figure's box in the tags, which nothing draws.
            assert [BOX.sub(b"", text) for text, _ in same.objects] == [BOX.sub(b"", text) for text, _ in parts().objects]
            assert [content for _, content in same.objects] == [content for _, content in parts().objects]


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300), st.binary(max_size=300), st.integers(1, 300))
def test_any_bytes_are_a_file_or_refused(start: bytes, end: bytes, keep: int) -> None:
    pdf = composed(SHAPE).pdf
    for untrusted in (
        start,
        pdf[:keep] + start,
        start + pdf[-keep:],
        pdf[:-keep] + end,
        pdf[:keep] + start + pdf[keep + len(start) :],
    ):
        assert not reads_back(untrusted) or untrusted == pdf


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400), st.integers(1, 400), st.integers(0, 400))
def test_any_bytes_are_objects_or_refused(untrusted: bytes, first: int, count: int) -> None:
    pdf = composed(SHAPE).pdf
    for data in (untrusted, HEADER + untrusted, HEADER + b"%d 0 obj\n" % first + untrusted, pdf[:200] + untrusted + pdf[-200:]):
        for read in (lambda data=data: parse_end(data), lambda data=data: walk_objects(data, min(16, len(data)), first, count)):
            try:
                read()
            except FileRefused:
                continue


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200), st.integers(0, 10**6), st.integers(0, 40), st.sampled_from((0, 1, 2, 3, 4)))
def test_any_bytes_in_a_font_are_a_font_or_refused(inserted: bytes, place: int, cut: int, which: int) -> None:
    number = parts().font() + which
    text, content = parts().objects[number - 1]
    where = text if content is None else content
    at = place % len(where)
    changed = where[:at] + inserted.replace(b"\n", b" ") + where[at + cut :]
    altered = parts().with_object(number, changed) if content is None else parts().with_content(number, changed)
    pdf = altered.pdf()
    first = parts().font()
    try:
        end = parse_end(pdf)
        objects, _ = walk_objects(pdf, len(HEADER), 1, end.size - 1)
        font = read_font(pdf, objects[first - 1 : first + 4], first, city_fonts(FONTS_DEBIAN)[0])
    except FileRefused:
        return
    assert altered == parts()
    assert font.texts


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200), st.integers(0, 10**6), st.integers(0, 40))
def test_any_bytes_in_a_page_are_content_or_refused(inserted: bytes, place: int, cut: int) -> None:
    content = parts().content(parts().fixed())
    at = place % len(content)
    try:
        found = parse_content(content[:at] + inserted + content[at + cut :], 3)
    except FileRefused:
        return
    assert found.texts
