"""Made-up tax records, and faces and files of them."""

from __future__ import annotations

import random
from dataclasses import replace
from functools import cache

from msgspec import structs

from akashi.documents.compose import Composed, TaxFace, compose_tax
from akashi.documents.read import PrintedTax
from akashi.wire.certificates import Kind
from akashi.wire.messages import TaxLine, TaxRecord
from akashi.wire.tax_items import PERSONS, TAX_ITEMS_OF, TaxItem
from unit.documents.people import FACE, NUMBER, PRINTED

KINDS = (Kind.SHOTOKU, Kind.KAZEI, Kind.HIKAZEI)
STATEMENT = "上記のとおり相違ないことを証明します。"
TAX_FACE = replace(
    FACE,
    statement=STATEMENT,
    tax=TaxFace(year="令和8年度", income_year="令和7年中", data_on="令和8年11月22日", marked=False),
)
TAX_PRINTED = replace(
    PRINTED,
    statement=STATEMENT,
    tax=PrintedTax(year="令和8年度", income_year="令和7年中", data_on="令和8年11月22日", marked=False),
)
OLD_FACE = replace(TAX_FACE, tax=TaxFace(year="令和8年度", income_year="令和7年中", data_on="令和8年11月20日", marked=True))
OLD_PRINTED = replace(
    TAX_PRINTED, tax=PrintedTax(year="令和8年度", income_year="令和7年中", data_on="令和8年11月20日", marked=True)
)


def tax_record(kind: Kind, seed: int = 1) -> TaxRecord:
    """Return a record with amounts of all lengths, losses, nothing and ＊."""
    chance = random.Random(seed)
    return TaxRecord(
        transcript=b"t" * 32,
        order_hash=b"o" * 32,
        issue_number=NUMBER,
        subject_token=b"s" * 32,
        row_version=7,
        as_of_ms=1_795_410_300_000,
        subject_row=b"r" * 32,
        fiscal_year=2026,
        income_year=2025,
        data_on="2026-11-22",
        name=chance.choice(("葛\U000e0102城　髙志", "渡邉\U000e010f　光", "GARCIA LOPEZ MARIA")),
        birth_date=chance.choice(("昭和60年4月12日", "1990年8月15日")),
        address="東京都証野市緑が丘四丁目27番2号　コーポひかり515",
        levy_address=f"東京都証野市本町{chance.randint(1, 99)}番地",
        lines=tuple(TaxLine(item, _amount(item, chance)) for item in TAX_ITEMS_OF[kind]),
        note=chance.choice(("", "定額減税の控除不足額は給付の対象です。", "備考" * 200)),
    )


def _amount(item: TaxItem, chance: random.Random) -> int | None:
    if chance.random() < 0.1:
        return None
    if item in PERSONS:
        return chance.randint(0, 12)
    return chance.choice((0, chance.randint(1, 999), chance.randint(-(10**7), 10**7), chance.randint(-(10**13), 10**13)))


def with_amount(record: TaxRecord, item: TaxItem, amount: int | None) -> TaxRecord:
    """Return the record with another amount."""
    return structs.replace(record, lines=tuple(TaxLine(item, amount) if line.item is item else line for line in record.lines))


@cache
def composed_tax(kind: Kind) -> tuple[TaxRecord, Composed]:
    """Return a record and its file, made once for all tests."""
    record = tax_record(kind)
    return record, compose_tax(record, TAX_FACE, kind=kind)
