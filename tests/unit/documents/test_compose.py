"""The composer: what it prints, what it refuses, what it never does."""

from __future__ import annotations

import pickle
import re
import subprocess
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from msgspec import structs

from akashi.documents.compose import FontsRefused, GlyphMissing, RecordUnfit, TextOverflow, compose_jumin
from akashi.documents.compose.errors import ComposeRefused, TypesettingFailed
from akashi.documents.compose.face import CertificateFace, certifier, seal_columns
from akashi.documents.compose.fit import fit
from akashi.documents.compose.fonts import FONTS_DEBIAN, FontChain
from akashi.documents.compose.form import Cell
from akashi.documents.compose.jumin import juminhyo_form
from akashi.documents.read import read_back_jumin
from akashi.wire.certificates import Choice, Item
from akashi.wire.errors import WireCode
from unit.documents.people import ALL, CHILD, FACE, FOREIGN, HEAD, NONE, PRINTED, SHAPES, composed, record

pytestmark = pytest.mark.needs("fonts")
DEJAVU = "/usr/share/fonts/truetype/dejavu/DejaVuSerif.ttf"
NOTO_CFF = "/usr/share/fonts/opentype/noto/NotoSerifCJK-Regular.ttc"
"""Refused where it exists, because of its outlines; else because it is not there."""


@pytest.mark.promise("C11")
@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_reads_back(shape: str) -> None:
    paper, choices = SHAPES[shape]
    read = read_back_jumin(composed(shape).pdf, paper, choices, PRINTED)
    assert len(read.pages) == composed(shape).page_count == -(-len(paper.persons) // 4)


@pytest.mark.promise("C11")
def test_the_same_input_gives_the_same_bytes() -> None:
    paper, choices = SHAPES["two, nothing chosen"]
    assert compose_jumin(paper, choices, FACE).pdf == composed("two, nothing chosen").pdf


@pytest.mark.promise("C11")
def test_the_file_names_its_standards_and_the_day_of_issue() -> None:
    pdf = composed("one, everything").pdf
    assert b"<pdfaid:part>2</pdfaid:part>" in pdf
    assert b"<pdfaid:conformance>A</pdfaid:conformance>" in pdf
    assert b"<pdfuaid:part>1</pdfuaid:part>" in pdf
    dates = re.findall(rb"\(D:(\d{8})0{6}\+|<xmp:(?:Create|Modify)Date>(\d{4}-\d\d-\d\d)T00:00:00\+09:00", pdf)
    assert len(dates) == 4
    assert {(legacy or modern).replace(b"-", b"") for legacy, modern in dates} == {b"20261123"}


@pytest.mark.promise("C4")
def test_properties_hold_nothing_about_a_person() -> None:
    pdf = composed("one, everything").pdf
    xmp = pdf[pdf.index(b"<?xpacket begin") : pdf.index(b"<?xpacket end")].decode()
    assert "住民票の写し" in xmp
    assert not any(value in xmp for value in HEAD.values() if len(value) > 3)


@pytest.mark.needs("qpdf")
@pytest.mark.parametrize("shape", SHAPES)
def test_qpdf_finds_no_fault(shape: str, tmp_path: Path) -> None:
    path = tmp_path / "certificate.pdf"
    path.write_bytes(composed(shape).pdf)
    subprocess.run(["qpdf", "--check", str(path)], check=True, capture_output=True)


@pytest.mark.promise("C11")
@pytest.mark.parametrize(
    "name",
    [
        "葛\U000e0100城",  # an Adobe-Japan1 sequence: every typesetter would draw the base character
        "葛\U000e01ef城",
        "\U000e0102城",  # a selector without a base
        "葛\U000e0102\U000e0102城",
        "\u200b山田",
        "山\n田",
        "山\u202e田",
        "山\x00田",
        "\U0001f600",
        "\ue000",
        "\uf860山",
        "山\u00a0田",
        "山\u2003田",
        "\u3099か",
        "m\u0361",
        "　",
        " 山田",
        "山田　",
        "山  田",
        "ﾞ",
        "山ﾞ",
    ],
    ids=ascii,
)
def test_a_character_that_cannot_be_drawn_exactly_refuses(name: str) -> None:
    with pytest.raises(GlyphMissing) as caught:
        compose_jumin(record(HEAD | {Item.NAME: name}), ALL, FACE)
    assert caught.value.code is WireCode.GLYPH_MISSING
    assert caught.value.detail == "name"


@pytest.mark.parametrize(
    ("item", "value"),
    [
        (Item.NAME, "寿" * 80),
        (Item.NAME_KANA, "ア" * 40),
        (Item.HONSEKI, "字" * 160),
        (Item.SEX, "男女男女男女"),
        (Item.MY_NUMBER, "1" * 40),
        (Item.NAME_LATIN, "W" * 120),
    ],
)
def test_a_text_that_does_not_fit_refuses(item: Item, value: str) -> None:
    with pytest.raises(TextOverflow) as caught:
        compose_jumin(record(HEAD | {item: value}), ALL, FACE)
    assert (caught.value.code, caught.value.detail) == (WireCode.TEXT_OVERFLOW, item)


def test_long_texts_shrink_then_wrap_and_read_back() -> None:
    values = HEAD | {
        Item.NAME: "寿限無寿限無五劫の擦り切れ海砂利水魚の水行末雲来末風来末食う寝る処に住む処",
        Item.NAME_LATIN: "MARIA-FERNANDA DE LOS ANGELES-GARCIA RODRIGUEZ-PEREZ Y GONZALEZ-LOPEZ DE LA CRUZ",
        Item.HONSEKI: "北海道空知郡南富良野町字幾寅" + "一二三四五六七八九十" * 7,
        Item.PREVIOUS_ADDRESS: "東京都千代田区霞が関一丁目" + "1-2-3-4-5-" * 14,
    }
    long = record(values, address="東京都証野市緑が丘" + "四丁目27番2号　" * 8 + "終")
    assert len(read_back_jumin(compose_jumin(long, ALL, FACE).pdf, long, ALL, PRINTED).pages) == 1


@pytest.mark.promise("C3")
@pytest.mark.parametrize("chosen", [(), (Choice.HONSEKI,), (Choice.MY_NUMBER, Choice.FOREIGN)])
def test_a_record_that_holds_other_items_than_the_choices_refuses(chosen: tuple[Choice, ...]) -> None:
    with pytest.raises(RecordUnfit):
        compose_jumin(record(HEAD, choices=ALL), chosen, FACE)


@pytest.mark.parametrize("mark", ["＊＊＊", "（省略）"])
def test_a_value_that_looks_like_a_word_of_the_form_refuses(mark: str) -> None:
    with pytest.raises(RecordUnfit):
        compose_jumin(record(HEAD | {Item.NAME: mark}), ALL, FACE)
    with pytest.raises(RecordUnfit):
        compose_jumin(record(HEAD, address=mark), ALL, FACE)


def test_a_chosen_household_head_is_never_blank() -> None:
    with pytest.raises(RecordUnfit):
        compose_jumin(structs.replace(record(HEAD), household_head=""), ALL, FACE)
    nobody = structs.replace(record(HEAD, choices=NONE), household_head="")
    assert compose_jumin(nobody, NONE, FACE).page_count == 1


@pytest.mark.promise("C11")
@pytest.mark.skipif(not Path(DEJAVU).exists(), reason="not run: this machine has no second TrueType font to chain")
def test_the_chain_takes_each_character_from_the_first_font_that_has_exactly_it() -> None:
    fonts = (*FONTS_DEBIAN, DEJAVU)
    latin = "NGUYỄN ĐỨC Ṡ ẞ"
    mixed = record(FOREIGN | {Item.NAME_LATIN: latin}, CHILD)
    assert {cluster.font for cluster in FontChain(fonts).clusters(latin, item="name")} == {0, 1}
    assert (
        len(read_back_jumin(compose_jumin(mixed, ALL, FACE, fonts=fonts).pdf, mixed, ALL, replace(PRINTED, fonts=fonts)).pages)
        == 1
    )
    with pytest.raises(GlyphMissing):
        compose_jumin(mixed, ALL, FACE)


@pytest.mark.parametrize("fonts", [(), ("/nowhere.ttf",), (__file__,), (FONTS_DEBIAN[0], FONTS_DEBIAN[0]), (NOTO_CFF,)])
def test_a_chain_that_is_none_refuses(fonts: tuple[str, ...]) -> None:
    with pytest.raises(FontsRefused):
        compose_jumin(record(HEAD), ALL, FACE, fonts=fonts)


@pytest.mark.parametrize("kind", [GlyphMissing, TextOverflow, RecordUnfit, FontsRefused, TypesettingFailed])
def test_refusals_cross_process_boundaries(kind: type[ComposeRefused]) -> None:
    again = pickle.loads(pickle.dumps(kind("name")))  # noqa: S301 - our own bytes
    assert (type(again), again.code, again.detail) == (kind, kind.CODE, "name")


@pytest.mark.parametrize(
    ("city", "title", "printed", "seal"),
    [
        ("東京都証野市", "市長", "東京都証野市長", "証野市長之印"),
        ("京都府京都市", "市長", "京都府京都市長", "京都市長之印"),
        ("神奈川県山北町", "町長", "神奈川県山北町長", "山北町長之印"),
        ("鹿児島県十島村", "村長", "鹿児島県十島村長", "十島村長之印"),
        ("東京都証野市", "市長職務代理者副市長", "東京都証野市長職務代理者副市長", "証野市長職務代理者之印"),
    ],
)
def test_title_and_seal_of_the_officer(city: str, title: str, printed: str, seal: str) -> None:
    face = CertificateFace(
        issue_number="",
        issued_on=date(2026, 1, 1),
        issued_on_written="",
        as_of_written="",
        city_name=city,
        officer_title=title,
        officer_name="",
    )
    assert certifier(face) == printed
    columns = seal_columns(face)
    assert "".join(map("".join, columns)) == seal
    assert max(map(len, columns)) <= len(columns)


def test_deputy_and_long_names_read_back() -> None:
    deputy = "市長職務代理者副市長"
    face = replace(FACE, officer_title=deputy, officer_name="勘解由小路　資承")
    expected = replace(PRINTED, officer_title=deputy, officer_name="勘解由小路　資承")
    paper = record(HEAD)
    assert len(read_back_jumin(compose_jumin(paper, ALL, face).pdf, paper, ALL, expected).pages) == 1


def test_every_item_has_one_cell_and_none_is_wider_than_its_sheet() -> None:
    form = juminhyo_form()
    assert sorted(cell.name for cell in form.cells["person"]) == sorted(Item)
    assert all(cell.box[0] + cell.box[2] <= 196 for cell in (*form.cells["once"], *form.cells["last"]))


def test_fit_never_divides_a_cluster() -> None:
    chain = FontChain(FONTS_DEBIAN)
    cell = Cell("x", (0.0, 0.0, 12.0, 8.0), 9.0, 6.0, 2)
    fitted = fit("葛\U000e0102辻\U000e0102葛\U000e0102辻\U000e0102葛\U000e0102辻\U000e0102", cell, inset_mm=1.0, chain=chain)
    texts = ["".join(cluster.text for cluster in line) for line in fitted.lines]
    assert len(texts) == 2
    assert not any(text.startswith("\U000e0102") for text in texts)
    assert fitted.size_pt == 9.0


@pytest.mark.parametrize("width_mm", range(20, 60))
def test_no_line_begins_with_a_space_and_each_fits(width_mm: int) -> None:
    chain = FontChain(FONTS_DEBIAN)
    cell = Cell("x", (0.0, 0.0, float(width_mm), 20.0), 9.0, 6.0, 5)
    text = "東京都証野市　緑が丘　四　丁目27番2号　　コーポ　ひかり"
    fitted = fit(text, cell, inset_mm=1.0, chain=chain)
    lines = ["".join(cluster.text for cluster in line) for line in fitted.lines]
    assert "".join(lines) == text
    assert not any(line[0].isspace() for line in lines)
    widths_pt = [fitted.size_pt * sum(cluster.advance_em for cluster in line) for line in fitted.lines]
    assert max(widths_pt) <= (width_mm - 2) * 72 / 25.4
