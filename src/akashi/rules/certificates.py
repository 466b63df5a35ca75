"""
The city's rules for certificates at a kiosk, one function each, with the law or decision it follows.

All take the policy and a moment and are pure. The kiosk's screen shows what `offers` says; the issuing server decides by the same
functions, so a screen that is wrong changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import TypeVar

from akashi.rules.eras import jst_date, jst_datetime
from akashi.rules.errors import RuleRefused
from akashi.rules.policy import CityPolicy, KindPolicy, Officer
from akashi.wire.certificates import Choice, Kind
from akashi.wire.errors import WireCode
from akashi.wire.messages import IssueOrder, KindOffer
from akashi.wire.transcript import labelled_hash

_CHOICE_ORDER = {choice: place for place, choice in enumerate(Choice)}


@dataclass(frozen=True, slots=True)
class Rule:
    """
    Where a rule comes from.

    Attributes:
        citation: law, ordinance, minutes or section of the protocol.
        effective_from: since when it counts; None where the city's own file dates it.
        sentence: what it says, in our words.
        code: the refusal.
    """

    citation: str
    effective_from: date | None
    sentence: str
    code: WireCode


RULES: dict[str, Rule] = {}
"""Every rule of this module by the name of its function."""

Check = TypeVar("Check", bound=Callable[..., object])


def _rule(*, citation: str, sentence: str, code: WireCode, effective_from: date | None = None) -> Callable[[Check], Check]:
    def register(check: Check) -> Check:
        RULES[check.__name__] = Rule(citation, effective_from, sentence, code)
        return check

    return register


@_rule(
    citation="requirements C1 (council minutes 2016-06-27: which kinds are offered was disputed); city.toml kinds.*.decisions",
    sentence="A kind is issued at kiosks only from the day on which a recorded decision of the city switches it on, and "
    "until one switches it off.",
    code=WireCode.KIND_OFF,
)
def check_kind_on(policy: CityPolicy, kind: Kind, now_ms: int) -> KindPolicy:
    """
    Return what the city decided about the kind, which is on today.

    Raises:
        RuleRefused: KIND_OFF.
    """
    kind_policy = policy.kinds.get(kind)
    decision = kind_policy.decision_on(jst_date(now_ms)) if kind_policy else None
    if kind_policy is None or decision is None or not decision.on:
        raise RuleRefused(WireCode.KIND_OFF, f"{kind} is not switched on")
    return kind_policy


@_rule(
    citation="住民記録システム標準仕様書 5.6 and 1.3.9; city.toml officers",
    sentence="A certificate names who certifies on the day of issue: the mayor, or whoever acts for the mayor. On a day without "
    "such a person nothing can be certified.",
    code=WireCode.KIND_OFF,
)
def check_officer(policy: CityPolicy, day: date) -> Officer:
    """
    Return who certifies on that day.

    Raises:
        RuleRefused: KIND_OFF where nobody is registered for the day.
    """
    officer = policy.officer_on(day)
    if officer is None:
        raise RuleRefused(WireCode.KIND_OFF, f"no officer certifies on {day}")
    return officer


def facts_hash(policy: CityPolicy, officer: Officer) -> bytes:
    """
    Return H("akashi/facts/1"; city name, officer's title, officer's name): who certifies, as a policy says it, 32 bytes.

    Issuer and checker compare it, so that the seconds in which only one of them has a new policy are no contradiction.

    Source: docs/spec/protocol.md section 5.4.
    """
    return labelled_hash("akashi/facts/1", policy.name.encode(), officer.title.encode(), officer.name.encode())


@_rule(
    citation="the city's rules on kiosk hours, usually 6:30 to 23:00, closed 29 December to 3 January; city.toml hours, closures",
    sentence="A kind is issued only on days that are not closed and inside the hours that the city set for the kind, the kind of "
    "day and the group of kiosks, by Japan Standard Time at the issuing server.",
    code=WireCode.CLOSED_HOURS,
)
def check_hours(policy: CityPolicy, kind: Kind, kiosk_group: str, now_ms: int) -> None:
    """
    Check that the kind is issued now at kiosks of that group.

    Raises:
        RuleRefused: CLOSED_HOURS; KIND_OFF where the city never decided on the kind.
    """
    moment = jst_datetime(now_ms)
    kind_policy = policy.kinds.get(kind)
    if kind_policy is None:
        raise RuleRefused(WireCode.KIND_OFF, f"{kind} has no hours")
    if policy.closure_on(moment.date()) is not None:
        raise RuleRefused(WireCode.CLOSED_HOURS, "closed today")
    for day_class in policy.day_classes(moment.date()):
        hours = (hours for hours in kind_policy.hours if kiosk_group in hours.groups and day_class in hours.days)
        if not any(entry.covers(moment.time()) for entry in hours):
            raise RuleRefused(WireCode.CLOSED_HOURS, f"closed at this hour of a {day_class}")


@_rule(
    citation="住民基本台帳法 第12条第5項 (what is left out unless asked for); requirements C3; city.toml choices",
    sentence="Every optional item is the applicant's own choice, and the city lists which of them a kiosk may print at all.",
    code=WireCode.OPTION_OFF,
)
def check_choices(policy: CityPolicy, kind: Kind, choices: tuple[Choice, ...]) -> None:
    """
    Check that the city allows each of these choices for the kind.

    Raises:
        RuleRefused: OPTION_OFF; KIND_OFF where the city never decided on the kind.
    """
    kind_policy = policy.kinds.get(kind)
    if kind_policy is None:
        raise RuleRefused(WireCode.KIND_OFF, f"{kind} has no choices")
    for choice in choices:
        if choice not in kind_policy.choices:
            raise RuleRefused(WireCode.OPTION_OFF, f"{choice} is not offered")


@_rule(
    citation="地方自治法 第227条, 第228条 (fees by ordinance); city.toml fees",
    sentence="The fee is the one that the ordinance sets for the day of issue; a new fee counts from its first day without a "
    "stop of the service.",
    code=WireCode.KIND_OFF,
)
def fee_yen(policy: CityPolicy, kind: Kind, day: date) -> int:
    """
    Return the fee at a kiosk on that day, in yen.

    Raises:
        RuleRefused: KIND_OFF where the city set no fee for that day.
    """
    kind_policy = policy.kinds.get(kind)
    fee = kind_policy.fee_on(day) if kind_policy else None
    if fee is None:
        raise RuleRefused(WireCode.KIND_OFF, f"{kind} has no fee on {day}")
    return fee.yen


@_rule(
    citation="requirements C15 (a failed print is not paid twice); docs/spec/protocol.md section 5.1",
    sentence="The applicant pays what the screen showed: an order with another fee than today's is refused before anything is "
    "read. A certificate that replaces a voided one costs nothing.",
    code=WireCode.FEE_CHANGED,
)
def check_fee(policy: CityPolicy, order: IssueOrder, now_ms: int) -> None:
    """
    Check the fee that the applicant agreed to.

    Raises:
        RuleRefused: FEE_CHANGED; KIND_OFF where the city set no fee for today.
    """
    due_yen = 0 if order.predecessor is not None else fee_yen(policy, order.kind, jst_date(now_ms))
    if order.fee_yen != due_yen:
        raise RuleRefused(WireCode.FEE_CHANGED, f"{order.fee_yen} yen agreed, {due_yen} yen due")


@_rule(
    citation="docs/spec/protocol.md section 5.1",
    sentence="An order has one form only: members ascending and once each, choices in the order of the list and once each.",
    code=WireCode.MALFORMED,
)
def check_form(order: IssueOrder) -> None:
    """
    Check that the order has its one form.

    Raises:
        RuleRefused: MALFORMED.
    """
    places = [_CHOICE_ORDER[choice] for choice in order.choices]
    if any(after <= before for before, after in (*pairwise(order.members), *pairwise(places))):
        raise RuleRefused(WireCode.MALFORMED, "members or choices out of order or named twice")


def check_order(policy: CityPolicy, order: IssueOrder, *, kiosk_group: str, now_ms: int) -> None:
    """
    Check an order against all rules of the city, in the order in which a person would want to hear of them.

    Raises:
        RuleRefused: MALFORMED, KIND_OFF, CLOSED_HOURS, OPTION_OFF or FEE_CHANGED.
    """
    check_form(order)
    check_kind_on(policy, order.kind, now_ms)
    check_officer(policy, jst_date(now_ms))
    check_hours(policy, order.kind, kiosk_group, now_ms)
    check_choices(policy, order.kind, order.choices)
    check_fee(policy, order, now_ms)


def offers(policy: CityPolicy, kiosk_group: str, now_ms: int) -> tuple[KindOffer, ...]:
    """Return one offer for each kind that exists, with the reason where it cannot be had now."""
    return tuple(_offer(policy, kind, kiosk_group, now_ms) for kind in Kind)


def _offer(policy: CityPolicy, kind: Kind, kiosk_group: str, now_ms: int) -> KindOffer:
    try:
        kind_policy = check_kind_on(policy, kind, now_ms)
        due_yen = fee_yen(policy, kind, jst_date(now_ms))
        check_officer(policy, jst_date(now_ms))
    except RuleRefused as refused:
        return KindOffer(kind=kind, fee_yen=0, choices=(), refusal=refused.code)
    choices = tuple(choice for choice in Choice if choice in kind_policy.choices)
    try:
        check_hours(policy, kind, kiosk_group, now_ms)
    except RuleRefused as refused:
        return KindOffer(kind=kind, fee_yen=due_yen, choices=choices, refusal=refused.code)
    return KindOffer(kind=kind, fee_yen=due_yen, choices=choices, refusal=None)
