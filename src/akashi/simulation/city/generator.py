"""
The stream of households: deterministic by seed, flat in memory, each household by itself.

A household is a function of the seed, its number and the city's day; the first ones are the labelled people of `special`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from random import Random

from cryptography import x509
from cryptography.x509.oid import NameOID

from akashi.simulation.city import numbers, places
from akashi.simulation.city.errors import CityRefused
from akashi.simulation.city.household import GeneratedHousehold, Label
from akashi.simulation.city.people import Setting, build_residents, draw_cards, make_card
from akashi.simulation.city.shapes import Line, Plan, draw_shape
from akashi.simulation.city.special import SPECIALS, Special
from akashi.zones.core.residents.records import Block, BlockReason, CardLink, Household, Resident, ResidentState

CITY_DAY = date(2026, 11, 20)
"""Ages count to this day unless another is given."""
RESIDENTS_MAX = numbers.HOUSEHOLDS_MAX
"""As many people as there could be households of one."""
ISSUER_DN = x509.Name(
    [
        x509.NameAttribute(NameOID.COUNTRY_NAME, "JP"),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, "JPKI-TEST"),
        x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, "JPKI for user authentication"),
        x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, "Akashi test authority"),
    ]
).public_bytes()
"""Issuer name of user certificates: the test CA's."""

_MOVE_OUT_PLANNED, _MOVED_OUT, _DECEASED, _BLOCKED = 0.008, 0.012, 0.012, 0.004


def generate(seed: int, residents: int, *, day: date = CITY_DAY, issuer_dn: bytes = ISSUER_DN) -> Iterator[GeneratedHousehold]:
    """
    Return households one by one until exactly `residents` people have come.

    Args:
        seed: 0 or more; the same seed gives the same city.
        residents: 1 to `RESIDENTS_MAX`, people who died or moved away included.
        day: the city's day.
        issuer_dn: issuer name that the user certificates carry, DER.

    Raises:
        CityRefused: a seed or a size that no city can have.
    """
    if seed < 0 or not 1 <= residents <= RESIDENTS_MAX:
        raise CityRefused(f"a city has a seed of 0 or more and 1 to {RESIDENTS_MAX} residents")
    return _households(seed, residents, day, issuer_dn)


def _households(seed: int, residents: int, day: date, issuer_dn: bytes) -> Iterator[GeneratedHousehold]:
    left, index = residents, 0
    for special in SPECIALS:
        if len(special.plans) <= left:
            yield _labelled(Setting(seed, index, day, issuer_dn), special)
            left -= len(special.plans)
        index += 1
    while left:
        household = _ordinary(Setting(seed, index, day, issuer_dn), left)
        yield household
        left -= len(household.residents)
        index += 1


def _rng(setting: Setting) -> Random:
    # Reproducible on purpose, guards nothing. One generator a household: none depends on those before it.
    return Random(setting.seed << 64 | setting.index)  # noqa: S311 - made-up people need no secret randomness


def _household(rng: Random, setting: Setting, size: int) -> Household:
    place = places.draw_place(rng, flat_share=0.66 if size <= 2 else 0.4)  # noqa: PLR2004 - small households live in flats
    return Household(household_no=setting.household_no, address=place.address, postcode=place.postcode, address_code=place.code)


def _ordinary(setting: Setting, size_max: int) -> GeneratedHousehold:
    rng = _rng(setting)
    plans = draw_shape(rng, size_max=size_max)
    household = _household(rng, setting, len(plans))
    residents = _with_fates(rng, setting, plans, build_residents(rng, setting, plans))
    cards = tuple(card for member, plan in enumerate(plans) for card in draw_cards(rng, setting, member, plan))
    blocks: tuple[Block, ...] = ()
    if rng.random() < _BLOCKED and plans[0].line is not Line.OWN:
        blocks = tuple(_block(setting, resident, BlockReason.SUPPORT_MEASURE) for resident in residents)
    return GeneratedHousehold(household, residents, cards, blocks)


def _block(setting: Setting, resident: Resident, reason: BlockReason) -> Block:
    since = setting.day - timedelta(days=100)
    until = since + timedelta(days=365) if reason is BlockReason.SUPPORT_MEASURE else None
    return Block(resident_no=resident.resident_no, reason=reason, since=since, until=until)


def _with_fates(rng: Random, setting: Setting, plans: list[Plan], residents: tuple[Resident, ...]) -> tuple[Resident, ...]:
    """Return the residents, some of whom are about to move, have moved or have died."""
    drawn = rng.random()
    if drawn < _MOVE_OUT_PLANNED:
        planned = setting.day + timedelta(days=rng.randint(1, 30))
        return tuple(replace(one, state=ResidentState.MOVE_OUT_PLANNED, state_on=planned) for one in residents)
    if drawn < _MOVE_OUT_PLANNED + _MOVED_OUT:
        return _last_one(residents, ResidentState.MOVED_OUT, setting.day)
    if drawn < _MOVE_OUT_PLANNED + _MOVED_OUT + _DECEASED and plans[-1].age > 55:  # noqa: PLR2004 - mostly the old die
        return _last_one(residents, ResidentState.DECEASED, setting.day)
    return residents


def _last_one(residents: tuple[Resident, ...], state: ResidentState, day: date) -> tuple[Resident, ...]:
    """Return the residents, the last of whom is gone since the city's day: a household keeps its head while others stay."""
    return (*residents[:-1], replace(residents[-1], state=state, state_on=day))


def _labelled(setting: Setting, special: Special) -> GeneratedHousehold:
    rng = _rng(setting)
    household = _household(rng, setting, len(special.plans))
    residents = tuple(
        special.edit(resident, setting.day) if special.edit_all or member == special.who else resident
        for member, resident in enumerate(build_residents(rng, setting, list(special.plans)))
    )
    cards: list[CardLink] = []
    for member, plan in enumerate(special.plans):
        if member == special.who:
            cards += (make_card(rng, setting, member, number, kind) for number, kind in enumerate(special.cards))
        else:
            cards += draw_cards(rng, setting, member, plan)
    blocks: tuple[Block, ...] = ()
    if special.block is not None:
        blocks = tuple(_block(setting, resident, special.block) for resident in residents)
    label = Label(special.label, residents[special.who].resident_no, special.why, special.expected)
    return GeneratedHousehold(household, residents, tuple(cards), blocks, (label,))
