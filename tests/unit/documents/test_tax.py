"""The three tax certificates: what is composed reads back, what is wrong in it is found, what cannot be printed refuses."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from msgspec import structs

from akashi.documents.compose import GlyphMissing, RecordUnfit, TaxFace, TextOverflow, compose_tax
from akashi.documents.compose.errors import ComposeRefused
from akashi.documents.paper_seal.shown import ShownItem, pick_shown
from akashi.documents.read import FileRefused, PrintedFace, Rule, read_back_jumin, read_back_tax
from akashi.rules.errors import RuleRefused
from akashi.wire.certificates import Kind
from akashi.wire.errors import WireCode
from akashi.wire.messages import TaxLine, TaxRecord
from akashi.wire.tax_items import PERSONS, TAX_ITEMS_OF, TaxItem
from akashi.zones.issuance.issuer.composing import with_tax
from unit.documents.people import ALL, PRINTED, SHAPES
from unit.documents.surgery import opened
from unit.documents.tax_people import (
    KINDS,
    OLD_FACE,
    OLD_PRINTED,
    TAX_FACE,
    TAX_PRINTED,
    composed_tax,
    tax_record,
    with_amount,
)
from unit.rules.city import at, sample

pytestmark = pytest.mark.needs("fonts")
LEVY = TaxItem.CITY_INCOME_LEVY
TOTAL = TaxItem.TAX_TOTAL


def words_of(pdf: bytes, record: TaxRecord, kind: Kind, face: PrintedFace = TAX_PRINTED) -> dict[str, str]:
    (page,) = read_back_tax(pdf, record, face, kind=kind).pages
    return dict(page.words())


def refused(pdf: bytes, record: TaxRecord, kind: Kind, face: PrintedFace = TAX_PRINTED) -> FileRefused:
    with pytest.raises(FileRefused) as caught:
        read_back_tax(pdf, record, face, kind=kind)
    assert caught.value.code is WireCode.CHECK_FAILED
    return caught.value


@pytest.mark.promise("C4", "C11")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(12))
def test_whatever_is_composed_reads_back(kind: Kind, seed: int) -> None:
    record = tax_record(kind, seed)
    done = compose_tax(record, TAX_FACE, kind=kind)
    assert done.page_count == 1
    words = words_of(done.pdf, record, kind)
    assert words["year"] == "令和8年度"
    assert words["name"] == record.name
    assert {item for item in TaxItem if item in words} == set(TAX_ITEMS_OF[kind])
    assert compose_tax(record, TAX_FACE, kind=kind).pdf == done.pdf


@pytest.mark.promise("C4")
@pytest.mark.parametrize(
    ("amount", "printed"),
    [
        (None, "＊"),
        (0, "0円"),
        (7, "7円"),
        (999, "999円"),
        (1_000, "1,000円"),
        (-1, "△1円"),
        (-35_000, "△35,000円"),
        (1_234_567, "1,234,567円"),
        (10**13, "10,000,000,000,000円"),
        (-(10**13), "△10,000,000,000,000円"),
    ],
)
def test_how_an_amount_is_printed(amount: int | None, printed: str) -> None:
    record = with_amount(tax_record(Kind.HIKAZEI), LEVY, amount)
    assert words_of(compose_tax(record, TAX_FACE, kind=Kind.HIKAZEI).pdf, record, Kind.HIKAZEI)[LEVY] == printed


@pytest.mark.parametrize(("people", "printed"), [(None, "＊"), (0, "0人"), (12, "12人"), (1_000, "1000人")])
def test_how_a_number_of_people_is_printed(people: int | None, printed: str) -> None:
    record = with_amount(tax_record(Kind.KAZEI), TaxItem.DEPENDANTS_GENERAL, people)
    words = words_of(compose_tax(record, TAX_FACE, kind=Kind.KAZEI).pdf, record, Kind.KAZEI)
    assert words[TaxItem.DEPENDANTS_GENERAL] == printed


@pytest.mark.promise("C4", "C11")
@pytest.mark.parametrize("item", TAX_ITEMS_OF[Kind.KAZEI])
def test_one_digit_in_any_line_is_found(item: TaxItem) -> None:
    record, _ = composed_tax(Kind.KAZEI)
    amount = dict(zip(TAX_ITEMS_OF[Kind.KAZEI], record.lines, strict=True))[item].amount
    other = with_amount(record, item, 1 if amount is None else amount + 1)
    refusal = refused(compose_tax(other, TAX_FACE, kind=Kind.KAZEI).pdf, record, Kind.KAZEI)
    assert (refusal.rule, refusal.page, refusal.box) == (Rule.TEXT_WORDS, 1, item)


@pytest.mark.promise("C4", "C11")
def test_two_amounts_exchanged_are_found() -> None:
    right = with_amount(with_amount(tax_record(Kind.HIKAZEI), LEVY, 12_300), TOTAL, 45_600)
    wrong = with_amount(with_amount(right, LEVY, 45_600), TOTAL, 12_300)
    assert refused(compose_tax(wrong, TAX_FACE, kind=Kind.HIKAZEI).pdf, right, Kind.HIKAZEI).box == LEVY


@pytest.mark.promise("C11")
@pytest.mark.parametrize(
    ("before", "amount"),
    [("1,234円", 1_235), ("1,234円", -1_234), ("1,234円", None), ("△1,234円", 1_234), ("0円", None)],
)
def test_an_amount_that_looks_alike_is_found(before: str, amount: int | None) -> None:
    numbers = {"1,234円": 1_234, "△1,234円": -1_234, "0円": 0}
    right = with_amount(tax_record(Kind.HIKAZEI), TOTAL, numbers[before])
    wrong = with_amount(right, TOTAL, amount)
    assert refused(compose_tax(wrong, TAX_FACE, kind=Kind.HIKAZEI).pdf, right, Kind.HIKAZEI).box == TOTAL


@pytest.mark.promise("C4", "C11")
@pytest.mark.parametrize(
    ("changes", "box"),
    [
        ({"year": "令和7年度"}, "year"),
        ({"income_year": "令和6年中"}, "income_year"),
        ({"data_on": "令和8年11月21日"}, "data_on"),
        ({"marked": True}, "data_on"),
    ],
)
@pytest.mark.parametrize("kind", KINDS)
def test_another_year_or_day_is_found(changes: dict[str, str | bool], box: str, kind: Kind) -> None:
    days: dict[str, str | bool] = {"year": "令和8年度", "income_year": "令和7年中", "data_on": "令和8年11月22日", "marked": False}
    changed = days | changes
    face = replace(
        TAX_FACE,
        tax=TaxFace(
            year=str(changed["year"]),
            income_year=str(changed["income_year"]),
            data_on=str(changed["data_on"]),
            marked=bool(changed["marked"]),
        ),
    )
    record, _ = composed_tax(kind)
    refusal = refused(compose_tax(record, face, kind=kind).pdf, record, kind)
    assert (refusal.rule, refusal.box) == (Rule.TEXT_WORDS, box)


@pytest.mark.promise("C2", "C11")
@pytest.mark.parametrize("kind", KINDS)
def test_old_data_must_be_marked(kind: Kind) -> None:
    record, _ = composed_tax(kind)
    assert OLD_FACE.tax is not None
    pdf = compose_tax(record, OLD_FACE, kind=kind).pdf
    assert words_of(pdf, record, kind, OLD_PRINTED)["data_on"].endswith("（注意：最新の台帳ではありません）")
    unmarked = replace(OLD_FACE, tax=replace(OLD_FACE.tax, marked=False))
    assert refused(compose_tax(record, unmarked, kind=kind).pdf, record, kind, OLD_PRINTED).box == "data_on"


@pytest.mark.promise("C4", "C11")
@pytest.mark.parametrize("kind", KINDS)
def test_a_neighbours_record_is_found(kind: Kind) -> None:
    record, _ = composed_tax(kind)
    neighbour = structs.replace(tax_record(kind, 2), name="隣　人", address="東京都証野市本町1番地")
    assert refused(compose_tax(neighbour, TAX_FACE, kind=kind).pdf, record, kind).box == "address"
    for field, value in (("name", "隣　人"), ("birth_date", "昭和60年4月13日"), ("levy_address", "東京都"), ("note", "別")):
        other = structs.replace(record, **{field: value})
        assert refused(compose_tax(other, TAX_FACE, kind=kind).pdf, record, kind).box == field


@pytest.mark.promise("C11")
@pytest.mark.parametrize("kind", KINDS)
def test_a_missing_line_is_found(kind: Kind) -> None:
    record, done = composed_tax(kind)
    file = opened(done.pdf)
    number = file.values()
    content = file.content(number)
    values = re.findall(rb"/Span<</MCID \d+>>BDC\n.*?EMC\n", content, re.DOTALL)
    for value in values:
        assert refused(file.with_content(number, content.replace(value, b"", 1)).pdf(), record, kind).rule is Rule.CONTENT
    fixed = file.fixed()
    rules = re.findall(rb"[0-9. ]+ m [0-9. ]+ l\n", file.content(fixed))
    assert len(rules) > 5
    for rule in rules:
        cut = file.with_content(fixed, file.content(fixed).replace(rule, b"", 1))
        assert refused(cut.pdf(), record, kind).rule in (Rule.DRAWING, Rule.CONTENT)


@pytest.mark.promise("C11")
@pytest.mark.parametrize("kind", KINDS)
def test_a_certificate_of_another_kind_is_found(kind: Kind) -> None:
    _, done = composed_tax(kind)
    for other in set(KINDS) - {kind}:
        record, _ = composed_tax(other)
        refused(done.pdf, record, other)
        assert refused(done.pdf, tax_record(kind), other).rule is Rule.RECORD_ITEMS
    paper, _ = SHAPES["one, everything"]
    with pytest.raises(FileRefused):
        read_back_jumin(done.pdf, paper, ALL, PRINTED)


@pytest.mark.promise("C11")
@pytest.mark.parametrize(
    ("changes", "box"),
    [
        ({"issue_number": "139998-7Q2M-8XKD-0V4T-HC94"}, "number"),
        ({"issued_on_written": "令和8年11月24日"}, "issued_on"),
        ({"officer_name": "別　人"}, "officer"),
        ({"officer_title": "市守"}, "seal"),
        ({"statement": "上記のとおり証明します。"}, "statement"),
    ],
)
def test_another_face_is_found(changes: dict[str, str], box: str) -> None:
    record, _ = composed_tax(Kind.KAZEI)
    pdf = compose_tax(record, replace(TAX_FACE, **changes), kind=Kind.KAZEI).pdf  # type: ignore[arg-type]  # texts only
    refusal = refused(pdf, record, Kind.KAZEI)
    assert (refusal.rule, refusal.box) == (Rule.TEXT_WORDS, box)


def test_a_citys_own_statement_and_a_deputys_seal_read_back() -> None:
    changes = {"statement": "この証明書は、課税台帳の記載と相違ないことを証明する。", "officer_title": "市長職務代理者副市長"}
    face = replace(TAX_FACE, **changes)  # type: ignore[arg-type]  # texts only
    printed = replace(TAX_PRINTED, **changes)  # type: ignore[arg-type]  # texts only
    record, _ = composed_tax(Kind.KAZEI)
    words = words_of(compose_tax(record, face, kind=Kind.KAZEI).pdf, record, Kind.KAZEI, printed)
    assert (words["statement"], words["seal"]) == (changes["statement"], "証野市長職務代理者之印")


BAD_RECORDS = {
    "no name": {"name": ""},
    "no address": {"address": ""},
    "a name of the form's words": {"name": "＊"},
    "a note of the form's words": {"note": "＊＊＊"},
    "incomes of another year": {"income_year": 2024},
}


@pytest.mark.parametrize("changes", BAD_RECORDS.values(), ids=BAD_RECORDS)
def test_what_is_no_record_of_the_kind_refuses_on_both_sides(changes: dict[str, str | int]) -> None:
    record, done = composed_tax(Kind.SHOTOKU)
    other = structs.replace(record, **changes)
    with pytest.raises(RecordUnfit):
        compose_tax(other, TAX_FACE, kind=Kind.SHOTOKU)
    assert refused(done.pdf, other, Kind.SHOTOKU).rule is Rule.RECORD_ITEMS


@pytest.mark.parametrize("spoil", ["missing", "added", "exchanged", "people below zero", "kind"])
def test_other_lines_than_the_kinds_refuse_on_both_sides(spoil: str) -> None:
    record, done = composed_tax(Kind.KAZEI)
    lines = record.lines
    kind = Kind.JUMINHYO if spoil == "kind" else Kind.KAZEI
    changed: dict[str, tuple[TaxLine, ...]] = {
        "missing": lines[:-1],
        "added": (*lines, lines[-1]),
        "exchanged": (lines[1], lines[0], *lines[2:]),
        "people below zero": with_amount(record, PERSONS[0], -1).lines,
        "kind": lines,
    }
    other = structs.replace(record, lines=changed[spoil])
    with pytest.raises(RecordUnfit):
        compose_tax(other, TAX_FACE, kind=kind)
    assert refused(done.pdf, other, kind).rule is Rule.RECORD_ITEMS


def test_a_face_without_years_or_statement_refuses() -> None:
    record, done = composed_tax(Kind.KAZEI)
    for face in (replace(TAX_FACE, tax=None), replace(TAX_FACE, statement="")):
        with pytest.raises(RecordUnfit):
            compose_tax(record, face, kind=Kind.KAZEI)
    assert refused(done.pdf, record, Kind.KAZEI, replace(TAX_PRINTED, tax=None)).rule is Rule.RECORD_ITEMS


@pytest.mark.promise("C11")
@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"name": "長い名前" * 30}, TextOverflow),
        ({"address": "東京都証野市緑が丘" * 20}, TextOverflow),
        ({"birth_date": "昭和六十年四月十二日" * 3}, TextOverflow),
        ({"note": "備考" * 1_000}, TextOverflow),
        ({"name": "証\U000f0000"}, GlyphMissing),
        ({"name": "証\U000e01ef"}, GlyphMissing),
        ({"note": " 備考"}, GlyphMissing),
        ({"levy_address": "本町  1"}, GlyphMissing),
        ({"note": "一\n二"}, GlyphMissing),
    ],
)
def test_what_cannot_be_printed_refuses(changes: dict[str, str], refusal: type[ComposeRefused]) -> None:
    record = structs.replace(tax_record(Kind.KAZEI), **changes)
    with pytest.raises(refusal) as caught:
        compose_tax(record, TAX_FACE, kind=Kind.KAZEI)
    assert caught.value.detail == next(iter(changes))


@pytest.mark.promise("C2")
def test_the_issuer_adds_years_and_day_by_the_citys_rule() -> None:
    record = tax_record(Kind.KAZEI)
    plain = replace(TAX_FACE, tax=None)
    assert with_tax(plain, sample(), record, now_ms=at("2026-11-23 12:00")) == TAX_FACE
    old = structs.replace(record, data_on="2026-11-20")
    assert with_tax(plain, sample(), old, now_ms=at("2026-11-23 12:00")) == OLD_FACE
    with pytest.raises(RuleRefused) as caught:
        with_tax(plain, sample(), old, now_ms=at("2026-11-24 12:00"))
    assert caught.value.code is WireCode.REGISTRY_STALE
    paper, _ = SHAPES["one, everything"]
    assert with_tax(plain, sample(), paper, now_ms=at("2026-11-23 12:00")) is plain


@pytest.mark.parametrize("kind", KINDS)
def test_the_code_says_year_name_and_birth_date_and_no_amount(kind: Kind) -> None:
    record, done = composed_tax(kind)
    (page,) = read_back_tax(done.pdf, record, TAX_PRINTED, kind=kind).pages
    assert pick_shown(kind, page.words()) == (
        (ShownItem.YEAR, "令和8年度"),
        (ShownItem.NAME, record.name),
        (ShownItem.BIRTH_DATE, record.birth_date),
    )
