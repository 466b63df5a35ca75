"""Start of core/seals."""

from __future__ import annotations

from pathlib import Path

from akashi.base.config import ConfigRefused
from akashi.base.log import Log
from akashi.entry.start import Started, World
from akashi.entry.start.directories import CENTER, DirectoryFile
from akashi.entry.start.following import follow
from akashi.registers.desk import DeskTrust
from akashi.registers.errors import StoreRefused
from akashi.registers.tail import FeedTail
from akashi.sealing.keys import SigningKey
from akashi.wire.errors import Refused
from akashi.zones.core.seals.config import Config
from akashi.zones.core.seals.service import Seals
from akashi.zones.core.seals.store import SealStore
from akashi.zones.core.seals.web import endpoints

SERVER = "core/seals"


def start(config: Config, world: World) -> Started:
    """
    Read key and directories, open the register, follow its feed.

    Raises:
        ConfigRefused: a file is absent or not what it should be, or the register is none, another version's or another city's.
    """
    log = Log(SERVER)
    try:
        return _start(config, world, log)
    except OSError as error:
        raise ConfigRefused(f"{error.filename}: {error.strerror}") from None
    except Refused as refused:
        raise ConfigRefused(f"{SERVER} must not start: {refused}; see zones/core/seals/config.py for its files") from None


def _start(config: Config, world: World, log: Log) -> Started:
    files, settings = config.files, config.service
    city = DirectoryFile(files.city_directory, files.city_root, authority=settings.municipality, clock=world.clock, log=log)
    center = DirectoryFile(files.center_directory, files.center_root, authority=CENTER, clock=world.clock, log=log)
    key = SigningKey.from_bytes(Path(files.seals_key).read_bytes())
    store = SealStore.open(files.seals_url, reader_url=files.seals_reader_url)
    imported = store.feed_state().municipality
    if imported != settings.municipality:
        store.close()
        raise StoreRefused(f"the register is of municipality {imported or '(none: nothing imported)'}")
    service = Seals(store, key, DeskTrust(city.at, center.at), clock=world.clock, config=settings, log=log)
    tail = FeedTail(Path(files.feed_source))
    follow_feed = follow(service, tail, world.clock, poll_ms=settings.feed_poll_ms, log=log)
    return Started(endpoints(service), (follow_feed,), store.close)
