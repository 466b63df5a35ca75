"""What further kinds bring along, read back, and refused where wrong: rows that flow, lines between them, an image."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from functools import cache

import pytest

from akashi.documents.compose.fonts import FONTS_DEBIAN, FontChain
from akashi.documents.compose.form import Cell
from akashi.documents.compose.jumin import jumin_document, juminhyo_form
from akashi.documents.compose.model import Bitmap, Flow, Page, Picture, Slot, Template, Text
from akashi.documents.compose.model import Rule as Line
from akashi.documents.compose.stamp import Stamper
from akashi.documents.read import FileRefused, ReadFile, Rule
from akashi.documents.read.forms import FormMemory
from akashi.documents.read.jumin_words import expected_jumin
from akashi.documents.read.places import Box, Expected, Frame, Role
from akashi.documents.read.places import Picture as Image
from akashi.documents.read.reader import read_file
from unit.documents.people import ALL, FACE, HEAD, PRINTED, record
from unit.documents.surgery import Opened, opened

pytestmark = pytest.mark.needs("fonts")

ROWS = ("一行目", "二行目　葛\U000e0102", "三行目")
RING = bytes.fromhex("ffff" + "8001" * 14 + "ffff")
PAPER = record(HEAD)


@cache
def parts() -> Opened:
    """Return a certificate with three rows of label and value, lines between them, and a registered seal (印影)."""
    document = jumin_document(PAPER, ALL, FACE)
    (page,) = document.pages
    entries = page.template.entries
    picture = Picture((100.0, 120.0, 16.0, 16.0), "印影")
    template = Template(page.template.drawing, (*entries[:-2], Flow(2 * len(ROWS)), picture, *entries[-2:]))
    texts: list[Text] = []
    lines: list[Line] = []
    for at, words in enumerate(ROWS):
        down = 150.0 + 6 * at
        texts.append(Text(Slot(Cell("label", (20.0, 0.0, 30.0, 5.0), 8.0, 6.0, 1), 0.0, down), f"見出し{at}"))
        texts.append(Text(Slot(Cell("value", (52.0, 0.0, 60.0, 5.0), 10.0, 6.0, 1), 0.0, down), words))
        lines += [Line(20, down + 5.5, 112, down + 5.5), Line(20, down, 20, down + 5.5, 0.8)]
    grown = Page(template, page.values, tuple(texts), (Bitmap(16, 16, RING),), tuple(lines))
    return opened(Stamper(juminhyo_form(), FontChain(FONTS_DEBIAN)).stamp(replace(document, pages=(grown,))).pdf)


@cache
def expected() -> Expected:
    """Return what a kind with rows and an image would say of it."""
    plain = expected_jumin(PAPER, ALL, PRINTED)
    (page,) = plain.pages
    rows = [
        box
        for row in range(1, len(ROWS) + 1)
        for box in (
            Box(f"label row-{row}", 20, 150, 50, 180, row=row),
            Box(f"row-{row}", 52, 150, 112, 180, row=row),
        )
    ]
    seal = Box("registered seal", 100, 120, 116, 136, Role.IMAGE)
    places = replace(
        page.places,
        name=("with rows", len(ROWS)),
        boxes=(*page.places.boxes[:-3], *rows, seal, *page.places.boxes[-3:]),
        flow=Frame(20, 150, 112, 180),
    )
    words = page.words | {"registered seal": "印影"}
    for row, said in enumerate(ROWS, 1):
        words |= {f"label row-{row}": f"見出し{row - 1}", f"row-{row}": said}
    grown = replace(page, places=places, words=words, pictures={"registered seal": Image(16, 16, RING)})
    return replace(plain, pages=(grown,))


def read(file: Opened) -> ReadFile:
    return read_file(file.pdf(), expected(), PRINTED.fonts, FormMemory())


def test_rows_lines_and_image_read_back() -> None:
    found = read(parts())
    assert dict(found.pages[0].words())["row-2"] == ROWS[1]


@pytest.mark.parametrize(
    ("edit", "rule"),
    [
        (lambda content: _moved_row(content, 2, up=14), Rule.TEXT_PLACE),
        (lambda content: _moved_row(content, 1, up=-20), Rule.TEXT_PLACE),
        (lambda content: content.replace(_figure(content), b""), Rule.CONTENT),
        (lambda content: content + _figure(content), Rule.CONTENT),
        (lambda content: content.replace(_figure(content), _figure(content).replace(b"/i0", b"/i1")), Rule.CONTENT),
        (lambda content: content.replace(_figure(content), _figure(content).replace(b"/i0", b"/q0")), Rule.CONTENT),
        (lambda content: content.replace(_figure(content), _figure(content).replace(b"q 4", b"q 5", 1)), Rule.PICTURE),
        (lambda content: content.replace(_figure(content), _figure(content).replace(b"0 scn", b"1 scn")), Rule.CONTENT),
        (lambda content: _figure(content) + content.replace(_figure(content), b""), Rule.CONTENT),
        (lambda content: content.replace(b"ET\nQ\nEMC\n", b"ET\nQ\n" + _figure(content) + b"EMC\n", 1), Rule.CONTENT),
        (lambda content: content.replace(b"ET\nQ\nEMC\n", b"ET\nQ\n" + _lines(_line(100, 405)) + b"EMC\n", 1), Rule.CONTENT),
        (lambda content: content + _lines(_line(100, 405)), Rule.CONTENT),
        (lambda content: _lines(_line(100, 405)) + content, Rule.CONTENT),
        (lambda content: b"/Artifact BMC\nEMC\n" + content, Rule.CONTENT),
        (lambda content: _ruled(content, _line(100, 300)), Rule.DRAWING),
        (lambda content: _ruled(content, _line(160, 392)), Rule.DRAWING),
        (lambda content: _ruled(content, _line(100, 405, b"3 3 l")), Rule.DRAWING),
        (lambda content: _ruled(content, _line(100, 405).replace(b"0.35 w", b"2.2677166 w")), Rule.DRAWING),
        (lambda content: _ruled(content, _line(100, 405) * 2), Rule.DRAWING),
        (lambda content: content + b"q", Rule.CONTENT),
    ],
)  # fmt: skip
def test_what_is_wrong_between_values_is_found(edit: Callable[[bytes], bytes], rule: Rule) -> None:
    number = parts().values()
    before = parts().content(number)
    after = edit(before)
    assert after != before
    with pytest.raises(FileRefused) as caught:
        read(parts().with_content(number, after))
    assert caught.value.rule is rule


def test_a_line_between_two_rows_may_be_there() -> None:
    number = parts().values()
    assert read(parts().with_content(number, _ruled(parts().content(number), _line(100, 401.3)))).pages


@pytest.mark.parametrize(
    ("before", "after", "rule"),
    [
        (RING, RING[:-1] + b"\xfe", Rule.PICTURE),
        (b"/Width 16", b"/Width 8", Rule.PICTURE),
        (b"/XObject<</q0", b"/XObject<</i1 1 0 R/q0", Rule.FILE_FORM),
        ("印影".encode("utf-16-be").hex().upper().encode(), "印鑑".encode("utf-16-be").hex().upper().encode(), Rule.TEXT_WORDS),
    ],
)
def test_another_image_or_description_is_found(before: bytes, after: bytes, rule: Rule) -> None:
    with pytest.raises(FileRefused) as caught:
        read(parts().replaced(before, after))
    assert caught.value.rule is rule


def test_lines_of_its_own_are_refused_where_the_kind_has_none() -> None:
    page = expected().pages[0]
    without = replace(page, places=replace(page.places, flow=None, name=("no rows",)))
    with pytest.raises(FileRefused) as caught:
        read_file(parts().pdf(), replace(expected(), pages=(without,)), PRINTED.fonts, FormMemory())
    assert caught.value.rule is Rule.CONTENT


def _figure(content: bytes) -> bytes:
    start = content.index(b"/Figure<<")
    return content[start : content.index(b"EMC\n", start) + 4]


def _line(x: float, y: float, to: bytes = b"50 0 l") -> bytes:
    return b"q 1 0 0 -1 %g %g cm /c0 CS 0 SCN 0.35 w 4 M\n0 0 m %b\nS\nQ\n" % (x, y, to)


def _lines(paths: bytes) -> bytes:
    return b"/Artifact BMC\n%bEMC\n" % paths


def _ruled(content: bytes, paths: bytes) -> bytes:
    """Return the content with lines more among the certificate's own."""
    return content.replace(b"/Artifact BMC\n", b"/Artifact BMC\n" + paths, 1)


def _moved_row(content: bytes, row: int, *, up: float) -> bytes:
    """Return the content with the value of a row at another height."""
    base = (297 - 150 - 6 * row - 2.5) * 72 / 25.4 - 0.38 * 10
    (found,) = (each for each in re.findall(rb"q 1 0 0 -1 \S+ (\S+) cm /c0 cs", content) if abs(float(each) - base) < 0.01)
    return content.replace(found, b"%.4g" % (float(found) + up), 1)
