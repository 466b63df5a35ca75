"""The rules, one by one and together, as truth tables."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from akashi.rules.certificates import (
    RULES,
    check_choices,
    check_fee,
    check_form,
    check_hours,
    check_kind_on,
    check_officer,
    check_order,
    fee_yen,
    offers,
)
from akashi.rules.errors import RuleRefused
from akashi.rules.policy import CityPolicy, parse_policy
from akashi.wire.certificates import Choice, Kind
from akashi.wire.errors import WireCode
from akashi.wire.messages import IssueOrder, Predecessor
from unit.rules.city import at, changed, sample

ORDER = IssueOrder(bytes(32), 1, Kind.JUMINHYO, (0,), (Choice.HONSEKI,), 200, None, 30_000)
PREDECESSOR = Predecessor("139998-0000-0000-0000-0000", 1)
OPEN = "2026-06-16 12:00"


def code_of(check: Callable[[], object]) -> WireCode | None:
    """Return what the check refuses with, or None where it lets pass."""
    try:
        check()
    except RuleRefused as refused:
        return refused.code
    return None


def without_kinds() -> CityPolicy:
    return structs.replace(sample(), kinds={})


@pytest.mark.promise("C1")
@pytest.mark.parametrize(
    ("moment", "code"),
    [("2026-03-31 23:59:59.999", WireCode.KIND_OFF), ("2026-04-01 00:00", None), ("2030-01-01 12:00", None)],
)
def test_a_kind_is_on_from_the_day_of_its_decision(moment: str, code: WireCode | None) -> None:
    assert code_of(lambda: check_kind_on(sample(), Kind.JUMINHYO, at(moment))) == code


@pytest.mark.promise("C1")
def test_a_later_decision_switches_off_and_a_kind_never_decided_on_is_off() -> None:
    later = changed(
        r"\[\[kinds.juminhyo.fees\]\]",
        '[[kinds.juminhyo.decisions]]\nfrom = 2026-10-01\non = false\nauthority = "市長"\nreason = "見直し"\n\n'
        "[[kinds.juminhyo.fees]]",
    )
    policy = parse_policy(later)
    assert code_of(lambda: check_kind_on(policy, Kind.JUMINHYO, at("2026-09-30 12:00"))) is None
    assert code_of(lambda: check_kind_on(policy, Kind.JUMINHYO, at("2026-10-01 12:00"))) == WireCode.KIND_OFF
    assert code_of(lambda: check_kind_on(without_kinds(), Kind.JUMINHYO, at(OPEN))) == WireCode.KIND_OFF


@pytest.mark.parametrize(
    ("group", "moment", "state"),
    [
        ("store", "2026-06-16 06:29:59.999", "closed"),
        ("store", "2026-06-16 06:30", "open"),
        ("store", "2026-06-16 22:59:59.999", "open"),
        ("store", "2026-06-16 23:00", "closed"),
        ("store", "2026-06-20 12:00", "open"),
        ("store", "2026-11-23 12:00", "open"),
        ("store", "2026-12-28 12:00", "open"),
        ("store", "2026-12-29 12:00", "closed"),
        ("store", "2027-01-03 12:00", "closed"),
        ("store", "2027-01-04 12:00", "open"),
        ("store", "2026-09-12 12:00", "closed"),
        ("city-hall", "2026-06-16 07:00", "open"),
        ("city-hall", "2026-06-16 20:00", "closed"),
        ("city-hall", "2026-06-20 08:44", "closed"),
        ("city-hall", "2026-06-20 08:45", "open"),
        ("city-hall", "2026-11-23 08:00", "closed"),
        ("city-hall", "2026-11-23 16:59", "open"),
        # after the list of holidays: only when both a weekday's and a holiday's hours allow it
        ("city-hall", "2028-01-05 08:00", "closed"),
        ("city-hall", "2028-01-05 09:00", "open"),
        ("city-hall", "2028-01-05 19:00", "closed"),
        ("no-such-group", "2026-06-16 12:00", "closed"),
    ],
)
def test_hours(group: str, moment: str, state: str) -> None:
    code = code_of(lambda: check_hours(sample(), Kind.JUMINHYO, group, at(moment)))
    assert code == (None if state == "open" else WireCode.CLOSED_HOURS)


@pytest.mark.promise("C3")
@pytest.mark.parametrize("choice", list(Choice))
def test_a_choice_needs_the_citys_leave(choice: Choice) -> None:
    allowed = choice is not Choice.JUMINHYO_CODE
    code = code_of(lambda: check_choices(sample(), Kind.JUMINHYO, (choice,)))
    assert code == (None if allowed else WireCode.OPTION_OFF)
    assert code_of(lambda: check_choices(sample(), Kind.JUMINHYO, ())) is None


def test_the_fee_is_the_days() -> None:
    assert fee_yen(sample(), Kind.JUMINHYO, date(2026, 4, 1)) == 200
    assert fee_yen(sample(), Kind.JUMINHYO, date(2027, 4, 1)) == 250
    for day in (date(2026, 3, 31), date(2020, 1, 1)):
        assert code_of(lambda day=day: fee_yen(sample(), Kind.JUMINHYO, day)) == WireCode.KIND_OFF  # type: ignore[misc]  # bound now


@pytest.mark.promise("C15")
@pytest.mark.parametrize(
    ("fee", "predecessor", "code"),
    [
        (200, None, None),
        (0, None, WireCode.FEE_CHANGED),
        (250, None, WireCode.FEE_CHANGED),
        (0, PREDECESSOR, None),
        (200, PREDECESSOR, WireCode.FEE_CHANGED),
    ],
)
def test_a_reprint_costs_nothing_and_all_else_costs_the_fee(
    fee: int, predecessor: Predecessor | None, code: WireCode | None
) -> None:
    order = structs.replace(ORDER, fee_yen=fee, predecessor=predecessor)
    assert code_of(lambda: check_fee(sample(), order, at(OPEN))) == code


@given(members=st.lists(st.integers(0, 999), min_size=1, max_size=5), choices=st.lists(st.sampled_from(list(Choice)), max_size=4))
@settings(max_examples=100, deadline=None)
def test_an_order_has_one_form(members: list[int], choices: list[Choice]) -> None:
    order = structs.replace(ORDER, members=tuple(members), choices=tuple(choices))
    in_form = members == sorted(set(members)) and choices == [choice for choice in Choice if choice in choices]
    assert code_of(lambda: check_form(order)) == (None if in_form else WireCode.MALFORMED)


@pytest.mark.parametrize(
    ("change", "moment", "code"),
    [
        ({}, OPEN, None),
        ({"members": (1, 0)}, OPEN, WireCode.MALFORMED),
        ({}, "2026-03-31 12:00", WireCode.KIND_OFF),
        ({}, "2026-06-16 23:30", WireCode.CLOSED_HOURS),
        ({"choices": (Choice.JUMINHYO_CODE,)}, OPEN, WireCode.OPTION_OFF),
        ({"fee_yen": 199}, OPEN, WireCode.FEE_CHANGED),
        # the first reason in the rules' order is the one that is told
        ({"fee_yen": 199, "choices": (Choice.JUMINHYO_CODE,)}, "2026-06-16 23:30", WireCode.CLOSED_HOURS),
    ],
)
def test_an_order_meets_every_rule(change: dict[str, object], moment: str, code: WireCode | None) -> None:
    order = structs.replace(ORDER, **change)
    assert code_of(lambda: check_order(sample(), order, kiosk_group="store", now_ms=at(moment))) == code


def test_a_day_without_officer_issues_nothing() -> None:
    policy = parse_policy(changed("until = 2026-12-31", "until = 2026-12-27"))
    assert code_of(lambda: check_officer(policy, date(2026, 12, 28))) == WireCode.KIND_OFF
    assert code_of(lambda: check_order(policy, ORDER, kiosk_group="store", now_ms=at("2026-12-28 12:00"))) == WireCode.KIND_OFF
    assert offers(policy, "store", at("2026-12-28 12:00"))[0].refusal is WireCode.KIND_OFF


@pytest.mark.promise("C10")
@pytest.mark.parametrize(
    ("moment", "yen", "refusal"),
    [
        (OPEN, 200, None),
        ("2027-04-01 12:00", 250, None),
        ("2026-06-16 23:30", 200, WireCode.CLOSED_HOURS),
        ("2026-03-31 12:00", 0, WireCode.KIND_OFF),
    ],
)
def test_what_is_offered(moment: str, yen: int, refusal: WireCode | None) -> None:
    (offer,) = offers(sample(), "store", at(moment))
    assert (offer.kind, offer.fee_yen, offer.refusal) == (Kind.JUMINHYO, yen, refusal)
    assert (Choice.JUMINHYO_CODE in offer.choices) is False


@given(moment=st.integers(at("2026-01-01 00:00"), at("2029-12-31 23:59")), group=st.sampled_from(["store", "city-hall"]))
@settings(max_examples=200, deadline=None)
def test_what_is_offered_can_be_ordered_and_what_is_not_cannot(moment: int, group: str) -> None:
    (offer,) = offers(sample(), group, moment)
    order = structs.replace(ORDER, fee_yen=offer.fee_yen, choices=offer.choices)
    assert code_of(lambda: check_order(sample(), order, kiosk_group=group, now_ms=moment)) == offer.refusal


def test_a_kind_without_policy_is_refused_by_every_rule() -> None:
    policy, now_ms = without_kinds(), at(OPEN)
    for check in (
        lambda: check_hours(policy, Kind.JUMINHYO, "store", now_ms),
        lambda: check_choices(policy, Kind.JUMINHYO, ()),
        lambda: fee_yen(policy, Kind.JUMINHYO, date(2026, 6, 16)),
        lambda: check_order(policy, ORDER, kiosk_group="store", now_ms=now_ms),
    ):
        assert code_of(check) == WireCode.KIND_OFF


def test_every_rule_says_where_it_comes_from() -> None:
    assert set(RULES) == {
        "check_kind_on",
        "check_officer",
        "check_hours",
        "check_choices",
        "fee_yen",
        "check_fee",
        "check_form",
    }
    for rule in RULES.values():
        assert rule.citation
        assert rule.sentence.endswith(".")
