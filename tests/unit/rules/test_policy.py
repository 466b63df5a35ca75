"""The city's file: what it says for a day, and what is refused at load with a clear word."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from akashi.rules.errors import PolicyRefused
from akashi.rules.policy import POLICY_BYTES_MAX, DayClass, YearlyClosure, parse_policy
from akashi.wire.certificates import Kind
from unit.rules.city import changed, sample, sample_text


@pytest.mark.parametrize(
    ("day", "officer"),
    [
        (date(2022, 12, 24), None),
        (date(2022, 12, 25), "朝倉 美咲"),
        (date(2026, 12, 24), "朝倉 美咲"),
        (date(2026, 12, 25), "井手 光一"),
        (date(2026, 12, 31), "井手 光一"),
        (date(2027, 1, 1), "宇野 たまき"),
        (date(2099, 1, 1), "宇野 たまき"),
    ],
)
def test_who_certifies_switches_by_date(day: date, officer: str | None) -> None:
    found = sample().officer_on(day)
    assert (found.name if found else None) == officer


@pytest.mark.parametrize(
    ("day", "yen"), [(date(2026, 3, 31), None), (date(2026, 4, 1), 200), (date(2027, 3, 31), 200), (date(2027, 4, 1), 250)]
)
def test_a_fee_counts_from_its_day(day: date, yen: int | None) -> None:
    fee = sample().kinds[Kind.JUMINHYO].fee_on(day)
    assert (fee.yen if fee else None) == yen


@pytest.mark.parametrize(
    ("day", "classes"),
    [
        (date(2026, 6, 16), (DayClass.WEEKDAY,)),
        (date(2026, 6, 20), (DayClass.SATURDAY,)),
        (date(2026, 6, 21), (DayClass.SUNDAY,)),
        (date(2026, 11, 23), (DayClass.HOLIDAY,)),
        (date(2028, 1, 4), (DayClass.WEEKDAY, DayClass.HOLIDAY)),
        (date(2028, 1, 8), (DayClass.SATURDAY, DayClass.HOLIDAY)),
    ],
)
def test_a_day_past_the_list_of_holidays_counts_as_both(day: date, classes: tuple[DayClass, ...]) -> None:
    assert sample().day_classes(day) == classes


@pytest.mark.parametrize("month_day", ["12-28", "12-29", "12-31", "01-01", "01-03", "01-04"])
def test_a_closure_over_the_years_end(month_day: str) -> None:
    month, day = map(int, month_day.split("-"))
    closed = sample().closure_on(date(2027, month, day)) is not None
    assert closed is (month_day in {"12-29", "12-31", "01-01", "01-03"})


def test_a_closure_inside_a_year() -> None:
    closure = YearlyClosure(since="08-10", until="08-12", reason="点検")
    days = [date(2026, 8, 9) + timedelta(days=number) for number in range(5)]
    assert [closure.covers(day) for day in days] == [False, True, True, True, False]


def test_a_closure_of_some_days_once() -> None:
    assert sample().closure_on(date(2026, 9, 11)) is None
    assert sample().closure_on(date(2026, 9, 12)) == sample().closure_on(date(2026, 9, 13)) == "設備点検"
    assert sample().closure_on(date(2026, 9, 14)) is None
    assert sample().closure_on(date(2027, 9, 12)) is None


def test_kiosk_groups() -> None:
    assert sample().group_of("K0001") == "city-hall"
    assert sample().group_of("K0099") == "store"


@pytest.mark.parametrize(
    ("pattern", "replacement", "word"),
    [
        ("municipality = .139998.", 'municipality = "13999"', "municipality"),
        ("certificates_max = 10", "certificates_max = 11", "certificates_max"),
        ("certificates_max = 10", "certificate_max = 10", "certificate_max"),
        ("until = 2026-12-24", "until = 2026-12-25", "officers"),
        ("until = 2026-12-24\n", "", "officers"),
        ("until = 2026-12-31", "until = 2026-12-24", "officers"),
        ("from = 2026-09-12\nuntil = 2026-09-13", "from = 2026-09-13\nuntil = 2026-09-12", "closures"),
        ("from = 2027-01-01 [^\n]*\n", "from = 2022-01-01\n", "officers"),
        ('name = "city-hall"', 'name = "store"', "groups"),
        ('"K0001", "K0002"', '"K0001", "K0001"', "groups"),
        ("\\[kinds.juminhyo\\]", "[kinds.koseki]", "koseki|Invalid"),
        ('choices = \\["relationship"', 'choices = ["honseki"', "choices"),
        ('choices = \\["relationship"', 'choices = ["everything"', "choices|Invalid"),
        ('risk = "[^"]*"', 'risk = ""', "risk"),
        ('dissent = "[^"]*"\n', "", "dissent"),
        ("from = 2026-04-01\nyen = 200", "from = 2026-04-02\nyen = 200", "fees"),
        ("from = 2027-04-01\nyen = 250", "from = 2026-04-01\nyen = 250", "fees"),
        ("yen = 200", "yen = -1", "yen"),
        ('groups = \\["store"\\]', 'groups = ["stores"]', "stores"),
        ("closes = 23:00:00", "closes = 06:30:00", "closes"),
        ('days = \\["weekday"\\]', "days = []", "days"),
        ("opens = 07:00:00", "opens = 7", "opens"),
        ('from = "12-29"', 'from = "12-32"', "from"),
        ("holidays_listed_until = 2027-12-31", "", "holidays_listed_until"),
        ("municipality = ", "municipality ", "TOML"),
    ],
)
def test_what_contradicts_itself_is_refused_by_name(pattern: str, replacement: str, word: str) -> None:
    with pytest.raises(PolicyRefused, match=word):
        parse_policy(changed(pattern, replacement))


def test_a_kind_that_is_off_needs_no_weighing_and_no_early_fee() -> None:
    text = changed("on = true", "on = false").replace('risk = "', 'risk = ""#', 1)
    decision = parse_policy(text).kinds[Kind.JUMINHYO].decision_on(date(2026, 5, 1))
    assert decision is not None
    assert not decision.on


def test_a_policy_has_a_size() -> None:
    with pytest.raises(PolicyRefused, match="longer"):
        parse_policy(sample_text() + "#" * POLICY_BYTES_MAX)


def test_midnight_closes_at_the_end_of_the_day() -> None:
    policy = parse_policy(changed("closes = 23:00:00", "closes = 00:00:00"))
    hours = policy.kinds[Kind.JUMINHYO].hours[0]
    assert hours.covers(hours.opens.replace(hour=23, minute=59, second=59))
    assert not hours.covers(hours.opens.replace(hour=6, minute=29))


@given(st.text(max_size=200) | st.integers(0, 3000).map(lambda cut: sample_text()[:cut]))
@settings(max_examples=100, deadline=None)
def test_any_text_is_a_policy_or_refused(text: str) -> None:
    try:
        policy = parse_policy(text)
    except PolicyRefused:
        return
    assert policy.officers


@given(st.dates(min_value=date(1900, 1, 1), max_value=date(2200, 1, 1)))
@settings(max_examples=100, deadline=None)
def test_every_day_has_an_answer(day: date) -> None:
    policy = sample()
    assert 1 <= len(policy.day_classes(day)) <= 2
    assert policy.officer_on(day) is not None or day < date(2022, 12, 25)
    assert policy.closure_on(day) is None or policy.closure_on(day)
