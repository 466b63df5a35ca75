"""The methods of dmz/transfer as endpoints: parse, one service call, encode."""

from __future__ import annotations

from akashi.base.ports import Endpoint
from akashi.wire.passing import passing_endpoints
from akashi.zones.dmz.transfer.service import Transfer


def endpoints(service: Transfer) -> dict[str, Endpoint]:
    """Return what the server offers."""
    return passing_endpoints(service)
