"""Every anticipated no of the seal register. Details name columns, kinds and codes, never a person or a value."""

from __future__ import annotations

from akashi.wire.errors import Refused, WireCode


class NotHeld(Refused):
    """No living registration: never registered, or abolished. An abolished one is never told apart from none."""

    def __init__(self) -> None:
        super().__init__(WireCode.NOT_HELD)
