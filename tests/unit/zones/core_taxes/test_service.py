"""The tax records answer about the ticket's person, of one whole day's file, exactly what was ordered, or say why not."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from akashi.base.ports import Endpoint
from akashi.registers.errors import StoreFailed
from akashi.registers.stores.engine import Engine
from akashi.wire import codec
from akashi.wire.certificates import Kind
from akashi.wire.errors import Refused, WireCode
from akashi.wire.messages import HeldReply, Message, ReadRecordReply
from akashi.wire.tax_items import TAX_ITEMS_OF, TaxItem
from akashi.wire.topology import methods_of
from akashi.wire.transcript import subject_row_hash
from akashi.zones.core.taxes.web import endpoints
from unit.registers.asker import CITY, ISSUER, NOW_MS, Asker, number
from unit.zones.core_taxes.desk import MASKED, TAXED, UNTAXED, TaxDesk, entry, write_day

DAY_MS = 86_400_000
ENTRIES = (
    entry(1),
    entry(1, 2025, amounts=UNTAXED),
    entry(2, amounts=UNTAXED),
    entry(3, declared=False, amounts=UNTAXED),
    entry(4, levy_address=""),
    entry(5, amounts=MASKED, note="被扶養者"),
    entry(6, 2025),
)


@pytest.fixture
def desk(engine: Engine, tmp_path: Path) -> TaxDesk:
    one = TaxDesk(engine)
    report = one.store.load_day(write_day(tmp_path / "day", *ENTRIES), municipality=CITY)
    assert report is not None
    assert not report.refused_count
    return one


def code_of(desk: TaxDesk, kind: Kind, place: int = 1, **changes: Any) -> WireCode | None:
    try:
        desk.read(kind, place=place, **changes)
    except Refused as refused:
        return refused.code
    return None


@pytest.mark.promise("C1", "C4")
def test_the_record_is_the_ticket_persons_own_of_the_ordered_year(desk: TaxDesk) -> None:
    record = desk.read(Kind.KAZEI)
    assert (record.fiscal_year, record.income_year, record.data_on) == (2026, 2025, "2026-06-15")
    assert (record.name, record.levy_address, record.row_version) == ("朝倉\u30001", "東京都証野市硯町1番地", 1)
    assert record.as_of_ms == NOW_MS - 3_600_000
    assert record.subject_row == subject_row_hash(bytes([101, 9]) * 16, number(1))
    assert {line.item: line.amount for line in record.lines} == TAXED
    before = desk.read(Kind.HIKAZEI, year=2025)
    assert (before.fiscal_year, before.lines[-1].amount) == (2025, 0)


@pytest.mark.promise("C3")
@pytest.mark.parametrize("kind", [Kind.SHOTOKU, Kind.KAZEI])
def test_exactly_the_items_of_the_certificate_are_fetched(desk: TaxDesk, kind: Kind) -> None:
    assert tuple(line.item for line in desk.read(kind).lines) == TAX_ITEMS_OF[kind]


def test_a_dependants_amounts_are_masked_and_the_tax_is_not(desk: TaxDesk) -> None:
    assert {line.amount for line in desk.read(Kind.SHOTOKU, place=5).lines} == {None}
    assert {line.amount for line in desk.read(Kind.HIKAZEI, place=5).lines} == {0}
    assert desk.read(Kind.HIKAZEI, place=5).note == "被扶養者"


@pytest.mark.promise("C1")
@pytest.mark.parametrize(
    ("place", "shotoku", "kazei", "hikazei"),
    [
        (1, None, None, WireCode.NOT_HELD),
        (2, None, WireCode.NOT_HELD, None),
        (3, *(WireCode.TAX_UNDECLARED,) * 3),
        (4, *(WireCode.LEVY_DAY_ELSEWHERE,) * 3),
        (5, None, WireCode.NOT_HELD, None),
        (7, *(WireCode.NOT_HELD,) * 3),
    ],
)
def test_who_can_have_which_certificate(
    desk: TaxDesk, place: int, shotoku: WireCode | None, kazei: WireCode | None, hikazei: WireCode | None
) -> None:
    expected = {Kind.SHOTOKU: shotoku, Kind.KAZEI: kazei, Kind.HIKAZEI: hikazei}
    held = {one.kind: (one.refusal, one.years) for one in desk.held(place).holdings}
    assert set(held) == set(expected)
    for kind, code in expected.items():
        assert code_of(desk, kind, place) is code
        refusal, years = held[kind]
        if place == 1 and kind is Kind.HIKAZEI:
            assert (refusal, years) == (None, (2025,))  # of last year; the city's rule issues this year's only
        else:
            assert refusal is code
            assert (2026 in years) == (code is None)


def test_last_years_record_alone_is_held_for_last_year(desk: TaxDesk) -> None:
    (shotoku, *_) = desk.held(6).holdings
    assert (shotoku.refusal, shotoku.years) == (None, (2025,))
    assert code_of(desk, Kind.SHOTOKU, 6) is WireCode.NOT_HELD
    assert code_of(desk, Kind.SHOTOKU, 6, year=2025) is None


@pytest.mark.promise("C2")
@pytest.mark.parametrize(
    ("days", "code"), [(0, None), (1, None), (2, None), (3, WireCode.REGISTRY_STALE), (-2, WireCode.REGISTRY_STALE)]
)
def test_old_data_are_refused_and_so_are_data_of_tomorrow(desk: TaxDesk, days: int, code: WireCode | None) -> None:
    desk.clock.time_ms += days * DAY_MS
    found = None
    try:
        desk.held()
    except Refused as refused:
        found = refused.code
    assert found is code


@pytest.mark.promise("C2")
def test_without_any_days_file_nothing_is_read(engine: Engine) -> None:
    desk = TaxDesk(engine)
    assert code_of(desk, Kind.KAZEI) is WireCode.REGISTRY_STALE
    with pytest.raises(Refused, match="REGISTRY_STALE"):
        desk.held()


@pytest.mark.promise("C4")
def test_a_row_of_somebody_else_than_core_residents_means_is_not_given_out(desk: TaxDesk) -> None:
    with pytest.raises(Refused, match="RECORD_CHANGED"):
        desk.read(Kind.KAZEI, who=("別人\u3000名", "昭和57年4月19日"))


@pytest.mark.promise("C4")
def test_a_session_sees_its_subject_and_the_served_day_only(desk: TaxDesk, engine: Engine, tmp_path: Path) -> None:
    later = write_day(tmp_path / "later", entry(1, amounts=UNTAXED), data_on=date(2026, 6, 16))
    assert desk.store.load_day(later, municipality=CITY) is not None
    with engine.reading() as snapshot:
        assert snapshot.rows("SELECT name FROM tax") == []
        snapshot.bind_subject(number(1))
        assert snapshot.rows("SELECT fiscal_year, tax_total FROM tax WHERE 1 = 1 OR resident_no <> ''") == [(2026, 0)]
        snapshot.bind_subject(number(2))
        assert snapshot.rows("SELECT name FROM tax") == []
        assert snapshot.rows("SELECT data_on FROM day") == [("2026-06-16",)]
    with engine.reading() as snapshot:
        snapshot.bind_subject(number(2))
        # On PostgreSQL any role may set any setting; SQLite's reader has no such function.
        rebinding = f"SELECT t.name FROM (SELECT set_config('akashi.subject', '{number(1)}', true)) AS b, tax AS t"  # noqa: S608 - tried here
        with suppress(StoreFailed):
            assert snapshot.rows(rebinding) == []


def test_the_log_holds_codes_and_days_only(desk: TaxDesk) -> None:
    desk.read(Kind.KAZEI)
    desk.held(3)
    logged = desk.log.getvalue()
    assert all(word not in logged for word in ("朝倉", "昭和", "硯町", number(1), "5000000"))


def test_the_methods_are_those_of_the_topology(desk: TaxDesk) -> None:
    offered = endpoints(desk.service)
    assert set(offered) == methods_of("core/taxes")
    asker = Asker(desk.clock)
    call = asker.read_call(asker.order(Kind.KAZEI), person=("朝倉\u30001", "昭和57年4月19日"))
    assert codec.parse(HeldReply, _run(offered["held"], asker.held_call())).record
    assert codec.parse(ReadRecordReply, _run(offered["read_record"], call)).record
    for endpoint in offered.values():
        with pytest.raises(Refused, match="MALFORMED"):
            asyncio.run(_handled(endpoint, b"\x90"))
    assert TaxItem.TAX_TOTAL in TAX_ITEMS_OF[Kind.HIKAZEI]


def _run(endpoint: Endpoint, message: Message) -> bytes:
    return asyncio.run(_handled(endpoint, codec.encode(message)))


async def _handled(endpoint: Endpoint, body: bytes) -> bytes:
    return await endpoint.handle(ISSUER, body)
