"""The methods of issuance/issuer as endpoints: parse, one service call, encode."""

from __future__ import annotations

from akashi.base.ports import Endpoint
from akashi.wire.passing import passing_endpoints
from akashi.zones.issuance.issuer.service import Issuer


def endpoints(service: Issuer) -> dict[str, Endpoint]:
    """Return what the server offers: the two methods of the route, with the same limits as everywhere on it."""
    return passing_endpoints(service)
