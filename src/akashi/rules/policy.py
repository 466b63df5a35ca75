"""
What a city has decided: who signs, which kinds, when, for how much, with which choices.

The city writes one TOML file (`docs/samples/city.toml` explains every field). A decision is never changed, a later one is added:
each has the day from which it counts, so the file answers for any past day, too. What is missing is a no: a kind without a
decision is off, a day without hours is closed, a day without an officer issues nothing.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from datetime import date, time
from enum import StrEnum
from itertools import pairwise
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta

from akashi.rules.errors import PolicyRefused
from akashi.wire.certificates import Choice, Kind
from akashi.wire.kinds import KINDS
from akashi.wire.messages.fields import FiscalYear, Municipality, Yen

STORE_GROUP = "store"
"""Kiosk group of every kiosk that no group of the policy names."""

CERTIFICATES_MAX = 10
"""Certificates of one grant at most, whatever the city says. Source: docs/spec/protocol.md section 4, grant."""

POLICY_BYTES_MAX = 1_000_000

Text = Annotated[str, Meta(min_length=1, max_length=2000)]
GroupName = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9-]{0,31}$")]
KioskId = Annotated[str, Meta(pattern=r"^[A-Za-z0-9._-]{1,32}$")]
MonthDay = Annotated[str, Meta(pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$")]


class DayClass(StrEnum):
    """What kind of day it is for opening hours."""

    WEEKDAY = "weekday"
    """Monday to Friday that is no holiday."""
    SATURDAY = "saturday"
    """Saturday that is no holiday."""
    SUNDAY = "sunday"
    """Sunday that is no holiday."""
    HOLIDAY = "holiday"
    """国民の祝日 and days that the city treats alike, whatever the day of the week."""


class _Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Base of all parts of a policy: immutable and closed."""


class Officer(_Part, frozen=True, kw_only=True):
    """
    Who certifies: the mayor, or the 職務代理者 while there is none.

    Attributes:
        title: as printed after the city's name, such as "市長" or "市長職務代理者副市長".
        name: as printed.
        since: first day, written `from` in the file.
        until: last day; None while the term goes on.
    Source: 住民記録システム標準仕様書 5.6, 1.3.9 (switched by registered period; the name is never blank).
    """

    title: Text
    name: Text
    since: date = msgspec.field(name="from")
    until: date | None = None


class SwitchDecision(_Part, frozen=True, kw_only=True):
    """
    From this day the kind is on, or off. To switch on, all that the council wants to see must be recorded.

    Attributes:
        since: first day, written `from` in the file.
        on: on or off.
        authority: who decided and by what (ordinance, resolution, officer's decision).
        reason: why.
        risk, benefit, neighbours, dissent: what was weighed, what cities nearby do, who disagreed; to switch on, each is
            needed ("なし" is an answer).
    Source: requirements C1 (council minutes 2016-06-27: members disagreed on the kinds).
    """

    since: date = msgspec.field(name="from")
    on: bool
    authority: Text
    reason: Text
    risk: str = ""
    benefit: str = ""
    neighbours: str = ""
    dissent: str = ""


class Fee(_Part, frozen=True, kw_only=True):
    """The fee at a kiosk from this day on (`from` in the file), in yen."""

    since: date = msgspec.field(name="from")
    yen: Yen


class OpeningHours(_Part, frozen=True, kw_only=True):
    """
    From `opens` on and before `closes`, Japan Standard Time, on such days, at kiosks of such groups.

    `closes = 00:00:00` means the end of the day.
    """

    groups: Annotated[tuple[GroupName, ...], Meta(min_length=1)]
    days: Annotated[tuple[DayClass, ...], Meta(min_length=1)]
    opens: time
    closes: time

    def covers(self, clock_time: time) -> bool:
        """Return whether the time of day lies inside."""
        return self.opens <= clock_time and (clock_time < self.closes or self.closes == time(0))


class TaxYear(_Part, frozen=True, kw_only=True):
    """From this day on (`from` in the file) tax certificates are those of this 年度."""

    since: date = msgspec.field(name="from")
    year: FiscalYear


class TaxPolicy(_Part, frozen=True, kw_only=True):
    """
    What the city decided about tax certificates at kiosks.

    Attributes:
        years: which 年度 is issued from when on; switched in June.
        days_fresh_max: how many days old the data may be without a mark: 1 for the day before's.
        days_marked_max: how many days old they may be at most, shown with a mark; with the same number nothing is marked.
    """

    years: Annotated[tuple[TaxYear, ...], Meta(min_length=1)]
    days_fresh_max: Annotated[int, Meta(ge=1, le=31)] = 1
    days_marked_max: Annotated[int, Meta(ge=1, le=31)] = 1


D = TypeVar("D", SwitchDecision, Fee, TaxYear)


class KindPolicy(_Part, frozen=True, kw_only=True):
    """
    What the city decided about one kind of certificate. Lists with `from` are in ascending order.

    `statement` is the certifying sentence (認証文) where the city's own wording differs from ours, else empty.
    """

    decisions: Annotated[tuple[SwitchDecision, ...], Meta(min_length=1)]
    fees: Annotated[tuple[Fee, ...], Meta(min_length=1)]
    choices: tuple[Choice, ...]
    hours: tuple[OpeningHours, ...]
    statement: Annotated[str, Meta(max_length=200)] = ""

    def decision_on(self, day: date) -> SwitchDecision | None:
        """Return the decision that counts on that day, or None before the first."""
        return _latest(self.decisions, day)

    def fee_on(self, day: date) -> Fee | None:
        """Return the fee that counts on that day, or None before the first."""
        return _latest(self.fees, day)


class KioskGroup(_Part, frozen=True, kw_only=True):
    """Kiosks that have hours of their own, such as those in the city hall. All others are `STORE_GROUP`."""

    name: GroupName
    kiosks: Annotated[tuple[KioskId, ...], Meta(min_length=1)]


class YearlyClosure(_Part, frozen=True, kw_only=True):
    """Closed every year from one day to another, both included; may pass the year's end (`from = "12-29"`, `until = "01-03"`)."""

    since: MonthDay = msgspec.field(name="from")
    until: MonthDay
    reason: Text

    def covers(self, day: date) -> bool:
        """Return whether that day lies inside."""
        month_day = f"{day.month:02}-{day.day:02}"
        if self.since <= self.until:
            return self.since <= month_day <= self.until
        return month_day >= self.since or month_day <= self.until


class Closure(_Part, frozen=True, kw_only=True):
    """Closed from one day to another, both included: maintenance, election days, an accident."""

    since: date = msgspec.field(name="from")
    until: date
    reason: Text

    def covers(self, day: date) -> bool:
        """Return whether that day lies inside."""
        return self.since <= day <= self.until


class CityPolicy(_Part, frozen=True, kw_only=True):
    """
    All that one city has decided about certificates at kiosks.

    Attributes:
        municipality: 全国地方公共団体コード, 6 digits.
        name: with the prefecture, as printed, such as "東京都証野市".
        officers: who certifies, by date; periods do not overlap.
        certificates_max: certificates in one grant, 1 to 10.
        kinds: one entry for each kind that was ever decided on.
        groups: kiosks with hours of their own.
        holidays: days of class HOLIDAY; the law's list is announced each February for the year after.
        holidays_listed_until: last day for which `holidays` is complete. Later days count as what they are and as holidays.
        closed_yearly, closures: days on which nothing is issued.
        taxes: for tax certificates; needed where one of them was ever switched on.
    """

    municipality: Municipality
    name: Text
    officers: Annotated[tuple[Officer, ...], Meta(min_length=1)]
    kinds: dict[Kind, KindPolicy]
    certificates_max: Annotated[int, Meta(ge=1, le=CERTIFICATES_MAX)] = CERTIFICATES_MAX
    groups: tuple[KioskGroup, ...] = ()
    holidays: tuple[date, ...] = ()
    holidays_listed_until: date
    closed_yearly: tuple[YearlyClosure, ...]
    closures: tuple[Closure, ...] = ()
    taxes: TaxPolicy | None = None

    def tax_year_on(self, day: date) -> int | None:
        """Return the 年度 whose certificates are issued on that day, or None."""
        year = _latest(self.taxes.years, day) if self.taxes else None
        return year.year if year else None

    def officer_on(self, day: date) -> Officer | None:
        """Return who certifies on that day, or None where nobody is registered for it."""
        for officer in self.officers:
            if officer.since <= day and (officer.until is None or day <= officer.until):
                return officer
        return None

    def group_of(self, kiosk_id: str) -> str:
        """Return the group of that kiosk."""
        for group in self.groups:
            if kiosk_id in group.kiosks:
                return group.name
        return STORE_GROUP

    def day_classes(self, day: date) -> tuple[DayClass, ...]:
        """Return the classes of that day. More than one where the holidays are not yet listed: then all must be open."""
        if day in self.holidays:
            return (DayClass.HOLIDAY,)
        by_week = {5: DayClass.SATURDAY, 6: DayClass.SUNDAY}.get(day.weekday(), DayClass.WEEKDAY)
        return (by_week,) if day <= self.holidays_listed_until else (by_week, DayClass.HOLIDAY)

    def closure_on(self, day: date) -> str | None:
        """Return why the whole day is closed, or None."""
        closures: tuple[YearlyClosure | Closure, ...] = (*self.closed_yearly, *self.closures)
        return next((closure.reason for closure in closures if closure.covers(day)), None)


def parse_policy(untrusted_toml: str) -> CityPolicy:
    """
    Return the policy that the text holds.

    Args:
        untrusted_toml: TOML, at most `POLICY_BYTES_MAX` characters.

    Raises:
        PolicyRefused: not TOML, an unknown, missing or wrong field, or fields that contradict each other.
    """
    if len(untrusted_toml) > POLICY_BYTES_MAX:
        raise PolicyRefused(f"the policy is longer than {POLICY_BYTES_MAX} characters")
    try:
        policy = msgspec.convert(tomllib.loads(untrusted_toml), CityPolicy)
    except tomllib.TOMLDecodeError as error:
        raise PolicyRefused(f"the policy is not TOML: {error}") from None
    except (msgspec.ValidationError, RecursionError) as error:
        raise PolicyRefused(f"the policy is refused: {error}; docs/samples/city.toml explains every field") from None
    check_policy(policy)
    return policy


def check_policy(policy: CityPolicy) -> None:
    """
    Check what the types cannot: order, gaps, overlaps, names.

    Raises:
        PolicyRefused: names the field.
    """
    _check_officers(policy.officers)
    for closure in policy.closures:
        if closure.until < closure.since:
            raise PolicyRefused(f"closures: {closure.since} ends before it begins")
    names = [group.name for group in policy.groups]
    kiosks = [kiosk for group in policy.groups for kiosk in group.kiosks]
    if STORE_GROUP in names or len(set(names)) != len(names) or len(set(kiosks)) != len(kiosks):
        raise PolicyRefused(f'groups: names and kiosks must be different, "{STORE_GROUP}" is the group of all other kiosks')
    for kind, kind_policy in policy.kinds.items():
        _check_kind(f"kinds.{kind}", kind_policy, groups={STORE_GROUP, *names})
        _check_fits(kind, kind_policy, policy)
    if policy.taxes is not None:
        _check_taxes(policy.taxes)


def _check_officers(officers: Sequence[Officer]) -> None:
    _check_ascending("officers", (officer.since for officer in officers))
    for officer, after in pairwise(officers):
        if officer.until is None or officer.until >= after.since:
            raise PolicyRefused(f"officers: the one from {officer.since} must end before the next begins on {after.since}")
    for officer in officers:
        if officer.until is not None and officer.until < officer.since:
            raise PolicyRefused(f"officers: the one from {officer.since} ends before it begins")


def _check_kind(field: str, kind: KindPolicy, *, groups: set[str]) -> None:
    _check_ascending(f"{field}.decisions", (decision.since for decision in kind.decisions))
    _check_ascending(f"{field}.fees", (fee.since for fee in kind.fees))
    for decision in kind.decisions:
        if decision.on and not (decision.risk and decision.benefit and decision.neighbours and decision.dissent):
            raise PolicyRefused(
                f"{field}.decisions: to switch on, record risk, benefit, neighbours and dissent ({decision.since})"
            )
    on_since = next((decision.since for decision in kind.decisions if decision.on), None)
    if on_since is not None and kind.fees[0].since > on_since:
        raise PolicyRefused(f"{field}.fees: no fee for {on_since}, when the kind is switched on")
    if len(set(kind.choices)) != len(kind.choices):
        raise PolicyRefused(f"{field}.choices: one is named twice")
    for hours in kind.hours:
        unknown = set(hours.groups) - groups
        if unknown:
            raise PolicyRefused(f"{field}.hours: there is no kiosk group {sorted(unknown)}")
        if hours.closes <= hours.opens and hours.closes != time(0):
            raise PolicyRefused(f"{field}.hours: closes ({hours.closes}) must be later than opens ({hours.opens})")
        if hours.opens.tzinfo or hours.closes.tzinfo:
            raise PolicyRefused(f"{field}.hours: times are Japan Standard Time, without an offset")


def _check_fits(kind: Kind, kind_policy: KindPolicy, policy: CityPolicy) -> None:
    foreign = [choice for choice in kind_policy.choices if choice not in KINDS[kind].choices]
    if foreign:
        raise PolicyRefused(f"kinds.{kind}.choices: {foreign[0]} is no choice of this kind")
    on_since = next((decision.since for decision in kind_policy.decisions if decision.on), None)
    if KINDS[kind].yearly and on_since is not None and policy.tax_year_on(on_since) is None:
        raise PolicyRefused(f"taxes.years: no year for {on_since}, when {kind} is switched on")


def _check_taxes(taxes: TaxPolicy) -> None:
    _check_ascending("taxes.years", (year.since for year in taxes.years))
    for before, after in pairwise(taxes.years):
        if after.year <= before.year:
            raise PolicyRefused(f"taxes.years: {after.year} comes after {before.year}; years only go up")
    if taxes.days_marked_max < taxes.days_fresh_max:
        raise PolicyRefused("taxes: days_marked_max must not be less than days_fresh_max")


def _check_ascending(field: str, dates: Iterable[date]) -> None:
    for before, after in pairwise(dates):
        if after <= before:
            raise PolicyRefused(f"{field}: {after} stands after {before}; the order is by date, each day once")


def _latest(entries: Sequence[D], day: date) -> D | None:
    return next((entry for entry in reversed(entries) if entry.since <= day), None)
