"""Numbers of made-up family registers and their entries: ranges that say "made up", no two alike; nobody keeps a list."""

from __future__ import annotations

REGISTERS_PER_HOUSEHOLD_MAX = 8
"""Registers in which the people of one household may stand."""
PERSONS_PER_REGISTER_MAX = 20

_NINE_DIGITS = 10**9
# Multipliers without a factor 2 or 5 are one-to-one modulo a power of ten.
_REGISTER, _PERSON = 618_033_989, 381_966_011


def register_no(seed: int, place: int) -> str:
    """Return the number of the n-th register: 7 and nine digits."""
    return f"7{(place * _REGISTER + seed * 7_919) % _NINE_DIGITS:09}"


def person_no(seed: int, place: int, person: int) -> str:
    """Return the number of the n-th entry of a register: 6 and nine digits."""
    return f"6{((place * PERSONS_PER_REGISTER_MAX + person) * _PERSON + seed * 7_919) % _NINE_DIGITS:09}"
