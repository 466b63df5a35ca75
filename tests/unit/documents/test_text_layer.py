"""Independent programs see the same text; every embedded outline is the one that the font has for that text."""

from __future__ import annotations

import re
import subprocess
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from fontTools.pens.recordingPen import DecomposingRecordingPen
from fontTools.ttLib import TTFont
from pyhanko.pdf_utils.reader import PdfFileReader

from akashi.documents.compose import compose_jumin
from akashi.documents.compose.fonts import FONTS_DEBIAN
from akashi.documents.compose.form import juminhyo_form
from akashi.documents.read import read_back_jumin
from akashi.documents.read.field_map import layout
from akashi.wire.certificates import Item
from unit.documents.people import ALL, FACE, FOREIGN, HEAD, PRINTED, SHAPES, WIFE, composed, record

pytestmark = pytest.mark.needs("fonts")


@pytest.mark.promise("C11")
@pytest.mark.needs("poppler")
@pytest.mark.parametrize("shape", SHAPES)
def test_poppler_reads_every_value_with_its_variation_selectors(shape: str, tmp_path: Path) -> None:
    path = tmp_path / "certificate.pdf"
    path.write_bytes(composed(shape).pdf)
    done = subprocess.run(["pdftotext", "-raw", "-enc", "UTF-8", str(path), "-"], check=True, capture_output=True)
    text = "".join(done.stdout.decode().split())
    paper, _ = SHAPES[shape]
    for person in paper.persons:
        for field in person.fields:
            assert "".join(field.value.split()) in text
    assert FACE.issue_number in text


@pytest.mark.promise("C11")
@pytest.mark.needs("poppler")
def test_tags_give_each_label_and_value_as_a_paragraph_in_the_forms_order(tmp_path: Path) -> None:
    path = tmp_path / "certificate.pdf"
    path.write_bytes(composed("foreign resident, everything").pdf)
    done = subprocess.run(["pdfinfo", "-struct-text", str(path)], check=True, capture_output=True)
    paragraphs = ["".join(re.findall(r'"(.*)"', part)) for part in re.split(r"\n  \S+ ", done.stdout.decode(errors="replace"))]
    expected = ["住　民　票", "発行番号", FACE.issue_number, "1／1頁", "住所", SHAPES["foreign resident, everything"][0].address]
    assert [text.rpartition("OO0")[2] for text in paragraphs if text][
        :6
    ] == expected  # OO0: the heading's title, as poppler writes it
    for label, value in (("生年月日", "1990年8月15日"), ("国籍・地域", "フィリピン共和国"), ("本籍", "＊＊＊")):
        assert paragraphs[paragraphs.index(label) + 1] == value


@pytest.mark.promise("C11")
def test_every_embedded_outline_is_the_fonts_own_for_its_text() -> None:
    rare = HEAD | {Item.NAME: "葛葛\U000e0102葛\U000e0103辻辻\U000e0102邉\U000e010f斉\U000e0103﨑𠮷髙濵桒㐂"}
    paper = record(rare, WIFE, FOREIGN)
    pdf = compose_jumin(paper, ALL, FACE).pdf
    # 葛 and 葛+E0103 have one glyph in this font: each must still read back as what it is.
    assert read_back_jumin(pdf, paper, ALL, PRINTED) == 1
    drawn = _outlines(pdf)
    assert {"葛", "葛\U000e0102", "辻\U000e0102", "𠮷", "髙"} <= set(drawn)
    for text, outline in drawn.items():
        assert outline == _fonts_own(text), ascii(text)


def test_the_outline_check_sees_a_wrong_variant() -> None:
    drawn = _outlines(compose_jumin(record(HEAD), ALL, FACE).pdf)
    assert drawn["葛\U000e0102"] != _fonts_own("葛")


def test_composer_and_reader_agree_on_every_place() -> None:
    """The one place where the two maps meet."""
    form = juminhyo_form()
    boxes = {box.name: box for box in layout(4, last=True).boxes}
    for cell in (*form.once, *form.last):
        box = boxes[cell.name]
        assert cell.box == pytest.approx((box.left, box.top, box.right - box.left, box.bottom - box.top))
    for slot in range(1, 5):
        for cell in form.person.cell:
            box = boxes[f"person-{slot} {cell.name}"]
            x, y, width, height = cell.box
            place = (15 + x, 38 + 52.8 * (slot - 1) + y, width, height)
            assert place == pytest.approx((box.left, box.top, box.right - box.left, box.bottom - box.top))


@pytest.mark.parametrize("persons", [1, 2, 3, 4])
@pytest.mark.parametrize("page", ["last", "other"])
def test_no_two_boxes_of_the_reader_overlap(persons: int, page: str) -> None:
    boxes = layout(persons, last=page == "last").boxes
    for index, one in enumerate(boxes):
        for other in boxes[index + 1 :]:
            apart = one.right <= other.left or other.right <= one.left or one.bottom <= other.top or other.bottom <= one.top
            assert apart, (one.name, other.name)


@cache
def _ipamj() -> tuple[Any, dict[int, str], dict[tuple[int, int], str | None]]:
    font = TTFont(FONTS_DEBIAN[0], lazy=True)
    variants = next(table for table in font["cmap"].tables if table.format == 14).uvsDict
    sequences = {(base, selector): glyph for selector, pairs in variants.items() for base, glyph in pairs}
    return font.getGlyphSet(), font.getBestCmap(), sequences


def _fonts_own(text: str) -> object:
    glyphs, nominal, sequences = _ipamj()
    name = (sequences[ord(text[0]), ord(text[1])] or nominal[ord(text[0])]) if len(text) == 2 else nominal[ord(text)]
    return _outline(glyphs, name)


def _outline(glyphs: Any, name: str) -> object:
    pen = DecomposingRecordingPen(glyphs)
    glyphs[name].draw(pen)
    return pen.value


def _outlines(pdf: bytes) -> dict[str, object]:
    """Return text to outline for every glyph of every font in the file, by the file's own text layer."""
    found: dict[str, object] = {}
    pages = PdfFileReader(BytesIO(pdf)).root["/Pages"]["/Kids"]
    for page in (pages[index].get_object() for index in range(len(pages))):
        for font in (each.get_object() for each in page["/Resources"]["/Font"].values()):
            descriptor = font["/DescendantFonts"][0].get_object()["/FontDescriptor"]
            program = TTFont(BytesIO(descriptor["/FontFile2"].data))
            glyphs, order = program.getGlyphSet(), program.getGlyphOrder()
            for cid, text in _to_unicode(font["/ToUnicode"].data).items():
                found[text] = _outline(glyphs, order[cid])
    assert found
    return found


def _to_unicode(cmap: bytes) -> dict[int, str]:
    sections = re.findall(rb"beginbfchar(.*?)endbfchar", cmap, re.DOTALL)
    pairs = re.findall(rb"<([0-9a-fA-F]{4})>\s*<([0-9a-fA-F]+)>", b"".join(sections))
    assert b"beginbfrange" not in cmap
    return {int(code, 16): bytes.fromhex(text.decode()).decode("utf-16-be") for code, text in pairs}
