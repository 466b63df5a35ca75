"""
Made-up tax records of two years: salaries, pensions, businesses, dependants, people who did not declare or came too late.

Amounts follow the rules of residents' tax closely enough that every sum is one that the law could give; everything follows from
the city's seed and the person's 宛名番号. Source of the rates: 地方税法 第35条, 第314条の3 (6 and 4 per cent), 第24条の5 (who
pays none); 所得税法 第28条, 第35条 (deductions from salary and pension).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from random import Random
from typing import Final

from akashi.registers.csv_form import write_rows
from akashi.simulation.city.household import GeneratedHousehold
from akashi.simulation.city.places import MUNICIPALITY
from akashi.wire.tax_items import DEDUCTIONS, INCOME, PERSONS, TAX, TAXABLE, TaxItem
from akashi.zones.core.residents.records import Resident, ResidentState
from akashi.zones.core.taxes.csv_form import TAXES
from akashi.zones.core.taxes.manifest import write_manifest
from akashi.zones.core.taxes.records import TaxEntry

UNDECLARED: Final = frozenset({"former-name"})
"""Labelled people for whom nothing was declared."""
DEPENDANT: Final = frozenset({"exactly-15", "stepchild"})
"""Labelled people who are somebody's dependants: their amounts are shown as ＊."""
AGE_MIN: Final = 15
PENSION_AGE: Final = 65
JUNE: Final = 6
_FOREST_SINCE: Final = 2024
_UNDECLARED_SHARE, _DEPENDANT_SHARE, _BUSINESS_SHARE = 0.05, 0.18, 0.08


def tax_years(day: date) -> tuple[int, int]:
    """Return the two 年度 whose records a city holds on that day: the newest that was assessed, and the one before."""
    newest = day.year if day.month >= JUNE else day.year - 1
    return newest, newest - 1


def make_taxes(seed: int, households: Iterable[GeneratedHousehold], *, day: date) -> Iterator[TaxEntry]:
    """
    Yield the tax records of these households for both years.

    Args:
        seed: of the city.
        households: as generated.
        day: the city's day.
    """
    for household in households:
        labels = {label.resident_no: label.name for label in household.labels}
        for resident in household.residents:
            for year in tax_years(day):
                entry = _entry(seed, household, resident, labels.get(resident.resident_no, ""), year)
                if entry is not None:
                    yield entry


def write_day(folder: Path, entries: Iterable[TaxEntry], *, data_on: date, as_of_ms: int) -> int:
    """Write one day's folder (made where it is missing), manifest last, and return the number of records. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    count = write_rows(folder, TAXES, entries)
    write_manifest(folder, municipality=MUNICIPALITY, data_on=data_on, as_of_ms=as_of_ms, count=count)
    return count


@dataclass(frozen=True, slots=True)
class _Earning:
    salary: int = 0
    pension: int = 0
    business: int = 0
    dependants: int = 0
    spouse: bool = False


def _entry(seed: int, household: GeneratedHousehold, resident: Resident, label: str, year: int) -> TaxEntry | None:
    rng = Random(f"tax {seed} {resident.resident_no} {year}")  # noqa: S311 - made-up people need no secret randomness
    levy_day, born = date(year, 1, 1), resident.birth.internal
    age = 80 if born is None else (levy_day - born).days // 365
    if age < AGE_MIN or resident.state not in {ResidentState.RESIDENT, ResidentState.MOVE_OUT_PLANNED}:
        return None
    since = resident.resident_since.internal
    address = household.household.address
    amounts: dict[TaxItem, int | None]
    undeclared = label in UNDECLARED if label else rng.random() < _UNDECLARED_SHARE
    dependant = label in DEPENDANT if label else rng.random() < _DEPENDANT_SHARE
    if undeclared:
        amounts = dict.fromkeys(TaxItem, 0)
    elif dependant:
        amounts = _masked()
    else:
        amounts = _assess(_draw(rng, age), age, year)
    return TaxEntry(
        resident_no=resident.resident_no,
        fiscal_year=year,
        name=resident.name or resident.name_latin,
        birth_date=resident.birth.written,
        address=address,
        levy_address=address if since is None or since <= levy_day else "",
        declared=not undeclared,
        amounts=amounts,
    )


def _masked() -> dict[TaxItem, int | None]:
    """Return a dependant's record: nobody declared income, and nobody need; no tax is due."""
    hidden: dict[TaxItem, int | None] = dict.fromkeys((*INCOME, *DEDUCTIONS, *TAXABLE), None)
    return hidden | dict.fromkeys((*PERSONS, *TAX), 0)


def _draw(rng: Random, age: int) -> _Earning:
    dependants = rng.choices((0, 1, 2, 3), (60, 20, 16, 4))[0] if 28 <= age < PENSION_AGE else 0  # noqa: PLR2004 - parents' years
    if age >= PENSION_AGE:
        return _Earning(pension=rng.randint(60, 320) * 10_000 + rng.randrange(10_000), spouse=rng.random() < 0.2)  # noqa: PLR2004
    if rng.random() < _BUSINESS_SHARE:
        return _Earning(business=rng.randint(-80, 900) * 10_000 + rng.randrange(10_000), dependants=dependants)
    typical = 2_400_000 if age < 30 else 4_300_000  # noqa: PLR2004 - starting out
    salary = int(typical * rng.lognormvariate(0, 0.45)) if rng.random() < 0.88 else 0  # noqa: PLR2004 - some earn nothing
    return _Earning(salary=salary, dependants=dependants, spouse=rng.random() < 0.15)  # noqa: PLR2004


def _salary_income(revenue: int, year: int) -> int:
    """Return 給与所得. Source: 所得税法 第28条; the least deduction is 650,000 yen from the income of 2025 on."""
    least = 650_000 if year > 2025 else 550_000  # noqa: PLR2004 - 令和8年度から
    steps = ((3_600_000, 30, 80_000), (6_600_000, 20, 440_000), (8_500_000, 10, 1_100_000))
    deduction = next((revenue * percent // 100 + more for limit, percent, more in steps if revenue <= limit), 1_950_000)
    if revenue <= 1_800_000:  # noqa: PLR2004 - the first step
        deduction = revenue * 40 // 100 - 100_000
    return max(0, revenue - max(least, deduction))


def _pension_income(revenue: int, age: int) -> int:
    """Return 公的年金等に係る雑所得. Source: 所得税法 第35条."""
    if age >= PENSION_AGE:
        deduction = 1_100_000 if revenue <= 3_300_000 else revenue * 25 // 100 + 275_000  # noqa: PLR2004
    else:
        deduction = 600_000 if revenue <= 1_300_000 else revenue * 25 // 100 + 275_000  # noqa: PLR2004
    return max(0, revenue - deduction)


def _assess(earning: _Earning, age: int, year: int) -> dict[TaxItem, int | None]:
    amounts: dict[TaxItem, int | None] = dict.fromkeys(TaxItem, 0)
    salary = _salary_income(earning.salary, year)
    pension = _pension_income(earning.pension, age)
    income = salary + pension + earning.business
    amounts |= {
        TaxItem.SALARY_REVENUE: earning.salary,
        TaxItem.SALARY_INCOME: salary,
        TaxItem.PENSION_REVENUE: earning.pension,
        TaxItem.PENSION_INCOME: pension,
        TaxItem.BUSINESS_INCOME: earning.business,
        TaxItem.INCOME_SUM: income,
        TaxItem.INCOME_TOTAL: income,
        TaxItem.SPOUSES: int(earning.spouse),
        TaxItem.DEPENDANTS_GENERAL: earning.dependants,
    }
    revenue = earning.salary + earning.pension + max(0, earning.business)
    deductions = {
        TaxItem.SOCIAL_INSURANCE: revenue * 14 // 100,
        TaxItem.LIFE_INSURANCE: 28_000 if revenue > 2_000_000 else 0,  # noqa: PLR2004
        TaxItem.SPOUSE: 330_000 if earning.spouse else 0,
        TaxItem.DEPENDANTS: 330_000 * earning.dependants,
        TaxItem.BASIC: 430_000,
    }
    amounts |= deductions
    total = sum(deductions.values())
    amounts[TaxItem.DEDUCTIONS_TOTAL] = total
    taxable = max(0, income - total) // 1_000 * 1_000
    amounts[TaxItem.TAXABLE_GENERAL] = taxable
    return amounts | _levies(income, taxable, earning, year)


def _levies(income: int, taxable: int, earning: _Earning, year: int) -> dict[TaxItem, int | None]:
    """Return the levies. Nothing is due below 450,000 yen (1級地), more for each dependant."""
    family = earning.dependants + earning.spouse
    limit = 350_000 * (family + 1) + 100_000 + (210_000 if family else 0)
    if income <= limit:
        return dict.fromkeys(TAX, 0)
    levies = {
        TaxItem.CITY_INCOME_LEVY: max(0, taxable * 6 // 100 - 1_500) // 100 * 100,
        TaxItem.CITY_PER_CAPITA_LEVY: 3_000,
        TaxItem.PREFECTURE_INCOME_LEVY: max(0, taxable * 4 // 100 - 1_000) // 100 * 100,
        TaxItem.PREFECTURE_PER_CAPITA_LEVY: 1_000,
        TaxItem.FOREST_TAX: 1_000 if year >= _FOREST_SINCE else 0,
    }
    return {**levies, TaxItem.TAX_TOTAL: sum(levies.values())}
