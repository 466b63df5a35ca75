"""The rules for tax certificates, as truth tables."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from msgspec import structs

from akashi.rules.errors import PolicyRefused, RuleRefused
from akashi.rules.policy import parse_policy
from akashi.rules.taxes import TaxFacts, WrittenTaxDays, check_data_day, check_tax_record, tax_year, written_tax_days
from akashi.wire.certificates import Kind
from akashi.wire.errors import WireCode
from akashi.wire.kinds import KINDS
from akashi.wire.messages import TaxLine, TaxRecord
from akashi.wire.tax_items import TAX_ITEMS_OF, TaxItem
from unit.rules.city import at, changed, sample


@pytest.mark.promise("C1")
@pytest.mark.parametrize(
    ("facts", "shotoku", "kazei", "hikazei"),
    [
        (TaxFacts(levy_resident=True, declared=True, tax_yen=1), None, None, WireCode.NOT_HELD),
        (TaxFacts(levy_resident=True, declared=True, tax_yen=0), None, WireCode.NOT_HELD, None),
        (TaxFacts(levy_resident=True, declared=False, tax_yen=0), *(WireCode.TAX_UNDECLARED,) * 3),
        (TaxFacts(levy_resident=False, declared=True, tax_yen=1), *(WireCode.LEVY_DAY_ELSEWHERE,) * 3),
        (TaxFacts(levy_resident=False, declared=False, tax_yen=0), *(WireCode.LEVY_DAY_ELSEWHERE,) * 3),
        (None, *(WireCode.NOT_HELD,) * 3),
    ],
)
def test_which_of_the_three_certificates_can_be_had(
    facts: TaxFacts | None, shotoku: WireCode | None, kazei: WireCode | None, hikazei: WireCode | None
) -> None:
    for kind, code in ((Kind.SHOTOKU, shotoku), (Kind.KAZEI, kazei), (Kind.HIKAZEI, hikazei)):
        found = None
        try:
            check_tax_record(kind, facts)
        except RuleRefused as refused:
            found = refused.code
        assert found == code, kind


@pytest.mark.promise("C2")
@pytest.mark.parametrize(
    ("data_on", "marked"),
    [
        (date(2026, 6, 17), WireCode.REGISTRY_STALE),  # of tomorrow: a clock is wrong
        (date(2026, 6, 16), False),
        (date(2026, 6, 15), False),
        (date(2026, 6, 14), True),
        (date(2026, 6, 13), True),
        (date(2026, 6, 12), WireCode.REGISTRY_STALE),
    ],
)
def test_old_tax_data_are_marked_and_then_refused(data_on: date, marked: bool | WireCode) -> None:  # noqa: FBT001 - a table's cell
    found: bool | WireCode
    try:
        found = check_data_day(sample(), data_on, at("2026-06-16 12:00"))
    except RuleRefused as refused:
        found = refused.code
    assert found == marked


def test_a_city_that_decided_nothing_on_taxes_issues_none() -> None:
    policy = structs.replace(sample(), taxes=None)
    checks: tuple[Callable[[], object], ...] = (
        lambda: tax_year(policy, date(2026, 7, 1)),
        lambda: check_data_day(policy, date(2026, 7, 1), at("2026-07-01 12:00")),
    )
    for check in checks:
        with pytest.raises(RuleRefused) as caught:
            check()
        assert caught.value.code is WireCode.KIND_OFF


@pytest.mark.parametrize(
    ("pattern", "text", "word"),
    [
        ("year = 2026", "year = 2025", "only go up"),
        ("from = 2026-06-10", "from = 2025-06-10", "by date"),
        ("days_marked_max = 3", "days_marked_max = 0", "days_marked_max"),
        ("days_fresh_max = 1", "days_fresh_max = 4", "must not be less"),
        (r"from = 2025-06-10\nyear = 2025\n\n\[\[taxes.years\]\]\n", "", "no year for"),
    ],
)
def test_a_policy_on_taxes_that_contradicts_itself_is_refused(pattern: str, text: str, word: str) -> None:
    with pytest.raises(PolicyRefused, match=word):
        parse_policy(changed(pattern, text))


def test_each_tax_certificate_has_its_items_and_only_these() -> None:
    assert set(TAX_ITEMS_OF) == {kind for kind, facts in KINDS.items() if facts.yearly}
    for items in TAX_ITEMS_OF.values():
        assert list(items) == [item for item in TaxItem if item in items]
    assert set(TAX_ITEMS_OF[Kind.KAZEI]) == set(TaxItem)
    assert not set(TAX_ITEMS_OF[Kind.SHOTOKU]) & set(TAX_ITEMS_OF[Kind.HIKAZEI])


def _record(fiscal_year: int, data_on: str) -> TaxRecord:
    return TaxRecord(
        transcript=bytes(32),
        order_hash=bytes(32),
        issue_number="139998-7Q2M-8XKD-0V4T-HC93",
        subject_token=bytes(32),
        row_version=1,
        as_of_ms=0,
        subject_row=bytes(32),
        fiscal_year=fiscal_year,
        income_year=fiscal_year - 1,
        data_on=data_on,
        name="証野　花",
        birth_date="平成2年1月1日",
        address="東京都証野市本町1番地",
        levy_address="東京都証野市本町1番地",
        lines=(TaxLine(TaxItem.TAX_TOTAL, 0),),
        note="",
    )


@pytest.mark.parametrize(
    ("year", "data_on", "written"),
    [
        (2026, "2026-06-15", WrittenTaxDays("令和8年度", "令和7年中", "令和8年6月15日", marked=False)),
        (2026, "2026-06-14", WrittenTaxDays("令和8年度", "令和7年中", "令和8年6月14日", marked=True)),
        (2020, "2026-06-16", WrittenTaxDays("令和2年度", "令和元年中", "令和8年6月16日", marked=False)),
        (2019, "2026-06-16", WrittenTaxDays("平成31年度", "平成30年中", "令和8年6月16日", marked=False)),
    ],
)
def test_years_and_days_as_printed(year: int, data_on: str, written: WrittenTaxDays) -> None:
    assert written_tax_days(sample(), _record(year, data_on), at("2026-06-16 12:00")) == written


@pytest.mark.parametrize("data_on", ["2026-06-31", "2026-06-12", "2026-06-17", "0001-01-01", "0000-01-01", "9999-12-31"])
def test_data_of_no_day_or_too_old_have_no_words(data_on: str) -> None:
    with pytest.raises(RuleRefused) as caught:
        written_tax_days(sample(), _record(2026, data_on), at("2026-06-16 12:00"))
    assert caught.value.code is WireCode.REGISTRY_STALE
