"""The reader finds what is wrong in well-made files: another person's values, wrong dates, too much, too little."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import date
from typing import Any

import pytest
from msgspec import structs

from akashi.documents.compose import CertificateFace, compose_jumin
from akashi.documents.read import Rule, read_back_jumin
from akashi.wire.certificates import Item
from akashi.wire.errors import WireCode
from unit.documents.hostile import refused
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


def composed_of(*people: Values, whole: bool = True) -> bytes:
    return compose_jumin(record(*people, whole=whole), ALL, FACE).pdf


def _changed(item: Item, value: str) -> Values:
    return HEAD | {item: value}


@pytest.mark.promise("C4", "C11")
@pytest.mark.parametrize("shape", SHAPES)
def test_what_is_composed_reads_back_and_says_where_its_rooms_are(shape: str) -> None:
    paper, choices = SHAPES[shape]
    done = composed(shape)
    found = read_back_jumin(done.pdf, paper, choices, PRINTED)
    assert len(found.pages) == done.page_count
    for page in found.pages:
        assert (page.code.width, page.code.height, page.code.end - page.code.start) == (69, 69, 621)
        assert done.pdf[page.code.start : page.code.end] == bytes(621)
        assert dict(page.words())["number"] == FACE.issue_number
    assert done.pdf[found.signature.moment_start :].startswith(b"00000000000000Z)")
    assert done.pdf[found.signature.start : found.signature.end] == b"<" + b"0" * 6_144 + b">"


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
    refusal = refused(composed_of(printed), ONE)
    assert (refusal.rule, refusal.page, refusal.box) == (Rule.TEXT_WORDS, 1, box)


@pytest.mark.promise("C4")
def test_two_persons_swapped_are_found() -> None:
    refusal = refused(composed_of(WIFE, HEAD), record(HEAD, WIFE))
    assert (refusal.rule, refusal.box) == (Rule.TEXT_WORDS, "person-1 name_kana")


@pytest.mark.promise("C4")
def test_a_missing_and_an_added_person_are_found() -> None:
    assert refused(composed_of(HEAD), record(HEAD, WIFE)).page == 1
    assert refused(composed_of(HEAD, WIFE), ONE).page == 1


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
    assert refused(pdf, ONE).rule is Rule.TEXT_WORDS


def test_a_record_with_other_items_than_the_choices_refuses_before_the_file_is_opened() -> None:
    assert refused(b"", record(HEAD, choices=NONE)).rule is Rule.RECORD_ITEMS


@pytest.mark.promise("C11")
@pytest.mark.parametrize(
    ("field", "value", "box"),
    [
        ("issue_number", "139998-7Q2M-8XKD-0V4T-HC94", "number"),
        ("issued_on_written", "平成38年11月23日", "issued_on"),
        ("as_of_written", "令和8年11月22日14時05分", "as_of"),
        ("officer_title", "市守", "seal"),
        ("officer_name", "別　人", "officer"),
    ],
)
def test_a_wrong_number_date_version_or_officer_is_found(field: str, value: str, box: str) -> None:
    face: Any = {each.name: getattr(FACE, each.name) for each in fields(FACE)} | {field: value}
    refusal = refused(compose_jumin(ONE, ALL, CertificateFace(**face)).pdf, ONE)
    assert (refusal.rule, refusal.box) == (Rule.TEXT_WORDS, box)


@pytest.mark.promise("C11")
@pytest.mark.parametrize("face", [{"city_name": "東京都灯野市"}, {"issued_on": date(2026, 11, 24)}])
def test_a_wrong_city_or_day_in_the_properties_is_found(face: dict[str, Any]) -> None:
    refused(compose_jumin(ONE, ALL, replace(FACE, **face)).pdf, ONE)
    spoken = compose_jumin(ONE, ALL, FACE).pdf
    assert refused(spoken, ONE, face=replace(PRINTED, issued_on=date(2026, 11, 24))).rule is Rule.FILE_FORM


def test_the_wrong_statement_is_found() -> None:
    assert refused(composed_of(HEAD, whole=False), ONE).box == "statement"


def test_another_address_and_head_are_found() -> None:
    assert refused(compose_jumin(structs.replace(ONE, address="東京都証野市本町1番"), ALL, FACE).pdf, ONE).box == "address"
    assert refused(compose_jumin(structs.replace(ONE, household_head="別　人"), ALL, FACE).pdf, ONE).box == "household_head"


@pytest.mark.parametrize(
    ("spoil", "rule"),
    [
        (lambda _: b"", Rule.FILE_READABLE),
        (lambda _: b"%PDF-1.7\n", Rule.FILE_PLAIN),
        (lambda pdf: b"GIF89a" + pdf, Rule.FILE_READABLE),
        (lambda pdf: pdf + b"\n", Rule.FILE_PLAIN),
        (lambda pdf: pdf + b"%", Rule.FILE_PLAIN),
        (lambda pdf: pdf + pdf, Rule.FILE_FORM),
        (lambda pdf: pdf[:-4], Rule.FILE_PLAIN),
        (lambda _: b"%PDF-1.7\nstartxref\n0\n%%EOF", Rule.FILE_PLAIN),
        (lambda _: b"%PDF-1.7\ntrailer\n<<>>\nstartxref\n0\n%%EOF", Rule.FILE_FORM),
        (lambda pdf: pdf + b" " * 2_200_000, Rule.FILE_READABLE),
    ],
)
def test_a_file_that_is_not_one_plain_pdf_refuses(spoil: Callable[[bytes], bytes], rule: Rule) -> None:
    assert refused(spoil(composed("one, everything").pdf), ONE).rule is rule


def test_refusals_cross_process_boundaries_and_name_no_value() -> None:
    refusal = refused(composed_of(_changed(Item.NAME, "別　人")), ONE)
    again = pickle.loads(pickle.dumps(refusal))  # noqa: S301 - our own bytes
    assert (again.rule, again.page, again.box, again.code) == (refusal.rule, 1, "person-1 name", WireCode.CHECK_FAILED)
    assert "別" not in str(refusal)
    assert HEAD[Item.NAME][0] not in str(refusal)


def test_every_page_carries_number_and_page_and_only_the_last_the_statement() -> None:
    swapped = compose_jumin(structs.replace(SIX, persons=(*SIX.persons[4:], *SIX.persons[:4])), ALL, FACE).pdf
    assert refused(swapped, SIX).page == 1
    seven = record(HEAD, WIFE, CHILD, FOREIGN, NEIGHBOUR, CHILD, WIFE)
    assert refused(compose_jumin(seven, ALL, FACE).pdf, SIX).page == 2


@pytest.mark.promise("C11")
@pytest.mark.parametrize(
    ("city", "title"),
    [
        ("東京都証野市", "市長職務代理者副市長"),
        ("東京都𠮷市", "市長"),
        ("三重県津市", "市長"),
        ("東京都千代田区", "区長"),
        ("茨城県かすみがうら市", "市長職務代理者副市長"),
    ],
)
def test_every_seal_reads_back(city: str, title: str) -> None:
    face = replace(FACE, city_name=city, officer_title=title)
    printed = replace(PRINTED, city_name=city, officer_title=title)
    assert len(read_back_jumin(compose_jumin(ONE, ALL, face).pdf, ONE, ALL, printed).pages) == 1


def _many_shapes() -> list[tuple[str, tuple[Values, ...], int]]:
    """Return 48 shapes: one to seven persons, foreign and not, all sets of choices, rare characters, long and broken lines."""
    rare = HEAD | {Item.NAME: "葛葛\U000e0103葛\U000e0102か\u3099が", Item.HONSEKI: "（四）丁目「四」" * 4}
    latin = FOREIGN | {Item.NAME_LATIN: "GARCIA LOPEZ (MARIA)\\A-B 'C' \"D\" <E> /F %G"}
    long = WIFE | {Item.PREVIOUS_ADDRESS: "東京都葛\U000e0102飾区立石五丁目12番14号　メゾン立石201" * 2}
    people = (HEAD, WIFE, CHILD, FOREIGN, NEIGHBOUR, rare, latin, long)
    return [
        (f"{1 + index % 7} persons, {index}", tuple(people[(index + each) % len(people)] for each in range(1 + index % 7)), index)
        for index in range(48)
    ]


@pytest.mark.promise("C11")
@pytest.mark.parametrize(("people", "index"), [shape[1:] for shape in _many_shapes()], ids=[shape[0] for shape in _many_shapes()])
def test_whatever_is_composed_reads_back(people: tuple[Values, ...], index: int) -> None:
    mask = index * 5 % 2 ** len(ALL)
    choices = tuple(choice for bit, choice in enumerate(ALL) if mask >> bit & 1)
    paper = record(*people, choices=choices, whole=len(people) % 2 == 0)
    done = compose_jumin(paper, choices, FACE)
    assert len(read_back_jumin(done.pdf, paper, choices, PRINTED).pages) == done.page_count


def test_many_pages_read_back() -> None:
    paper = record(HEAD, *(CHILD,) * 29)
    assert len(read_back_jumin(compose_jumin(paper, ALL, FACE).pdf, paper, ALL, PRINTED).pages) == 8
