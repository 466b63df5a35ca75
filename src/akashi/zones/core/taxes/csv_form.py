"""A day's one table, taxes.csv: one person's record of one year a line, and back. Source: docs/spec/taxes.md section 2."""

from __future__ import annotations

from typing import Final

from akashi.registers.csv_form import Cells, Form, parse_flag, parse_number
from akashi.wire.tax_items import TaxItem
from akashi.zones.core.taxes.records import TaxEntry, bounds

MASKED: Final = "*"
"""In an amount's column: shown as ＊."""
YEAR_MIN: Final = 2000
YEAR_MAX: Final = 2200

COLUMN_OF: Final[dict[TaxItem, str]] = {item: item.value.replace("-", "_") for item in TaxItem}
"""The column of each item, in the file and in the database."""


def _amount(item: TaxItem, text: str) -> int | None:
    low, high = bounds(item)
    return None if text == MASKED else parse_number(item.value, text, low=low, high=high)


def _parse(cells: Cells) -> TaxEntry:
    return TaxEntry(
        resident_no=cells["resident_no"],
        fiscal_year=parse_number("fiscal_year", cells["fiscal_year"], low=YEAR_MIN, high=YEAR_MAX),
        name=cells["name"],
        birth_date=cells["birth_date"],
        address=cells["address"],
        levy_address=cells["levy_address"],
        declared=parse_flag("declared", cells["declared"]),
        amounts={item: _amount(item, cells[column]) for item, column in COLUMN_OF.items()},
        note=cells["note"],
    )


def _cells(one: TaxEntry) -> tuple[str, ...]:
    amounts = (one.amounts[item] for item in TaxItem)
    return (
        one.resident_no,
        str(one.fiscal_year),
        one.name,
        one.birth_date,
        one.address,
        one.levy_address,
        "1" if one.declared else "0",
        one.note,
        *(MASKED if amount is None else str(amount) for amount in amounts),
    )


TAXES: Final[Form[TaxEntry]] = Form(
    file="taxes.csv",
    columns=(
        "resident_no",
        "fiscal_year",
        "name",
        "birth_date",
        "address",
        "levy_address",
        "declared",
        "note",
        *COLUMN_OF.values(),
    ),
    parse=_parse,
    cells=_cells,
)
"""taxes.csv: one record a line."""
