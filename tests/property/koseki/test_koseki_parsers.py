"""Any bytes into any parser of the family register give a value or its documented error; what is written is read back."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from akashi.registers.errors import FeedRefused, RecordRefused
from akashi.wire import codec
from akashi.wire.certificates import Kind
from akashi.wire.errors import Refused
from akashi.wire.kinds import Service
from akashi.wire.messages import HeldCall
from akashi.zones.koseki.register.approving import read_decision
from akashi.zones.koseki.register.conditions import parse_conditions
from akashi.zones.koseki.register.errors import ConditionsRefused, DecisionRefused
from akashi.zones.koseki.register.files import BLOCKS, ENROLLED, REGISTERS, LineFile, format_record
from akashi.zones.koseki.register.importing import import_registers
from akashi.zones.koseki.register.manifest import parse_manifest
from akashi.zones.koseki.register.notifications import (
    FeedRecord,
    PersonEntered,
    RegisterMade,
    format_line,
    parse_line,
    parse_step,
)
from akashi.zones.koseki.register.records import Address, Dated, FamilyRegister, Line, Matter, Person
from akashi.zones.koseki.register.rows import load_register, save_register
from akashi.zones.koseki.register.stores.opening import open_engine
from akashi.zones.koseki.register.vocabulary import LABELS, PERSON_TITLES, RELATIONSHIPS, Holds, Sex, SpouseMark
from akashi.zones.koseki.register.web import endpoints
from unit.zones.core_residents.counter import ISSUER, Made
from unit.zones.koseki_register.families import made_on, person_no, register_no, resident_no, sample
from unit.zones.koseki_register.hall import PEOPLE, STAFF, Hall

QUICK = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
TEXT = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=30)
SOME_TEXT = TEXT.filter(bool)
DATES = st.builds(Dated, written=SOME_TEXT, day=st.none() | st.dates(date(1868, 1, 25), date(2100, 1, 1)))
FORMS: tuple[LineFile[Any], ...] = (REGISTERS, BLOCKS, ENROLLED)


def gives(parse: Callable[[], object], *refused: type[Exception]) -> bool:
    try:
        parse()
    except refused:
        return False
    return True


@st.composite
def lines(draw: st.DrawFn, level: int = 0) -> Line:
    label = draw(st.sampled_from(sorted(label for label, holds in LABELS.items() if holds is not Holds.NOTHING)))
    value = draw(st.sampled_from(("昭和57年4月19日", "年月日不詳"))) if LABELS[label] is Holds.DAY else draw(SOME_TEXT)
    return Line(label=label, value=value, level=level)


@st.composite
def matters(draw: st.DrawFn) -> Matter:
    title = draw(st.sampled_from(sorted(PERSON_TITLES)))
    needed = PERSON_TITLES[title]
    first = Line(label=needed, value="平成3年1月5日" if LABELS[needed] is Holds.DAY else draw(SOME_TEXT))
    nested = draw(st.lists(lines(level=1), max_size=2))
    below = (Line(label="従前の記録"), *nested) if nested else ()
    return Matter(title=title, lines=(first, *draw(st.lists(lines(), max_size=3)), *below))


@st.composite
def persons(draw: st.DrawFn, serial: int) -> Person:
    removed = draw(st.none() | DATES)
    old = removed is not None and removed.day is not None and removed.day < date(2022, 1, 11)
    adopted = draw(st.booleans())
    addresses = st.builds(Address, address=SOME_TEXT, since=st.none() | DATES, note=TEXT)
    return Person(
        person_no=person_no(serial),
        given_name=draw(SOME_TEXT),
        name_kana=draw(TEXT),
        birth=draw(DATES),
        spouse=SpouseMark.NONE,
        father=draw(TEXT),
        mother=draw(TEXT),
        relationship=draw(st.sampled_from(sorted(RELATIONSHIPS))),
        adoptive_father=draw(SOME_TEXT) if adopted else "",
        adoptive_mother=draw(TEXT) if adopted else "",
        adoptive_relationship="養子" if adopted else "",
        removed=removed,
        matters=tuple(draw(st.lists(matters(), max_size=2))),
        sex=Sex.UNKNOWN if old else draw(st.sampled_from(Sex)),
        addresses=tuple(draw(st.lists(addresses, max_size=2))),
        overseas_voter=draw(TEXT),
        resident_no=draw(st.sampled_from(("", resident_no(serial)))),
    )


@st.composite
def registers(draw: st.DrawFn) -> FamilyRegister:
    surname = draw(SOME_TEXT)
    return FamilyRegister(
        register_no=register_no(1),
        honseki=draw(SOME_TEXT),
        surname=surname,
        hittosha=surname + draw(TEXT),
        matters=(made_on(),),
        supplement_made=draw(DATES),
        persons=tuple(draw(persons(serial)) for serial in range(1, draw(st.integers(1, 3)) + 1)),
    )


@QUICK
@given(registers())
def test_a_register_survives_files_feed_and_rows(one: FamilyRegister) -> None:
    assert REGISTERS.parse(format_record(one).strip()) == one
    record = FeedRecord(sequence=1, time_ms=2, steps=(RegisterMade(register=one),))
    assert parse_line(format_line(record)) == record
    engine = open_engine("sqlite:///:memory:", create=True)
    with engine.writing() as transaction:
        save_register(transaction, one, sequence=1, new=True)
        assert load_register(transaction, one.register_no) == one
        save_register(transaction, one, sequence=2, new=False)
        assert load_register(transaction, one.register_no) == one
    engine.close()


@QUICK
@given(st.sampled_from(FORMS), st.binary(max_size=300))
def test_any_bytes_are_a_line_or_refused(form: LineFile[Any], untrusted: bytes) -> None:
    gives(lambda: form.parse(untrusted), RecordRefused)


@QUICK
@given(st.integers(0, 10_000), st.binary(max_size=3))
def test_a_spoiled_register_is_one_or_refused_without_a_value(at: int, untrusted: bytes) -> None:
    good = format_record(sample().registers[0]).strip()
    at %= len(good)
    told = []
    try:
        REGISTERS.parse(good[:at] + untrusted + good[at + 1 :])
    except RecordRefused as refused:
        told.append(str(refused))
    assert not any(word in text for text in told for word in ("甲野", "義太郎"))


@QUICK
@given(st.binary(max_size=300))
def test_any_bytes_are_a_notification_or_refused(untrusted: bytes) -> None:
    gives(lambda: parse_line(untrusted), FeedRefused)
    gives(lambda: parse_step(untrusted), FeedRefused)


@QUICK
@given(st.integers(0, 10_000), st.integers(0, 255))
def test_any_flipped_byte_of_a_notification_is_one_or_refused(at: int, value: int) -> None:
    entered = PersonEntered(register_no=register_no(1), person=sample().registers[0].persons[0])
    good = bytearray(format_line(FeedRecord(sequence=1, time_ms=2, steps=(entered,))))
    good[at % len(good)] = value
    gives(lambda: parse_line(bytes(good)), FeedRefused)


@QUICK
@given(st.text(max_size=200), st.binary(max_size=200))
def test_any_text_is_a_manifest_or_attestations_or_refused(text: str, untrusted: bytes) -> None:
    gives(lambda: parse_manifest(text), RecordRefused)
    gives(lambda: parse_conditions(untrusted), ConditionsRefused)
    gives(lambda: parse_conditions(text.encode("utf-8", "replace")), ConditionsRefused)


@QUICK
@given(st.binary(max_size=300))
def test_any_bytes_are_a_signed_decision_or_refused(untrusted: bytes) -> None:
    staff = {name: key.public_bytes for name, key in STAFF.items()}
    assert not gives(lambda: read_decision("x", untrusted, staff), DecisionRefused)


@settings(max_examples=50, deadline=None)
@given(st.sampled_from(FORMS), st.binary(max_size=100), st.integers(0, 20_000), st.booleans())
def test_any_bytes_in_any_file_are_imported_or_reported(
    form: LineFile[Any],
    untrusted: bytes,
    at: int,
    insert: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    with tempfile.TemporaryDirectory() as name:
        sample().write(Path(name))
        path = Path(name) / form.file
        content = path.read_bytes()
        at %= len(content) + 1
        path.write_bytes(content[:at] + untrusted + content[at if insert else at + len(untrusted) :])
        engine = open_engine("sqlite:///:memory:", create=True)
        report = import_registers(engine, Path(name))
        with engine.writing() as transaction:
            stored = transaction.rows("SELECT COUNT(*) FROM register_rows")
        assert stored == [(8 if report.refused_count == 0 else 1,)]
        engine.close()


@pytest.fixture(scope="module")
def hall(made: Made, tmp_path_factory: pytest.TempPathFactory) -> Hall:
    engine = open_engine("sqlite:///:memory:", create=True)
    sample().load(engine, tmp_path_factory.mktemp("hall"))
    return Hall(made, engine)


@QUICK
@given(st.sampled_from(("open_grant", "held", "read_record", "enrol")), st.binary(max_size=400), st.integers(0, 8_000))
def test_any_body_gives_an_answer_or_a_code(hall: Hall, method: str, untrusted: bytes, at: int) -> None:
    card = hall.made.cards[0]
    call: Any
    if method in {"open_grant", "enrol"}:
        session = hall.session(card, Service.ENROL if method == "enrol" else Service.HONSEKI)
        call = hall.enrol_call(session) if method == "enrol" else session.grant_call
    else:
        session = hall.session(card)
        ticket = hall.ticket(session, resident_no(1))
        hall.orders = 0
        order = hall.order(session, Kind.KOSEKI_ZENBU)
        held = method == "held"
        call = HeldCall(ticket, session.secret) if held else hall.read_call(session, ticket, order, person=PEOPLE[1])
    good = codec.encode(call)
    handle = endpoints(hall.service)[method].handle
    for body in (untrusted, good[: at % len(good)] + untrusted[:1] + good[at % len(good) + 1 :]):
        gives(partial(_answered, handle, body), Refused)
    assert not any(word in hall.log.getvalue() for word in (resident_no(1), person_no(1), "甲野", "辛島"))


def _answered(handle: Any, body: bytes) -> bytes:
    return asyncio.run(_handled(handle, body))


async def _handled(handle: Any, body: bytes) -> bytes:
    answer: bytes = await handle(ISSUER, body)
    return answer
