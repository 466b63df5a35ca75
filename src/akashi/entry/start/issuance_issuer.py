"""Start of issuance/issuer."""

from __future__ import annotations

from pathlib import Path

from akashi.admission import Trust, parse_card_trust
from akashi.base.config import ConfigRefused
from akashi.base.log import Log
from akashi.entry.start import Started, World
from akashi.entry.start.directories import CENTER, DirectoryFile
from akashi.entry.start.policies import policy_file
from akashi.wire.errors import Refused
from akashi.zones.issuance.issuer.clients import Checker, Recorder, Residents, other_registries
from akashi.zones.issuance.issuer.composing import prepare
from akashi.zones.issuance.issuer.config import Config
from akashi.zones.issuance.issuer.database import Database
from akashi.zones.issuance.issuer.journey import Parts
from akashi.zones.issuance.issuer.keys import CityKeys, FolderKeyRing
from akashi.zones.issuance.issuer.outcomes_store import OutcomesStore
from akashi.zones.issuance.issuer.service import Issuer
from akashi.zones.issuance.issuer.store import Store
from akashi.zones.issuance.issuer.web import endpoints

SERVER = "issuance/issuer"


def start(config: Config, world: World) -> Started:
    """
    Read keys, directories and policy, open the store, void what the last stop left half-way, build the service.

    Raises:
        ConfigRefused: a file is absent or not what it should be, or the policy is another city's.
    """
    log = Log(SERVER)
    try:
        return _start(config, world, log)
    except OSError as error:
        raise ConfigRefused(f"{error.filename}: {error.strerror}") from None
    except Refused as refusal:
        raise ConfigRefused(f"the issuer must not start: {refusal}; see zones/issuance/issuer/config.py for its files") from None


def _start(config: Config, world: World, log: Log) -> Started:
    files, limits = config.files, config.service
    city = DirectoryFile(files.city_directory, files.city_root, authority=limits.municipality, clock=world.clock, log=log)
    center = DirectoryFile(files.center_directory, files.center_root, authority=CENTER, clock=world.clock, log=log)
    policy = policy_file(files.policy, limits.municipality, log)
    cards = parse_card_trust(Path(files.card_table).read_bytes(), Path(files.card_authorities).read_bytes())
    ring = FolderKeyRing(Path(files.seal_keys))
    database = Database(Path(files.store))
    service = Issuer(
        Parts(
            clock=world.clock,
            ids=world.ids,
            log=log,
            compute=world.compute,
            residents=Residents(world.link),
            checker=Checker(world.link),
            recorder=Recorder(world.link),
            database=database,
            store=Store(database),
            outcomes=OutcomesStore(database),
            keys=CityKeys(
                ring,
                directory=city.at,
                signed_directory=city.signed,
                database=database,
                overlap_ms=limits.seal_key_overlap_ms,
            ),
            trust=Trust(center.at, cards),
            policy=policy,
            limits=limits,
            registries=other_registries(world.link),
            fonts=files.fonts,
        )
    )
    service.recover()
    try:
        prepare(policy(), fonts=files.fonts, now_ms=world.clock.now_ms())
    except Refused as refusal:
        # What cannot be prepared refuses each certificate with the same code; everything else works.
        log.event("forms_not_prepared", code=refusal.code, at=refusal.detail)

    async def tick() -> None:
        while True:
            try:
                ring.reload()
            except Refused as refusal:
                log.event("seal_keys_refused", code=refusal.code)
            await service.tick()
            await world.clock.sleep_ms(limits.tick_ms)

    return Started(endpoints(service), (tick,), database.close)
