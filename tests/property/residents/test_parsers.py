"""Any bytes into any parser of the register give a value or its documented error; what is written is read back the same."""

from __future__ import annotations

import asyncio
import csv
import tempfile
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from akashi.registers.csv_form import Form, read_cells
from akashi.registers.dates import WrittenDate, parse_written_date
from akashi.registers.errors import FeedRefused, RecordRefused
from akashi.wire.errors import Refused
from akashi.zones.core.residents.changes import (
    FeedRecord,
    HouseholdRow,
    MoveIn,
    ResidentRow,
    format_line,
    parse_change,
    parse_line,
)
from akashi.zones.core.residents.csv_form import BLOCKS, CARD_LINKS, HOUSEHOLDS, RESIDENTS
from akashi.zones.core.residents.importing import ImportReport, import_city
from akashi.zones.core.residents.manifest import parse_manifest
from akashi.zones.core.residents.records import ForeignItems, Resident, ResidentKind, ResidentState, Sex, with_check_digit
from akashi.zones.core.residents.relationships import check_relationship, rank
from akashi.zones.core.residents.rows import record_row, resident_of
from akashi.zones.core.residents.stores.opening import open_engine
from akashi.zones.core.residents.web import endpoints
from unit.zones.core_residents.counter import ISSUER, Counter, Made
from unit.zones.core_residents.people import household, line, number, sample_city

FORMS: tuple[Form[Any], ...] = (RESIDENTS, HOUSEHOLDS, CARD_LINKS, BLOCKS)
QUICK = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
TEXT = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=40)
SOME_TEXT = TEXT.filter(bool)
TERMS = ("夫", "妻", "夫(未届)", "妻（未届）", "子", "子（子の夫）", "父", "母", "兄", "弟", "縁故者", "同居人")
RELATIONSHIPS = st.just("世帯主") | st.lists(st.sampled_from(TERMS), min_size=1, max_size=4).map("の".join)
DATES = st.builds(WrittenDate, SOME_TEXT, st.none() | st.dates(date(1868, 1, 25), date(2100, 1, 1)))
PIECES = st.sampled_from(
    ("令和", "昭和", "明治", "元", "1", "29", "31", "年", "月", "日", "頃", "不詳", "推定", "上旬", "1985", "２", "-")
)


def digits(count: int) -> st.SearchStrategy[str]:
    return st.integers(1, 10 ** (count - 1) - 1).map(lambda body: with_check_digit(f"{body:0{count - 1}}"))


@st.composite
def residents(draw: st.DrawFn) -> Resident:
    foreign = draw(st.booleans())
    kana, alias = draw(TEXT), draw(TEXT)
    return Resident(
        resident_no=draw(digits(10)),
        household_no=draw(digits(10)),
        position=draw(st.integers(0, 999)),
        kind=ResidentKind.FOREIGN if foreign else ResidentKind.JAPANESE,
        name=draw(SOME_TEXT),
        name_kana=kana,
        kana_confirmed=bool(kana) and draw(st.booleans()),
        name_latin=draw(TEXT),
        former_name=draw(TEXT),
        alias=alias,
        alias_since=draw(st.none() | DATES) if alias else None,
        birth=draw(DATES),
        sex=draw(st.sampled_from(Sex)),
        relationship=draw(RELATIONSHIPS),
        honseki="" if foreign else draw(SOME_TEXT),
        hittosha="" if foreign else draw(SOME_TEXT),
        resident_since=draw(DATES),
        address_since=draw(st.none() | DATES),
        notified_on=draw(st.none() | DATES),
        previous_address=draw(TEXT),
        my_number=draw(st.just("") | digits(12)),
        juminhyo_code=draw(digits(11)),
        foreign=_foreign_items(draw) if foreign else None,
        state=draw(st.sampled_from(ResidentState)),
        state_on=draw(st.none() | st.dates()),
    )


def _foreign_items(draw: st.DrawFn) -> ForeignItems:
    return ForeignItems(
        nationality=draw(SOME_TEXT),
        status_30_45=draw(SOME_TEXT),
        residence_status=draw(TEXT),
        residence_period=draw(TEXT),
        residence_expiry=draw(st.none() | DATES),
        residence_card=draw(TEXT),
    )


def gives(parse: Callable[[], object], *refused: type[Exception]) -> bool:
    try:
        parse()
    except refused:
        return False
    return True


@QUICK
@given(residents())
def test_a_record_survives_csv_rows_and_feed(one: Resident) -> None:
    cells = RESIDENTS.cells(one)
    assert RESIDENTS.parse(dict(zip(RESIDENTS.columns, cells, strict=True))) == one
    assert resident_of(record_row(one)) == one
    record = FeedRecord(sequence=1, time_ms=2, change=MoveIn(household=HouseholdRow(household(1)), members=(ResidentRow(one),)))
    assert parse_line(format_line(record)) == record


@QUICK
@given(residents())
def test_a_record_survives_a_file(one: Resident) -> None:
    with tempfile.TemporaryDirectory() as name:
        with (Path(name) / RESIDENTS.file).open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream, lineterminator="\n").writerows([RESIDENTS.columns, RESIDENTS.cells(one)])
        report = ImportReport()
        read = [RESIDENTS.parse(cells) for _line, cells in read_cells(Path(name), RESIDENTS, report)]
    assert read == [one]
    assert report.refused == []


@QUICK
@given(st.sampled_from(FORMS), st.data())
def test_any_cells_give_a_record_or_its_error(form: Form[Any], data: st.DataObject) -> None:
    known = RESIDENTS.cells(sample_city().residents[0]) if form is RESIDENTS else ()
    cells = {column: data.draw(st.text(max_size=12) | st.sampled_from(known or ("",)), label=column) for column in form.columns}
    gives(lambda: form.parse(cells), RecordRefused)


@QUICK
@given(st.text(max_size=40) | st.lists(PIECES, max_size=8).map("".join))
def test_any_text_is_a_written_date_or_none(text: str) -> None:
    if gives(lambda: parse_written_date(text), RecordRefused):
        assert parse_written_date(text).written == text


@QUICK
@given(st.lists(st.sampled_from((*TERMS, "世帯主", "の", "(", ")", "孫")), max_size=7).map("".join))
def test_any_text_is_a_relationship_or_not(text: str) -> None:
    if gives(lambda: check_relationship(text), RecordRefused):
        assert 0 <= rank(text) <= 9


@QUICK
@given(st.binary(max_size=300))
def test_any_bytes_are_a_feed_line_or_refused(untrusted: bytes) -> None:
    gives(lambda: parse_line(untrusted), FeedRefused)
    gives(lambda: parse_change(untrusted), FeedRefused)


@QUICK
@given(st.integers(0, 400), st.integers(0, 255))
def test_any_flipped_byte_of_a_feed_line_is_a_line_or_refused(at: int, value: int) -> None:
    good = bytearray(line(1, MoveIn(household=HouseholdRow(household(1)), members=(ResidentRow(sample_city().residents[0]),))))
    good[at % len(good)] = value
    gives(lambda: parse_line(bytes(good)), FeedRefused)


@QUICK
@given(st.text(max_size=200))
def test_any_text_is_a_manifest_or_refused(untrusted: str) -> None:
    gives(lambda: parse_manifest(untrusted), RecordRefused)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(FORMS), st.binary(max_size=200), st.integers(0, 5_000), st.booleans())
def test_any_bytes_in_any_file_are_imported_or_reported(
    form: Form[Any],
    untrusted: bytes,
    at: int,
    insert: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    with tempfile.TemporaryDirectory() as name:
        sample_city().write(Path(name))
        path = Path(name) / form.file
        content = path.read_bytes()
        at %= len(content) + 1
        path.write_bytes(content[:at] + untrusted + content[at if insert else at + len(untrusted) :])
        engine = open_engine("sqlite:///:memory:", create=True)
        report = import_city(engine, Path(name))
        with engine.writing() as transaction:
            stored = transaction.rows("SELECT COUNT(*) FROM resident_rows")
        assert stored == [(23 if report.refused_count == 0 else 3,)]
        engine.close()


@pytest.fixture(scope="module")
def asked(made: Made, tmp_path_factory: pytest.TempPathFactory) -> Counter:
    engine = open_engine("sqlite:///:memory:", create=True)
    city = sample_city()
    city.card_links.append(made.cards[0].link(1))
    city.load(engine, tmp_path_factory.mktemp("asked"))
    return Counter(made, engine)


@QUICK
@given(st.sampled_from(("open_grant", "read_record")), st.binary(max_size=400), st.integers(0, 5_000))
def test_any_body_gives_an_answer_or_a_code(asked: Counter, method: str, untrusted: bytes, at: int) -> None:
    from akashi.wire import codec  # noqa: PLC0415 - only here

    session = asked.session(asked.made.cards[0])
    call: Any = session.call
    if method == "read_record":
        call = asked.read_call(session, asked.open(session), asked.order(session, (0,)))
    good = codec.encode(call)
    handle = endpoints(asked.service)[method].handle
    for body in (untrusted, good[: at % len(good)] + untrusted[:1] + good[at % len(good) + 1 :]):
        gives(partial(_answered, handle, body), Refused)
    assert number(1) not in asked.log.getvalue()


def _answered(handle: Any, body: bytes) -> bytes:
    return asyncio.run(_handled(handle, body))


async def _handled(handle: Any, body: bytes) -> bytes:
    answer: bytes = await handle(ISSUER, body)
    return answer
