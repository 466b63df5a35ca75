"""The measurement of codes runs and gives rates of the right size."""

from __future__ import annotations

from akashi.entry.load.paper import measure_paper


def test_codes_are_drawn_and_checked_by_the_thousand() -> None:
    rates = measure_paper(rounds=100)
    # On a free core 12,000 and 9,000.
    assert rates.codes_per_second > 500
    assert rates.checks_per_second > 500
