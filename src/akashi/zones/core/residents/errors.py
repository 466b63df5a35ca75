"""Every anticipated no of the resident register. Details name columns, kinds and codes, never a person or a value."""

from __future__ import annotations

from akashi.wire.errors import Refused, WireCode


class MemberUnknown(Refused):
    """An order names somebody who is not, or no longer, of the household."""

    def __init__(self) -> None:
        super().__init__(WireCode.MEMBER_UNKNOWN)
