"""The seal register answers about the ticket's person, alive and whole, or says why not."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from akashi.registers.stores.engine import Engine
from akashi.wire import codec
from akashi.wire.certificates import Kind
from akashi.wire.errors import Refused, WireCode
from akashi.wire.kinds import Registry
from akashi.wire.messages import HeldReply, Holding, ReadRecordReply
from akashi.wire.topology import methods_of
from akashi.wire.transcript import subject_row_hash
from akashi.zones.core.seals.changes import (
    Abolished,
    Corrected,
    EditingBegun,
    EditingEnded,
    Registered,
    cells_of,
)
from akashi.zones.core.seals.records import AbolishReason
from akashi.zones.core.seals.web import endpoints
from unit.registers.asker import ISSUER, NOW_MS, Asker, number
from unit.zones.core_seals.office import IMAGE, Office, load, registration


@pytest.fixture
def office(engine: Engine, tmp_path: Path) -> Office:
    assert not load(engine, tmp_path, registration(1), registration(2)).refused_count
    return Office(engine)


def code_of(office: Office, order: int = 1, **who: tuple[str, str]) -> WireCode | None:
    try:
        office.read(order, **who)  # type: ignore[arg-type]  # one keyword
    except Refused as refused:
        return refused.code
    return None


@pytest.mark.promise("C1", "C4")
def test_the_record_is_the_ticket_persons_own_and_says_whose_row_was_read(office: Office) -> None:
    record = office.read()
    assert (record.name, record.birth_date, record.address) == ("朝倉\u30001", "昭和57年4月19日", "東京都証野市硯町1番地")
    assert record.subject_row == subject_row_hash(office.asker.transcript, number(1))
    assert (record.row_version, record.as_of_ms) == (5, NOW_MS)
    assert (record.image.width_px, record.image.height_px, record.image.bits) == (
        IMAGE.width_px,
        IMAGE.height_px,
        IMAGE.bits(),
    )
    second = Asker(office.clock, place=2, tag=2)
    assert office.read(asker=second).name == "朝倉\u30002"


@pytest.mark.promise("C3")
def test_the_sex_is_fetched_only_where_the_city_prints_it(office: Office, engine: Engine) -> None:
    assert office.read().sex == ""
    assert Office(engine, prints_sex=True).read().sex == "女"


@pytest.mark.promise("C10")
def test_what_is_held_is_said_with_its_reason(office: Office) -> None:
    held = office.held()
    assert (held.registry, held.holdings, held.members) == (Registry.SEALS, (Holding(Kind.INKAN, None),), ())
    stranger = Asker(office.clock, place=3, tag=3)
    assert office.held(stranger).holdings == (Holding(Kind.INKAN, WireCode.NOT_HELD),)
    office.feed(EditingBegun(resident_no=number(1)))
    assert office.held().holdings == (Holding(Kind.INKAN, WireCode.RECORD_CHANGED),)


@pytest.mark.promise("C2")
def test_while_a_change_is_entered_nothing_is_given_out(office: Office) -> None:
    office.feed(EditingBegun(resident_no=number(1)), EditingBegun(resident_no=number(1)))
    assert code_of(office) is WireCode.RECORD_CHANGED
    moved = registration(1, address="東京都証野市筆町9番地")
    office.feed(Corrected(registration=cells_of(moved)), EditingEnded(resident_no=number(1)))
    record = office.read(2)
    assert (record.address, record.row_version) == ("東京都証野市筆町9番地", 8)


@pytest.mark.promise("C4")
def test_a_row_of_somebody_else_than_core_residents_means_is_not_given_out(office: Office) -> None:
    """Two registers that disagree about who a 宛名番号 is: nobody's seal leaves."""
    assert code_of(office, who=("別人\u3000名", "昭和57年4月19日")) is WireCode.RECORD_CHANGED
    assert code_of(office, 2, who=("朝倉\u30001", "昭和57年4月20日")) is WireCode.RECORD_CHANGED
    assert code_of(office, 3) is None


@pytest.mark.promise("C2")
def test_a_feed_that_stands_still_refuses(office: Office) -> None:
    office.clock.time_ms += 600_001
    assert code_of(office) is WireCode.REGISTRY_STALE
    with pytest.raises(Refused, match="REGISTRY_STALE"):
        office.held()


@pytest.mark.promise("C2")
def test_after_a_line_that_does_not_fit_nothing_is_read_until_the_right_one_came(office: Office) -> None:
    with pytest.raises(Refused, match="second living registration"):
        office.feed(Registered(registration=cells_of(registration(1, no="X1"))))
    assert code_of(office) is WireCode.REGISTRY_STALE
    office.feed(Registered(registration=cells_of(registration(3))))
    assert code_of(office, 2) is None


@pytest.mark.promise("C4")
def test_an_abolished_seal_is_never_told_apart_from_none(office: Office) -> None:
    office.feed(Abolished(registration_no="000001", reason=AbolishReason.LOST, on=registration().registered_on.internal))  # type: ignore[arg-type]  # is a day
    assert code_of(office) is WireCode.NOT_HELD
    assert office.held().holdings == (Holding(Kind.INKAN, WireCode.NOT_HELD),)


def test_the_log_holds_codes_only(office: Office) -> None:
    office.read()
    office.held()
    assert code_of(office, 2, who=("", "")) is WireCode.RECORD_CHANGED
    logged = office.log.getvalue()
    assert all(word not in logged for word in ("朝倉", "昭和", "硯町", number(1), "000001"))


def test_the_methods_are_those_of_the_topology(office: Office) -> None:
    offered = endpoints(office.service)
    assert set(offered) == methods_of("core/seals")
    asker = office.asker
    held, read = asker.held_call(), asker.read_call(asker.order(Kind.INKAN), person=("朝倉\u30001", "昭和57年4月19日"))
    assert codec.parse(HeldReply, _run(offered["held"], held)).record
    assert codec.parse(ReadRecordReply, _run(offered["read_record"], read)).record
    for name, endpoint in offered.items():
        with pytest.raises(Refused, match="MALFORMED"):
            _run(endpoint, None, body=b"\x90" if name == "held" else b"")
    assert len(codec.encode(read)) < offered["read_record"].body_bytes_max


def _run(endpoint: object, message: object, *, body: bytes = b"") -> bytes:
    handle = endpoint.handle  # type: ignore[attr-defined]  # an Endpoint
    encoded = codec.encode(message) if message is not None else body  # type: ignore[arg-type]  # a message
    return asyncio.run(handle(ISSUER, encoded))  # type: ignore[no-any-return]  # bytes
