"""Who may use a kiosk at all: age, and how long the card has been linked. Pure."""

from __future__ import annotations

from datetime import date, timedelta

from akashi.rules.errors import RuleRefused
from akashi.rules.rule import rule
from akashi.wire.errors import WireCode


def age_years(birth: date, today: date) -> int:
    """Return the age; who was born on 29 February has the birthday on 1 March in common years."""
    return today.year - birth.year - ((today.month, today.day) < (birth.month, birth.day))


@rule(
    citation="印鑑登録証明事務処理要領 第2 (seals from 15 on); cities' rules for kiosks; register's configuration age_years_min",
    sentence="Who is under the age that the city set, 15 as a rule, is served at the counter. Nobody at the kiosk learns why.",
    code=WireCode.NOT_AVAILABLE,
)
def check_age(birth: date | None, today: date, *, years_min: int) -> None:
    """
    Check that the person is old enough. Whose birth date names no day of the calendar is served at the counter.

    Raises:
        RuleRefused: NOT_AVAILABLE.
    """
    if birth is None or age_years(birth, today) < years_min:
        raise RuleRefused(WireCode.NOT_AVAILABLE, "too young, or nobody knows")


@rule(
    citation="cities' notices (a new card counts from the next day); register's configuration card_days_min",
    sentence="A card speaks for its holder from so many days on after the register learned of it.",
    code=WireCode.NOT_AVAILABLE,
)
def check_card_linked(linked_on: date, today: date, *, days_min: int) -> None:
    """
    Check that the card was linked long enough ago.

    Raises:
        RuleRefused: NOT_AVAILABLE.
    """
    if linked_on + timedelta(days=days_min) > today:
        raise RuleRefused(WireCode.NOT_AVAILABLE, "linked too late")
