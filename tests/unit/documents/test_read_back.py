"""The reader finds what is wrong: in what was composed, and in files made to deceive it."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pypdfium2 as pdfium
import pytest
from msgspec import structs

from akashi.documents.compose import CertificateFace, compose_jumin
from akashi.documents.read import FileRefused, PrintedFace, Rule, jumin, read_back_jumin
from akashi.documents.read.content import PageContent
from akashi.wire.certificates import Choice, Item
from akashi.wire.errors import WireCode
from akashi.wire.messages import JuminRecord
from unit.documents.hostile import Forger, add
from unit.documents.people import (
    ALL,
    CHILD,
    FACE,
    FOREIGN,
    HEAD,
    NEIGHBOUR,
    NONE,
    PRINTED,
    SHAPES,
    WIFE,
    Values,
    composed,
    record,
)

pytestmark = pytest.mark.needs("fonts")

ONE = SHAPES["one, everything"][0]
SIX, _ = SHAPES["six, two sheets"]


def refused(pdf: bytes, paper: JuminRecord = ONE, choices: tuple[Choice, ...] = ALL, face: PrintedFace = PRINTED) -> FileRefused:
    with pytest.raises(FileRefused) as caught:
        read_back_jumin(pdf, paper, choices, face)
    assert caught.value.code is WireCode.CHECK_FAILED
    return caught.value


def composed_of(*people: Values, whole: bool = True) -> bytes:
    return compose_jumin(record(*people, whole=whole), ALL, FACE).pdf


def _changed(item: Item, value: str) -> Values:
    return HEAD | {item: value}


@pytest.mark.promise("C4", "C11")
@pytest.mark.parametrize(
    ("printed", "box"),
    [
        (NEIGHBOUR, "person-1 name_kana"),
        (HEAD | {Item.NAME_KANA: HEAD[Item.NAME], Item.NAME: HEAD[Item.NAME_KANA]}, "person-1 name_kana"),
        (_changed(Item.NAME, "葛城　髙志"), "person-1 name"),
        (_changed(Item.NAME, "葛\U000e0103城　髙志"), "person-1 name"),
        (_changed(Item.NAME, "葛\U000e0102城　高志"), "person-1 name"),
        (_changed(Item.NAME, "葛\U000e0102城 髙志"), "person-1 name"),
        (_changed(Item.NAME, "葛\U000e0102城　　髙志"), "person-1 name"),
        (_changed(Item.BIRTH_DATE, "昭和60年4月13日"), "person-1 birth_date"),
        (_changed(Item.MY_NUMBER, "123456789019"), "person-1 my_number"),
        (_changed(Item.ADDRESS_SINCE, ""), "person-1 address_since"),
        (_changed(Item.ALIAS, "別名"), "label person-1 resident_since"),
    ],
)
def test_one_wrong_value_is_found(printed: Values, box: str) -> None:
    refusal = refused(composed_of(printed))
    assert (refusal.rule, refusal.page, refusal.box) == (Rule.TEXT_WORDS, 1, box)


@pytest.mark.promise("C4")
def test_two_persons_swapped_are_found() -> None:
    refusal = refused(composed_of(WIFE, HEAD), record(HEAD, WIFE))
    assert (refusal.rule, refusal.box) == (Rule.TEXT_WORDS, "person-1 name_kana")


@pytest.mark.promise("C4")
def test_a_missing_and_an_added_person_are_found() -> None:
    assert refused(composed_of(HEAD), record(HEAD, WIFE)).page == 1
    assert refused(composed_of(HEAD, WIFE)).page == 1


@pytest.mark.parametrize(("printed", "wanted"), [(6, 4), (4, 6)])
def test_a_missing_or_added_page_is_found(printed: int, wanted: int) -> None:
    papers = {count: structs.replace(SIX, persons=SIX.persons[:count]) for count in (4, 6)}
    pdf = compose_jumin(papers[printed], ALL, FACE).pdf
    assert refused(pdf, papers[wanted]).rule is Rule.PAGE_COUNT


@pytest.mark.promise("C3")
def test_an_item_that_was_not_chosen_is_found() -> None:
    pdf = compose_jumin(record(HEAD, FOREIGN), ALL, FACE).pdf
    for left_out in ALL:
        chosen = tuple(choice for choice in ALL if choice is not left_out)
        assert refused(pdf, record(HEAD, FOREIGN, choices=chosen), chosen).rule is Rule.TEXT_WORDS


@pytest.mark.promise("C3")
def test_a_chosen_item_that_is_left_out_is_found() -> None:
    pdf = compose_jumin(record(HEAD, choices=NONE), NONE, FACE).pdf
    assert refused(pdf).rule is Rule.TEXT_WORDS


def test_a_record_with_other_items_than_the_choices_refuses_before_the_file_is_opened() -> None:
    assert refused(b"", record(HEAD, choices=NONE), ALL).rule is Rule.RECORD_ITEMS


@pytest.mark.promise("C11")
@pytest.mark.parametrize(
    ("field", "value", "box"),
    [
        ("issue_number", "139998-7Q2M-8XKD-0V4T-HC94", "number"),
        ("issued_on_written", "平成38年11月23日", "issued_on"),
        ("as_of_written", "令和8年11月22日14時05分", "as_of"),
        ("officer_title", "市守", "certifier"),
        ("officer_name", "別　人", "officer"),
        ("city_name", "東京都灯野市", "certifier"),
    ],
)
def test_a_wrong_number_date_or_officer_is_found(field: str, value: str, box: str) -> None:
    face: Any = {each.name: getattr(FACE, each.name) for each in fields(FACE)} | {field: value}
    refusal = refused(compose_jumin(ONE, ALL, CertificateFace(**face)).pdf)
    assert (refusal.rule, refusal.box) == (Rule.TEXT_WORDS, box)


def test_the_wrong_statement_is_found() -> None:
    assert refused(composed_of(HEAD, whole=False)).box == "statement"


def test_another_address_and_head_are_found() -> None:
    assert refused(compose_jumin(structs.replace(ONE, address="東京都証野市本町1番"), ALL, FACE).pdf).box == "address"
    assert refused(compose_jumin(structs.replace(ONE, household_head="別　人"), ALL, FACE).pdf).box == "household_head"


@pytest.fixture
def forger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Forger:
    return Forger(tmp_path, monkeypatch)


def test_the_forger_without_an_edit_makes_the_real_file(forger: Forger) -> None:
    pdf = forger.compose(ONE, ALL, FACE, add(""))
    assert pdf == composed("one, everything").pdf


@pytest.mark.promise("C4", "C11")
@pytest.mark.parametrize(
    ("drawing", "rule"),
    [
        ('put(20mm, 200mm, written(8pt, "世帯の状況"))', Rule.TEXT_WORDS),
        ('put(45mm, 290mm, written(8pt, "見えない所"))', Rule.TEXT_PLACE),
        ('put(43mm, 23mm, written(8pt, "別の住所"))', Rule.TEXT_PLACE),
        ('put(150mm, 23mm, written(8pt, "あ"))', Rule.TEXT_WORDS),
        ("put(42mm, 48mm, rect(width: 60mm, height: 6mm, fill: white, stroke: none))", Rule.DRAWING),
        ("put(42mm, 48mm, rect(width: 60mm, height: 6mm, fill: black, stroke: none))", Rule.DRAWING),
        ("put(42mm, 48mm, std.line(length: 60mm))", Rule.DRAWING),
        ("put(42mm, 46mm, std.line(length: 60mm, stroke: 4pt))", Rule.DRAWING),
        ("put(42mm, 46mm, std.line(start: (0mm, 0mm), end: (50mm, 9mm)))", Rule.DRAWING),
        ('put(150mm, 24mm, text(size: 8pt, fill: white, "白"))', Rule.TEXT_VISIBLE),
        ('put(150mm, 24mm, text(size: 8pt, fill: rgb(0, 0, 0, 10), "薄"))', Rule.GLYPHS),
        ('put(150mm, 24mm, text(size: 8pt, stroke: 3pt, "太"))', Rule.DRAWING),
        ('put(150mm, 24mm, box(width: 1mm, height: 1mm, clip: true, text(size: 8pt, "切")))', Rule.TEXT_VISIBLE),
        ('put(150mm, 24mm, link("https://example.invalid/", text(size: 8pt, "、")))', Rule.FILE_PLAIN),
    ],
)  # fmt: skip
def test_whatever_is_added_is_found(forger: Forger, drawing: str, rule: Rule, monkeypatch: pytest.MonkeyPatch) -> None:
    pdf = forger.compose(ONE, ALL, FACE, add(drawing), plain=True)
    assert refused(pdf).rule is Rule.FILE_FORM
    _leave_gate_open(monkeypatch)
    assert refused(pdf).rule is rule


@pytest.mark.promise("C11")
@pytest.mark.parametrize(
    ("before", "after", "rule"),
    [
        ("width: 210mm, height: 297mm", "width: 210mm, height: 310mm", Rule.PAGE_SIZE),
        ("width: 210mm, height: 297mm", "width: 250mm, height: 297mm", Rule.PAGE_SIZE),
        ("    seal(data.seal)\n", "", Rule.DRAWING),
        ('    fixed("seal_note")\n', "", Rule.TEXT_WORDS),
        ("    for cell in form.last { entry(cell, data.last) }\n", "", Rule.TEXT_WORDS),
        ("  if page.last {", "  if page.last or true {", Rule.DRAWING),
        ("#let ruled(x, y, width,", "#let ruled(..all) = []\n#let unruled(x, y, width,", Rule.DRAWING),
        ("mm(form.person.y + slot * form", "mm(form.person.y + 2 + slot * form", Rule.DRAWING),
        ("(mm(x2), mm(y2))", "(mm(x2), mm(y2 + 2))", Rule.DRAWING),
        ("text(size: size, body)", "text(size: size, { body; h(-0.9em); body })", Rule.TEXT_PLACE),
        ("text(size: size, body)", "text(size: size * 1.6, body)", Rule.TEXT_PLACE),
        ("put(x + mm(left + form.sheet.inset)", "put(x + mm(left + width - 2)", Rule.TEXT_PLACE),
    ],
)
def test_whatever_is_left_out_or_moved_is_found(
    forger: Forger, before: str, after: str, rule: Rule, monkeypatch: pytest.MonkeyPatch
) -> None:
    pdf = forger.compose(SIX, ALL, FACE, (before, after), plain=True)
    assert refused(pdf, SIX).rule is Rule.FILE_FORM
    _leave_gate_open(monkeypatch)
    assert refused(pdf, SIX).rule is rule


def _leave_gate_open(patch: pytest.MonkeyPatch) -> None:
    """Let only what reads texts and drawings speak: each of the two must find it alone."""

    def open_gate(pdf: bytes, _fonts: tuple[str, ...]) -> tuple[PageContent, ...]:
        document = pdfium.PdfDocument(pdf)
        try:
            return (PageContent((), (), 0),) * len(document)
        finally:
            document.close()

    patch.setattr(jumin, "check_form", open_gate)


@pytest.mark.parametrize(
    ("spoil", "rule"),
    [
        (lambda _: b"", Rule.FILE_READABLE),
        (lambda _: b"%PDF-1.7\n", Rule.FILE_PLAIN),
        (lambda pdf: b"GIF89a" + pdf, Rule.FILE_READABLE),
        (lambda pdf: pdf + b"\n", Rule.FILE_PLAIN),
        (lambda pdf: pdf + b"%", Rule.FILE_PLAIN),
        (lambda pdf: pdf + pdf, Rule.FILE_PLAIN),
        (lambda pdf: pdf[:-4], Rule.FILE_PLAIN),
        (lambda _: b"%PDF-1.7\nstartxref\n0\n%%EOF", Rule.FILE_FORM),
        (lambda pdf: pdf + b" " * 2_200_000, Rule.FILE_READABLE),
    ],
)
def test_a_file_that_is_not_one_plain_pdf_refuses(spoil: Callable[[bytes], bytes], rule: Rule) -> None:
    assert refused(spoil(composed("one, everything").pdf)).rule is rule


def test_refusals_cross_process_boundaries_and_name_no_value() -> None:
    refusal = refused(composed_of(_changed(Item.NAME, "別　人")))
    again = pickle.loads(pickle.dumps(refusal))  # noqa: S301 - our own bytes
    assert (again.rule, again.page, again.box, again.code) == (refusal.rule, 1, "person-1 name", WireCode.CHECK_FAILED)
    assert "別" not in str(refusal)
    assert HEAD[Item.NAME][0] not in str(refusal)


def test_every_page_carries_number_and_page_and_only_the_last_the_statement() -> None:
    swapped = compose_jumin(structs.replace(SIX, persons=(*SIX.persons[4:], *SIX.persons[:4])), ALL, FACE).pdf
    assert refused(swapped, SIX).page == 1
    seven = record(HEAD, WIFE, CHILD, FOREIGN, NEIGHBOUR, CHILD, WIFE)
    assert refused(compose_jumin(seven, ALL, FACE).pdf, SIX).page == 2
