"""The rules for tax certificates: which year, whose record, which of the three fits, how old the data may be. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from akashi.rules.eras import format_wareki, jst_date
from akashi.rules.errors import RuleRefused
from akashi.rules.policy import CityPolicy
from akashi.rules.rule import rule
from akashi.wire.certificates import Kind
from akashi.wire.errors import WireCode
from akashi.wire.messages import TaxRecord


@dataclass(frozen=True, slots=True)
class TaxFacts:
    """
    What decides whether a tax certificate of a year can be had.

    Attributes:
        levy_resident: whether the person was a resident on 1 January of the year (賦課期日).
        declared: whether income was declared, by the person or on the person's behalf (a salary report, a dependant's entry).
        tax_yen: 年税額.
    """

    levy_resident: bool
    declared: bool
    tax_yen: int


@dataclass(frozen=True, slots=True)
class WrittenTaxDays:
    """
    Years and day of a tax certificate as printed.

    Attributes:
        year: 年度, such as "令和8年度".
        income_year: 所得の年, such as "令和7年中".
        data_on: day of the tax ledger, such as "令和8年11月22日".
        marked: whether a certificate from data of that day must say that they are old.
    """

    year: str
    income_year: str
    data_on: str
    marked: bool


def written_tax_days(policy: CityPolicy, record: TaxRecord, now_ms: int) -> WrittenTaxDays:
    """
    Return what a certificate of the record says of years and days.

    年度 has the era of its 1 April, 所得の年 that of its 31 December.

    Args:
        policy: the city's.
        record: as the registry signed it.
        now_ms: moment of issue.

    Raises:
        RuleRefused: REGISTRY_STALE, KIND_OFF, as `check_data_day` says; REGISTRY_STALE, too, where the day is none.

    Source: docs/spec/form-tax.md section 4.
    """
    try:
        data_on = date.fromisoformat(record.data_on)
    except ValueError:
        raise RuleRefused(WireCode.REGISTRY_STALE, "tax data of no day") from None
    marked = check_data_day(policy, data_on, now_ms)
    year = format_wareki(date(record.fiscal_year, 4, 1)).partition("年")[0]
    income_year = format_wareki(date(record.income_year, 12, 31)).partition("年")[0]
    return WrittenTaxDays(f"{year}年度", f"{income_year}年中", format_wareki(data_on), marked)


@rule(
    citation="地方税法 第318条 (賦課期日); city.toml taxes.years: the tax notices of a year go out in June",
    sentence="One year's record is issued at kiosks at a time; from the day in June that the city set it is the new year's.",
    code=WireCode.KIND_OFF,
)
def tax_year(policy: CityPolicy, day: date) -> int:
    """
    Return the 年度 that is issued on that day.

    Raises:
        RuleRefused: KIND_OFF where the city set none.
    """
    year = policy.tax_year_on(day)
    if year is None:
        raise RuleRefused(WireCode.KIND_OFF, f"no tax year is issued on {day}")
    return year


@rule(
    citation="地方税法 第39条, 第318条; cities' rules for kiosks (resident on 1 January of the year and today)",
    sentence="The city that taxes is the one of 1 January; whoever lived elsewhere then has the record there.",
    code=WireCode.LEVY_DAY_ELSEWHERE,
)
def check_levy_day(facts: TaxFacts) -> None:
    """
    Check that the person was a resident on the levy day. That the person is one today is core/residents' word.

    Raises:
        RuleRefused: LEVY_DAY_ELSEWHERE.
    """
    if not facts.levy_resident:
        raise RuleRefused(WireCode.LEVY_DAY_ELSEWHERE, "no resident on the levy day")


@rule(
    citation="地方税法 第317条の2; cities' rules for kiosks (undeclared: to the counter)",
    sentence="Without a declaration nothing is certified, not even that no tax is due.",
    code=WireCode.TAX_UNDECLARED,
)
def check_declared(facts: TaxFacts) -> None:
    """
    Check that there is a declaration.

    Raises:
        RuleRefused: TAX_UNDECLARED.
    """
    if not facts.declared:
        raise RuleRefused(WireCode.TAX_UNDECLARED, "nothing was declared")


@rule(
    citation="地方税法 第20条の10",
    sentence="A taxation certificate is for a year with tax, a non-taxation certificate for one without; income is certified "
    "either way.",
    code=WireCode.NOT_HELD,
)
def check_fits(kind: Kind, facts: TaxFacts) -> None:
    """
    Check that this one of the three certificates is right for the person.

    Raises:
        RuleRefused: NOT_HELD.
    """
    if (kind is Kind.KAZEI and facts.tax_yen == 0) or (kind is Kind.HIKAZEI and facts.tax_yen > 0):
        raise RuleRefused(WireCode.NOT_HELD, "the other certificate fits")


def check_tax_record(kind: Kind, facts: TaxFacts | None) -> None:
    """
    Check everything about a person's record of the year, in the order in which a person would want to hear of it.

    Args:
        kind: one of the three.
        facts: None where there is no record at all.

    Raises:
        RuleRefused: NOT_HELD, LEVY_DAY_ELSEWHERE or TAX_UNDECLARED.
    """
    if facts is None:
        raise RuleRefused(WireCode.NOT_HELD, "no tax record")
    check_levy_day(facts)
    check_declared(facts)
    check_fits(kind, facts)


@rule(
    citation="council minutes 2016-06-27 (tax data are the day before's); requirements C2; city.toml taxes",
    sentence="Tax data are the day before's. Older ones are issued for as many days as the city set, marked with their date; "
    "after that nothing is, until a whole file has come.",
    code=WireCode.REGISTRY_STALE,
)
def check_data_day(policy: CityPolicy, data_on: date, now_ms: int) -> bool:
    """
    Return whether a certificate from a file of that day must be marked as old.

    Raises:
        RuleRefused: REGISTRY_STALE where it is too old, or from the future; KIND_OFF where the city decided nothing on taxes.
    """
    if policy.taxes is None:
        raise RuleRefused(WireCode.KIND_OFF, "the city decided nothing on taxes")
    today = jst_date(now_ms)
    if data_on > today or data_on + timedelta(days=policy.taxes.days_marked_max) < today:
        raise RuleRefused(WireCode.REGISTRY_STALE, f"tax data of {data_on}")
    return data_on + timedelta(days=policy.taxes.days_fresh_max) < today
