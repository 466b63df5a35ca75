"""The tax certificates by independent programs: the typesetter draws the same picture, PDFium and poppler read the same words."""

from __future__ import annotations

import re
import subprocess
from dataclasses import replace
from functools import cache
from pathlib import Path

import pypdfium2
import pytest

from akashi.documents.compose.fonts import FONTS_DEBIAN, FontChain
from akashi.documents.compose.stamp import Stamper
from akashi.documents.compose.tax import tax_document, tax_form
from akashi.documents.read import read_back_tax
from akashi.documents.read.places import PT_PER_MM, SHEET_MM, Role
from akashi.documents.read.tax_map import page_map
from akashi.entry.load.whole import WholeDrawing
from akashi.wire.certificates import Kind
from unit.documents.tax_people import KINDS, OLD_FACE, TAX_FACE, TAX_PRINTED, composed_tax, tax_record

pytestmark = pytest.mark.needs("fonts")
DPI = 150


@cache
def _pair() -> tuple[Stamper, WholeDrawing]:
    """Both ways to make a file, with hinted fonts: without hints the edges of characters differ."""
    chain = FontChain(FONTS_DEBIAN, hinted=True)
    return Stamper(tax_form(), chain), WholeDrawing(tax_form(), chain)


def _pixels(pdf: bytes) -> bytes:
    document = pypdfium2.PdfDocument(pdf)
    try:
        assert len(document) == 1
        return bytes(document[0].render(scale=DPI / 72).buffer)
    finally:
        document.close()


@pytest.mark.promise("C11")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(3))
def test_the_typesetter_draws_the_same_picture(kind: Kind, seed: int) -> None:
    stamper, whole = _pair()
    assert OLD_FACE.tax is not None
    # Beside punctuation the typesetter needs runs, each placed anew; so only characters as wide as their size there.
    old = replace(OLD_FACE, tax=replace(OLD_FACE.tax, data_on="令和八年十一月二十日"))
    for face in (TAX_FACE, old):
        document = tax_document(tax_record(kind, seed), face, kind=kind)
        assert _pixels(stamper.stamp(document).pdf) == _pixels(whole.draw(document))
    other = tax_document(tax_record(kind, seed + 1), TAX_FACE, kind=kind)
    assert _pixels(stamper.stamp(other).pdf) != _pixels(whole.draw(document))


def _packed(text: str) -> str:
    """Return a text without white space: programs break lines, and add space where a line is broken."""
    return "".join(text.split())


@pytest.mark.promise("C4", "C11")
@pytest.mark.parametrize("kind", KINDS)
def test_pdfium_reads_in_each_box_what_the_reader_read(kind: Kind) -> None:
    record, done = composed_tax(kind)
    (read,) = read_back_tax(done.pdf, record, TAX_PRINTED, kind=kind).pages
    boxes = {box.name: box for box in page_map(kind).boxes}
    document = pypdfium2.PdfDocument(done.pdf)
    try:
        texts = document[0].get_textpage()
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
@pytest.mark.parametrize("kind", KINDS)
def test_poppler_reads_in_the_order_of_the_tags_what_the_reader_read(kind: Kind, tmp_path: Path) -> None:
    record, done = composed_tax(kind)
    (read,) = read_back_tax(done.pdf, record, TAX_PRINTED, kind=kind).pages
    path = tmp_path / "certificate.pdf"
    path.write_bytes(done.pdf)
    told = subprocess.run(["pdfinfo", "-struct-text", str(path)], check=True, capture_output=True).stdout.decode(errors="replace")
    spoken = _packed("".join(re.findall(r'^ +"(.*)"$', told, re.MULTILINE)))
    assert spoken == _packed("".join(words for _, words in read.words()))


@pytest.mark.parametrize("kind", KINDS)
def test_composer_and_reader_agree_on_every_place(kind: Kind) -> None:
    """The one place where the two maps meet."""
    form = tax_form()
    boxes = {box.name: box for box in page_map(kind).boxes}
    groups = [group for group in form.cells if group in ("once", "last") or group.startswith(f"{kind}_")]
    cells = [cell for group in groups for cell in form.cells[group]]
    for cell in cells:
        box = boxes[cell.name]
        assert cell.box == pytest.approx((box.left, box.top, box.right - box.left, box.bottom - box.top))
    assert {cell.name for cell in cells} == {box.name for box in boxes.values() if box.role is Role.VALUE}


@pytest.mark.parametrize("kind", KINDS)
def test_no_two_boxes_of_the_reader_overlap(kind: Kind) -> None:
    boxes = page_map(kind).boxes
    for index, one in enumerate(boxes):
        for other in boxes[index + 1 :]:
            apart = one.right <= other.left or other.right <= one.left or one.bottom <= other.top or other.bottom <= one.top
            assert apart, (one.name, other.name)
