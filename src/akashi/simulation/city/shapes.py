"""
Who lives together: shapes of households with the shares of a Tokyo suburb, as plans without names.

A plan lists its members in the order of the register: head, spouse, children by age, families of children, parents, siblings,
others. Shares are rough figures of the 2020 census for the Tama area, rounded; they are for looks, not for statistics.
"""

from __future__ import annotations

import enum
from bisect import bisect
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import accumulate
from random import Random

from akashi.zones.core.residents.records import HEAD, Sex

AGE_MAX = 108


class Line(enum.Enum):
    """Whose surname, 本籍 and moves a member shares."""

    HEAD = "head"
    """The head's family."""
    OWN = "own"
    """Comes from another family (a lodger, a partner who is not married, a spouse's parent)."""
    FOREIGN = "foreign"
    """A foreign family: names in Latin letters, no 本籍."""


@dataclass(frozen=True, slots=True)
class Plan:
    """
    One member to be.

    Attributes:
        relationship: 続柄.
        sex: 男 or 女.
        age: full years on the city's day.
        line: whose surname and 本籍.
        married_in: took the head's surname when marrying; may have a registered former one.
    """

    relationship: str
    sex: Sex
    age: int
    line: Line = Line.HEAD
    married_in: bool = False


Shape = Callable[[Random], list[Plan]]


def _sex(rng: Random) -> Sex:
    return Sex.MALE if rng.random() < 0.5 else Sex.FEMALE  # noqa: PLR2004 - even odds


def _other(sex: Sex) -> Sex:
    return Sex.FEMALE if sex is Sex.MALE else Sex.MALE


def _spouse_word(sex: Sex) -> str:
    return "妻" if sex is Sex.FEMALE else "夫"


def _head(rng: Random, young: int, old: int) -> Plan:
    """Return a married head: a man in nine of ten households."""
    return Plan(HEAD, Sex.MALE if rng.random() < 0.9 else Sex.FEMALE, rng.randint(young, old))  # noqa: PLR2004 - share


def _spouse(rng: Random, head: Plan) -> Plan:
    age = min(max(head.age + rng.randint(-6, 3), 18), AGE_MAX)
    return Plan(_spouse_word(_other(head.sex)), _other(head.sex), age, head.line, married_in=True)


def _children(rng: Random, mother_age: int, count: int, *, relationship: str = "子", line: Line = Line.HEAD) -> list[Plan]:
    oldest = min(mother_age - 20, 24)
    ages = sorted((rng.randint(max(mother_age - 42, 0), max(oldest, 0)) for _ in range(count)), reverse=True)
    return [Plan(relationship, _sex(rng), age, line) for age in ages]


def _single(young: int, old: int) -> Shape:
    def shape(rng: Random) -> list[Plan]:
        return [Plan(HEAD, _sex(rng), rng.randint(young, old))]

    return shape


def _couple(young: int, old: int) -> Shape:
    def shape(rng: Random) -> list[Plan]:
        head = _head(rng, young, old)
        return [head, _spouse(rng, head)]

    return shape


def _family(rng: Random) -> list[Plan]:
    head = _head(rng, 25, 58)
    spouse = _spouse(rng, head)
    count = rng.choices((1, 2, 3, 4), (42, 43, 13, 2))[0]
    return [head, spouse, *_children(rng, max(min(head.age, spouse.age), 20), count)]


def _single_parent(rng: Random) -> list[Plan]:
    head = Plan(HEAD, Sex.FEMALE if rng.random() < 0.85 else Sex.MALE, rng.randint(24, 56))  # noqa: PLR2004 - share
    return [head, *_children(rng, head.age, rng.choices((1, 2, 3), (60, 32, 8))[0])]


def _three_generations(rng: Random) -> list[Plan]:
    family = _family(rng)
    parent_sex = _sex(rng)
    age = min(family[0].age + rng.randint(22, 36), 99)
    parents = [Plan("母" if parent_sex is Sex.FEMALE else "父", parent_sex, age)]
    if rng.random() < 0.4:  # noqa: PLR2004 - share of couples
        parents.append(
            Plan("父" if parent_sex is Sex.FEMALE else "母", _other(parent_sex), min(age + rng.randint(-4, 4), AGE_MAX))
        )
    if rng.random() < 0.15:  # noqa: PLR2004 - share where the spouse's mother came instead
        parents = [Plan(f"{family[1].relationship}の母", Sex.FEMALE, min(family[1].age + rng.randint(20, 34), AGE_MAX), Line.OWN)]
    return family + parents


def _parent_and_adult(rng: Random) -> list[Plan]:
    head = Plan(HEAD, _sex(rng), rng.randint(58, 90))
    return [head, Plan("子", _sex(rng), rng.randint(max(head.age - 42, 18), head.age - 20))]


def _stepfamily(rng: Random) -> list[Plan]:
    head = _head(rng, 30, 52)
    spouse = _spouse(rng, head)
    own = _children(rng, max(spouse.age, 22), 1, relationship=f"{spouse.relationship}の子", line=Line.OWN)
    return [head, spouse, *own]


def _not_married(rng: Random) -> list[Plan]:
    head = Plan(HEAD, _sex(rng), rng.randint(22, 70))
    partner = f"{_spouse_word(_other(head.sex))}(未届)"
    return [head, Plan(partner, _other(head.sex), max(head.age + rng.randint(-8, 8), 18), Line.OWN)]


def _with_lodger(rng: Random) -> list[Plan]:
    head = Plan(HEAD, _sex(rng), rng.randint(20, 80))
    return [head, Plan("同居人", _sex(rng), rng.randint(18, 75), Line.OWN)]


def _siblings(rng: Random) -> list[Plan]:
    head = Plan(HEAD, _sex(rng), rng.randint(24, 80))
    sex = _sex(rng)
    return [head, Plan("弟" if sex is Sex.MALE else "妹", sex, head.age - rng.randint(1, 6))]


def big_household(rng: Random, size: int) -> list[Plan]:
    """Return four generations and a lodger, `size` people (8 to 12): more than fit on two sheets."""
    head = Plan(HEAD, Sex.MALE, rng.randint(56, 62))
    spouse = Plan("妻", Sex.FEMALE, head.age - rng.randint(0, 4), married_in=True)
    son = Plan("子", Sex.MALE, rng.randint(29, 33))
    daughter = Plan("子", Sex.FEMALE, rng.randint(18, 26))
    son_wife = Plan("子の妻", Sex.FEMALE, son.age - rng.randint(0, 4), married_in=True)
    count = min(size - 7, 4)
    grandchildren = sorted((rng.randint(0, 8) for _ in range(count)), reverse=True)
    plans = [head, spouse, son, daughter, son_wife, *(Plan("子の子", _sex(rng), age) for age in grandchildren)]
    plans += [Plan("父", Sex.MALE, head.age + 24), Plan("母", Sex.FEMALE, head.age + 21)]
    if size == 12:  # noqa: PLR2004 - the largest
        plans.append(Plan("同居人", Sex.MALE, rng.randint(19, 40), Line.OWN))
    return plans[:size]


def _big(rng: Random) -> list[Plan]:
    return big_household(rng, rng.randint(8, 12))


def foreign(shape: Shape) -> Shape:
    """Return the shape with every member of the head's family foreign."""

    def foreign_shape(rng: Random) -> list[Plan]:
        return [replace(plan, line=Line.FOREIGN, married_in=False) for plan in shape(rng)]

    return foreign_shape


def _mixed(rng: Random) -> list[Plan]:
    head, spouse, *children = _family(rng)
    return [head, replace(spouse, line=Line.FOREIGN, married_in=False), *children]


SHARES: tuple[tuple[int, Shape], ...] = (
    (190, _single(18, 34)),
    (120, _single(35, 64)),
    (118, _single(65, 98)),
    (95, _couple(24, 64)),
    (110, _couple(65, 95)),
    (215, _family),
    (48, _single_parent),
    (22, _three_generations),
    (30, _parent_and_adult),
    (6, _stepfamily),
    (9, _not_married),
    (5, _with_lodger),
    (5, _siblings),
    (2, _big),
    (13, foreign(_single(19, 45))),
    (5, foreign(_couple(24, 50))),
    (5, foreign(_family)),
    (6, _mixed),
)
"""Households in a thousand, and their shape."""

_SUMS = tuple(accumulate(share for share, _ in SHARES))
_SINGLE = _single(18, 80)


def draw_shape(rng: Random, *, size_max: int) -> list[Plan]:
    """Return a household; one person where the drawn shape would be larger than `size_max`."""
    plans = SHARES[bisect(_SUMS, rng.randrange(_SUMS[-1]))][1](rng)
    return plans if len(plans) <= size_max else _SINGLE(rng)
