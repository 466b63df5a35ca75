"""The rules, one by one and together, as truth tables."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from akashi.rules.certificates import (
    NOTHING_HELD,
    Forms,
    Held,
    check_choices,
    check_drawn,
    check_fee,
    check_form,
    check_hours,
    check_kind_on,
    check_officer,
    check_order,
    check_year,
    facts_hash,
    fee_yen,
    offers,
    registries_to_ask,
)
from akashi.rules.errors import RuleRefused
from akashi.rules.policy import CityPolicy, parse_policy
from akashi.rules.rule import RULES
from akashi.rules.statements import STATEMENTS, statement
from akashi.wire.certificates import Choice, Kind
from akashi.wire.errors import WireCode
from akashi.wire.kinds import KINDS, Registry, kinds_of
from akashi.wire.messages import HeldRecord, Holding, IssueOrder, KindOffer, Predecessor
from unit.rules.city import at, changed, sample

ORDER = IssueOrder(bytes(32), 1, Kind.JUMINHYO, (0,), (Choice.HONSEKI,), 0, 200, None, 30_000)
PREDECESSOR = Predecessor("139998-0000-0000-0000-0000", 1)
OPEN = "2026-06-16 12:00"
ALL_FORMS: Forms = {kind: frozenset(facts.choices) for kind, facts in KINDS.items()}
ONE_FORM: Forms = {Kind.JUMINHYO: frozenset(KINDS[Kind.JUMINHYO].choices) - {Choice.INDIVIDUAL_SHEETS}}
"""As today: one kind can be drawn, without 個人票."""


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
    allowed = choice not in {Choice.JUMINHYO_CODE, Choice.OVERSEAS_VOTER}
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
    in_form = in_form and Choice.OVERSEAS_VOTER not in choices
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
    assert code_of(lambda: check_order(sample(), order, forms=ONE_FORM, kiosk_group="store", now_ms=at(moment))) == code


def test_a_day_without_officer_issues_nothing() -> None:
    policy = parse_policy(changed("until = 2026-12-31", "until = 2026-12-27"))
    assert code_of(lambda: check_officer(policy, date(2026, 12, 28))) == WireCode.KIND_OFF
    noon = at("2026-12-28 12:00")
    assert code_of(lambda: check_order(policy, ORDER, forms=ONE_FORM, kiosk_group="store", now_ms=noon)) == WireCode.KIND_OFF
    assert offers(policy, "store", noon, forms=ALL_FORMS, held=NOTHING_HELD)[0].refusal is WireCode.KIND_OFF


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
    offer, *others = offers(sample(), "store", at(moment), forms=ONE_FORM, held=NOTHING_HELD)
    assert [one.kind for one in others] == list(Kind)[1:]
    assert {one.refusal for one in others} == {WireCode.KIND_OFF}
    assert (offer.kind, offer.fee_yen, offer.refusal) == (Kind.JUMINHYO, yen, refusal)
    assert (Choice.JUMINHYO_CODE in offer.choices) is False


@given(moment=st.integers(at("2026-01-01 00:00"), at("2029-12-31 23:59")), group=st.sampled_from(["store", "city-hall"]))
@settings(max_examples=200, deadline=None)
def test_what_is_offered_can_be_ordered_and_what_is_not_cannot(moment: int, group: str) -> None:
    offer = offers(sample(), group, moment, forms=ONE_FORM, held=NOTHING_HELD)[0]
    order = structs.replace(ORDER, fee_yen=offer.fee_yen, choices=offer.choices)
    assert code_of(lambda: check_order(sample(), order, forms=ONE_FORM, kiosk_group=group, now_ms=moment)) == offer.refusal


def test_a_kind_without_policy_is_refused_by_every_rule() -> None:
    policy, now_ms = without_kinds(), at(OPEN)
    for check in (
        lambda: check_hours(policy, Kind.JUMINHYO, "store", now_ms),
        lambda: check_choices(policy, Kind.JUMINHYO, ()),
        lambda: fee_yen(policy, Kind.JUMINHYO, date(2026, 6, 16)),
        lambda: check_order(policy, ORDER, forms=ALL_FORMS, kiosk_group="store", now_ms=now_ms),
    ):
        assert code_of(check) == WireCode.KIND_OFF


@pytest.mark.promise("C1")
@pytest.mark.parametrize(
    ("kind", "members", "year", "code"),
    [
        (Kind.JUMINHYO, (0,), 0, None),
        (Kind.JUMINHYO, (), 0, WireCode.MALFORMED),
        (Kind.JUMINHYO, (0,), 2026, WireCode.MALFORMED),
        (Kind.INKAN, (), 0, None),
        (Kind.INKAN, (0,), 0, WireCode.MALFORMED),
        (Kind.KAZEI, (), 2026, None),
        (Kind.KAZEI, (), 0, WireCode.MALFORMED),
        (Kind.KOSEKI_ZENBU, (), 0, None),
        (Kind.KOSEKI_ZENBU, (0, 1), 0, WireCode.MALFORMED),
        (Kind.KOSEKI_KOJIN, (0, 1), 0, None),
        (Kind.KOSEKI_KOJIN, (), 0, WireCode.MALFORMED),
        (Kind.FUHYO, (3,), 0, None),
    ],
)
def test_an_order_names_whom_and_which_year_its_kind_is_about(
    kind: Kind, members: tuple[int, ...], year: int, code: WireCode | None
) -> None:
    order = structs.replace(ORDER, kind=kind, members=members, choices=(), year=year)
    assert code_of(lambda: check_form(order)) == code


@pytest.mark.promise("C1")
@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.JUMINHYO])
def test_a_kind_without_a_form_is_off_whatever_the_city_decided(kind: Kind) -> None:
    facts = KINDS[kind]
    order = structs.replace(
        ORDER, kind=kind, members=(0,) if facts.names_members else (), choices=(), year=2026 if facts.yearly else 0
    )
    order = structs.replace(order, fee_yen=fee_yen(sample(), kind, date(2026, 6, 16)))
    for forms, code in ((ALL_FORMS, None), (ONE_FORM, WireCode.KIND_OFF)):
        assert (
            code_of(lambda forms=forms: check_order(sample(), order, forms=forms, kiosk_group="store", now_ms=at(OPEN))) == code
        )  # type: ignore[misc]  # bound now


def test_a_choice_that_the_form_lacks_is_off() -> None:
    for choices, code in (((), None), ((Choice.HONSEKI,), None), ((Choice.INDIVIDUAL_SHEETS,), WireCode.OPTION_OFF)):
        assert code_of(lambda choices=choices: check_drawn(ONE_FORM, Kind.JUMINHYO, choices)) == code  # type: ignore[misc]  # bound now
    offer = offers(sample(), "store", at(OPEN), forms=ONE_FORM, held=NOTHING_HELD)[0]
    assert Choice.INDIVIDUAL_SHEETS not in offer.choices


@pytest.mark.promise("C1")
@pytest.mark.parametrize(
    ("year", "moment", "code"),
    [
        (2025, "2026-06-09 23:59", None),
        (2026, "2026-06-09 23:59", WireCode.YEAR_CHANGED),
        (2026, "2026-06-10 00:00", None),
        (2025, "2026-06-10 00:00", WireCode.YEAR_CHANGED),
        (2024, "2025-06-09 12:00", WireCode.KIND_OFF),
    ],
)
def test_the_tax_year_is_switched_on_the_day_that_the_city_set(year: int, moment: str, code: WireCode | None) -> None:
    order = structs.replace(ORDER, kind=Kind.KAZEI, members=(), choices=(), year=year)
    assert code_of(lambda: check_year(sample(), order, at(moment))) == code


def held_seals(refusal: WireCode | None) -> Held:
    return Held({Registry.SEALS: HeldRecord(bytes(32), bytes(32), Registry.SEALS, 7, (Holding(Kind.INKAN, refusal),))}, {})


def held_taxes(*years: int) -> Held:
    holdings = tuple(Holding(kind, None, years) for kind in kinds_of(Registry.TAXES))
    return Held({Registry.TAXES: HeldRecord(bytes(32), bytes(32), Registry.TAXES, 8, holdings)}, {})


@pytest.mark.promise("C10")
@pytest.mark.parametrize(
    ("kind", "held", "refusal", "as_of_ms"),
    [
        (Kind.INKAN, held_seals(None), None, 7),
        (Kind.INKAN, held_seals(WireCode.NOT_HELD), WireCode.NOT_HELD, 7),
        (Kind.INKAN, Held({}, {Registry.SEALS: WireCode.NOT_AVAILABLE}), WireCode.NOT_AVAILABLE, 0),
        (Kind.INKAN, NOTHING_HELD, WireCode.REGISTRY_STALE, 0),
        (Kind.INKAN, held_taxes(2026), WireCode.REGISTRY_STALE, 0),
        (Kind.KAZEI, held_taxes(2026, 2025), None, 8),
        (Kind.KAZEI, held_taxes(2025), WireCode.NOT_HELD, 8),
        (Kind.JUMINHYO, NOTHING_HELD, None, 0),
    ],
)
def test_what_the_registries_hold_is_in_the_offer_with_its_reason(
    kind: Kind, held: Held, refusal: WireCode | None, as_of_ms: int
) -> None:
    found = {offer.kind: offer for offer in offers(sample(), "store", at(OPEN), forms=ALL_FORMS, held=held)}
    assert (found[kind].refusal, found[kind].as_of_ms) == (refusal, as_of_ms)


@pytest.mark.promise("C10")
def test_where_the_city_says_no_it_does_not_show_what_a_registry_holds() -> None:
    night = offers(sample(), "store", at("2026-06-16 23:30"), forms=ALL_FORMS, held=held_seals(WireCode.NOT_HELD))
    assert {offer.refusal for offer in night} == {WireCode.CLOSED_HOURS}
    assert {offer.as_of_ms for offer in night} == {0}
    off: KindOffer = offers(sample(), "store", at("2026-05-31 12:00"), forms=ALL_FORMS, held=held_seals(None))[2]
    assert off == KindOffer(Kind.INKAN, 0, (), WireCode.KIND_OFF)


@pytest.mark.promise("C4")
@pytest.mark.parametrize(
    ("forms", "moment", "registries"),
    [
        (ONE_FORM, OPEN, ()),
        (ALL_FORMS, OPEN, (Registry.SEALS, Registry.TAXES, Registry.KOSEKI)),
        (ALL_FORMS, "2026-06-16 18:00", (Registry.SEALS, Registry.TAXES)),
        (ALL_FORMS, "2026-06-16 23:30", ()),
        (ALL_FORMS, "2026-05-31 12:00", ()),
    ],
)
def test_only_registries_of_kinds_that_can_be_had_now_are_asked(
    forms: Forms, moment: str, registries: tuple[Registry, ...]
) -> None:
    assert registries_to_ask(sample(), forms, "store", at(moment)) == registries


def test_the_statement_is_the_citys_or_ours_and_under_the_facts() -> None:
    assert set(STATEMENTS) == set(Kind)
    own = parse_policy(changed("登録された印影と相違ないことを証明する", "登録の印影であることを証明する"))
    officer = sample().officer_on(date(2026, 6, 16))
    assert officer is not None
    assert statement(own, Kind.INKAN) == "この写しは、登録の印影であることを証明する。"
    assert statement(without_kinds(), Kind.INKAN) == STATEMENTS[Kind.INKAN]
    assert facts_hash(own, officer, Kind.INKAN) != facts_hash(sample(), officer, Kind.INKAN)
    assert facts_hash(own, officer, Kind.KAZEI) == facts_hash(sample(), officer, Kind.KAZEI)


def test_every_rule_says_where_it_comes_from() -> None:
    assert set(RULES) >= {
        "check_kind_on",
        "check_officer",
        "check_hours",
        "check_choices",
        "fee_yen",
        "check_fee",
        "check_form",
        "check_drawn",
        "check_year",
        "tax_year",
    }
    for rule in RULES.values():
        assert rule.citation
        assert rule.sentence.endswith(".")
