"""The methods of center/relay as endpoints: parse, one service call, encode."""

from __future__ import annotations

from akashi.base.ports import Endpoint
from akashi.wire.passing import passing_endpoints
from akashi.zones.center.relay.service import Relay


def endpoints(service: Relay) -> dict[str, Endpoint]:
    """Return what the server offers."""
    return passing_endpoints(service)
