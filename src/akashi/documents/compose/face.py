"""What stands on a certificate beside the record, and what comes out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from math import ceil, isqrt

_PREFECTURE = re.compile(r"^(?:東京都|北海道|京都府|大阪府|[^県]{2,3}県)")
_DEPUTY = "職務代理者"


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxFace:
    """
    Years and day of a tax certificate as printed, by `akashi.rules.taxes.written_tax_days`.

    Attributes:
        year: 年度, such as "令和8年度".
        income_year: 所得の年, such as "令和7年中".
        data_on: day of the tax ledger, such as "令和8年11月22日".
        marked: whether the city's rule issues data of that day only with a mark.
    """

    year: str
    income_year: str
    data_on: str
    marked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateFace:
    """
    What the issuer adds to the record. Dates come written, so that one table of eras (`akashi.rules.eras`) serves all.

    Attributes:
        issue_number: 発行番号, on every page.
        issued_on: day of issue in Japan, for the file's properties.
        issued_on_written: the same day as printed, by `format_wareki`, such as "令和8年11月23日".
        as_of_written: moment of the record as printed, by `format_wareki_minute(record.as_of_ms)`.
        city_name: with the prefecture, such as "東京都証野市".
        officer_title: such as "市長" or "市長職務代理者副市長".
        officer_name: as printed.
        statement: the certifying sentence (認証文) where the kind's form takes the city's own, by `akashi.rules.statements`.
        tax: of a tax certificate; None for all others.
    """

    issue_number: str
    issued_on: date
    issued_on_written: str
    as_of_written: str
    city_name: str
    officer_title: str
    officer_name: str
    statement: str = ""
    tax: TaxFace | None = None


@dataclass(frozen=True, slots=True)
class Composed:
    """A composed certificate: the unsigned file, and on how many pages."""

    pdf: bytes
    page_count: int


def certifier(face: CertificateFace) -> str:
    """
    Return the title as printed: city and title joined, "東京都証野市" and "市長" to "東京都証野市長".

    Source: 住民記録システム標準仕様書 5.6 (the title includes the prefecture).
    """
    return face.city_name + face.officer_title.removeprefix(face.city_name[-1:])


def seal_columns(face: CertificateFace) -> tuple[tuple[str, ...], ...]:
    """
    Return the characters of the official seal (公印), column by column from the right, such as 証野 | 市長 | 之印.

    Source: 住民記録システム標準仕様書 5.6 (at most 25 mm square, black; the mayor's, or the one of the 職務代理者).
    """
    return _columns(certifier(face))


@lru_cache(maxsize=16)
def _columns(title: str) -> tuple[tuple[str, ...], ...]:
    before, deputy, _ = title.partition(_DEPUTY)
    text = _PREFECTURE.sub("", before) + deputy + "之印"
    columns = isqrt(len(text) - 1) + 1
    rows = ceil(len(text) / columns)
    return tuple(tuple(text[start : start + rows]) for start in range(0, len(text), rows))
