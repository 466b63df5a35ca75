"""What must stand on a certificate beside the record, by the checker's own policy and clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from akashi.documents.read.city_font import FONTS_DEBIAN


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedTax:
    """
    What a tax certificate must say of years and days, by `akashi.rules.taxes.written_tax_days`.

    Attributes:
        year: 年度 in 和暦.
        income_year: 所得の年 in 和暦.
        data_on: day of the tax ledger in 和暦.
        marked: whether that day must be marked as old.
    """

    year: str
    income_year: str
    data_on: str
    marked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedFace:
    """
    What must stand beside the record, by the checker's own policy and clock.

    Attributes:
        issue_number: 発行番号.
        issued_on: day of issue in Japan, for the file's properties.
        issued_on_written: the same day in 和暦, as printed.
        as_of_written: moment of the record in 和暦, to the minute.
        city_name: with the prefecture.
        officer_title: such as "市長".
        officer_name: as printed.
        statement: the certifying sentence (認証文) where the kind's form takes the city's own.
        tax: of a tax certificate; None for all others.
        fonts: files of the city's fonts, TrueType: what every glyph is compared with.
    """

    issue_number: str
    issued_on: date
    issued_on_written: str
    as_of_written: str
    city_name: str
    officer_title: str
    officer_name: str
    statement: str = ""
    tax: PrintedTax | None = None
    fonts: tuple[str, ...] = FONTS_DEBIAN
