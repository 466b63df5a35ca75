"""Any bytes into any parser of seals and taxes give a value or a documented no, and what is written comes back."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from akashi.registers.csv_form import Form
from akashi.registers.dates import WrittenDate
from akashi.registers.errors import FeedRefused, RecordRefused
from akashi.wire.errors import Refused
from akashi.wire.tax_items import DEDUCTIONS, PERSONS, TAX, TaxItem
from akashi.zones.core.seals.changes import FeedRecord, Registered, cells_of, format_line, parse_line, registration_of
from akashi.zones.core.seals.csv_form import SEALS
from akashi.zones.core.seals.manifest import parse_manifest as parse_seal_manifest
from akashi.zones.core.seals.records import Registration, SealBitmap, pack
from akashi.zones.core.taxes.csv_form import TAXES
from akashi.zones.core.taxes.errors import DayRefused
from akashi.zones.core.taxes.manifest import parse_manifest as parse_day_manifest
from akashi.zones.core.taxes.records import TaxEntry, bounds
from unit.registers.asker import number
from unit.zones.core_seals.office import registration

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=40)
NAMED = TEXT.filter(bool)
CELL = st.one_of(st.text(max_size=30), st.sampled_from(["", "0", "1", "*", "200", "2026", "令和8年4月1日", number(1)]))


@st.composite
def registrations(draw: st.DrawFn) -> Registration:
    side = draw(st.integers(189, 591))
    height = draw(st.integers(189, 591))
    fill = draw(st.binary(min_size=1, max_size=64).filter(any))
    row_bytes = (side + 7) // 8
    rows = (fill * (row_bytes * height // len(fill) + 1))[: row_bytes * height]
    mask = 0xFF << (-side % 8) & 0xFF
    cut = b"".join(
        rows[start : start + row_bytes - 1] + bytes([rows[start + row_bytes - 1] & mask])
        for start in range(0, len(rows), row_bytes)
    )
    image = pack(cut if any(cut) else b"\x80" + cut[1:], width_px=side, height_px=height)
    return Registration(
        registration_no=draw(st.from_regex(r"[0-9A-Za-z-]{1,16}", fullmatch=True)),
        resident_no=number(draw(st.integers(1, 999_999_999))),
        name=draw(NAMED),
        former_name=draw(TEXT),
        alias=draw(TEXT),
        name_kana=draw(TEXT),
        birth=WrittenDate(draw(NAMED), draw(st.none() | st.dates())),
        sex=draw(st.sampled_from(["", "男", "女", "不明"])),
        address=draw(NAMED),
        registered_on=WrittenDate(draw(NAMED), draw(st.none() | st.dates())),
        image=image,
    )


@st.composite
def entries(draw: st.DrawFn) -> TaxEntry:
    amounts: dict[TaxItem, int | None] = {}
    for item in TaxItem:
        low, high = bounds(item)
        amount = st.integers(max(low, -(10**9)), min(high, 10**9))
        amounts[item] = draw(amount) if item in TAX else draw(st.none() | amount)
    for total, parts in ((TaxItem.TAX_TOTAL, TAX[:-1]), (TaxItem.DEDUCTIONS_TOTAL, DEDUCTIONS[:-1])):
        known = [amounts[part] for part in parts]
        amounts[total] = sum(amount for amount in known if amount is not None) if None not in known else amounts[total]
    assert set(PERSONS) < set(amounts)
    return TaxEntry(
        resident_no=number(draw(st.integers(1, 999_999_999))),
        fiscal_year=draw(st.integers(2000, 2200)),
        name=draw(NAMED),
        birth_date=draw(NAMED),
        address=draw(NAMED),
        levy_address=draw(TEXT),
        declared=True,
        amounts=amounts,
        note=draw(TEXT),
    )


@settings(max_examples=50, deadline=None)
@given(registrations())
def test_a_registration_comes_back_from_a_file_and_from_the_feed(one: Registration) -> None:
    assert cells_through_a_file(SEALS, one) == one
    record = FeedRecord(sequence=7, time_ms=8, change=Registered(registration=cells_of(one)))
    back = parse_line(format_line(record))
    assert isinstance(back.change, Registered)
    assert registration_of(back.change.registration) == one


@settings(max_examples=80, deadline=None)
@given(entries())
def test_a_tax_record_comes_back_from_a_file(one: TaxEntry) -> None:
    assert cells_through_a_file(TAXES, one) == one


def refusal_of(parse: Callable[[], object]) -> Refused | None:
    """Return the refusal, or None for a value; anything else is a bug and passes through."""
    try:
        parse()
    except Refused as refused:
        return refused
    return None


def cells_through_a_file(form: Form[Any], one: object) -> object:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerow(form.cells(one))
    (row,) = csv.reader(io.StringIO(stream.getvalue()), strict=True)
    return form.parse(dict(zip(form.columns, row, strict=True)))


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_cells_give_a_record_or_a_refusal_without_the_value(data: st.DataObject) -> None:
    forms: list[Form[Any]] = [SEALS, TAXES]
    form = data.draw(st.sampled_from(forms))
    good = dict(zip(SEALS.columns, SEALS.cells(registration(1)), strict=True)) if form is SEALS else {}
    cells = {column: data.draw(CELL) for column in form.columns if column not in good or data.draw(st.booleans())}
    marked = {column: text + "印" if len(text) > 20 else text for column, text in (good | cells).items()}
    refused = refusal_of(lambda: form.parse(marked))
    if refused is not None:
        assert isinstance(refused, RecordRefused)
        assert refused.column.replace("-", "_") in {*form.columns, "registration", "date"}
        assert "印" not in refused.detail


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_of_a_line_give_a_record_or_a_refusal(line: bytes) -> None:
    assert isinstance(refusal_of(lambda: parse_line(line)), FeedRefused | None)


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.sampled_from([*SEALS.columns, "x"]), st.text(max_size=5), max_size=4))
def test_a_registration_with_other_columns_is_refused(cells: dict[str, str]) -> None:
    with pytest.raises(RecordRefused):
        registration_of(cells)


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.binary(max_size=200), st.text(max_size=200).map(str.encode)))
def test_any_manifest_gives_a_value_or_a_refusal(untrusted: bytes) -> None:
    for parse in (lambda: parse_day_manifest(untrusted), lambda: parse_seal_manifest(untrusted.decode("utf-8", "replace"))):
        assert isinstance(refusal_of(parse), DayRefused | RecordRefused | None)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 800), st.integers(0, 800), st.binary(max_size=200))
def test_any_bytes_give_an_image_or_a_refusal(width: int, height: int, packed: bytes) -> None:
    with pytest.raises(RecordRefused):
        SealBitmap(width, height, packed)


@settings(max_examples=30, deadline=None)
@given(registrations(), st.integers(0, 10_000))
def test_a_flipped_bit_in_a_packed_image_gives_another_image_or_a_refusal(one: Registration, at: int) -> None:
    packed = bytearray(one.image.packed)
    packed[at % len(packed)] ^= 1 << at % 8
    try:
        other = SealBitmap(one.image.width_px, one.image.height_px, bytes(packed))
    except RecordRefused:
        return
    # The compressed form ends with a checksum of the picture; a bit of the header may change without changing it.
    assert other.bits() == one.image.bits()


def test_dates_are_dates() -> None:
    assert registration(1).birth.internal == date(1982, 4, 19)
