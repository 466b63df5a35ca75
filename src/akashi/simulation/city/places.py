"""Where people live in 東京都証野市, where they came from, where their 本籍 is. Towns, flats and the other cities are made up."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from random import Random

from akashi.simulation.city.lists import rows

CITY_NAME = "東京都証野市"
MUNICIPALITY = "139998"
_KANJI_DIGITS = "〇一二三四五六七八九"
_FLAT_SHARE = 0.58
_LETTER_ROOMS = 0.1


@dataclass(frozen=True, slots=True)
class Place:
    """An address as printed (方書 included), its made-up postcode (000, then the town) and address code."""

    address: str
    postcode: str
    code: str


@cache
def _towns() -> tuple[tuple[str, int, bool], ...]:
    return tuple((row["name"], int(row["chome"]), row["style"] == "gou") for row in rows("towns"))


def _street(rng: Random) -> tuple[int, int, str]:
    """Return town, chome (0 where the town has none) and the address down to the house."""
    number = rng.randrange(len(_towns()))
    town, chome_count, with_houses = _towns()[number]
    chome = rng.randint(1, chome_count) if chome_count else 0
    street = f"{town}{_KANJI_DIGITS[chome]}丁目" if chome else town
    if with_houses:
        return number, chome, f"{street}{rng.randint(1, 38)}番{rng.randint(1, 29)}号"
    branch = f"の{rng.randint(1, 19)}" if rng.random() < 0.4 else ""  # noqa: PLR2004 - four in ten lots were divided
    return number, chome, f"{street}{rng.randint(1, 2400)}番地{branch}"


def draw_place(rng: Random, *, flat_share: float = _FLAT_SHARE) -> Place:
    """Return an address in the city; `flat_share` of them are flats, whose house and room follow the street number."""
    number, chome, street = _street(rng)
    flat = ""
    if rng.random() < flat_share:
        name = rng.choice(rows("flats"))["name"] + _towns()[number][0].removesuffix("町")
        if rng.random() < _LETTER_ROOMS:
            flat = f"\u3000{name}{rng.choice('ABC')}棟{rng.randint(1, 14)}{rng.randint(1, 12):02}号"
        else:
            flat = f"\u3000{name}{rng.randint(1, 9)}{rng.randint(1, 12):02}号室"
    code = f"{MUNICIPALITY[:5]}{number + 1:03}{chome:03}"
    return Place(f"{CITY_NAME}{street}{flat}", f"000{number + 1:02}{chome:02}", code)


def draw_outside(rng: Random) -> str:
    """Return an address in another (made-up) city."""
    return f"{rng.choice(rows('outside_places'))['place']}{rng.randint(1, 3000)}番地"


def draw_honseki(rng: Random, *, inside_share: float = 0.45) -> str:
    """Return a 本籍, in this city or in another one."""
    if rng.random() < inside_share:
        _, _, street = _street(rng)
        return CITY_NAME + street.split("番")[0] + "番" + ("地" if "番地" in street else "")
    return draw_outside(rng)
