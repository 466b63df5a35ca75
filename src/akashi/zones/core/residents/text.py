"""What text a record may hold: as entered, never normalised, no control characters, bounded."""

from __future__ import annotations

import unicodedata

from akashi.zones.core.residents.errors import RecordRefused

TEXT_LENGTH_MAX = 512
"""Characters; the limit of `Written` on the wire."""


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
    if any(unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} for character in value):
        raise RecordRefused(column, "holds a control character")
