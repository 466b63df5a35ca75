"""The methods of lgwan/gateway as endpoints: parse, one service call, encode."""

from __future__ import annotations

from akashi.base.ports import Endpoint
from akashi.wire.passing import passing_endpoints
from akashi.zones.lgwan.gateway.service import Gateway


def endpoints(service: Gateway) -> dict[str, Endpoint]:
    """Return what the server offers."""
    return passing_endpoints(service)
