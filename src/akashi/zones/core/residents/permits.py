"""
Whether a person may be served at a kiosk, by what was read of one committed version. Pure.

Source: docs/spec/protocol.md sections 4.5 and 5.3; requirements C2, C4; the city's decisions in the configuration.
"""

from __future__ import annotations

from datetime import date

from akashi.registers.errors import NotAvailable, RecordChanging
from akashi.rules.persons import check_age, check_card_linked
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
        Refused: NOT_AVAILABLE; RECORD_CHANGED as `check_readable`.
    """
    if read.link is not None:
        check_card_linked(date.fromisoformat(read.link.linked_on), today, days_min=config.card_days_min)
    check_age(date.fromisoformat(read.birth_day) if read.birth_day else None, today, years_min=config.age_years_min)
    check_readable(config, read.household, read.link)
