"""Why bytes cannot be judged. Details name a limit or a part; never a value."""

from __future__ import annotations

from akashi.wire.errors import Refused, WireCode


class Unreadable(Refused):
    """No picture or PDF that can be opened, too large, or broken. MALFORMED."""

    def __init__(self, what: str) -> None:
        super().__init__(WireCode.MALFORMED, what)


class TrustUnfit(Refused):
    """Trust or void lists that cannot be used: not signed by the pinned root, or no lists at all."""

    def __init__(self, what: str) -> None:
        super().__init__(WireCode.SIGNATURE_BAD, what)
