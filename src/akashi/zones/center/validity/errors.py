"""What center/validity refuses beyond the refusals of admission, pki and sealing."""

from __future__ import annotations

from akashi.wire.errors import Refused, WireCode


class BeaconStale(Refused):
    """The beacon under the card's signature is older than three minutes, or ahead of this server's clock. A new try helps."""

    def __init__(self, detail: str) -> None:
        super().__init__(WireCode.BEACON_STALE, detail)


class BeaconForeign(Refused):
    """The beacon is not one of this server's. Operators act."""

    def __init__(self) -> None:
        super().__init__(WireCode.SIGNATURE_BAD, "beacon by another key")
