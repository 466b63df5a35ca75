"""The tax records' service with a store, and made-up days."""

from __future__ import annotations

import asyncio
import io
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from akashi.base.log import Log
from akashi.registers.csv_form import write_rows
from akashi.registers.stores.engine import Engine
from akashi.sealing.signing import Purpose, verify_message
from akashi.wire.certificates import Kind
from akashi.wire.messages import HeldRecord, TaxRecord
from akashi.wire.tax_items import DEDUCTIONS, INCOME, PERSONS, TAX, TAXABLE, TaxItem
from akashi.zones.core.taxes.config import ServiceConfig
from akashi.zones.core.taxes.csv_form import TAXES
from akashi.zones.core.taxes.manifest import write_manifest
from akashi.zones.core.taxes.records import TaxEntry
from akashi.zones.core.taxes.service import Taxes
from akashi.zones.core.taxes.store import TaxStore
from unit.registers.asker import CITY, ISSUER, NOW_MS, Asker, Clock, deployment, number

TODAY = date(2026, 6, 16)
YESTERDAY = date(2026, 6, 15)

TAXED: dict[TaxItem, int | None] = {
    **dict.fromkeys(TaxItem, 0),
    TaxItem.SALARY_REVENUE: 5_000_000,
    TaxItem.SALARY_INCOME: 3_560_000,
    TaxItem.INCOME_SUM: 3_560_000,
    TaxItem.INCOME_TOTAL: 3_560_000,
    TaxItem.SOCIAL_INSURANCE: 700_000,
    TaxItem.BASIC: 430_000,
    TaxItem.DEDUCTIONS_TOTAL: 1_130_000,
    TaxItem.TAXABLE_GENERAL: 2_430_000,
    TaxItem.CITY_INCOME_LEVY: 144_300,
    TaxItem.CITY_PER_CAPITA_LEVY: 3_000,
    TaxItem.PREFECTURE_INCOME_LEVY: 96_200,
    TaxItem.PREFECTURE_PER_CAPITA_LEVY: 1_000,
    TaxItem.FOREST_TAX: 1_000,
    TaxItem.TAX_TOTAL: 245_500,
}
UNTAXED: dict[TaxItem, int | None] = dict.fromkeys(TaxItem, 0)
MASKED: dict[TaxItem, int | None] = {
    **dict.fromkeys((*INCOME, *DEDUCTIONS, *TAXABLE), None),
    **dict.fromkeys((*PERSONS, *TAX), 0),
}


def entry(place: int = 1, year: int = 2026, **changes: Any) -> TaxEntry:
    given: dict[str, Any] = {
        "resident_no": number(place),
        "fiscal_year": year,
        "name": f"朝倉\u3000{place}",
        "birth_date": "昭和57年4月19日",
        "address": "東京都証野市硯町1番地",
        "levy_address": "東京都証野市硯町1番地",
        "declared": True,
        "amounts": TAXED,
    }
    return TaxEntry(**(given | changes))


def write_day(folder: Path, *entries: TaxEntry, data_on: date = YESTERDAY, municipality: str = CITY, more: int = 0) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    count = write_rows(folder, TAXES, entries) + more
    write_manifest(folder, municipality=municipality, data_on=data_on, as_of_ms=NOW_MS - 3_600_000, count=count)
    return folder


class TaxDesk:
    """The service behind its desk."""

    def __init__(self, engine: Engine, **settings: Any) -> None:
        self.clock = Clock()
        self.asker = Asker(self.clock)
        self.log = io.StringIO()
        self.store = TaxStore(engine)
        self.key = deployment().city.taxes
        self.orders = 0
        config = msgspec.convert({"municipality": CITY, **settings}, ServiceConfig)
        self.service = Taxes(
            self.store,
            self.key,
            self.asker.trust(),
            clock=self.clock,
            config=config,
            log=Log("core/taxes", self.log),
        )

    def held(self, place: int = 1) -> HeldRecord:
        asker = Asker(self.clock, place=place)
        reply = asyncio.run(self.service.held(ISSUER, asker.held_call()))
        return verify_message(self.key.public_bytes, Purpose.HELD, HeldRecord, reply.record)

    def read(self, kind: Kind, *, place: int = 1, who: tuple[str, str] | None = None, **changes: Any) -> TaxRecord:
        self.orders += 1
        asker = Asker(self.clock, place=place, tag=100 + self.orders)
        person = who or (f"朝倉\u3000{place}", "昭和57年4月19日")
        call = asker.read_call(asker.order(kind, **changes), person=person)
        reply = asyncio.run(self.service.read_record(ISSUER, call))
        return verify_message(self.key.public_bytes, Purpose.TAX_RECORD, TaxRecord, reply.record)
