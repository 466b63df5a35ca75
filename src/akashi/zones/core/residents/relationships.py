"""
続柄: its vocabulary and the order of a household that follows from it.

Source: 住民記録システム標準仕様書 1.1.11 (vocabulary, at most four joined by の), 5.2 (order in the household).
"""

from __future__ import annotations

import enum
import re

from akashi.registers.errors import RecordRefused

HEAD = "世帯主"
PARTS_MAX = 4

_SPOUSES = frozenset({"夫", "妻", "夫(未届)", "妻(未届)"})
_CHILDREN = frozenset({"子", "子(子の夫)", "子(子の妻)"})
_PARENTS = frozenset({"父", "母"})
_SIBLINGS = frozenset({"兄", "姉", "弟", "妹"})
_CONNECTED = "縁故者"
_LODGER = "同居人"
_TERMS = _SPOUSES | _CHILDREN | _PARENTS | _SIBLINGS | {_CONNECTED, _LODGER}
_JOINT = re.compile(r"の(?![^(]*\))")  # a の inside brackets belongs to its term


class Rank(enum.IntEnum):
    """Places in a household, in the order in which its members are listed."""

    HEAD = 0
    """世帯主."""
    SPOUSE = 1
    """夫, 妻, also 未届."""
    CHILD = 2
    """子, and a spouse's own child (妻の子)."""
    CHILD_FAMILY = 3
    """Families of children: 子の妻, 子の子."""
    PARENT = 4
    """父, 母, and a spouse's parents."""
    SIBLING = 5
    """兄, 姉, 弟, 妹."""
    GRANDPARENT = 6
    """父の父 and the like."""
    RELATIVE = 7
    """Every other relative."""
    CONNECTED = 8
    """縁故者."""
    LODGER = 9
    """同居人."""


def _parts(relationship: str) -> list[str]:
    # Both kinds of brackets are in use; compared alike, kept as written.
    return _JOINT.split(relationship.replace("（", "(").replace("）", ")"))


def check_relationship(relationship: str) -> None:
    """
    Refuse what is not in the vocabulary.

    Raises:
        RecordRefused: an unknown term, or more than four joined by の.
    """
    if relationship == HEAD:
        return
    parts = _parts(relationship)
    if len(parts) > PARTS_MAX:
        raise RecordRefused("relationship", "more than four terms")
    if not all(part in _TERMS for part in parts):
        raise RecordRefused("relationship", "not in the vocabulary")


def rank(relationship: str) -> Rank:
    """Return the place in the household of a relationship that `check_relationship` accepts."""
    if relationship == HEAD:
        return Rank.HEAD
    first, *rest = _parts(relationship)
    if not rest:
        return _rank_of_one(first)
    if first in _SPOUSES and len(rest) == 1 and rest[0] in _CHILDREN:
        return Rank.CHILD
    if first in _CHILDREN:
        return Rank.CHILD_FAMILY
    if first in _SPOUSES and len(rest) == 1 and rest[0] in _PARENTS:
        return Rank.PARENT
    if first in _PARENTS and len(rest) == 1 and rest[0] in _PARENTS:
        return Rank.GRANDPARENT
    return {_CONNECTED: Rank.CONNECTED, _LODGER: Rank.LODGER}.get(first, Rank.RELATIVE)


def _rank_of_one(term: str) -> Rank:
    for terms, place in (
        (_SPOUSES, Rank.SPOUSE),
        (_CHILDREN, Rank.CHILD),
        (_PARENTS, Rank.PARENT),
        (_SIBLINGS, Rank.SIBLING),
    ):
        if term in terms:
            return place
    return Rank.CONNECTED if term == _CONNECTED else Rank.LODGER
