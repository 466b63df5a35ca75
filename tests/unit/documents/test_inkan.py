"""印鑑登録証明書: what is composed reads back, its seal dot for dot; whatever else is on it or in it is found."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from akashi.documents.compose import GlyphMissing, RecordUnfit, TextOverflow, compose_inkan
from akashi.documents.compose.fonts import FONTS_DEBIAN
from akashi.documents.compose.inkan import inkan_document, inkan_stamper
from akashi.documents.read import FileRefused, Rule, read_back_inkan
from akashi.documents.read.inkan_map import IMPRINT
from akashi.wire.certificates import Kind
from akashi.wire.errors import Refused, WireCode
from akashi.wire.messages import IssueOrder
from akashi.wire.messages.records import SealImage, SealRecord
from akashi.zones.issuance.checker.readers import READERS
from akashi.zones.issuance.issuer.composers import COMPOSERS
from unit.documents.people import ALL, HEAD, record
from unit.documents.seal_people import FOREIGN_SEAL, IMAGE, SEAL_FACE, SEAL_PRINTED, seal_image, seal_record
from unit.documents.surgery import Opened, opened

pytestmark = pytest.mark.needs("fonts")

PAPER = seal_record()
ORDER = IssueOrder(PAPER.transcript, 1, Kind.INKAN, (), (), 0, 200, None, 30_000)


def made(paper: SealRecord) -> bytes:
    return compose_inkan(paper, SEAL_FACE).pdf


@cache
def pdf_of_paper() -> bytes:
    return made(PAPER)


def refused(pdf: bytes, paper: SealRecord = PAPER) -> FileRefused:
    with pytest.raises(FileRefused) as caught:
        read_back_inkan(pdf, paper, SEAL_PRINTED)
    assert caught.value.code is WireCode.CHECK_FAILED
    return caught.value


def image_with(image: SealImage, at: int, bit: int) -> SealImage:
    bits = bytearray(image.bits)
    bits[at] ^= bit
    return structs.replace(image, bits=bytes(bits))


@pytest.mark.promise("C4", "C11")
@pytest.mark.parametrize("paper", [PAPER, FOREIGN_SEAL])
def test_what_is_composed_reads_back(paper: SealRecord) -> None:
    (page,) = read_back_inkan(made(paper), paper, SEAL_PRINTED).pages
    words = dict(page.words())
    for name in ("name", "birth_date", "address", "registered_on"):
        assert words[name] == getattr(paper, name)
    assert words["former_name"] == (paper.former_name or "＊＊＊")
    assert ("sex" in words) == ("label sex" in words) == bool(paper.sex)
    assert words[IMPRINT] == "登録された印影"
    assert page.shown.pictures[IMPRINT].bits == paper.image.bits


@pytest.mark.promise("C4")
@pytest.mark.parametrize(
    ("image", "rule"),
    [
        (seal_image(turn=5), Rule.PICTURE),
        (image_with(IMAGE, 0, 0x80), Rule.PICTURE),
        (image_with(IMAGE, len(IMAGE.bits) // 2, 0x01), Rule.PICTURE),
        (image_with(IMAGE, len(IMAGE.bits) - 1, 0x20), Rule.PICTURE),
        (seal_image(330, 347), Rule.TEXT_PLACE),
        (seal_image(331, 346), Rule.TEXT_PLACE),
        (seal_image(347, 331), Rule.TEXT_PLACE),
    ],
)
def test_another_seal_one_dot_and_another_size_are_found(image: SealImage, rule: Rule) -> None:
    assert refused(made(seal_record(image=image))).rule is rule


@pytest.mark.promise("C4")
@pytest.mark.parametrize(
    ("changed", "box"),
    [
        ({"name": "葛城　髙志"}, "name"),
        ({"name": "渡邉\U000e010f　光"}, "name"),
        ({"name_kana": "カツラギ　タカシ"}, "name_kana"),
        ({"former_name": "髙橋"}, "former_name"),
        ({"alias": "別名"}, "alias"),
        ({"birth_date": "昭和60年4月13日"}, "birth_date"),
        ({"address": "東京都証野市緑が丘四丁目27番2号　コーポひかり516"}, "address"),
        ({"registered_on": "平成25年11月6日"}, "registered_on"),
    ],
)
def test_one_wrong_value_is_found(changed: dict[str, str], box: str) -> None:
    refusal = refused(made(seal_record(**changed)))
    assert (refusal.rule, refusal.page, refusal.box) == (Rule.TEXT_WORDS, 1, box)


@pytest.mark.promise("C3", "C4")
def test_a_sex_that_the_city_does_not_print_and_one_that_is_missing_are_found() -> None:
    refused(made(seal_record(sex="男")))
    refused(made(PAPER), seal_record(sex="男"))
    assert refused(made(seal_record(sex="女")), seal_record(sex="男")).box == "sex"


@pytest.mark.promise("C11")
@pytest.mark.parametrize(
    ("field", "value", "box"),
    [
        ("issue_number", "139998-7Q2M-8XKD-0V4T-HC94", "number"),
        ("issued_on_written", "令和8年11月24日", "issued_on"),
        ("as_of_written", "令和8年11月22日14時05分", "as_of"),
        ("officer_title", "市守", "seal"),
        ("officer_name", "別　人", "officer"),
        ("statement", "この写しは、登録された印影と相違ないことを証明します。", "statement"),
    ],
)
def test_a_wrong_number_date_officer_or_sentence_is_found(field: str, value: str, box: str) -> None:
    face: Any = {field: value}
    refusal = refused(compose_inkan(PAPER, replace(SEAL_FACE, **face)).pdf)
    assert (refusal.rule, refusal.box) == (Rule.TEXT_WORDS, box)


def _figure(edit: Callable[[list[float]], list[float]]) -> Callable[[Opened], Opened]:
    """Return an edit of width, height, left and lower edge of the seal as it is drawn."""

    def edited(parts: Opened) -> Opened:
        number = parts.values()
        content = parts.content(number)
        found = re.search(rb"q (\S+) 0 0 (\S+) (\S+) (\S+) cm /c0 cs 0 scn\n/i0 Do", content)
        assert found is not None
        width, height, left, low = (b"%.6g" % one for one in edit([float(one) for one in found.groups()]))
        drawn = b"q %b 0 0 %b %b %b cm /c0 cs 0 scn\n/i0 Do" % (width, height, left, low)
        assert drawn != found[0]
        return parts.with_content(number, content.replace(found[0], drawn))

    return edited


def _utf16(text: str) -> bytes:
    return text.encode("utf-16-be").hex().upper().encode()


@pytest.mark.promise("C4")
@pytest.mark.parametrize(
    ("edit", "rule"),
    [
        (_figure(lambda one: [one[0] * 1.01, *one[1:]]), Rule.PICTURE),
        (_figure(lambda one: [one[0] * 2, one[1] * 2, *one[2:]]), Rule.PICTURE),
        (_figure(lambda one: [one[0] - 0.12, *one[1:]]), Rule.PICTURE),
        (_figure(lambda one: [*one[:2], one[2] + 0.12, one[3]]), Rule.PICTURE),
        (_figure(lambda one: [*one[:3], one[3] - 0.02]), Rule.PICTURE),
        (lambda parts: parts.replaced(b"/Width 331", b"/Width 336"), Rule.PICTURE),
        (lambda parts: parts.replaced(b"/Height 347", b"/Height 346"), Rule.PICTURE),
        (lambda parts: parts.replaced(_utf16("登録された印影"), _utf16("登録された印鑑")), Rule.TEXT_WORDS),
        (lambda parts: parts.replaced(b"BBox[320.401 ", b"BBox[320.403 "), Rule.TEXT_PLACE),
        (lambda parts: parts.replaced(b"/i0 ", b"/i1 "), Rule.FILE_FORM),
    ],
)
def test_a_scaled_moved_or_otherwise_described_seal_is_found(edit: Callable[[Opened], Opened], rule: Rule) -> None:
    parts = opened(pdf_of_paper())
    assert read_back_inkan(parts.pdf(), PAPER, SEAL_PRINTED).pages
    assert refused(edit(parts).pdf()).rule is rule


def test_a_seal_that_is_not_drawn_or_drawn_twice_is_found() -> None:
    parts = opened(pdf_of_paper())
    number = parts.values()
    content = parts.content(number)
    found = re.search(rb"/Figure<<.*?EMC\n", content, re.DOTALL)
    assert found is not None
    for edited in (content.replace(found[0], b""), content + found[0], content.replace(b"/i0 Do", b"/q0 Do")):
        assert refused(parts.with_content(number, edited).pdf()).rule is Rule.CONTENT


def test_another_title_and_a_missing_or_added_page_are_found() -> None:
    parts = opened(pdf_of_paper())
    assert refused(parts.replaced(_utf16("印鑑登録証明書"), _utf16("印鑑登録済証書")).pdf()).rule is Rule.FILE_FORM
    document = inkan_document(PAPER, SEAL_FACE)
    twice = inkan_stamper(FONTS_DEBIAN).stamp(replace(document, pages=document.pages * 2)).pdf
    assert refused(twice).rule is Rule.PAGE_COUNT


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"name": ""}, RecordUnfit),
        ({"birth_date": ""}, RecordUnfit),
        ({"address": ""}, RecordUnfit),
        ({"registered_on": ""}, RecordUnfit),
        ({"alias": "＊＊＊"}, RecordUnfit),
        ({"name": "葛城　髙志　"}, GlyphMissing),
        ({"name": "\U00013000"}, GlyphMissing),
        ({"former_name": "葛\U000e01ef"}, GlyphMissing),
        ({"name": "寿限無" * 60}, TextOverflow),
        ({"alias": "寿限無" * 60}, TextOverflow),
        ({"address": "一丁目" * 90}, TextOverflow),
        ({"sex": "男" * 80}, TextOverflow),
    ],
)
def test_what_cannot_be_printed_as_it_is_refuses(changed: dict[str, str], error: type[Refused]) -> None:
    with pytest.raises(error):
        made(seal_record(**changed))


@pytest.mark.parametrize("name", ["name", "birth_date", "address", "registered_on"])
def test_the_reader_demands_what_is_never_empty(name: str) -> None:
    assert refused(pdf_of_paper(), seal_record(**{name: ""})).rule is Rule.RECORD_ITEMS


@pytest.mark.parametrize("statement", ["", "＊＊＊"])
def test_a_certificate_that_certifies_nothing_refuses(statement: str) -> None:
    with pytest.raises(RecordUnfit):
        compose_inkan(PAPER, replace(SEAL_FACE, statement=statement))


def _rows(width: int, height: int, row: bytes) -> SealImage:
    return SealImage(width, height, row * height)


@pytest.mark.parametrize(
    "image",
    [
        _rows(188, 189, b"\xf0" * 24),
        _rows(592, 189, b"\xf0" * 74),
        _rows(189, 188, b"\xf0" * 23 + b"\xf8"),
        _rows(192, 592, b"\xf0" * 24),
        _rows(-8, 300, b""),
        structs.replace(IMAGE, bits=IMAGE.bits[:-1]),
        structs.replace(IMAGE, bits=IMAGE.bits + b"\0"),
        structs.replace(IMAGE, bits=b""),
        structs.replace(IMAGE, bits=bytes(len(IMAGE.bits))),
        structs.replace(IMAGE, width_px=IMAGE.width_px + 8),
        structs.replace(IMAGE, height_px=IMAGE.height_px - 1),
        image_with(IMAGE, 41, 0x01),
        image_with(IMAGE, len(IMAGE.bits) - 1, 0x10),
    ],
)
def test_an_image_that_is_not_what_it_says_refuses_on_both_sides(image: SealImage) -> None:
    paper = seal_record(image=image)
    with pytest.raises(RecordUnfit):
        made(paper)
    assert refused(pdf_of_paper(), paper).rule is Rule.RECORD_ITEMS


@pytest.mark.parametrize(("width", "height"), [(189, 189), (591, 591), (192, 300), (189, 591)])
def test_the_smallest_and_the_largest_seal_read_back(width: int, height: int) -> None:
    paper = seal_record(image=seal_image(width, height))
    assert read_back_inkan(made(paper), paper, SEAL_PRINTED).pages


def test_the_same_record_gives_the_same_bytes_and_seals_of_a_size_share_their_form() -> None:
    assert made(PAPER) == pdf_of_paper()
    other = made(seal_record(name="渡邉\U000e010f　光", image=seal_image(turn=5)))
    form = pdf_of_paper()[: pdf_of_paper().index(b"/Type/Catalog")]
    assert other.startswith(form)


@pytest.mark.promise("C4", "C11")
def test_issuer_and_checker_have_the_kind_in_their_tables() -> None:
    done = COMPOSERS[Kind.INKAN].compose(PAPER, ORDER, SEAL_FACE, fonts=FONTS_DEBIAN)
    assert len(READERS[Kind.INKAN].read_back(done.pdf, PAPER, ORDER, SEAL_PRINTED).pages) == done.page_count == 1
    assert COMPOSERS[Kind.INKAN].choices == READERS[Kind.INKAN].choices == frozenset()
    other = record(HEAD, choices=ALL)
    with pytest.raises(Refused) as caught:
        COMPOSERS[Kind.INKAN].compose(other, ORDER, SEAL_FACE, fonts=FONTS_DEBIAN)
    assert caught.value.code is WireCode.INTERNAL
    with pytest.raises(Refused) as caught:
        READERS[Kind.INKAN].read_back(done.pdf, other, ORDER, SEAL_PRINTED)
    assert caught.value.code is WireCode.INTERNAL


WRITTEN = st.text(st.sampled_from("葛辻邉斉﨑𠮷髙 　-・（）「」、ーァｱABCxyz0123１２々〆ヶéÄ"), max_size=40) | st.sampled_from(
    ["葛\U000e0102", "辻\U000e0102", "が", "か\u3099", "葛\U000e01ef", "𓀀"]
)


@st.composite
def _images(draw: st.DrawFn) -> SealImage:
    width, height = draw(st.integers(189, 591)), draw(st.integers(189, 591))
    row_bytes = (width + 7) // 8
    beside = 0x100 - (1 << -width % 8)
    row = draw(st.binary(min_size=row_bytes, max_size=row_bytes))
    row = row[:-1] + bytes([row[-1] & beside])
    blank = draw(st.integers(0, height - 1))
    return SealImage(width, height, row * blank + bytes(row_bytes) + row * (height - blank - 1))


@pytest.mark.promise("C4", "C11")
@settings(max_examples=60, deadline=None)
@given(
    name=WRITTEN,
    optional=st.tuples(WRITTEN, WRITTEN, WRITTEN),
    address=WRITTEN,
    sex=st.sampled_from(["", "男", "女"]),
    image=_images(),
)
def test_whatever_is_composed_reads_back(
    name: str, optional: tuple[str, str, str], address: str, sex: str, image: SealImage
) -> None:
    kana, former, alias = optional
    paper = seal_record(name=name, name_kana=kana, former_name=former, alias=alias, address=address, sex=sex, image=image)
    try:
        pdf = made(paper)
    except (GlyphMissing, TextOverflow, RecordUnfit):
        return
    (page,) = read_back_inkan(pdf, paper, SEAL_PRINTED).pages
    assert dict(page.words())["name"] == name
    assert refused(pdf, structs.replace(paper, image=image_with(image, 0, 0x80))).rule in (Rule.PICTURE, Rule.RECORD_ITEMS)


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_any_changed_bytes_of_a_file_read_back_or_refuse(data: st.DataObject) -> None:
    pdf = bytearray(pdf_of_paper())
    for _ in range(data.draw(st.integers(1, 4))):
        pdf[data.draw(st.integers(0, len(pdf) - 1))] = data.draw(st.integers(0, 255))
    try:
        (page,) = read_back_inkan(bytes(pdf), PAPER, SEAL_PRINTED).pages
    except FileRefused:
        return
    assert IMAGE.bits in bytes(pdf)
    assert dict(page.words())["name"] == PAPER.name
