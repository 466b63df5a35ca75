"""Why a measurement could not be made. A measurement that fails says so; it never counts as "nothing found"."""

from __future__ import annotations

from akashi.wire.errors import Refused, WireCode


class MeasurementFailed(Refused):
    """A tool is missing or failed, a limit was reached, or what it wrote cannot be read."""

    def __init__(self, detail: str) -> None:
        super().__init__(WireCode.INTERNAL, detail)
