"""
Where each text of 所得証明書, 課税証明書 and 非課税証明書 stands, written down from docs/spec/form-tax.md.

This map is the reader's own. It is compared with the composer's geometry by tests only.
"""

from __future__ import annotations

from functools import cache
from types import MappingProxyType
from typing import Final

from akashi.documents.read.places import PT_PER_MM, SHEET_MM, Box, Frame, PageMap, Role
from akashi.wire.certificates import Kind
from akashi.wire.tax_items import DEDUCTIONS, INCOME, PERSONS, TAX, TAXABLE, TaxItem

LABELS: Final = MappingProxyType(
    {
        "label number": "発行番号",
        "label address": "住所",
        "label levy_address": "賦課期日（1月1日）の住所",
        "label name": "氏名",
        "label birth_date": "生年月日",
        "label income_year": "所得の年",
        "label data_on": "記録の時点",
        "label note": "備考",
        "seal note": "この印は黒色です",
    }
)
"""Words of head and foot that are on all three."""

TITLES: Final = MappingProxyType(
    {
        Kind.SHOTOKU: "所　得　証　明　書",
        Kind.KAZEI: "課　税　証　明　書",
        Kind.HIKAZEI: "非　課　税　証　明　書",
    }
)
"""Printed titles."""

REST: Final = "以下余白"

HEADINGS: Final = MappingProxyType(
    {
        "income": "所得の内訳",
        "deductions": "所得控除の内訳",
        "persons": "扶養・障害者の人数",
        "taxable": "課税標準額",
        "tax": "税額",
    }
)
"""Words over each section."""

ITEM_LABELS: Final = MappingProxyType(
    {
        TaxItem.SALARY_REVENUE: "給与収入",
        TaxItem.SALARY_INCOME: "給与所得",
        TaxItem.PENSION_REVENUE: "公的年金等収入",
        TaxItem.PENSION_INCOME: "公的年金等に係る雑所得",
        TaxItem.BUSINESS_INCOME: "営業等所得",
        TaxItem.FARM_INCOME: "農業所得",
        TaxItem.PROPERTY_INCOME: "不動産所得",
        TaxItem.INTEREST_INCOME: "利子所得",
        TaxItem.DIVIDEND_INCOME: "配当所得",
        TaxItem.OTHER_INCOME: "その他の雑所得",
        TaxItem.OCCASIONAL_INCOME: "総合譲渡・一時所得",
        TaxItem.SEPARATE_INCOME: "分離課税所得",
        TaxItem.INCOME_SUM: "総所得金額等",
        TaxItem.INCOME_TOTAL: "合計所得金額",
        TaxItem.SOCIAL_INSURANCE: "社会保険料控除",
        TaxItem.SMALL_BUSINESS_MUTUAL_AID: "小規模企業共済等掛金控除",
        TaxItem.LIFE_INSURANCE: "生命保険料控除",
        TaxItem.EARTHQUAKE_INSURANCE: "地震保険料控除",
        TaxItem.MEDICAL_EXPENSES: "医療費控除",
        TaxItem.CASUALTY_LOSS: "雑損控除",
        TaxItem.DISABILITY: "障害者控除",
        TaxItem.SINGLE_PARENT: "寡婦・ひとり親控除",
        TaxItem.WORKING_STUDENT: "勤労学生控除",
        TaxItem.SPOUSE: "配偶者（特別）控除",
        TaxItem.DEPENDANTS: "扶養控除",
        TaxItem.BASIC: "基礎控除",
        TaxItem.DEDUCTIONS_TOTAL: "所得控除合計",
        TaxItem.SPOUSES: "控除対象配偶者",
        TaxItem.DEPENDANTS_GENERAL: "一般扶養",
        TaxItem.DEPENDANTS_SPECIFIC: "特定扶養",
        TaxItem.DEPENDANTS_ELDERLY: "老人扶養",
        TaxItem.DEPENDANTS_ELDERLY_PARENTS: "老人扶養のうち同居老親等",
        TaxItem.DEPENDANTS_UNDER_16: "16歳未満扶養",
        TaxItem.DISABLED_GENERAL: "障害者（普通）",
        TaxItem.DISABLED_SPECIAL: "障害者（特別）",
        TaxItem.TAXABLE_GENERAL: "総合課税分",
        TaxItem.TAXABLE_SEPARATE: "分離課税分",
        TaxItem.CITY_INCOME_LEVY: "市町村民税所得割",
        TaxItem.CITY_PER_CAPITA_LEVY: "市町村民税均等割",
        TaxItem.PREFECTURE_INCOME_LEVY: "都道府県民税所得割",
        TaxItem.PREFECTURE_PER_CAPITA_LEVY: "都道府県民税均等割",
        TaxItem.FOREST_TAX: "森林環境税",
        TaxItem.TAX_TOTAL: "年税額",
    }
)
"""Words beside each amount."""

_ITEMS = {"income": INCOME, "deductions": DEDUCTIONS, "persons": PERSONS, "taxable": TAXABLE, "tax": TAX}
# x positions of a column: where labels begin, where amounts begin, where it ends
_WHOLE = (15.0, 125.0, 195.0)
_LEFT = (15.0, 67.0, 105.0)
_RIGHT = (105.0, 157.0, 195.0)

# section, its column, the row of its heading
_SECTIONS: dict[Kind, tuple[tuple[str, tuple[float, float, float], int], ...]] = {
    Kind.SHOTOKU: (("income", _WHOLE, 1),),
    Kind.KAZEI: (
        ("income", _LEFT, 1),
        ("deductions", _RIGHT, 1),
        ("persons", _LEFT, 16),
        ("taxable", _RIGHT, 15),
        ("tax", _RIGHT, 18),
    ),
    Kind.HIKAZEI: (("tax", _WHOLE, 1),),
}
_FIRST_ROW_Y = 60.0
_ROW_HEIGHT = 6.8
_LINES_END = 223.2
_BEFORE_REST = 1.8

_ABOVE = (
    Box("title", 62, 9, 130, 19, Role.TITLE),
    Box("year", 15, 9, 61, 19),
    Box("label number", 131, 10.6, 144, 15, Role.LABEL),
    Box("number", 144, 10.6, 196, 15),
    Box("page", 144, 15.2, 196, 19.6),
)
_HEAD = (
    Box("label address", 15, 21.5, 49, 29.5, Role.LABEL),
    Box("address", 49, 21.5, 195, 29.5),
    Box("label levy_address", 15, 29.5, 49, 37.5, Role.LABEL),
    Box("levy_address", 49, 29.5, 195, 37.5),
    Box("label name", 15, 37.5, 49, 45.5, Role.LABEL),
    Box("name", 49, 37.5, 125, 45.5),
    Box("label birth_date", 125, 37.5, 147, 45.5, Role.LABEL),
    Box("birth_date", 147, 37.5, 195, 45.5),
    Box("label income_year", 15, 45.5, 49, 52, Role.LABEL),
    Box("income_year", 49, 45.5, 195, 52),
    Box("label data_on", 15, 52, 49, 58.5, Role.LABEL),
    Box("data_on", 49, 52, 195, 58.5),
)
_NOTE = (
    Box("label note", 15, 225, 49, 246, Role.LABEL),
    Box("note", 49, 225, 195, 246),
)
_FOOT = (
    Box("statement", 49, 249.5, 167, 256.5),
    Box("issued_on", 59, 257.5, 119, 264.5),
    Box("certifier", 49, 267, 115, 276),
    Box("officer", 117, 267, 166, 276),
    Box("seal", 168, 255.5, 190, 277.5, Role.SEAL),
    Box("seal note", 169, 278, 193, 282, Role.LABEL),
)
_CODE_PT = (48.0, 46.2, 82.8)
"""The 2D code's left and lower edge, from the sheet's lower left corner, and its side: 69 modules of 1.2 pt."""
_CODE = Box(
    "code",
    _CODE_PT[0] / PT_PER_MM,
    SHEET_MM[1] - (_CODE_PT[1] + _CODE_PT[2]) / PT_PER_MM,
    (_CODE_PT[0] + _CODE_PT[2]) / PT_PER_MM,
    SHEET_MM[1] - _CODE_PT[1] / PT_PER_MM,
    Role.CODE,
)
_SEAL_FRAME = Frame(168.4, 255.9, 189.6, 277.1)


@cache
def page_map(kind: Kind) -> PageMap:
    """Return the map of the one page of a kind."""
    lines = [box for section, column, row in _SECTIONS[kind] for box in _section_boxes(section, column, row)]
    end = max(box.bottom for box in lines)
    if end < _LINES_END:
        lines.append(Box("rest", 15, round(end + _BEFORE_REST, 3), 195, _LINES_END, Role.LABEL))
    ruled = (*_HEAD, *lines, *_NOTE)
    return PageMap(name=("tax", kind), boxes=(*_ABOVE, *ruled, *_FOOT, _CODE), ruled=ruled, heavy=_SEAL_FRAME)


def _section_boxes(section: str, column: tuple[float, float, float], row: int) -> list[Box]:
    label, amount, end = column
    boxes = [Box(f"heading {section}", label, _row_y(row), end, _row_y(row + 1), Role.LABEL)]
    for each, item in enumerate(_ITEMS[section], row + 1):
        boxes.append(Box(f"label {item}", label, _row_y(each), amount, _row_y(each + 1), Role.LABEL))
        boxes.append(Box(item, amount, _row_y(each), end, _row_y(each + 1)))
    return boxes


def _row_y(row: int) -> float:
    return round(_FIRST_ROW_Y + (row - 1) * _ROW_HEIGHT, 3)
