"""A stamped page and the same page drawn by the typesetter, values and all, are the same picture and the same text."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from msgspec import structs

from akashi.documents.compose.fonts import FONTS_DEBIAN, FontChain
from akashi.documents.compose.form import PT_PER_MM
from akashi.documents.compose.jumin import jumin_document, juminhyo_form
from akashi.documents.compose.metadata import PAGE_HEIGHT_PT
from akashi.documents.compose.model import Document, Slot
from akashi.documents.compose.stamp import Stamper
from akashi.entry.load.papers import jumin_papers
from akashi.entry.load.whole import WholeDrawing
from akashi.wire.certificates import Item
from unit.documents.people import ALL, CHILD, FACE, FOREIGN, HEAD, NEIGHBOUR, SHAPES, WIFE, record

pytestmark = pytest.mark.needs("fonts")
DEJAVU = "/usr/share/fonts/truetype/dejavu/DejaVuSerif.ttf"
DPI = 150


class Pair:
    """Both ways to make a file, with hinted fonts: without hints the edges of characters differ."""

    def __init__(self, fonts: tuple[str, ...]) -> None:
        chain = FontChain(fonts, hinted=True)
        self._stamper = Stamper(juminhyo_form(), chain)
        self._whole = WholeDrawing(juminhyo_form(), chain)

    def check(self, document: Document) -> None:
        stamped, drawn = _open(self._stamper.stamp(document).pdf), _open(self._whole.draw(document))
        assert len(stamped) == len(drawn) == len(document.pages)
        for one, other, page in zip(stamped, drawn, document.pages, strict=True):
            slots = [entry for entry in page.template.entries if isinstance(entry, Slot)]
            assert one.get_size() == other.get_size()
            assert _pixels(one) == _pixels(other)
            assert _texts(one, slots) == _texts(other, slots)


@cache
def pair(*fonts: str) -> Pair:
    return Pair(fonts)


def _open(pdf: bytes) -> list[Any]:
    return list(pypdfium2.PdfDocument(pdf))


def _pixels(page: Any) -> bytes:
    bitmap = page.render(scale=DPI / 72)
    return bytes(bitmap.buffer)


def _texts(page: Any, slots: list[Slot]) -> list[str]:
    """Return the text of each cell, and of the whole page as characters in no order: labels are drawn before values."""
    text = page.get_textpage()
    found = ["".join(sorted("".join(text.get_text_range().split())))]
    for slot in slots:
        left, top, width, height = slot.cell.box
        x, y = (slot.x + left) * PT_PER_MM, PAGE_HEIGHT_PT - (slot.y + top) * PT_PER_MM
        found.append(text.get_text_bounded(x, y - height * PT_PER_MM, x + width * PT_PER_MM, y).strip())
    return found


@pytest.mark.promise("C11")
@pytest.mark.parametrize("shape", SHAPES)
def test_each_shape(shape: str) -> None:
    paper, choices = SHAPES[shape]
    pair(*FONTS_DEBIAN).check(jumin_document(paper, choices, FACE))


@pytest.mark.promise("C11")
def test_many_residents() -> None:
    papers = [*jumin_papers(16, fonts=FONTS_DEBIAN), *jumin_papers(8, persons_max=2, full=True, fonts=FONTS_DEBIAN)]
    assert len({len(paper.record.persons) for paper in papers}) >= 3
    for paper in papers:
        pair(*FONTS_DEBIAN).check(jumin_document(paper.record, paper.choices, paper.face))


def test_more_sheets() -> None:
    paper = record(HEAD, WIFE, FOREIGN, CHILD, FOREIGN, NEIGHBOUR, CHILD, CHILD, WIFE, whole=False)
    pair(*FONTS_DEBIAN).check(jumin_document(paper, ALL, FACE))


def test_long_texts_small_texts_and_brackets() -> None:
    values = HEAD | {
        Item.NAME: "寿限無寿限無五劫の擦り切れ海砂利水魚の水行末雲来末風来末食う寝る処に住む処",
        Item.NAME_LATIN: "MARIA-FERNANDA DE LOS ANGELES-GARCIA RODRIGUEZ-PEREZ Y GONZALEZ-LOPEZ DE LA CRUZ",
        Item.HONSEKI: "北海道空知郡南富良野町字幾寅" + "一二三四五六七八九十" * 7,
        Item.PREVIOUS_ADDRESS: "東京都千代田区霞が関一丁目" + "1-2-3-4-5-" * 14,
        # Beside punctuation the typesetter needs runs, each placed anew; so only characters as wide as their size here.
        Item.HITTOSHA: "（仮）千代田、霞「関」（１－２）",
    }
    paper = structs.replace(record(values, FOREIGN), address="東京都証野市緑が丘" + "四丁目27番2号　" * 8 + "終")
    pair(*FONTS_DEBIAN).check(jumin_document(paper, ALL, FACE))


def test_another_officer_has_another_seal() -> None:
    face = replace(FACE, officer_title="市長職務代理者副市長", officer_name="勘解由小路　資承")
    pair(*FONTS_DEBIAN).check(jumin_document(record(HEAD), ALL, face))


@pytest.mark.skipif(not Path(DEJAVU).exists(), reason="not run: this machine has no second TrueType font to chain")
def test_a_chain_of_fonts() -> None:
    paper = record(FOREIGN | {Item.NAME_LATIN: "NGUYỄN ĐỨC Ṡ ẞ", Item.ALIAS: "Ṡ　山田　Ṡ"}, CHILD)
    pair(*FONTS_DEBIAN, DEJAVU).check(jumin_document(paper, ALL, FACE))
