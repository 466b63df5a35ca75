"""
Names: common ones by rank, given names by generation, some with rare characters, some foreign.

Every rare character and every sequence in the lists is in IPAmj Mincho (a test asks the font); the few that are not stand in
`special` and carry a label.
"""

from __future__ import annotations

from bisect import bisect
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from random import Random

from akashi.simulation.city.lists import rows
from akashi.zones.core.residents.records import Sex

RARE_SHARE = 0.02
"""Share of families whose surname holds a rare character, and of people whose given name does."""
_PARTS_SHARE = 0.35
_GENERATION_ENDS = (1946, 1966, 1986, 2006)


@dataclass(frozen=True, slots=True)
class Written:
    """A name and how it is read (katakana; empty where nobody has said)."""

    name: str
    kana: str


@dataclass(frozen=True, slots=True)
class ForeignFamily:
    """
    What a foreign family is called.

    Attributes:
        family: surname in Latin letters.
        given: given names in Latin letters, by sex.
        nationality: 国籍・地域.
        alias: Japanese surname that some of them use as 通称; empty where there is none.
    """

    family: str
    given: dict[Sex, tuple[str, ...]]
    nationality: str
    alias: Written


def _letter(sex: Sex) -> str:
    return "m" if sex is Sex.MALE else "f"


def _generation(birth_year: int) -> int:
    return bisect(_GENERATION_ENDS, birth_year) + 1


@cache
def _surnames() -> tuple[tuple[Written, ...], tuple[float, ...]]:
    names = tuple(Written(row["written"], row["kana"]) for row in rows("surnames"))
    # Frequency falls with rank roughly like this: the first name takes about 2 %, the hundredth about 0.3 %.
    return names, tuple(accumulate(1 / (rank + 9) ** 0.9 for rank in range(len(names))))


@cache
def _rare_surnames() -> tuple[Written, ...]:
    return tuple(Written(row["written"], row["kana"]) for row in rows("rare_surnames"))


@cache
def _given(sex: Sex, generation: int) -> tuple[tuple[Written, ...], tuple[float, ...]]:
    chosen = [row for row in rows("given_names") if row["sex"] == _letter(sex) and row["generation"] == str(generation)]
    names = tuple(Written(row["written"], row["kana"]) for row in chosen)
    return names, tuple(accumulate(1 / (rank + 6) ** 0.6 for rank in range(len(names))))


@cache
def _parts(sex: Sex, generation: int, part: str) -> tuple[Written, ...]:
    return tuple(
        Written(row["written"], row["kana"])
        for row in rows("given_name_parts")
        if row["sex"] == _letter(sex)
        and int(row["generation_from"]) <= generation <= int(row["generation_to"])
        and row["part"] == part
    )


@cache
def _rare_given(sex: Sex) -> tuple[Written, ...]:
    return tuple(Written(row["written"], row["kana"]) for row in rows("rare_given_names") if row["sex"] == _letter(sex))


@cache
def _foreign() -> tuple[ForeignFamily, ...]:
    return tuple(
        ForeignFamily(
            family=row["family"],
            given={Sex.MALE: tuple(row["given_m"].split("|")), Sex.FEMALE: tuple(row["given_f"].split("|"))},
            nationality=row["region"],
            alias=Written(row["family_alias"], row["family_alias_kana"]),
        )
        for row in rows("latin_names")
    )


def _weighted(rng: Random, table: tuple[tuple[Written, ...], tuple[float, ...]]) -> Written:
    names, sums = table
    return names[bisect(sums, rng.random() * sums[-1])]


def draw_surname(rng: Random) -> Written:
    """Return a surname, common ones more often, a rare one in `RARE_SHARE` of the families."""
    if rng.random() < RARE_SHARE:
        return rng.choice(_rare_surnames())
    return _weighted(rng, _surnames())


def draw_given(rng: Random, sex: Sex, birth_year: int) -> Written:
    """Return a given name that parents chose in that year."""
    if rng.random() < RARE_SHARE:
        return rng.choice(_rare_given(sex))
    generation = _generation(birth_year)
    if rng.random() < _PARTS_SHARE:
        first, second = rng.choice(_parts(sex, generation, "first")), rng.choice(_parts(sex, generation, "second"))
        return Written(first.name + second.name, first.kana + second.kana)
    return _weighted(rng, _given(sex, generation))


def draw_foreign_family(rng: Random) -> ForeignFamily:
    """Return a foreign family's names."""
    return rng.choice(_foreign())


def japanese(surname: Written, given: Written) -> Written:
    """Return a full name as the register writes it, with a full-width space."""
    return Written(f"{surname.name}\u3000{given.name}", f"{surname.kana}\u3000{given.kana}")
