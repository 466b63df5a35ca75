"""
The register's own model: one person's tax record of one year.

Promises: amounts are whole yen as the tax system gave them, never computed here; what the sums say is checked, so that a file
whose columns slipped is refused whole. Source: 地方税法 第318条, 第321条の4; docs/spec/taxes.md section 2.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from akashi.registers.checkdigits import RESIDENT_NO_DIGITS, has_check_digit
from akashi.registers.errors import RecordRefused
from akashi.registers.text import check_text
from akashi.rules.taxes import TaxFacts
from akashi.wire.tax_items import DEDUCTIONS, PERSONS, TAX, TaxItem

YEN_MAX: Final = 10**13
PEOPLE_MAX: Final = 99
NOTE_LENGTH_MAX: Final = 2000

_LOSSES: Final = frozenset(
    {
        TaxItem.BUSINESS_INCOME,
        TaxItem.FARM_INCOME,
        TaxItem.PROPERTY_INCOME,
        TaxItem.OCCASIONAL_INCOME,
        TaxItem.SEPARATE_INCOME,
        TaxItem.INCOME_SUM,
        TaxItem.INCOME_TOTAL,
    }
)
"""Items that can be below nothing."""


def bounds(item: TaxItem) -> tuple[int, int]:
    """Return the least and the greatest value that the item can have."""
    if item in PERSONS:
        return 0, PEOPLE_MAX
    return (-YEN_MAX, YEN_MAX) if item in _LOSSES else (0, YEN_MAX)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class TaxEntry:
    """
    One person's record of one year.

    Attributes:
        resident_no: 宛名番号.
        fiscal_year: 年度, in the western count.
        name, birth_date: as written.
        address: present address.
        levy_address: address on 1 January of the year; empty where the person was no resident then.
        declared: whether income was declared for the person.
        amounts: every item; None: a dependant's amount that nobody declared and nobody need, shown as ＊.
        note: 備考, or empty.

    Raises:
        RecordRefused: on construction, a value that no record can hold, or sums that do not add up.
    """

    resident_no: str
    fiscal_year: int
    name: str
    birth_date: str
    address: str
    levy_address: str
    declared: bool
    amounts: Mapping[TaxItem, int | None]
    note: str = ""

    def __post_init__(self) -> None:
        if not has_check_digit(self.resident_no, digits=RESIDENT_NO_DIGITS):
            raise RecordRefused("resident_no", "not 10 digits with their check digit")
        for column in ("name", "birth_date", "address"):
            check_text(column, getattr(self, column), empty=False)
        check_text("levy_address", self.levy_address)
        check_text("note", self.note, length_max=NOTE_LENGTH_MAX)
        for item in TaxItem:
            amount = self.amounts[item]
            low, high = bounds(item)
            if amount is not None and not low <= amount <= high:
                raise RecordRefused(item.value, "out of range")
            if amount is None and (item in TAX or self.declared is False):
                raise RecordRefused(item.value, "masked where it must not be")
        self._check_sum(TaxItem.TAX_TOTAL, TAX[:-1])
        self._check_sum(TaxItem.DEDUCTIONS_TOTAL, DEDUCTIONS[:-1])

    def _check_sum(self, total: TaxItem, parts: tuple[TaxItem, ...]) -> None:
        """A slipped column shows here. What a law rounds is rounded in the parts already."""
        amounts = [self.amounts[item] for item in (total, *parts)]
        known = [amount for amount in amounts if amount is not None]
        if len(known) == len(amounts) and known[0] != sum(known[1:]):
            raise RecordRefused(total.value, "not the sum of its parts")

    @property
    def facts(self) -> TaxFacts:
        """What decides which certificates can be had."""
        return TaxFacts(bool(self.levy_address), self.declared, self.amounts[TaxItem.TAX_TOTAL] or 0)

    def __repr__(self) -> str:
        return "TaxEntry()"  # a record in a traceback must not show a person
