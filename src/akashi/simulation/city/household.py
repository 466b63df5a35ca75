"""What the generator yields: one household with everything the register holds about it."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from akashi.zones.core.residents.records import Block, CardLink, Household, Resident


class Expected(enum.StrEnum):
    """What a kiosk must say to a plain request of a labelled person."""

    ISSUED = "issued"
    """The certificate."""
    NOT_AVAILABLE = "NOT_AVAILABLE"
    """The one refusal that says nothing about its reason."""
    GLYPH_MISSING = "GLYPH_MISSING"
    """A character or a variant that no font of the composer has."""
    NO_CARD = "no card"
    """There is no card to begin with."""


@dataclass(frozen=True, slots=True)
class Label:
    """
    A person whom tests and demonstrations can ask for.

    Attributes:
        name: stable, such as "protected-parent".
        resident_no: 宛名番号.
        why: what is particular about this person.
        expected: what becomes of a request for the person's own certificate.
    """

    name: str
    resident_no: str
    why: str
    expected: Expected


@dataclass(frozen=True, slots=True)
class GeneratedHousehold:
    """
    One household.

    Attributes:
        household: where it lives.
        residents: its records in the order of the register, people who died or moved away included.
        cards: user certificates of its members.
        blocks: people for whom nothing is issued.
        labels: its labelled people; empty for nearly all.
    """

    household: Household
    residents: tuple[Resident, ...]
    cards: tuple[CardLink, ...]
    blocks: tuple[Block, ...]
    labels: tuple[Label, ...] = ()
