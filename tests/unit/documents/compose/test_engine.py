"""What forms can have and the first form has not: rows and lines that a page brings along, images, other alignments."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from typing import Any

import pikepdf
import pypdfium2
import pytest

from akashi.documents.compose import GlyphMissing, RecordUnfit, TextOverflow
from akashi.documents.compose.drawing import read_drawing
from akashi.documents.compose.errors import TypesettingFailed
from akashi.documents.compose.fonts import FONTS_DEBIAN, FontChain
from akashi.documents.compose.form import PT_PER_MM, Cell
from akashi.documents.compose.jumin import jumin_document, juminhyo_form
from akashi.documents.compose.metadata import PAGE_HEIGHT_PT
from akashi.documents.compose.model import Bitmap, Document, Flow, Label, Page, Picture, Rule, Slot, Template, Text
from akashi.documents.compose.stamp import Stamper
from unit.documents.people import ALL, FACE, HEAD, record

pytestmark = pytest.mark.needs("fonts")

SEAL = Picture((100.0, 120.0, 16.0, 16.0), "印影")
RING = Bitmap(16, 16, bytes.fromhex("ffff" + "8001" * 14 + "ffff"))


@pytest.fixture(scope="module")
def stamper() -> Stamper:
    return Stamper(juminhyo_form(), FontChain(FONTS_DEBIAN))


def with_rows(count: int, *, align: str = "left") -> Document:
    """Return a certificate with so many rows and a registered seal on its one page, in the empty space of the form."""
    document = jumin_document(record(HEAD), ALL, FACE)
    (page,) = document.pages
    entries = page.template.entries
    template = Template(page.template.drawing, (*entries[:-2], Flow(2 * count), SEAL, *entries[-2:]))
    rows: list[Text] = []
    rules: list[Rule] = []
    for row in range(count):
        y = 150.0 + 6 * row
        rows.append(Text(Slot(Cell("label", (20.0, 0.0, 30.0, 5.0), 8.0, 6.0, 1), 0.0, y), f"見出し{row}"))
        rows.append(Text(Slot(Cell("value", (52.0, 0.0, 60.0, 5.0), 10.0, 6.0, 1, align), 0.0, y), f"値の{row}行　葛\U000e0102"))
        rules += [Rule(20, y + 5.5, 112, y + 5.5), Rule(20, y, 20, y + 5.5, 0.8)]
    return replace(document, pages=(Page(template, page.values, tuple(rows), (RING,), tuple(rules)),))


def text_at(pdf: bytes, x: float, y: float, width: float, height: float) -> str:
    page: Any = pypdfium2.PdfDocument(pdf)[0].get_textpage()
    left, top = x * PT_PER_MM, PAGE_HEIGHT_PT - y * PT_PER_MM
    return str(page.get_text_bounded(left, top - height * PT_PER_MM, left + width * PT_PER_MM, top)).strip()


@pytest.mark.parametrize("count", [1, 3, 12])
def test_rows_and_rules_of_a_page_stand_where_the_page_says(stamper: Stamper, count: int) -> None:
    pdf = stamper.stamp(with_rows(count)).pdf
    for row in range(count):
        assert text_at(pdf, 20, 150 + 6 * row, 30, 5) == f"見出し{row}"
        assert text_at(pdf, 52, 150 + 6 * row, 60, 5) == f"値の{row}行　葛\U000e0102"
    picture = pypdfium2.PdfDocument(pdf)[0].render(scale=300 / 72).to_pil().convert("L")
    dot = 300 / 25.4
    for row in range(count):
        assert picture.getpixel((int(60 * dot), round((150 + 6 * row + 5.5) * dot))) < 200
        assert picture.getpixel((int(15.5 * dot) + 60, round((152 + 6 * row) * dot))) > 250


def test_rules_need_no_rows(stamper: Stamper) -> None:
    document = jumin_document(record(HEAD), ALL, FACE)
    ruled = replace(document, pages=(replace(document.pages[0], rules=(Rule(20, 200, 120, 200, 2.0),)),))
    plain, lined = (pypdfium2.PdfDocument(stamper.stamp(one).pdf)[0].render(scale=1).to_pil() for one in (document, ruled))
    place = (round(60 * PT_PER_MM), round(200 * PT_PER_MM))
    assert plain.convert("L").getpixel(place) == 255
    assert lined.convert("L").getpixel(place) < 60


def test_an_image_is_drawn_at_its_true_size_and_described(stamper: Stamper) -> None:
    pdf = stamper.stamp(with_rows(2)).pdf
    dot = 300 / 25.4
    picture = pypdfium2.PdfDocument(pdf)[0].render(scale=300 / 72).to_pil().convert("L")
    ring = picture.crop((int(99 * dot), int(119 * dot), int(117 * dot), int(137 * dot)))
    box = ring.point(lambda grey: 255 * (grey < 128)).getbbox()
    assert box is not None
    assert [round(edge / dot, 1) for edge in box] == pytest.approx([1.0, 1.0, 17.0, 17.0], abs=0.15)
    with pikepdf.open(io.BytesIO(pdf)) as file:
        figures = [one for one in file.Root.StructTreeRoot.K[0].K if one.S == "/Figure"]
        assert "印影" in [str(figure.Alt) for figure in figures]
        assert file.check_pdf_syntax() == []


def test_tags_follow_the_reading_order_of_the_template(stamper: Stamper) -> None:
    document = with_rows(2)
    with pikepdf.open(io.BytesIO(stamper.stamp(document).pdf)) as file:
        elements = [(str(one.S), int(one.K[0])) for one in file.Root.StructTreeRoot.K[0].K]
        marks = sorted(mark for _, mark in elements)
        assert marks == list(range(len(elements)))
        # … values, four texts of rows, the picture; the official seal and its note; the 2D code
        assert [role for role, _ in elements[-8:]] == ["/P", "/P", "/P", "/P", "/Figure", "/Figure", "/P", "/Figure"]
        assert elements[-4][1] == marks[-1]


def test_images_and_rows_may_stand_before_values(stamper: Stamper) -> None:
    document = with_rows(2)
    (page,) = document.pages
    own = [entry for entry in page.template.entries if isinstance(entry, Flow | Picture)]
    rest = [entry for entry in page.template.entries if entry not in own]
    template = Template(page.template.drawing, (*rest[:3], SEAL, Flow(1), Flow(3), *rest[3:]))
    pdf = stamper.stamp(replace(document, pages=(replace(page, template=template),))).pdf
    with pikepdf.open(io.BytesIO(pdf)) as file:
        content = file.pages[0].obj.Contents[1].read_bytes()
        marks = [int(mark) for mark in re.findall(rb"<</MCID (\d+)>>BDC", content)]
        assert marks == list(range(marks[0], marks[0] + len(marks)))
        values = [int(one.K[0]) for one in file.Root.StructTreeRoot.K[0].K if int(one.K[0]) >= marks[0]]
        assert values == marks
        # the number's value, then the image, then the rows
        assert content.index(b"/Figure<</MCID %d" % (marks[0] + 1)) < content.index(b"/Span<</MCID %d" % (marks[0] + 2))
    assert text_at(pdf, 20, 156, 30, 5) == "見出し1"


@pytest.mark.parametrize("align", ["right", "center"])
def test_other_alignments(stamper: Stamper, align: str) -> None:
    pdf = stamper.stamp(with_rows(1, align=align)).pdf
    page: Any = pypdfium2.PdfDocument(pdf)[0].get_textpage()
    left, top = 52 * PT_PER_MM, PAGE_HEIGHT_PT - 150 * PT_PER_MM
    page.get_text_bounded(left, top - 15, left + 60 * PT_PER_MM, top)
    boxes = [page.get_charbox(index) for index in range(page.count_chars()) if page.get_text_range(index, 1) == "値"]
    width = 10 * (5 + 0.6181640625)  # 値の0行　葛 at 10 pt
    free = (60 - 2) * PT_PER_MM - width
    expected = left + PT_PER_MM + (free if align == "right" else free / 2)
    assert boxes[0][0] == pytest.approx(expected, abs=1.2)


def test_other_numbers_of_texts_than_the_template_has_places_refuse(stamper: Stamper) -> None:
    document = with_rows(2)
    (page,) = document.pages
    for wrong in (
        replace(page, values=page.values[1:]),
        replace(page, texts=page.texts[1:]),
        replace(page, images=()),
        replace(page, values=("", *page.values[1:])),
    ):
        with pytest.raises(RecordUnfit):
            stamper.stamp(replace(document, pages=(wrong,)))


def test_a_row_that_does_not_fit_or_cannot_be_drawn_refuses(stamper: Stamper) -> None:
    document = with_rows(1)
    (page,) = document.pages
    for text, error in (("長" * 40, TextOverflow), ("葛\U000e0100", GlyphMissing)):
        texts = (page.texts[0], replace(page.texts[1], text=text))
        with pytest.raises(error):
            stamper.stamp(replace(document, pages=(replace(page, texts=texts),)))


@pytest.mark.parametrize("words", ["住　民　票", "別の題"])
def test_a_drawing_with_other_words_than_the_template_makes_no_plan(stamper: Stamper, words: str) -> None:
    (page,) = jumin_document(record(HEAD), ALL, FACE).pages
    entries = page.template.entries
    for changed in ((Label(words), *entries), (Label(words), *entries[1:], Label("more")), entries[1:], entries[:-1]):
        with pytest.raises(TypesettingFailed):
            stamper.plans.of((Template(page.template.drawing, changed),))


def test_a_certificate_without_pages_is_none() -> None:
    with pytest.raises(TypesettingFailed):
        Stamper(juminhyo_form(), FontChain(FONTS_DEBIAN)).stamp(replace(with_rows(1), pages=()))


PLAIN = b"/Span<</MCID 0>>BDC\nq 1 0 0 -1 10 20 cm/c0 cs 0 scn\nBT 0 Tr/f0 10 Tf 1 0 0 -1 0 0 Tm <%s> Tj\nET\nQ\nEMC\n"
LINES = b"/Artifact BMC\nq 1 0 0 -1 10 20 cm/c0 CS 0 SCN 0.35 w 4 M 0 0 m 5 0 l\nS\nQ\nEMC\n"


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        (b"0 Tr", b"1 Tr"),
        (b"0 Tr", b"3 Tr"),
        (b"/c0 cs", b"/c1 cs"),
        (b"0 scn", b"1 scn"),
        (b"1 0 0 -1 10 20 cm", b"1 0.1 0 -1 10 20 cm"),
        (b"1 0 0 -1 0 0 Tm", b"1 0 0 -1 0 3 Tm"),
        (b"> Tj", b"> '"),
        (b"Tj", b"Tj 5 Ts"),
        (b"<0001> Tj", b"[<0001> 20 <0001>] TJ"),
        (b"<0001> Tj", b"<00017FFF> Tj"),
        (b"/Span", b"/Link"),
        (b"EMC\n/Art", b"/Art"),
        (b"0 SCN", b"0.5 SCN"),
        (b"5 0 l", b"5 0 l 1 1 2 2 3 3 c"),
        (b"\nS\n", b"\nf\n"),
        (b"/Artifact BMC", b"/Artifact BMC\n/x Do"),
        (b"q 1 0 0 -1 10 20 cm/c0 CS", b"q 2 0 0 -1 10 20 cm/c0 CS"),
    ],
)
def test_what_a_form_cannot_have_is_not_taken_over(good: bytes, bad: bytes) -> None:
    pdf = stamped_font()
    content = PLAIN % b"0001" + LINES
    drawn = read_drawing(page_with(pdf, content))
    assert len(drawn[0]) == 2
    with pytest.raises((TypesettingFailed, pikepdf.PdfError)):
        read_drawing(page_with(pdf, content.replace(good, bad, 1)))


def stamped_font() -> bytes:
    return Stamper(juminhyo_form(), FontChain(FONTS_DEBIAN)).plans.typesetter.draw(
        [b'{"title":"title","foreign":[],"seal":null}']
    )


def page_with(pdf: bytes, content: bytes) -> bytes:
    with pikepdf.open(io.BytesIO(pdf)) as file:
        file.pages[0].obj.Contents = file.make_stream(content)
        output = io.BytesIO()
        file.save(output)
    return output.getvalue()
