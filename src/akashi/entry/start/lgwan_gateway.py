"""Start of lgwan/gateway."""

from __future__ import annotations

from akashi.entry.start import Started, World
from akashi.zones.lgwan.gateway.config import Config
from akashi.zones.lgwan.gateway.service import Gateway
from akashi.zones.lgwan.gateway.web import endpoints


def start(config: Config, world: World) -> Started:
    """Build the server; it has no key but its hop identity, and no store."""
    service = Gateway(
        world.link,
        world.clock,
        municipalities=frozenset(config.service.municipalities),
        bulletin_deadline_ms=config.service.bulletin_deadline_ms,
    )
    return Started(endpoints(service))
