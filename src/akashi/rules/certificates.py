"""
The city's rules for certificates at a kiosk, one function each, with the law or decision it follows.

All take the policy and a moment and are pure. The kiosk's screen shows what `offers` says; the issuing server decides by the same
functions, so a screen that is wrong changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from msgspec import structs

from akashi.rules.eras import jst_date, jst_datetime
from akashi.rules.errors import RuleRefused
from akashi.rules.policy import CityPolicy, KindPolicy, Officer
from akashi.rules.rule import rule
from akashi.rules.statements import statement
from akashi.rules.taxes import tax_year
from akashi.wire.certificates import Choice, Kind
from akashi.wire.errors import WireCode
from akashi.wire.kinds import KINDS, Registry
from akashi.wire.messages import HeldRecord, IssueOrder, KindOffer
from akashi.wire.tax_items import TAX_ITEMS_OF
from akashi.wire.transcript import labelled_hash

_CHOICE_ORDER = {choice: place for place, choice in enumerate(Choice)}

Forms = Mapping[Kind, frozenset[Choice]]
"""The forms that a build has: kinds that it can draw and read back, each with the choices that its form knows."""


@rule(
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


@rule(
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


def facts_hash(policy: CityPolicy, officer: Officer, kind: Kind) -> bytes:
    """
    Return H("akashi/facts/1"; city name, officer's title, officer's name, statement): who certifies what, as a policy says it.

    For a tax certificate there follows for how many days data are issued without a mark, in decimal digits. Issuer and checker
    compare it, so that the seconds in which only one of them has a new policy are no contradiction.

    Source: docs/spec/protocol.md section 5.4.
    """
    words = [policy.name, officer.title, officer.name, statement(policy, kind)]
    if kind in TAX_ITEMS_OF and policy.taxes is not None:
        words.append(str(policy.taxes.days_fresh_max))
    return labelled_hash("akashi/facts/1", *(word.encode() for word in words))


@rule(
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


@rule(
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


@rule(
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


@rule(
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


@rule(
    citation="docs/spec/protocol.md section 5.1",
    sentence="An order has one form only: members ascending and once each, choices in the order of the list and once each; "
    "members for the kinds that name members, a year for the yearly kinds, and for no others; no choice that the kind lacks.",
    code=WireCode.MALFORMED,
)
def check_form(order: IssueOrder) -> None:
    """
    Check that the order has its one form.

    Raises:
        RuleRefused: MALFORMED.
    """
    facts = KINDS[order.kind]
    places = [_CHOICE_ORDER[choice] for choice in order.choices]
    if any(after <= before for before, after in (*pairwise(order.members), *pairwise(places))):
        raise RuleRefused(WireCode.MALFORMED, "members or choices out of order or named twice")
    if bool(order.members) != facts.names_members or bool(order.year) != facts.yearly:
        raise RuleRefused(WireCode.MALFORMED, "members or year that the kind does not have")
    if any(choice not in facts.choices for choice in order.choices):
        raise RuleRefused(WireCode.MALFORMED, "a choice that the kind does not have")


@rule(
    citation="requirements C11; docs/spec/protocol.md section 5.4 (what cannot be read back is not signed)",
    sentence="A kind for which this build has no form is off, whatever the city decided; so is a choice that the form lacks.",
    code=WireCode.KIND_OFF,
)
def check_drawn(forms: Forms, kind: Kind, choices: tuple[Choice, ...] = ()) -> None:
    """
    Check that the build can draw the kind with these choices.

    Raises:
        RuleRefused: KIND_OFF; OPTION_OFF where only a choice is missing.
    """
    if kind not in forms:
        raise RuleRefused(WireCode.KIND_OFF, f"{kind} has no form yet")
    for choice in choices:
        if choice not in forms[kind]:
            raise RuleRefused(WireCode.OPTION_OFF, f"the form of {kind} does not know {choice}")


@rule(
    citation="requirements C1; city.toml taxes.years",
    sentence="An order for another year than today's is refused before anything is read: in the night of the switch the screen "
    "showed the old one.",
    code=WireCode.YEAR_CHANGED,
)
def check_year(policy: CityPolicy, order: IssueOrder, now_ms: int) -> None:
    """
    Check the year of an order for a yearly kind.

    Raises:
        RuleRefused: YEAR_CHANGED; KIND_OFF where the city set no year.
    """
    if KINDS[order.kind].yearly and order.year != tax_year(policy, jst_date(now_ms)):
        raise RuleRefused(WireCode.YEAR_CHANGED, f"{order.year} is not issued today")


def check_order(policy: CityPolicy, order: IssueOrder, *, forms: Forms, kiosk_group: str, now_ms: int) -> None:
    """
    Check an order against all rules of the city, in the order in which a person would want to hear of them.

    Raises:
        RuleRefused: MALFORMED, KIND_OFF, CLOSED_HOURS, OPTION_OFF, YEAR_CHANGED or FEE_CHANGED.
    """
    check_form(order)
    check_kind_on(policy, order.kind, now_ms)
    check_drawn(forms, order.kind, order.choices)
    check_officer(policy, jst_date(now_ms))
    check_hours(policy, order.kind, kiosk_group, now_ms)
    check_choices(policy, order.kind, order.choices)
    check_year(policy, order, now_ms)
    check_fee(policy, order, now_ms)


@dataclass(frozen=True, slots=True)
class Held:
    """
    What the other registries said of the applicant.

    Attributes:
        records: by registry; each was signed, and is of this session.
        refusals: by registry that did not answer, why.
    """

    records: Mapping[Registry, HeldRecord]
    refusals: Mapping[Registry, WireCode]


NOTHING_HELD = Held({}, {})
"""No registry but core/residents was asked."""


def registries_to_ask(policy: CityPolicy, forms: Forms, kiosk_group: str, now_ms: int) -> tuple[Registry, ...]:
    """Return the registries beside core/residents that answer for a kind which the city's rules let the applicant have now."""
    wanted = {
        KINDS[offer.kind].registry
        for offer in (_offer(policy, kind, forms, kiosk_group, now_ms) for kind in Kind)
        if offer.refusal is None
    }
    return tuple(registry for registry in Registry if registry in wanted and registry is not Registry.RESIDENTS)


def offers(policy: CityPolicy, kiosk_group: str, now_ms: int, *, forms: Forms, held: Held) -> tuple[KindOffer, ...]:
    """
    Return one offer for each kind that exists, with the reason where it cannot be had now.

    The city's rules come first: where they say no, it does not count, nor show, what a registry holds.
    """
    return tuple(_held_offer(_offer(policy, kind, forms, kiosk_group, now_ms), held) for kind in Kind)


def _offer(policy: CityPolicy, kind: Kind, forms: Forms, kiosk_group: str, now_ms: int) -> KindOffer:
    today = jst_date(now_ms)
    try:
        kind_policy = check_kind_on(policy, kind, now_ms)
        check_drawn(forms, kind)
        due_yen = fee_yen(policy, kind, today)
        check_officer(policy, today)
        year = tax_year(policy, today) if KINDS[kind].yearly else 0
    except RuleRefused as refused:
        return KindOffer(kind=kind, fee_yen=0, choices=(), refusal=refused.code)
    choices = tuple(choice for choice in Choice if choice in kind_policy.choices and choice in forms[kind])
    refusal = None
    try:
        check_hours(policy, kind, kiosk_group, now_ms)
    except RuleRefused as refused:
        refusal = refused.code
    return KindOffer(kind=kind, fee_yen=due_yen, choices=choices, refusal=refusal, year=year)


def _held_offer(offer: KindOffer, held: Held) -> KindOffer:
    registry = KINDS[offer.kind].registry
    if offer.refusal is not None or registry is Registry.RESIDENTS:
        return offer
    record = held.records.get(registry)
    if record is None:
        return structs.replace(offer, refusal=held.refusals.get(registry, WireCode.REGISTRY_STALE))
    holding = next((one for one in record.holdings if one.kind is offer.kind), None)
    if holding is None:
        return structs.replace(offer, refusal=WireCode.NOT_HELD)
    refusal = holding.refusal
    if refusal is None and offer.year and offer.year not in holding.years:
        refusal = WireCode.NOT_HELD
    return structs.replace(offer, refusal=refusal, as_of_ms=record.as_of_ms)
