"""
Japanese dates (和暦) and Japanese civil time, from one table.

Promises: the era of a date comes from `ERAS` and from nothing else; every server that prints or reads a date uses this module,
so that no terminal can be one era behind. (On 7 May 2019 one city printed certificates dated 平成31年5月7日, because single
terminals had not taken the change.) Source: 元号法 第1項; 住民記録システム標準仕様書 1.1.8, 1.1.9, 1.3.6.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone

from akashi.wire.errors import Refused, WireCode

JST = timezone(timedelta(hours=9), "JST")
"""日本標準時: UTC+9 all the year."""

_EPOCH = datetime(1970, 1, 1, 9, tzinfo=JST)
_GREGORIAN_FROM = date(1873, 1, 1)
"""明治6年1月1日, when the solar calendar began (明治5年太政官布告第337号); earlier written dates are not these days."""
_MILLIS_MAX = 2**53


class DateRefused(Refused):
    """A date that cannot be written in, or read from, the Japanese form."""

    def __init__(self, what: str) -> None:
        super().__init__(WireCode.MALFORMED, what)


@dataclass(frozen=True, slots=True)
class Era:
    """
    One era (元号).

    Attributes:
        name: as printed.
        start: first day, inclusive.
    """

    name: str
    start: date


ERAS: tuple[Era, ...] = (
    Era("明治", date(1868, 1, 25)),
    Era("大正", date(1912, 7, 30)),
    Era("昭和", date(1926, 12, 25)),
    Era("平成", date(1989, 1, 8)),
    Era("令和", date(2019, 5, 1)),
)
"""Eras by start, oldest first. The next era is one more line. Source: アドレス・ベース・レジストリ 元号西暦対応表."""

_BY_NAME = {era.name: index for index, era in enumerate(ERAS)}
_NAMES = "|".join(era.name for era in ERAS)
_DAY = re.compile(rf"(推定)?({_NAMES})(元|[0-9]{{1,3}})年([0-9]{{1,2}})月([0-9]{{1,2}})日(頃)?")
_VAGUE = re.compile(
    rf"(推定)?({_NAMES})(?:"
    r"(?:元|[0-9]{1,3})年(?:頃|月日不詳|[0-9]{1,2}月(?:頃|上旬|中旬|下旬|日不詳))?"
    r"|年月日不詳)"
)
_UNKNOWN = frozenset({"年月日不詳", "生年月日不詳", "不詳"})
_HALF_WIDTH = str.maketrans("０１２３４５６７８９", "0123456789")


def format_wareki(day: date) -> str:
    """
    Return the day as official papers write it, such as "令和8年11月23日"; a first year is 元年.

    A day on which an era began belongs to the new era.

    Raises:
        DateRefused: before 1873-01-01, when the written calendar was another one.

    Source: 元号を改める政令 (each: 公布の日の翌日 or 即日施行); 住民記録システム標準仕様書 1.1.9.
    """
    if day < _GREGORIAN_FROM:
        raise DateRefused("a day before the solar calendar")
    era = next(era for era in reversed(ERAS) if era.start <= day)
    year = day.year - era.start.year + 1
    return f"{era.name}{'元' if year == 1 else year}年{day.month}月{day.day}日"


def format_wareki_minute(moment_ms: int) -> str:
    """
    Return the minute in Japanese time, such as "令和8年11月23日14時05分", seconds cut off.

    Raises:
        DateRefused: out of range.
    """
    moment = jst_datetime(moment_ms)
    return f"{format_wareki(moment.date())}{moment.hour}時{moment.minute:02}分"


def parse_wareki(untrusted_written: str) -> date | None:
    """
    Return the calendar day that a written date names, or None where it names none.

    Registers hold dates such as 「昭和2年頃」, 「令和3年4月上旬」, 「年月日不詳」, 「推定昭和10年1月1日」 and 29 February of a
    common year: they are valid and name no calendar day. The last day of an era counts in the old era as well as in the new
    one (明治45年7月30日, 大正15年12月25日). Digits may be of either width.

    Raises:
        DateRefused: not a written date, or outside its era (such as 平成31年5月7日).

    Source: 住民記録システム標準仕様書 1.1.8, 1.3.6.
    """
    if len(untrusted_written) > 32:  # noqa: PLR2004 - twice the longest form, so that no long text is scanned
        raise DateRefused("longer than any written date")
    text = untrusted_written.translate(_HALF_WIDTH)
    if text in _UNKNOWN or _VAGUE.fullmatch(text):
        return None
    match = _DAY.fullmatch(text)
    if match is None:
        raise DateRefused("not a written date")
    estimated, name, year_text, month_text, day_text, about = match.groups()
    index = _BY_NAME[name]
    year = ERAS[index].start.year + (1 if year_text == "元" else int(year_text)) - 1
    day = _calendar_day(year, int(month_text), int(day_text))
    if day is None or estimated or about:
        return None
    last = ERAS[index + 1].start if index + 1 < len(ERAS) else date.max
    if not ERAS[index].start <= day <= last:
        raise DateRefused("a day outside its era")
    return day


def jst_datetime(now_ms: int) -> datetime:
    """
    Return the moment in Japanese time.

    Args:
        now_ms: milliseconds since 1970-01-01 UTC.

    Raises:
        DateRefused: negative, or after the year 9999.
    """
    if not 0 <= now_ms <= _MILLIS_MAX:
        raise DateRefused("a time out of range")
    try:
        return _EPOCH + timedelta(milliseconds=now_ms)
    except OverflowError:
        raise DateRefused("a time out of range") from None


def jst_date(now_ms: int) -> date:
    """
    Return the Japanese calendar day of the moment: the day that a certificate is dated.

    Raises:
        DateRefused: negative, or after the year 9999.
    """
    return jst_datetime(now_ms).date()


def _calendar_day(year: int, month: int, day: int) -> date | None:
    """Return the day, or None for one that the calendar lacks (29 February of a common year)."""
    if not (1 <= month <= 12 and 1 <= day <= 31):  # noqa: PLR2004 - months of a year, days of a month
        raise DateRefused("no such month or day")
    try:
        return date(year, month, day)
    except ValueError:
        return None
