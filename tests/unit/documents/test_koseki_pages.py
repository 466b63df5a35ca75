"""Independent programs see on a register's papers what the reader read; head and foot are what the typesetter draws."""

from __future__ import annotations

import re
import subprocess
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pypdfium2
import pytest

from akashi.documents.compose import Composed, compose_fuhyo, compose_koseki
from akashi.documents.compose.fonts import FONTS_DEBIAN, FontChain
from akashi.documents.compose.fuhyo import fuhyo_document
from akashi.documents.compose.koseki import koseki_document, koseki_form
from akashi.documents.compose.koseki_rows import Row, Section, Unit, filled_pages
from akashi.documents.compose.model import Document, Flow, Page, Template
from akashi.documents.compose.stamp import Stamper
from akashi.documents.read import ReadPage, read_back_fuhyo, read_back_koseki
from akashi.documents.read import koseki_map as read_map
from akashi.documents.read.places import PT_PER_MM, SHEET_MM, Role
from akashi.entry.load.whole import WholeDrawing
from akashi.wire.certificates import Choice
from unit.documents.koseki_people import (
    FUHYO_FACE,
    FUHYO_PRINTED,
    KOJIN_FACE,
    LARGE,
    SMALL,
    ZENBU_FACE,
    ZENBU_PRINTED,
    fuhyo_of,
    koseki_of,
    registers,
)

pytestmark = pytest.mark.needs("fonts")
BOTH = (Choice.HONSEKI, Choice.OVERSEAS_VOTER)
DPI = 150


@cache
def papers() -> tuple[tuple[Composed, tuple[ReadPage, ...]], ...]:
    """Return files with what the reader read in them."""
    found = []
    for record in (SMALL, LARGE, *map(koseki_of, registers(8))):
        done = compose_koseki(record, ZENBU_FACE, whole=True)
        found.append((done, read_back_koseki(done.pdf, record, ZENBU_PRINTED, whole=True).pages))
    for register in registers(6):
        for choices in (BOTH, ()):
            paper = fuhyo_of(register, chosen=bool(choices))
            done = compose_fuhyo(paper, choices, FUHYO_FACE)
            found.append((done, read_back_fuhyo(done.pdf, paper, choices, FUHYO_PRINTED).pages))
    return tuple(found)


def _packed(text: str) -> str:
    return "".join(text.split())


@pytest.mark.promise("C4", "C11")
def test_pdfium_reads_in_each_box_what_the_reader_read() -> None:
    for done, pages in papers():
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
    for done, pages in papers():
        path.write_bytes(done.pdf)
        told = subprocess.run(["pdfinfo", "-struct-text", str(path)], check=True, capture_output=True).stdout.decode(
            errors="replace"
        )
        spoken = _packed("".join(re.findall(r'^ +"(.*)"$', told, re.MULTILINE)))
        assert spoken == _packed("".join(words for page in pages for _, words in page.words()))


@pytest.mark.needs("qpdf")
def test_qpdf_finds_no_fault(tmp_path: Path) -> None:
    path = tmp_path / "certificate.pdf"
    for done, _ in papers()[:3]:
        path.write_bytes(done.pdf)
        subprocess.run(["qpdf", "--check", str(path)], check=True, capture_output=True)


def _without_rows(document: Document) -> Document:
    """Return the document with empty bodies: what the form draws whole."""
    pages = []
    for page in document.pages:
        entries = tuple(entry for entry in page.template.entries if not isinstance(entry, Flow))
        pages.append(Page(Template(page.template.drawing, entries), page.values))
    return replace(document, pages=tuple(pages))


@cache
def _drawers() -> tuple[Stamper, WholeDrawing]:
    """Return both ways to make a file, with hinted fonts: without hints the edges of characters differ."""
    chain = FontChain(FONTS_DEBIAN, hinted=True)
    return Stamper(koseki_form(), chain), WholeDrawing(koseki_form(), chain)


def _pictures(pdf: bytes) -> list[bytes]:
    return [bytes(page.render(scale=DPI / 72).buffer) for page in pypdfium2.PdfDocument(pdf)]


@pytest.mark.promise("C11")
@pytest.mark.parametrize(
    "document",
    [
        koseki_document(SMALL, ZENBU_FACE, whole=True),
        koseki_document(LARGE, ZENBU_FACE, whole=True),
        koseki_document(koseki_of(registers(1)[0], whole=False), KOJIN_FACE, whole=False),
        fuhyo_document(fuhyo_of(registers(1)[0], chosen=True), BOTH, FUHYO_FACE),
        fuhyo_document(fuhyo_of(registers(1)[0], chosen=False, whole=False), (), FUHYO_FACE),
        koseki_document(
            SMALL, replace(ZENBU_FACE, officer_title="市長職務代理者副市長", statement="証明する。" * 15), whole=True
        ),
    ],
    ids=["one", "many", "kojin", "fuhyo", "fuhyo plain", "deputy"],
)
def test_head_and_foot_are_the_typesetters_pixel_by_pixel(document: Document) -> None:
    stamper, whole = _drawers()
    plain = _without_rows(document)
    stamped, drawn = _pictures(stamper.stamp(plain).pdf), _pictures(whole.draw(plain))
    assert len(stamped) == len(document.pages)
    assert stamped == drawn


def test_composer_and_reader_agree_on_every_place() -> None:
    """The one place where the two maps meet."""
    form = koseki_form()
    (body,) = read_map.bodies_of([read_map.Unit((read_map.Row(heading="附票", line="一"),), first=True)], head=True)
    boxes = {box.name: box for box in read_map.page_map(body, head=True, last=True).boxes}
    for cell in (cell for group in form.cells.values() for cell in group):
        box = boxes[cell.name]
        assert cell.box == pytest.approx((box.left, box.top, box.right - box.left, box.bottom - box.top))


@pytest.mark.parametrize("head", [True, False])
def test_rows_of_all_lengths_stand_where_the_reader_has_them(head: bool) -> None:  # noqa: FBT001 - of the test
    texts = ["字" * count for count in range(1, 400, 7)] + ["か\u3099葛\U000e0102" * 19 + "字", "葛\U000e0102" * 39]
    units = [(Row(heading="見出し", line=text), Row(line=text, level=1, removed=True), Row()) for text in texts]
    own = filled_pages([Section(tuple(map(Unit, units)))], top=37.5 if head else 21.5)
    theirs = read_map.bodies_of(
        [
            read_map.Unit(
                tuple(read_map.Row(heading=row.heading, line=row.line, level=row.level, removed=row.removed) for row in rows),
                first=at == 0,
            )
            for at, rows in enumerate(units)
        ],
        head=head,
    )
    assert len(own) == len(theirs) > 3
    for mine, body in zip(own, theirs, strict=True):
        assert [text.text for text in mine.texts] == [body.words[box.name] for box in body.boxes]
        for text, box in zip(mine.texts, body.boxes, strict=True):
            left, top, width, height = text.slot.cell.box
            place = (left, text.slot.y + top, left + width, text.slot.y + top + height)
            assert place == pytest.approx((box.left, box.top, box.right, box.bottom))
        for line, meant in zip(mine.rules, body.lines, strict=True):
            assert (line.x1, line.y1, line.x2, line.y2) == pytest.approx((meant.left, meant.top, meant.right, meant.bottom))


def test_no_two_boxes_of_the_reader_overlap() -> None:
    for _, pages in papers()[:4]:
        for page in pages:
            boxes: tuple[Any, ...] = page.shown.places.boxes
            for index, one in enumerate(boxes):
                for other in boxes[index + 1 :]:
                    apart = one.right <= other.left or other.right <= one.left
                    assert apart or one.bottom <= other.top or other.bottom <= one.top, (one.name, other.name)
