"""Start of core/taxes."""

from __future__ import annotations

from pathlib import Path

from akashi.base.config import ConfigRefused
from akashi.base.log import Log
from akashi.entry.start import Started, World
from akashi.entry.start.directories import CENTER, DirectoryFile
from akashi.registers.desk import DeskTrust
from akashi.registers.errors import StoreRefused
from akashi.sealing.keys import SigningKey
from akashi.wire.errors import Refused
from akashi.zones.core.taxes.arriving import Arrivals
from akashi.zones.core.taxes.config import Config
from akashi.zones.core.taxes.service import Taxes
from akashi.zones.core.taxes.store import TaxStore
from akashi.zones.core.taxes.web import endpoints

SERVER = "core/taxes"


def start(config: Config, world: World) -> Started:
    """
    Read key and directories, open the tax records, take the newest day's file, look for further ones.

    Without any day's file the server starts and refuses: the file of the night may come in a minute.

    Raises:
        ConfigRefused: a file is absent or not what it should be, or the records are another version's or another city's.
    """
    log = Log(SERVER)
    try:
        return _start(config, world, log)
    except OSError as error:
        raise ConfigRefused(f"{error.filename}: {error.strerror}") from None
    except Refused as refused:
        raise ConfigRefused(f"{SERVER} must not start: {refused}; see zones/core/taxes/config.py for its files") from None


def _start(config: Config, world: World, log: Log) -> Started:
    files, settings = config.files, config.service
    city = DirectoryFile(files.city_directory, files.city_root, authority=settings.municipality, clock=world.clock, log=log)
    center = DirectoryFile(files.center_directory, files.center_root, authority=CENTER, clock=world.clock, log=log)
    key = SigningKey.from_bytes(Path(files.taxes_key).read_bytes())
    store = TaxStore.open(files.taxes_url, reader_url=files.taxes_reader_url)
    if store.day().municipality not in {"", settings.municipality}:
        store.close()
        raise StoreRefused("the tax records are another municipality's")
    service = Taxes(store, key, DeskTrust(city.at, center.at), clock=world.clock, config=settings, log=log)
    arrivals = Arrivals(Path(files.days), store, municipality=settings.municipality, log=log)
    arrivals.take()

    async def take_days() -> None:
        while True:
            await world.clock.sleep_ms(settings.arrivals_every_ms)
            try:
                arrivals.take()
            except Refused as refused:
                log.event("days_wait", code=refused.code.value)

    return Started(endpoints(service), (take_days,), store.close)
