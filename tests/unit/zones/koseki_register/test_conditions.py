"""C13: each condition is a dated attestation with evidence; the last day counts, the day after does not."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from akashi.wire.errors import WireCode
from akashi.zones.koseki.register.conditions import Condition, parse_conditions
from akashi.zones.koseki.register.errors import ConditionsRefused, LinkClosed

SAMPLE = Path(__file__).resolve().parents[4] / "docs/samples/koseki-conditions.toml"
LAST = date(2027, 3, 31)


@pytest.mark.promise("C13")
def test_the_sample_opens_the_link_from_its_first_day_to_its_last() -> None:
    conditions = parse_conditions(SAMPLE.read_bytes())
    for day in (date(2026, 4, 1), LAST):
        conditions.check(day)
        assert [(one.condition, one.holds, one.expires_on) for one in conditions.states(day)] == [
            (condition, True, LAST) for condition in Condition
        ]
    for day in (date(2026, 3, 31), LAST + timedelta(days=1)):
        with pytest.raises(LinkClosed) as refused:
            conditions.check(day)
        assert refused.value.code is WireCode.KOSEKI_CLOSED
        assert all(condition in refused.value.detail for condition in Condition)


@pytest.mark.promise("C13")
@pytest.mark.parametrize("missing", Condition)
def test_one_condition_that_is_missing_shuts_the_link_and_is_named(missing: Condition) -> None:
    tables = SAMPLE.read_text("utf-8").split("[[attestation]]")
    kept = [table for table in tables[1:] if f'"{missing}"' not in table]
    conditions = parse_conditions("[[attestation]]".join([tables[0], *kept]).encode())
    with pytest.raises(LinkClosed, match=missing):
        conditions.check(LAST)


def test_a_new_attestation_takes_over_without_a_gap() -> None:
    text = SAMPLE.read_text("utf-8")
    later = text[text.index("[[attestation]]") :].replace("2027-03-31", "2028-03-31").replace("2026-04-01", "2027-03-01")
    conditions = parse_conditions((text + later).encode())
    for day in (LAST, LAST + timedelta(days=1), date(2028, 3, 31)):
        conditions.check(day)
    assert conditions.states(LAST)[0].expires_on == date(2028, 3, 31)


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ('condition = "fence"', 'condition = "locked-room"'),
        ("expires_on = 2026-03-31", "expires_on = 2027-03-31"),
        ("expires_on = 2028-03-31", "expires_on = 2027-03-31"),
        ('evidence = "ABC"', 'evidence = "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0"'),
        ('by = ""', 'by = "市民部市民課長"'),
        ('attested_on = "いつか"', "attested_on = 2026-04-01"),
        ("[[other]]", "[[attestation]]"),
        ("[[attestation", "[[attestation]]"),
    ],
)
def test_what_is_no_attestation_is_refused(wrong: str, right: str) -> None:
    text = SAMPLE.read_text("utf-8")
    assert right in text
    with pytest.raises(ConditionsRefused):
        parse_conditions(text.replace(right, wrong, 1).encode())


def test_no_attestation_at_all_is_a_shut_link() -> None:
    with pytest.raises(LinkClosed):
        parse_conditions(b"").check(LAST)
