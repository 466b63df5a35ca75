"""Start of center/relay."""

from __future__ import annotations

from akashi.entry.start import Started, World
from akashi.zones.center.relay.config import Config
from akashi.zones.center.relay.service import Relay
from akashi.zones.center.relay.web import endpoints


def start(config: Config, world: World) -> Started:
    """Build the server; it has no key but its hop identity, and no store."""
    service = Relay(
        world.link,
        world.clock,
        municipalities=frozenset(config.service.municipalities),
        bulletin_deadline_ms=config.service.bulletin_deadline_ms,
    )
    return Started(endpoints(service))
