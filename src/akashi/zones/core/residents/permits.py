"""
Whether a person may be served at a kiosk, by what was read of one committed version. Pure.

Source: docs/spec/protocol.md sections 4.5 and 5.3; requirements C2, C4; the city's decisions in the configuration.
"""

from __future__ import annotations

from datetime import date, timedelta

from akashi.registers.errors import NotAvailable, RecordChanging
from akashi.zones.core.residents.config import ServiceConfig
from akashi.zones.core.residents.reading import GrantRead, HouseholdRead, LinkRead


def check_readable(config: ServiceConfig, household: HouseholdRead, link: LinkRead | None) -> LinkRead:
    """
    Return the card's link.

    Blocks first: the one code for all that must not be told apart; then the code for a household in change.

    Raises:
        NotAvailable: blocked, unknown, dead, gone, going.
        RecordChanging: a change is being entered, or there is not exactly one head.
    """
    if not household.found or link is None:
        raise NotAvailable
    if config.planned_move_out_refuses_household and household.planned:
        raise NotAvailable
    if household.editing or household.heads != 1:
        raise RecordChanging
    return link


def check_may_use(config: ServiceConfig, read: GrantRead, *, today: date) -> None:
    """
    Check that the holder of the card may use a kiosk: linked long enough ago, old enough, readable.

    Raises:
        NotAvailable: not.
        RecordChanging: as `check_readable`.
    """
    usable_from = date.fromisoformat(read.link.linked_on) + timedelta(days=config.card_days_min) if read.link else today
    birth = date.fromisoformat(read.birth_day) if read.birth_day else today
    if usable_from > today or age_years(birth, today) < config.age_years_min:
        raise NotAvailable
    check_readable(config, read.household, read.link)


def age_years(birth: date, today: date) -> int:
    """Return the age; who was born on 29 February has the birthday on 1 March in common years."""
    return today.year - birth.year - ((today.month, today.day) < (birth.month, birth.day))
