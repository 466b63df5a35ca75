"""Who may use a kiosk at all, as truth tables."""

from __future__ import annotations

from datetime import date

import pytest

from akashi.rules.errors import RuleRefused
from akashi.rules.persons import check_age, check_card_linked
from akashi.wire.errors import WireCode

TODAY = date(2027, 3, 1)


@pytest.mark.promise("C4")
@pytest.mark.parametrize(
    ("birth", "allowed"),
    [
        (date(2012, 3, 1), True),
        (date(2012, 2, 29), True),
        (date(2012, 3, 2), False),
        (date(1926, 12, 25), True),
        (TODAY, False),
        (None, False),
    ],
)
def test_from_fifteen_on(birth: date | None, *, allowed: bool) -> None:
    code = None
    try:
        check_age(birth, TODAY, years_min=15)
    except RuleRefused as refused:
        code = refused.code
    assert code == (None if allowed else WireCode.NOT_AVAILABLE)


@pytest.mark.parametrize(
    ("linked_on", "days_min", "allowed"),
    [(TODAY, 0, True), (TODAY, 1, False), (date(2027, 2, 28), 1, True), (date(2027, 3, 2), 0, False)],
)
def test_a_card_counts_from_its_day_on(linked_on: date, days_min: int, *, allowed: bool) -> None:
    code = None
    try:
        check_card_linked(linked_on, TODAY, days_min=days_min)
    except RuleRefused as refused:
        code = refused.code
    assert code == (None if allowed else WireCode.NOT_AVAILABLE)
