"""
Check digits of the three numbers in a resident record.

Source: 住民記録システム標準仕様書 1.1.13 (宛名番号・世帯番号: modulus 11, weights 2 to 7); 平成26年総務省令第85号 第5条
(個人番号). 住民票コード: the same modulus 11 with weights 2 to 7 over its ten digits.
"""

from __future__ import annotations

RESIDENT_NO_DIGITS = 10
MY_NUMBER_DIGITS = 12
JUMINHYO_CODE_DIGITS = 11

_WEIGHTS = (2, 3, 4, 5, 6, 7)


def check_digit(body: str) -> str:
    """
    Return the check digit for these decimal digits: weights 2 to 7 again and again from the right, modulus 11.

    A remainder of 0 or 1 gives 0, so that the digit is always one digit.
    """
    total = sum(int(digit) * _WEIGHTS[place % len(_WEIGHTS)] for place, digit in enumerate(reversed(body)))
    remainder = total % 11
    return "0" if remainder <= 1 else str(11 - remainder)


def with_check_digit(body: str) -> str:
    """Return the number that these digits begin, its check digit at the end."""
    return body + check_digit(body)


def has_check_digit(number: str, *, digits: int) -> bool:
    """Return whether `number` is `digits` ASCII digits long and ends with its check digit."""
    return len(number) == digits and number.isascii() and number.isdigit() and check_digit(number[:-1]) == number[-1]
