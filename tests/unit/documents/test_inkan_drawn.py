"""印鑑登録証明書 as other programs see it: the seal dot for dot, the same words, the picture that the typesetter draws."""

from __future__ import annotations

import re
import subprocess
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pypdfium2
import pytest
from pyhanko.pdf_utils.reader import PdfFileReader

from akashi.documents.compose import compose_inkan
from akashi.documents.compose.fonts import FONTS_DEBIAN, FontChain
from akashi.documents.compose.inkan import inkan_document, inkan_form
from akashi.documents.compose.model import Bitmap, Slot
from akashi.documents.compose.stamp import Stamper
from akashi.documents.read import read_back_inkan
from akashi.documents.read.inkan_map import IMPRINT, inkan_map
from akashi.documents.read.places import PT_PER_MM, SHEET_MM, Role
from akashi.entry.load.whole import WholeDrawing
from akashi.wire.messages.records import SealRecord
from unit.documents.seal_people import FOREIGN_SEAL, SEAL_FACE, SEAL_PRINTED, seal_image, seal_record

pytestmark = pytest.mark.needs("fonts")

PAPERS = [seal_record(), FOREIGN_SEAL, seal_record(image=seal_image(189, 590, turn=3))]
DOT_PT = 0.12


def _rows(bits: bytes, row_bytes: int) -> list[int]:
    return [int.from_bytes(bits[at : at + row_bytes]) for at in range(0, len(bits), row_bytes)]


@pytest.mark.promise("C11")
@pytest.mark.needs("poppler")
@pytest.mark.parametrize("paper", PAPERS)
def test_at_600_dpi_the_seal_is_drawn_dot_for_dot(paper: SealRecord, tmp_path: Path) -> None:
    path = tmp_path / "certificate.pdf"
    path.write_bytes(compose_inkan(paper, SEAL_FACE).pdf)
    command = ["pdftoppm", "-r", "600", "-mono", "-singlefile", str(path), str(tmp_path / "page")]
    subprocess.run(command, check=True, capture_output=True)
    head, size, bits = (tmp_path / "page.pbm").read_bytes().split(b"\n", 2)
    across, down = map(int, size.split())
    assert head == b"P4"
    page = _rows(bits, -(-across // 8))
    assert len(page) == down
    width, height = paper.image.width_px, paper.image.height_px
    row_bytes = -(-width // 8)
    left, top = 2835 - width // 2, 1394 - height // 2
    past = -(-across // 8) * 8 - left - width
    drawn = [row >> past & ((1 << width) - 1) for row in page[top : top + height]]
    assert drawn == [row >> 8 * row_bytes - width for row in _rows(paper.image.bits, row_bytes)]
    # Nothing touches it: a dot's breadth around it is white.
    around = [row >> past - 1 & ((1 << width + 2) - 1) for row in page[top - 1 : top + height + 1]]
    assert around[0] == around[-1] == 0
    assert not any(row & 1 or row >> width + 1 for row in around)


@pytest.mark.promise("C11")
@pytest.mark.parametrize("paper", PAPERS)
def test_pdfium_draws_the_seal_dot_for_dot_too(paper: SealRecord) -> None:
    width, height = paper.image.width_px, paper.image.height_px
    page = pypdfium2.PdfDocument(compose_inkan(paper, SEAL_FACE).pdf)[0]
    bitmap = pypdfium2.PdfBitmap.new_native(width + 2, height + 2, pypdfium2.raw.FPDFBitmap_Gray)
    bitmap.fill_rect((255, 255, 255, 255), 0, 0, width + 2, height + 2)
    # The seal and a dot around it, at 600 dpi from the upper left corner; a whole page would be stretched to whole dots.
    left, top = 2835 - width // 2 - 1, 1394 - height // 2 - 1
    matrix = pypdfium2.raw.FS_MATRIX(600 / 72, 0, 0, 600 / 72, -left, -top)
    clip = pypdfium2.raw.FS_RECTF(0, 0, width + 2, height + 2)
    pypdfium2.raw.FPDF_RenderPageBitmapWithMatrix(bitmap, page, matrix, clip, 0)
    seen, stride = bytes(bitmap.buffer), bitmap.stride
    row_bytes = -(-width // 8)
    bits = [f"{row >> 8 * row_bytes - width:0{width}b}" for row in _rows(paper.image.bits, row_bytes)]
    wanted = ["0" * (width + 2), *[f"0{row}0" for row in bits], "0" * (width + 2)]
    inked = ["".join("01"[dot == 0] for dot in seen[at * stride : at * stride + width + 2]) for at in range(height + 2)]
    assert inked == wanted
    assert {dot for at in range(height + 2) for dot in seen[at * stride : at * stride + width + 2]} == {0, 255}


@pytest.mark.needs("poppler")
@pytest.mark.parametrize("paper", PAPERS)
def test_poppler_finds_one_stencil_of_600_dots_an_inch_beside_the_code(paper: SealRecord, tmp_path: Path) -> None:
    path = tmp_path / "certificate.pdf"
    path.write_bytes(compose_inkan(paper, SEAL_FACE).pdf)
    told = subprocess.run(["pdfimages", "-list", str(path)], check=True, capture_output=True).stdout.decode()
    found = [line.split() for line in told.splitlines()[2:]]
    seal = [line for line in found if (line[3], line[4]) == (str(paper.image.width_px), str(paper.image.height_px))]
    assert len(found) == 2
    assert [(line[2], line[12], line[13]) for line in seal] == [("stencil", "600", "600")]


@pytest.mark.promise("C4", "C11")
@pytest.mark.parametrize("paper", PAPERS)
def test_pdfium_reads_in_each_box_what_the_reader_read(paper: SealRecord) -> None:
    pdf = compose_inkan(paper, SEAL_FACE).pdf
    (page,) = read_back_inkan(pdf, paper, SEAL_PRINTED).pages
    texts = pypdfium2.PdfDocument(pdf)[0].get_textpage()
    boxes = {box.name: box for box in page.shown.places.boxes}
    for name, words in page.words():
        box = boxes[name]
        if box.role not in (Role.SEAL, Role.IMAGE):
            edges = (box.left, SHEET_MM[1] - box.bottom, box.right, SHEET_MM[1] - box.top)
            assert "".join(texts.get_text_bounded(*(PT_PER_MM * edge for edge in edges)).split()) == "".join(words.split()), name


@pytest.mark.promise("C4", "C11")
@pytest.mark.needs("poppler")
@pytest.mark.parametrize("paper", PAPERS)
def test_poppler_reads_in_the_order_of_the_tags_what_the_reader_read(paper: SealRecord, tmp_path: Path) -> None:
    path = tmp_path / "certificate.pdf"
    path.write_bytes(compose_inkan(paper, SEAL_FACE).pdf)
    (page,) = read_back_inkan(path.read_bytes(), paper, SEAL_PRINTED).pages
    told = subprocess.run(["pdfinfo", "-struct-text", str(path)], check=True, capture_output=True).stdout.decode(errors="replace")
    spoken = "".join("".join(re.findall(r'^ +"(.*)"$', told, re.MULTILINE)).split())
    assert spoken == "".join("".join(words for name, words in page.words() if name != IMPRINT).split())


def test_a_program_that_reads_aloud_is_told_what_the_image_is() -> None:
    paper = PAPERS[0]
    root = PdfFileReader(BytesIO(compose_inkan(paper, SEAL_FACE).pdf)).root["/StructTreeRoot"]
    elements = [element.get_object() for element in root["/K"][0].get_object()["/K"]]
    figures = [element for element in elements if element["/S"] == "/Figure"]
    told = {figure["/Alt"]: [float(edge) for edge in figure["/A"]["/BBox"]] for figure in figures}
    assert set(told) == {"登録された印影", "公印　証野市長之印", "偽造を見分けるための二次元コード"}
    left, low, right, high = told["登録された印影"]
    assert (right - left, high - low) == pytest.approx((331 * DOT_PT - 0.002, 347 * DOT_PT - 0.002), abs=1e-6)
    assert (left / DOT_PT, (841.8898 - high) / DOT_PT) == pytest.approx((2835 - 331 // 2, 1394 - 347 // 2), abs=0.01)


@pytest.mark.promise("C11")
@pytest.mark.parametrize(
    "paper", [*PAPERS, seal_record(name="寿限無" * 30, address="東京都証野市緑が丘" + "（一）「二」、" * 12)]
)
def test_a_stamped_page_is_the_picture_that_the_typesetter_draws(paper: SealRecord) -> None:
    chain = FontChain(FONTS_DEBIAN, hinted=True)
    document = inkan_document(paper, SEAL_FACE)
    (page,) = document.pages
    # The typesetter draws no seal: without ink both pictures must be the same.
    blank = [Bitmap(image.columns, image.rows, bytes(len(image.bits))) for image in page.images]
    document = replace(document, pages=(replace(page, images=tuple(blank)),))
    stamped = pypdfium2.PdfDocument(Stamper(inkan_form(), chain).stamp(document).pdf)
    drawn = pypdfium2.PdfDocument(WholeDrawing(inkan_form(), chain).draw(document))
    assert len(stamped) == len(drawn) == 1
    assert bytes(stamped[0].render(scale=150 / 72).buffer) == bytes(drawn[0].render(scale=150 / 72).buffer)


@pytest.mark.parametrize("paper", PAPERS)
def test_composer_and_reader_agree_on_every_place(paper: SealRecord) -> None:
    """The one place where the two maps meet."""
    image = paper.image
    boxes = {box.name: box for box in inkan_map(image.width_px, image.height_px, sex=bool(paper.sex)).boxes}
    slots = [entry for entry in inkan_document(paper, SEAL_FACE).pages[0].template.entries if isinstance(entry, Slot)]
    for slot in slots:
        box = boxes[slot.cell.name]
        x, y, width, height = slot.cell.box
        place = (slot.x + x, slot.y + y, width, height)
        assert place == pytest.approx((box.left, box.top, box.right - box.left, box.bottom - box.top))
    assert {slot.cell.name for slot in slots} == {box.name for box in boxes.values() if box.role is Role.VALUE}


@pytest.mark.parametrize("paper", PAPERS)
def test_no_two_boxes_of_the_reader_overlap(paper: SealRecord) -> None:
    boxes = inkan_map(paper.image.width_px, paper.image.height_px, sex=bool(paper.sex)).boxes
    for index, one in enumerate(boxes):
        for other in boxes[index + 1 :]:
            apart = one.right <= other.left or other.right <= one.left or one.bottom <= other.top or other.bottom <= one.top
            assert apart, (one.name, other.name)
