"""
The items of a residents' tax record (個人住民税), with the Japanese names, and which of them each tax certificate holds.

Amounts are whole yen; the items in `PERSONS` are numbers of people.
Source: 地方税法 第32条 to 第45条の3, 第313条 to 第321条; 森林環境税及び森林環境譲与税に関する法律 第3条;
samples of forms that cities published.
"""

from __future__ import annotations

import enum
from typing import Final

from akashi.wire.certificates import Kind


class TaxItem(enum.StrEnum):
    """One line of a tax record."""

    SALARY_REVENUE = "salary-revenue"
    """給与収入."""
    SALARY_INCOME = "salary-income"
    """給与所得."""
    PENSION_REVENUE = "pension-revenue"
    """公的年金等収入."""
    PENSION_INCOME = "pension-income"
    """公的年金等に係る雑所得."""
    BUSINESS_INCOME = "business-income"
    """営業等所得; may be a loss."""
    FARM_INCOME = "farm-income"
    """農業所得; may be a loss."""
    PROPERTY_INCOME = "property-income"
    """不動産所得; may be a loss."""
    INTEREST_INCOME = "interest-income"
    """利子所得."""
    DIVIDEND_INCOME = "dividend-income"
    """配当所得."""
    OTHER_INCOME = "other-income"
    """その他の雑所得."""
    OCCASIONAL_INCOME = "occasional-income"
    """総合譲渡・一時所得."""
    SEPARATE_INCOME = "separate-income"
    """分離課税所得."""
    INCOME_SUM = "income-sum"
    """総所得金額等."""
    INCOME_TOTAL = "income-total"
    """合計所得金額."""
    SOCIAL_INSURANCE = "social-insurance"
    """社会保険料控除."""
    SMALL_BUSINESS_MUTUAL_AID = "small-business-mutual-aid"
    """小規模企業共済等掛金控除."""
    LIFE_INSURANCE = "life-insurance"
    """生命保険料控除."""
    EARTHQUAKE_INSURANCE = "earthquake-insurance"
    """地震保険料控除."""
    MEDICAL_EXPENSES = "medical-expenses"
    """医療費控除."""
    CASUALTY_LOSS = "casualty-loss"
    """雑損控除."""
    DISABILITY = "disability"
    """障害者控除."""
    SINGLE_PARENT = "single-parent"
    """寡婦・ひとり親控除."""
    WORKING_STUDENT = "working-student"
    """勤労学生控除."""
    SPOUSE = "spouse"
    """配偶者（特別）控除."""
    DEPENDANTS = "dependants"
    """扶養控除."""
    BASIC = "basic"
    """基礎控除."""
    DEDUCTIONS_TOTAL = "deductions-total"
    """所得控除合計."""
    SPOUSES = "spouses"
    """控除対象配偶者, 0 or 1."""
    DEPENDANTS_GENERAL = "dependants-general"
    """一般扶養, people."""
    DEPENDANTS_SPECIFIC = "dependants-specific"
    """特定扶養, people."""
    DEPENDANTS_ELDERLY = "dependants-elderly"
    """老人扶養, people; 同居老親等 among them are counted again below."""
    DEPENDANTS_ELDERLY_PARENTS = "dependants-elderly-parents"
    """同居老親等, people."""
    DEPENDANTS_UNDER_16 = "dependants-under-16"
    """16歳未満扶養, people."""
    DISABLED_GENERAL = "disabled-general"
    """障害者（普通）, people."""
    DISABLED_SPECIAL = "disabled-special"
    """障害者（特別）, people."""
    TAXABLE_GENERAL = "taxable-general"
    """課税標準額（総合）."""
    TAXABLE_SEPARATE = "taxable-separate"
    """課税標準額（分離）."""
    CITY_INCOME_LEVY = "city-income-levy"
    """市民税所得割."""
    CITY_PER_CAPITA_LEVY = "city-per-capita-levy"
    """市民税均等割."""
    PREFECTURE_INCOME_LEVY = "prefecture-income-levy"
    """都道府県民税所得割."""
    PREFECTURE_PER_CAPITA_LEVY = "prefecture-per-capita-levy"
    """都道府県民税均等割."""
    FOREST_TAX = "forest-tax"
    """森林環境税, from 令和6年度."""
    TAX_TOTAL = "tax-total"
    """年税額."""


_ORDER = tuple(TaxItem)


def _span(first: TaxItem, last: TaxItem) -> tuple[TaxItem, ...]:
    return _ORDER[_ORDER.index(first) : _ORDER.index(last) + 1]


INCOME: Final = _span(TaxItem.SALARY_REVENUE, TaxItem.INCOME_TOTAL)
"""所得の内訳."""
DEDUCTIONS: Final = _span(TaxItem.SOCIAL_INSURANCE, TaxItem.DEDUCTIONS_TOTAL)
"""所得控除の内訳."""
PERSONS: Final = _span(TaxItem.SPOUSES, TaxItem.DISABLED_SPECIAL)
"""Numbers of people."""
TAXABLE: Final = _span(TaxItem.TAXABLE_GENERAL, TaxItem.TAXABLE_SEPARATE)
"""課税標準額."""
TAX: Final = _span(TaxItem.CITY_INCOME_LEVY, TaxItem.TAX_TOTAL)
"""税額."""

TAX_ITEMS_OF: Final[dict[Kind, tuple[TaxItem, ...]]] = {
    Kind.SHOTOKU: INCOME,
    Kind.KAZEI: INCOME + DEDUCTIONS + PERSONS + TAXABLE + TAX,
    Kind.HIKAZEI: TAX,
}
"""Exactly the items that may be fetched for each tax certificate, in the order of the form."""
