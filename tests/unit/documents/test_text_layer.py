"""Independent programs see what the reader read; every embedded outline is the one that the font has for its text."""

from __future__ import annotations

import re
import subprocess
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from fontTools.pens.recordingPen import DecomposingRecordingPen
from fontTools.ttLib import TTFont
from pyhanko.pdf_utils.reader import PdfFileReader

from akashi.documents.compose import Composed, compose_jumin
from akashi.documents.compose.fonts import FONTS_DEBIAN
from akashi.documents.compose.jumin import juminhyo_form
from akashi.documents.read import PrintedFace, ReadPage, read_back_jumin
from akashi.documents.read.jumin_map import page_map
from akashi.documents.read.places import PT_PER_MM, SHEET_MM, Role
from akashi.entry.load.papers import jumin_papers
from akashi.wire.certificates import Item
from unit.documents.people import ALL, FACE, FOREIGN, HEAD, PRINTED, SHAPES, WIFE, composed, record

pytestmark = pytest.mark.needs("fonts")


@cache
def made_up() -> tuple[tuple[Composed, tuple[ReadPage, ...]], ...]:
    """Return files of made-up residents of many shapes, with what the reader read in them."""
    found = []
    for paper in jumin_papers(24, fonts=FONTS_DEBIAN):
        face = {name: getattr(paper.face, name) for name in paper.face.__dataclass_fields__}
        done = compose_jumin(paper.record, paper.choices, paper.face)
        found.append((done, read_back_jumin(done.pdf, paper.record, paper.choices, PrintedFace(**face)).pages))
    assert len({len(done.pdf) for done, _ in found}) > 12
    return tuple(found)


def _packed(text: str) -> str:
    """Return a text without white space: programs break lines, and add space where a line is broken."""
    return "".join(text.split())


@pytest.mark.promise("C4", "C11")
def test_pdfium_reads_in_each_box_what_the_reader_read() -> None:
    for done, pages in made_up():
        document = pypdfium2.PdfDocument(done.pdf)
        try:
            for page, read in zip(document, pages, strict=True):
                texts = page.get_textpage()
                boxes = {box.name: box for box in read.shown.places.boxes}
                for name, words in read.words():
                    box = boxes[name]
                    if box.role is not Role.SEAL:
                        edges = (box.left, SHEET_MM[1] - box.bottom, box.right, SHEET_MM[1] - box.top)
                        seen = texts.get_text_bounded(*(PT_PER_MM * edge for edge in edges))
                        assert _packed(seen) == _packed(words), name
        finally:
            document.close()


@pytest.mark.promise("C4", "C11")
@pytest.mark.needs("poppler")
def test_poppler_reads_in_the_order_of_the_tags_what_the_reader_read(tmp_path: Path) -> None:
    path = tmp_path / "certificate.pdf"
    for done, pages in made_up()[:12]:
        path.write_bytes(done.pdf)
        told = subprocess.run(["pdfinfo", "-struct-text", str(path)], check=True, capture_output=True).stdout.decode(
            errors="replace"
        )
        spoken = _packed("".join(re.findall(r'^ +"(.*)"$', told, re.MULTILINE)))
        assert spoken == _packed("".join(words for page in pages for _, words in page.words()))


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
def test_every_embedded_outline_is_the_fonts_own_for_its_text() -> None:
    rare = HEAD | {Item.NAME: "葛葛\U000e0102葛\U000e0103辻辻\U000e0103邉\U000e010f斉\U000e0103﨑𠮷髙濵桒㐂"}
    paper = record(rare, WIFE, FOREIGN)
    pdf = compose_jumin(paper, ALL, FACE).pdf
    # 葛 and 葛+E0103 have one glyph in this font: each must still read back as what it is.
    assert read_back_jumin(pdf, paper, ALL, PRINTED).pages
    drawn = _outlines(pdf)
    assert {"葛", "葛\U000e0102", "葛\U000e0103", "辻\U000e0103", "𠮷", "髙"} <= set(drawn)
    for text, outline in drawn.items():
        assert outline == _fonts_own(text), ascii(text)


def test_the_outline_check_sees_a_wrong_variant() -> None:
    drawn = _outlines(compose_jumin(record(HEAD), ALL, FACE).pdf)
    assert drawn["葛\U000e0102"] != _fonts_own("葛")


def test_composer_and_reader_agree_on_every_place() -> None:
    """The one place where the two maps meet."""
    form = juminhyo_form()
    boxes = {box.name: box for box in page_map(4, last=True).boxes}
    block = form.blocks["person"]
    cells = [(cell, cell.name, 0.0, 0.0) for group in ("once", "last") for cell in form.cells[group]]
    cells += [
        (cell, f"person-{slot} {cell.name}", block.x, block.y + block.pitch * (slot - 1))
        for slot in range(1, 5)
        for cell in form.cells["person"]
    ]
    for cell, name, right, down in cells:
        box = boxes[name]
        x, y, width, height = cell.box
        place = (right + x, down + y, width, height)
        assert place == pytest.approx((box.left, box.top, box.right - box.left, box.bottom - box.top))
    assert {name for _, name, _, _ in cells} == {box.name for box in boxes.values() if box.role is Role.VALUE}
    code = boxes["code"]
    side = form.code.module * form.code.modules
    corner = (code.left * PT_PER_MM, (SHEET_MM[1] - code.bottom) * PT_PER_MM, (code.right - code.left) * PT_PER_MM)
    assert (form.code.x, form.code.y, side) == pytest.approx(corner, abs=0.05)
    assert form.code.modules == page_map(4, last=True).modules


@pytest.mark.parametrize("persons", [1, 2, 3, 4])
@pytest.mark.parametrize("page", ["last", "other"])
def test_no_two_boxes_of_the_reader_overlap(persons: int, page: str) -> None:
    boxes = page_map(persons, last=page == "last").boxes
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
