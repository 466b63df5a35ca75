"""What text a record may hold: as entered, never normalised, no control characters, bounded."""

from __future__ import annotations

import re

from akashi.registers.errors import RecordRefused

TEXT_LENGTH_MAX = 512
"""Characters; the limit of `Written` on the wire."""

# Unicode's classes Cc, Cs, Zl and Zp. As a pattern: a look-up of the class per character cost a fifth of an import.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def check_text(column: str, value: str, *, empty: bool = True, length_max: int = TEXT_LENGTH_MAX) -> None:
    """
    Refuse what no record may hold. Variation selectors, private-use characters and every script pass.

    Raises:
        RecordRefused: empty where it must not be, too long, control or line characters, half of a surrogate pair.
    """
    if not value and not empty:
        raise RecordRefused(column, "must not be empty")
    if len(value) > length_max:
        raise RecordRefused(column, "too long")
    if _UNPRINTABLE.search(value):
        raise RecordRefused(column, "holds a control character")
