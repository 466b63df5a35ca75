"""Every anticipated no of the tax records. Details name columns, days and codes, never a person or a value."""

from __future__ import annotations

from akashi.wire.errors import Refused, WireCode


class DayRefused(Refused):
    """A day's file that is not taken: not whole, another city's, no newer than the one that is served. The operator acts."""

    def __init__(self, detail: str, *, code: WireCode = WireCode.MALFORMED) -> None:
        super().__init__(code, detail)


class DataStale(Refused):
    """No day's file was ever taken, or the last one is too old: nothing is read."""

    def __init__(self) -> None:
        super().__init__(WireCode.REGISTRY_STALE, "no day's file, or too old")
