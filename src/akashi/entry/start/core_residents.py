"""Start of core/residents."""

from __future__ import annotations

from pathlib import Path

from akashi.admission import Trust, parse_card_trust
from akashi.base.config import ConfigRefused
from akashi.base.log import Log
from akashi.entry.start import Started, World
from akashi.entry.start.directories import CENTER, DirectoryFile
from akashi.entry.start.following import follow
from akashi.registers.errors import StoreRefused
from akashi.registers.tail import FeedTail
from akashi.sealing.keys import SigningKey
from akashi.wire.errors import Refused
from akashi.zones.core.residents.config import Config
from akashi.zones.core.residents.service import RegistryKeys, Residents
from akashi.zones.core.residents.store import ResidentStore
from akashi.zones.core.residents.web import endpoints

SERVER = "core/residents"


def start(config: Config, world: World) -> Started:
    """
    Read key, directories and table, open the register, follow its feed.

    Raises:
        ConfigRefused: a file is absent or not what it should be, or the register is none, another version's or another city's.
    """
    log = Log(SERVER)
    try:
        return _start(config, world, log)
    except OSError as error:
        raise ConfigRefused(f"{error.filename}: {error.strerror}") from None
    except Refused as refused:
        raise ConfigRefused(f"{SERVER} must not start: {refused}; see zones/core/residents/config.py for its files") from None


def _start(config: Config, world: World, log: Log) -> Started:
    files, settings = config.files, config.service
    city = DirectoryFile(files.city_directory, files.city_root, authority=settings.municipality, clock=world.clock, log=log)
    center = DirectoryFile(files.center_directory, files.center_root, authority=CENTER, clock=world.clock, log=log)
    cards = parse_card_trust(Path(files.card_table).read_bytes(), Path(files.card_authorities).read_bytes())
    key = SigningKey.from_bytes(Path(files.registry_key).read_bytes())
    store = ResidentStore.open(files.residents_url, reader_url=files.residents_reader_url)
    imported = store.feed_state().municipality
    if imported != settings.municipality:
        store.close()
        raise StoreRefused(f"the register is of municipality {imported or '(none: nothing imported)'}")
    keys = RegistryKeys(key, city.at)
    service = Residents(store, keys, Trust(center.at, cards), clock=world.clock, config=settings, log=log)
    tail = FeedTail(Path(files.feed_source))

    follow_feed = follow(service, tail, world.clock, poll_ms=settings.feed_poll_ms, log=log)
    return Started(endpoints(service), (follow_feed,), store.close)
