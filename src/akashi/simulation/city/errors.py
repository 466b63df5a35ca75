"""Every anticipated no of the city generator."""

from __future__ import annotations

from akashi.wire.errors import Refused, WireCode


class CityRefused(Refused):
    """A city that cannot be made; the text says why."""

    def __init__(self, reason: str) -> None:
        super().__init__(WireCode.MALFORMED, reason)
