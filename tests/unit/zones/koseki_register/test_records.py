"""What a family register may hold: values as entered, a vocabulary that is closed, and nothing that could not be printed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from msgspec.structs import replace

from akashi.registers.errors import RecordRefused
from akashi.zones.koseki.register.records import Address, Block, BlockReason, Line, Matter, Person
from akashi.zones.koseki.register.vocabulary import LABELS, PERSON_TITLES, REGISTER_TITLES, Sex, SpouseMark, child_relationship
from unit.zones.koseki_register.families import born, family, matter, on, person, person_no, register

REFUSED: dict[str, tuple[Callable[[], object], str]] = {
    "label": (lambda: Line(label="出生した日", value="x"), "label"),
    "day": (lambda: Line(label="出生日", value="昨日"), "value"),
    "day-of-no-era": (lambda: Line(label="出生日", value="平成３１年５月７日"), "value"),
    "empty-value": (lambda: Line(label="出生地", value=""), "value"),
    "value-of-a-heading": (lambda: Line(label="従前の記録", value="x"), "value"),
    "line-break": (lambda: Line(label="特記事項", value="一\u2028二"), "value"),
    "title": (lambda: matter("誕生", 出生日="昭和57年4月19日"), "title"),
    "level-with-nothing-above": (lambda: Matter(title="更正", lines=(Line(label="父", value="", level=1),)), "level"),
    "matter-without-its-line": (lambda: person(1, "一", matters=(matter("婚姻", 配偶者氏名="乙野梅子"),)), "lines"),
    "matter-of-the-register": (lambda: person(1, "一", matters=(matter("戸籍編製", 編製日="平成20年1月21日"),)), "title"),
    "number": (lambda: person(1, "一", person_no="61"), "person_no"),
    "decoy": (lambda: person(1, "一", person_no="0000000000"), "person_no"),
    "wide-digits": (lambda: person(1, "一", person_no="６000000001"), "person_no"),
    "no-name": (lambda: person(1, ""), "given_name"),
    "relationship": (lambda: person(1, "一", relationship="孫"), "relationship"),
    "adopted-by-nobody": (lambda: person(1, "一", adoptive_relationship="養子"), "adoptive_relationship"),
    "adoptive-father-alone": (lambda: person(1, "一", adoptive_father="甲野義太郎"), "adoptive_relationship"),
    "resident": (lambda: person(1, "一", resident_no="1234567890"), "resident_no"),
    "sex-of-one-who-left-before": (
        lambda: person(1, "一", removed=on("令和3年1月1日", date(2021, 1, 1)), sex=Sex.MALE),
        "sex",
    ),
    "address": (lambda: Address(address="", since=None), "address"),
    "date-without-text": (lambda: on("", None), "written"),
    "nobody-in-it": (lambda: replace(family(), matters=()), "matters"),
    "another-surname": (lambda: replace(family(), hittosha="乙野\u3000義太郎"), "hittosha"),
    "person-twice": (lambda: register(1, "甲", person(1, "一"), person(1, "二")), "person_no"),
    "resident-twice": (
        lambda: register(1, "甲", person(1, "一"), replace(person(1, "二"), person_no=person_no(2))),
        "resident_no",
    ),
    "two-husbands": (
        lambda: register(1, "甲", person(1, "一", spouse=SpouseMark.HUSBAND), person(2, "二", spouse=SpouseMark.HUSBAND)),
        "spouse",
    ),
    "block": (lambda: Block(person_no="x", reason=BlockReason.COURT, since=date(2026, 1, 1)), "person_no"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_no_register_may_hold(name: str) -> None:
    make, column = REFUSED[name]
    with pytest.raises(RecordRefused) as refused:
        make()
    assert refused.value.column == column


@pytest.mark.promise("C11")
@pytest.mark.parametrize("written", ["昭和２年頃", "年月日不詳", "昭和18年2月29日", "大正15年12月25日", "昭和４０年６月２１日"])
def test_dates_that_name_no_day_and_digits_of_either_width_are_dates(written: str) -> None:
    assert Line(label="出生日", value=written).value == written


def test_a_date_of_another_form_counts_only_with_the_day_that_a_clerk_entered() -> None:
    with pytest.raises(RecordRefused):
        Line(label="出生日", value="昭和二年の春")
    assert on("昭和二年の春", date(1927, 4, 1)).written == "昭和二年の春"


@pytest.mark.promise("C11")
def test_rare_characters_and_wide_digits_stay_as_they_are() -> None:
    wide = "昭和４０年６月２１日"
    one = person(1, "梅\U000e0101子", birth=on(wide, date(1965, 6, 21)), matters=(born(wide),))
    assert (one.given_name, one.birth.written) == ("梅\U000e0101子", wide)


def test_a_nested_line_stands_under_its_heading() -> None:
    lines = (
        Line(label="更正日", value="平成3年1月5日"),
        Line(label="従前の記録"),
        Line(label="父", value="", level=1),
        Line(label="続柄", value="男", level=1),
    )
    assert Matter(title="更正", lines=lines).lines == lines
    with pytest.raises(RecordRefused):
        Matter(title="更正", lines=(lines[1], lines[0], lines[2]))


def test_every_title_needs_a_line_of_the_vocabulary() -> None:
    for titles in (REGISTER_TITLES, PERSON_TITLES):
        assert {needed for needed in titles.values() if needed not in LABELS} == set()


def test_nothing_of_a_person_stands_in_a_repr() -> None:
    shown = repr((family(), *family().persons, family().persons[0].matters, family().persons[0].addresses))
    assert not any(word in shown for word in ("甲野", "義太郎", "昭和", "東京都"))


def test_sons_and_daughters_are_counted() -> None:
    assert [child_relationship(number, Sex.MALE) for number in (1, 2, 3, 11)] == ["長男", "二男", "三男", "十一男"]
    assert child_relationship(1, Sex.FEMALE) == "長女"


def test_a_person_may_be_known_by_little() -> None:
    bare = Person(person_no=person_no(1), given_name="不詳子", birth=on("年月日不詳", None))
    assert (bare.father, bare.relationship, bare.matters, bare.addresses) == ("", "", (), ())
