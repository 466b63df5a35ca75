"""The methods of hq/forwarder as endpoints: parse, one service call, encode."""

from __future__ import annotations

from akashi.base.ports import Endpoint
from akashi.wire.passing import passing_endpoints
from akashi.zones.hq.forwarder.service import Forwarder


def endpoints(service: Forwarder) -> dict[str, Endpoint]:
    """Return what the server offers."""
    return passing_endpoints(service)
