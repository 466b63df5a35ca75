"""
People whose 本籍 is in the made-up city and who live elsewhere: they need a 利用登録 before a kiosk serves them.

They are households of another made-up city, so that nobody has to be invented twice; only their family registers are here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import islice

from akashi.simulation.city import numbers
from akashi.simulation.city.families import GeneratedFamily, families_of
from akashi.simulation.city.generator import ISSUER_DN, generate
from akashi.zones.core.residents.records import CardLink

OTHER_CITY = 1_000_003
"""Added to the seed: the seed of the city in which they live."""
_AGE_DAYS_MIN = 16 * 366


@dataclass(frozen=True, slots=True)
class GeneratedOutsider:
    """
    Somebody who lives elsewhere.

    Attributes:
        family: the register in which the person stands.
        person_no: which of its entries is the person.
        cards: the person's user certificates; at least one.
    """

    family: GeneratedFamily
    person_no: str
    cards: tuple[CardLink, ...]


def generate_outsiders(seed: int, count: int, *, day: date, issuer_dn: bytes = ISSUER_DN) -> Iterator[GeneratedOutsider]:
    """
    Yield `count` people, each of another register.

    Args:
        seed: of the city; the same seed gives the same people.
        count: how many.
        day: the city's day.
        issuer_dn: issuer name that the user certificates carry, DER.
    """
    return islice(_outsiders(seed + OTHER_CITY, day, issuer_dn), count)


def _outsiders(other: int, day: date, issuer_dn: bytes) -> Iterator[GeneratedOutsider]:
    households = generate(other, numbers.HOUSEHOLDS_MAX, day=day, issuer_dn=issuer_dn)
    for index, household in enumerate(households):
        if household.labels or household.blocks:
            continue
        numbers_of = {one.name: one.resident_no for one in household.residents}
        for family in families_of(other, numbers.HOUSEHOLDS_MAX + index, household, day=day, elsewhere=True):
            for person in family.register.persons:
                number = numbers_of.get(family.register.full_name(person))
                cards = tuple(card for card in household.cards if card.resident_no == number)
                old_enough = person.birth.day is not None and (day - person.birth.day).days > _AGE_DAYS_MIN
                if cards and person.removed is None and old_enough:
                    yield GeneratedOutsider(family, person.person_no, cards)
                    break
