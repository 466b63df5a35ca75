"""Start of hq/forwarder."""

from __future__ import annotations

from akashi.entry.start import Started, World
from akashi.zones.hq.forwarder.config import Config
from akashi.zones.hq.forwarder.service import Forwarder
from akashi.zones.hq.forwarder.web import endpoints


def start(config: Config, world: World) -> Started:
    """Build the server; it has no key but its hop identity, and no store."""
    service = Forwarder(
        world.link,
        world.clock,
        municipalities=frozenset(config.service.municipalities),
        bulletin_deadline_ms=config.service.bulletin_deadline_ms,
        bulletin_cache_ms=config.service.bulletin_cache_ms,
    )
    return Started(endpoints(service))
