"""Every anticipated no of the resident register."""

from __future__ import annotations

from akashi.wire.errors import Refused, WireCode


class RecordRefused(Refused, ValueError):  # noqa: N818 - named like every refusal; ValueError is how parsers of structs take it
    """
    A value that a resident record cannot hold.

    Args:
        column: which column or field, by its documented name.
        reason: what is wrong with it, in fixed words; the value itself is never part of it.
    """

    def __init__(self, column: str, reason: str) -> None:
        super().__init__(WireCode.MALFORMED, f"{column}: {reason}")
        self.column = column
        self.reason = reason
