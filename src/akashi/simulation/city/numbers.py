"""
Numbers of made-up people: valid check digits, ranges that say "made up", no two alike.

Nobody keeps a list: each number is a one-to-one scramble of the person's place in the city, so a million people need no memory.
"""

from __future__ import annotations

from akashi.zones.core.residents.records import with_check_digit

PEOPLE_PER_HOUSEHOLD_MAX = 16
"""Places that one household takes up in the numbering."""
HOUSEHOLDS_MAX = 6_000_000
"""So that places fit into eight digits."""

_EIGHT_DIGITS = 10**8
_SERIAL_BITS = 60
# Multipliers without a factor 2 or 5 are one-to-one modulo a power of ten, odd ones modulo a power of two.
_RESIDENT, _HOUSEHOLD, _MY_NUMBER, _CODE, _SERIAL = 61_803_399, 38_196_601, 72_360_681, 14_142_137, 0x9E3779B97F4A7C1


def _scrambled(place: int, multiplier: int, seed: int) -> str:
    return f"{(place * multiplier + seed * 7_919) % _EIGHT_DIGITS:08}"


def household_no(seed: int, household: int) -> str:
    """Return the 世帯番号 of the city's n-th household: 8, eight digits, check digit."""
    return with_check_digit("8" + _scrambled(household, _HOUSEHOLD, seed))


def resident_no(seed: int, place: int) -> str:
    """Return the 宛名番号 of a person's place: 9, eight digits, check digit."""
    return with_check_digit("9" + _scrambled(place, _RESIDENT, seed))


def my_number(seed: int, place: int) -> str:
    """Return the 個人番号 of a person's place: 999, eight digits, check digit."""
    return with_check_digit("999" + _scrambled(place, _MY_NUMBER, seed))


def juminhyo_code(seed: int, place: int) -> str:
    """Return the 住民票コード of a person's place: 99, eight digits, check digit."""
    return with_check_digit("99" + _scrambled(place, _CODE, seed))


def certificate_serial(seed: int, place: int, certificate: int) -> int:
    """Return the serial number of a person's n-th user certificate (n below 4): 61 bits, the highest one set."""
    scrambled = ((place * 4 + certificate) * _SERIAL + seed * 7_919) % (1 << _SERIAL_BITS)
    return (1 << _SERIAL_BITS) | scrambled
