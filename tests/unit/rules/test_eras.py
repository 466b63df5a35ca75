"""Japanese dates: eras by table, written forms of registers, one civil time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from akashi.rules.eras import ERAS, DateRefused, format_wareki, format_wareki_minute, jst_date, jst_datetime, parse_wareki


def _ms(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    ("day", "written"),
    [
        (date(2026, 11, 23), "令和8年11月23日"),
        (date(2019, 5, 1), "令和元年5月1日"),
        (date(2019, 4, 30), "平成31年4月30日"),
        (date(1989, 1, 8), "平成元年1月8日"),
        (date(1989, 1, 7), "昭和64年1月7日"),
        (date(1926, 12, 25), "昭和元年12月25日"),
        (date(1926, 12, 24), "大正15年12月24日"),
        (date(1912, 7, 30), "大正元年7月30日"),
        (date(1912, 7, 29), "明治45年7月29日"),
        (date(1873, 1, 1), "明治6年1月1日"),
    ],
)
def test_days_at_the_edges_of_eras(day: date, written: str) -> None:
    assert format_wareki(day) == written
    assert parse_wareki(written) == day


@pytest.mark.promise("C11")
def test_seventh_of_may_2019_is_reiwa_on_every_paper() -> None:
    assert format_wareki(jst_date(_ms("2019-05-07T00:00:00"))) == "令和元年5月7日"
    with pytest.raises(DateRefused):
        parse_wareki("平成31年5月7日")


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("明治45年7月30日", date(1912, 7, 30)),
        ("大正15年12月25日", date(1926, 12, 25)),
        ("昭和６０年４月１２日", date(1985, 4, 12)),
        ("平成1年1月8日", date(1989, 1, 8)),
        ("昭和60年2月29日", None),
        ("昭和2年頃", None),
        ("令和3年4月上旬", None),
        ("令和3年4月日不詳", None),
        ("昭和10年月日不詳", None),
        ("推定昭和10年1月1日", None),
        ("昭和10年1月1日頃", None),
        ("年月日不詳", None),
        ("昭和年月日不詳", None),
    ],
)
def test_written_forms_that_registers_hold(written: str, day: date | None) -> None:
    assert parse_wareki(written) == day


@pytest.mark.parametrize(
    "written",
    [
        "",
        "2026年11月23日",
        "令和8年13月1日",
        "令和8年1月32日",
        "令和8年0月1日",
        "令和0年1月1日",
        "昭和65年1月1日",
        "令和",
        "令" * 40,
        "令和8年11月23日\n",
    ],
)
def test_what_is_no_written_date_refuses(written: str) -> None:
    with pytest.raises(DateRefused):
        parse_wareki(written)


@settings(max_examples=150, deadline=None)
@given(st.dates(date(1873, 1, 1), date(2199, 12, 31)))
def test_any_day_reads_back(day: date) -> None:
    assert parse_wareki(format_wareki(day)) == day


@settings(max_examples=150, deadline=None)
@given(st.text() | st.text("推定明治大正昭和平令元年月日頃上中下旬不詳0123456789０９", max_size=34))
def test_any_text_gives_a_day_none_or_a_refusal(untrusted: str) -> None:
    try:
        day = parse_wareki(untrusted)
    except DateRefused:
        return
    assert day is None or format_wareki(day)


def test_a_day_before_the_solar_calendar_refuses() -> None:
    with pytest.raises(DateRefused):
        format_wareki(date(1872, 12, 31))


def test_the_japanese_day_begins_at_15_utc() -> None:
    assert jst_date(_ms("2026-11-22T14:59:59")) == date(2026, 11, 22)
    assert jst_date(_ms("2026-11-22T15:00:00")) == date(2026, 11, 23)
    assert jst_datetime(0).utcoffset() == timedelta(hours=9)
    assert format_wareki_minute(_ms("2026-11-23T05:05:59")) == "令和8年11月23日14時05分"


@settings(max_examples=100, deadline=None)
@given(st.integers(-(2**60), 2**60))
def test_any_moment_gives_a_day_or_a_refusal(now_ms: int) -> None:
    try:
        moment = jst_datetime(now_ms)
    except DateRefused:
        assert now_ms < 0 or now_ms > _ms("9999-12-31T00:00:00")
    else:
        assert moment == datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=now_ms)


def test_the_table_is_in_order_and_has_no_doubles() -> None:
    starts = [era.start for era in ERAS]
    assert starts == sorted(set(starts))
    assert len({era.name for era in ERAS}) == len(ERAS)
