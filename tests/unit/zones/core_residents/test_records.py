"""Numbers, dates, relationships, and what a record may hold."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from akashi.registers.checkdigits import check_digit, has_check_digit, with_check_digit
from akashi.registers.dates import WrittenDate, dated_as_entered, parse_written_date
from akashi.registers.errors import RecordRefused
from akashi.zones.core.residents.records import (
    DECOY_NO,
    Block,
    BlockReason,
    CardLink,
    ForeignItems,
    Household,
    ResidentKind,
    Sex,
)
from akashi.zones.core.residents.relationships import Rank, check_relationship, rank
from akashi.zones.core.residents.rows import RECORD_COLUMNS, record_row, resident_of
from unit.zones.core_residents.people import ISSUER_DN, LINKED_ON, foreigner, household, link, number, person


@pytest.mark.parametrize(
    ("body", "digit"),
    [
        ("12345678901", "8"),
        ("000000000", "0"),
        ("000000001", "9"),  # 1 × 2 = 2, 11 - 2 = 9
        ("000000006", "0"),  # 6 × 2 = 12, remainder 1
        ("000000100", "7"),  # 1 × 4 = 4, 11 - 4 = 7
    ],
)
def test_check_digits(body: str, digit: str) -> None:
    assert check_digit(body) == digit
    assert with_check_digit(body) == body + digit


def test_check_digit_by_the_formula_of_the_ordinance() -> None:
    # 11 - (Σ n=1..11 Pn × Qn mod 11); Pn the n-th digit from the right; Qn = n + 1 up to 6, n - 5 from 7; 0 where rest <= 1
    body = "12345678901"
    total = sum(int(body[-n]) * (n + 1 if n <= 6 else n - 5) for n in range(1, 12))
    expected = 0 if total % 11 <= 1 else 11 - total % 11
    assert check_digit(body) == str(expected)


@pytest.mark.parametrize("wrong", ["", "1", "123456789018x", "１２３４５６７８９０１８", "123456789019", " 123456789018"])
def test_wrong_numbers(wrong: str) -> None:
    assert not has_check_digit(wrong, digits=12)


@pytest.mark.parametrize(
    ("written", "internal"),
    [
        ("令和5年4月1日", date(2023, 4, 1)),
        ("令和元年5月1日", date(2019, 5, 1)),
        ("明治45年7月30日", date(1912, 7, 30)),
        ("大正元年7月30日", date(1912, 7, 30)),
        ("大正15年12月25日", date(1926, 12, 25)),
        ("昭和54年2月29日", None),
        ("昭和55年2月29日", date(1980, 2, 29)),
        ("昭和10年頃", None),
        ("令和5年4月上旬", None),
        ("年月日不詳", None),
        ("推定昭和10年1月1日", None),
        ("1985年3月4日", date(1985, 3, 4)),
        ("1985年2月29日", None),
        ("1985年頃", None),
        ("1985年3月日不詳", None),
        ("推定1985年12月下旬", None),
    ],
)
def test_written_dates(written: str, internal: date | None) -> None:
    assert parse_written_date(written) == WrittenDate(written, internal)


@pytest.mark.parametrize(
    "wrong", ["", "平成31年5月7日", "令和5年13月1日", "1985年4月31日", "85年3月4日", "昨日", "令和5年4月1日 ", "\0"]
)
def test_wrong_dates(wrong: str) -> None:
    with pytest.raises(RecordRefused) as caught:
        parse_written_date(wrong, column="birth")
    assert caught.value.column in {"birth", "date"}
    if wrong.strip("\0"):
        assert wrong not in caught.value.detail


def test_any_other_form_comes_with_its_day() -> None:
    assert dated_as_entered("文久三年", None).internal is None
    assert dated_as_entered("昭和54年2月29日", date(1979, 3, 1)).internal == date(1979, 3, 1)
    with pytest.raises(RecordRefused):
        dated_as_entered("", None)


@pytest.mark.parametrize(
    ("relationship", "place"),
    [
        ("世帯主", Rank.HEAD),
        ("夫", Rank.SPOUSE),
        ("妻（未届）", Rank.SPOUSE),
        ("妻(未届)", Rank.SPOUSE),
        ("子", Rank.CHILD),
        ("妻の子", Rank.CHILD),
        ("子（子の妻）", Rank.CHILD),
        ("子の妻", Rank.CHILD_FAMILY),
        ("子の子の妻", Rank.CHILD_FAMILY),
        ("母", Rank.PARENT),
        ("妻の父", Rank.PARENT),
        ("弟", Rank.SIBLING),
        ("父の母", Rank.GRANDPARENT),
        ("弟の妻の母", Rank.RELATIVE),
        ("縁故者", Rank.CONNECTED),
        ("同居人", Rank.LODGER),
        ("同居人の子", Rank.LODGER),
    ],
)
def test_relationships_have_a_place(relationship: str, place: Rank) -> None:
    check_relationship(relationship)
    assert rank(relationship) is place


@pytest.mark.parametrize(
    "wrong", ["", "の", "子の", "世帯主の子", "子の世帯主", "孫", "子の子の子の子の子", "子 の子", "子(子の弟)"]
)
def test_wrong_relationships(wrong: str) -> None:
    with pytest.raises(RecordRefused):
        check_relationship(wrong)


REFUSED: dict[str, tuple[Callable[[], object], str]] = {
    "number": (lambda: person(1, 1, resident_no="1234567890"), "resident_no"),
    "decoy": (lambda: person(1, 1, resident_no=DECOY_NO), "resident_no"),
    "household": (lambda: person(1, 1, household_no="1"), "household_no"),
    "position": (lambda: person(1, 1, position=1000), "position"),
    "control": (lambda: person(1, 1, name="証\x07野"), "name"),
    "line": (lambda: person(1, 1, name="証\n野"), "name"),
    "surrogate": (lambda: person(1, 1, name="\ud800"), "name"),
    "long": (lambda: person(1, 1, previous_address="あ" * 513), "previous_address"),
    "no name": (lambda: person(1, 1, name=""), "name"),
    "no honseki": (lambda: person(1, 1, honseki=""), "honseki"),
    "my number": (lambda: person(1, 1, my_number="123456789019"), "my_number"),
    "code": (lambda: person(1, 1, juminhyo_code=""), "juminhyo_code"),
    "kana": (lambda: person(1, 1, name_kana="", kana_confirmed=True), "kana_confirmed"),
    "alias": (lambda: person(1, 1, alias_since=WrittenDate("令和5年", None)), "alias_since"),
    "japanese with foreign items": (lambda: person(1, 1, foreign=ForeignItems(nationality="x", status_30_45="y")), "kind"),
    "foreigner with honseki": (lambda: foreigner(1, 1, "世帯主", honseki="x"), "honseki"),
    "foreigner without name": (lambda: foreigner(1, 1, "世帯主", name_latin=""), "name"),
    "foreigner without items": (lambda: foreigner(1, 1, "世帯主", foreign=None), "nationality"),
    "no nationality": (lambda: ForeignItems(nationality="", status_30_45="y"), "nationality"),
    "no address": (lambda: Household(household_no=number(1), address=""), "address"),
    "postcode": (lambda: Household(household_no=number(1), address="x", postcode="188-0000"), "postcode"),
    "address code": (lambda: Household(household_no=number(1), address="x", address_code="a b"), "address_code"),
    "issuer": (lambda: link(1, 1, issuer_dn=b""), "issuer_dn"),
    "serial": (lambda: link(0, 1), "serial"),
    "long serial": (lambda: link(1 << 160, 1), "serial"),
    "block": (lambda: Block(resident_no="x", reason=BlockReason.OTHER, since=LINKED_ON), "resident_no"),
}


@pytest.mark.parametrize("why", REFUSED)
def test_what_no_record_may_hold(why: str) -> None:
    make, column = REFUSED[why]
    with pytest.raises(RecordRefused) as caught:
        make()
    assert caught.value.column == column


@pytest.mark.promise("C11")
def test_names_are_never_normalised() -> None:
    for name in ("葛\U000e0100城", "髙橋", "ﾊﾝｶｸ", "がか\u3099", "\ue000\U000f0001", "Ａ　Ｂ"):
        one = person(1, 1, name=name)
        assert resident_of(record_row(one)).name == name


def test_records_show_nobody() -> None:
    for one in (
        person(1, 1),
        foreigner(2, 1, "妻"),
        household(1),
        link(5, 1),
        Block(resident_no=number(1), reason=BlockReason.COURT, since=LINKED_ON),
    ):
        assert "証野" not in repr(one)
        assert number(1) not in repr(one)


def test_rows_give_the_same_record_back() -> None:
    for one in (
        person(1, 1, sex=Sex.UNKNOWN, alias="通称", alias_since=parse_written_date("令和5年4月1日"), my_number=""),
        foreigner(2, 1, "妻（未届）", kind=ResidentKind.FOREIGN, address_since=parse_written_date("令和5年4月上旬")),
    ):
        row = record_row(one)
        assert len(row) == len(RECORD_COLUMNS)
        assert resident_of(row) == one


def test_a_card_link_takes_any_legal_serial() -> None:
    assert (
        CardLink(issuer_dn=ISSUER_DN, serial=(1 << 160) - 1, resident_no=number(1), linked_on=LINKED_ON).serial.bit_length()
        == 160
    )
