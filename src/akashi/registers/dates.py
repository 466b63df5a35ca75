"""
Dates as the register writes them.

A written date is never changed: what was entered is what is printed. Beside it stands the calendar day that it means, or
None where it names no day. Source: 住民記録システム標準仕様書 1.1.8 (不詳日, days that no calendar has), 1.1.9 (和暦, 西暦).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from akashi.registers.errors import RecordRefused
from akashi.registers.text import check_text
from akashi.rules.eras import DateRefused, parse_wareki

_DAY = re.compile(r"(?P<year>[12][0-9]{3})年(?P<month>1[0-2]|[1-9])月(?P<day>3[01]|[12][0-9]|[1-9])日")
_VAGUE = re.compile(r"(?:推定)?[12][0-9]{3}年(?:頃|月日不詳|(?:1[0-2]|[1-9])月(?:頃|上旬|中旬|下旬|日不詳))")
_DAYS_MAX = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)  # 29 February of any year: registers hold it


@dataclass(frozen=True, slots=True)
class WrittenDate:
    """
    A date in a resident record.

    Attributes:
        written: as entered; printed like this.
        internal: the day it means for age and order; None where it names no day of the calendar.
    """

    written: str
    internal: date | None

    def __post_init__(self) -> None:
        check_text("date", self.written, empty=False)


def parse_written_date(untrusted_text: str, *, column: str = "date") -> WrittenDate:
    """
    Return the written date with the day that it means.

    Knows 和暦 and 西暦 (令和5年4月1日, 1985年3月4日), the forms of 不詳 (昭和10年頃, 令和5年4月上旬, 年月日不詳,
    推定昭和10年1月1日), 29 February of any year, and the last day of an era under both names. A date of another form must
    come with the day that it means (`dated_as_entered`).

    Raises:
        RecordRefused: no known form, or the era did not have that day.
    """
    western = _DAY.fullmatch(untrusted_text)
    if western is not None:
        return WrittenDate(untrusted_text, _western_day(western, column))
    if _VAGUE.fullmatch(untrusted_text):
        return WrittenDate(untrusted_text, None)
    try:
        return WrittenDate(untrusted_text, parse_wareki(untrusted_text))
    except DateRefused as refused:
        raise RecordRefused(column, refused.detail) from None


def dated_as_entered(untrusted_text: str, internal: date | None, *, column: str = "date") -> WrittenDate:
    """
    Return a written date of any form, with the day (or "none") that a clerk entered beside it.

    Raises:
        RecordRefused: empty, too long, or with characters that no record may hold.
    """
    check_text(column, untrusted_text, empty=False)
    return WrittenDate(untrusted_text, internal)


def _western_day(form: re.Match[str], column: str) -> date | None:
    year, month, day = int(form["year"]), int(form["month"]), int(form["day"])
    if day > _DAYS_MAX[month - 1]:
        raise RecordRefused(column, "no month has this day")
    try:
        return date(year, month, day)
    except ValueError:
        return None  # 29 February of a common year
