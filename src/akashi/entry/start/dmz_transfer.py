"""Start of dmz/transfer."""

from __future__ import annotations

from akashi.entry.start import Started, World
from akashi.zones.dmz.transfer.config import Config
from akashi.zones.dmz.transfer.service import Transfer
from akashi.zones.dmz.transfer.web import endpoints


def start(config: Config, world: World) -> Started:
    """Build the server; it has no key but its hop identity, and no store."""
    service = Transfer(
        world.link,
        world.clock,
        municipalities=frozenset(config.service.municipalities),
        bulletin_deadline_ms=config.service.bulletin_deadline_ms,
    )
    return Started(endpoints(service))
