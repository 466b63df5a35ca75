"""
core/taxes: the tax record of the person whom core/residents named, of one whole day's file, and nobody else's.

Trusts nothing from the issuer but bytes: ticket, standing, order and receipt are verified at the desk. That the person is a
resident today is core/residents' word of a minute ago; that the person was one on 1 January stands in the record. Name and
birth date are compared with the person whom core/residents means. Source: docs/spec/taxes.md; docs/spec/protocol.md sections
4.6, 5.3; requirements C2, C4.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TypeVar

from akashi.base.log import Log
from akashi.base.ports import Caller, Clock
from akashi.registers.desk import Desk, DeskTrust
from akashi.rules.eras import jst_date
from akashi.rules.errors import RuleRefused
from akashi.rules.taxes import TaxFacts, check_tax_record
from akashi.sealing.keys import SigningKey
from akashi.sealing.signing import Purpose, sign_message
from akashi.wire.certificates import Kind
from akashi.wire.errors import Refused, WireCode
from akashi.wire.kinds import Registry, kinds_of
from akashi.wire.messages import (
    HeldCall,
    HeldRecord,
    HeldReply,
    Holding,
    ReadRecordCall,
    ReadRecordReply,
    TaxLine,
    TaxRecord,
)
from akashi.wire.tax_items import TAX_ITEMS_OF
from akashi.zones.core.taxes.config import ServiceConfig
from akashi.zones.core.taxes.errors import DataStale
from akashi.zones.core.taxes.reading import DayState
from akashi.zones.core.taxes.store import TaxStore

R = TypeVar("R")

YEARS_HELD_MAX = 8
"""Years of one person that are told, newest first; a kiosk issues one."""


class Taxes:
    """
    The tax records.

    Args:
        store: the database.
        key: signs what this server says.
        trust: the directories.
        clock: this server's time.
        config: limits and the city's decisions.
        log: ids and codes only.
    """

    def __init__(
        self, store: TaxStore, key: SigningKey, trust: DeskTrust, *, clock: Clock, config: ServiceConfig, log: Log
    ) -> None:
        self._store = store
        self._key = key
        self._clock = clock
        self._config = config
        self._log = log
        self._desk = Desk(Registry.TAXES, trust, clock=clock, municipality=config.municipality, sessions_max=config.sessions_max)

    async def held(self, caller: Caller, call: HeldCall) -> HeldReply:
        """
        Return which tax certificates of which years the ticket's person can have, signed; a no comes with the reason.

        Raises:
            Refused: what the desk refuses; REGISTRY_STALE.

        Source: docs/spec/protocol.md section 4.6.
        """
        return self._told("held", lambda: self._held(caller, call))

    async def read_record(self, caller: Caller, call: ReadRecordCall) -> ReadRecordReply:
        """
        Return exactly the items of the ordered certificate from the ticket's person's record of the ordered year, signed.

        Raises:
            Refused: what the desk refuses; REGISTRY_STALE, NOT_HELD, LEVY_DAY_ELSEWHERE, TAX_UNDECLARED, RECORD_CHANGED.

        Source: docs/spec/protocol.md section 5.3.
        """
        return self._told("read_record", lambda: self._read_record(caller, call))

    def _held(self, caller: Caller, call: HeldCall) -> HeldReply:
        ticket = self._desk.check_held(caller, call)
        read = self._store.read_held(ticket.resident_no)
        self._check_day(read.day)
        record = HeldRecord(
            transcript=ticket.transcript,
            subject_token=ticket.subject_token,
            registry=Registry.TAXES,
            as_of_ms=read.day.as_of_ms,
            holdings=tuple(_holding(kind, read.years) for kind in kinds_of(Registry.TAXES)),
        )
        return HeldReply(sign_message(self._key, Purpose.HELD, record))

    def _read_record(self, caller: Caller, call: ReadRecordCall) -> ReadRecordReply:
        # 1. The call. 2. One snapshot, bound to the ticket's person. 3. Is the file new enough, is the certificate the right
        # one, is it of whom core/residents means? 4. The signed record.
        asked = self._desk.check_read(caller, call)  # 1
        order = asked.order
        items = TAX_ITEMS_OF[order.kind]
        read = self._store.read_tax(asked.ticket.resident_no, fiscal_year=order.year, items=items)  # 2
        data_on, tax = self._check_day(read.day), read.tax  # 3
        check_tax_record(order.kind, tax.facts if tax else None)
        if tax is None:
            raise RuleRefused(WireCode.NOT_HELD, "no tax record")
        asked.check_same_person(tax.name, tax.birth_date)
        record = TaxRecord(
            transcript=asked.ticket.transcript,
            order_hash=asked.order_hash,
            issue_number=asked.issue_number,
            subject_token=asked.ticket.subject_token,
            row_version=read.day.batch,
            as_of_ms=read.day.as_of_ms,
            subject_row=asked.subject_row(tax.resident_no),
            fiscal_year=order.year,
            income_year=order.year - 1,
            data_on=data_on.isoformat(),
            name=tax.name,
            birth_date=tax.birth_date,
            address=tax.address,
            levy_address=tax.levy_address,
            lines=tuple(TaxLine(item, amount) for item, amount in zip(items, tax.amounts, strict=True)),
            note=tax.note,
        )
        return ReadRecordReply(sign_message(self._key, Purpose.TAX_RECORD, record))  # 4

    def _check_day(self, day: DayState) -> date:
        """Return the day of the served file. Raises DataStale where there is none, or it is too old or from the future."""
        today = jst_date(self._clock.now_ms())
        if day.data_on is None or not 0 <= (today - day.data_on).days <= self._config.data_age_days_max:
            raise DataStale
        return day.data_on

    def _told(self, what: str, work: Callable[[], R]) -> R:
        try:
            answer = work()
        except Refused as refused:
            self._log.event(what, code=refused.code.value)
            raise
        self._log.event(what, code="OK")
        return answer


def _holding(kind: Kind, years: tuple[tuple[int, TaxFacts], ...]) -> Holding:
    """Return the years for which the person can have this certificate, or why not: of the newest year, as only that is issued."""
    good, first_refusal = [], None
    for year, facts in years[:YEARS_HELD_MAX]:
        try:
            check_tax_record(kind, facts)
            good.append(year)
        except RuleRefused as refused:
            first_refusal = first_refusal or refused.code
    if good:
        return Holding(kind, None, tuple(good))
    return Holding(kind, first_refusal or WireCode.NOT_HELD)
