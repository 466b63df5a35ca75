"""Start of issuance/checker."""

from __future__ import annotations

from pathlib import Path

from akashi.base.config import ConfigRefused
from akashi.base.log import Log
from akashi.documents.paper_seal.sign import PaperKey
from akashi.documents.read import city_fonts
from akashi.entry.start import Started, World
from akashi.entry.start.directories import CENTER, DirectoryFile
from akashi.entry.start.policies import policy_file
from akashi.pki.pem import parse_key
from akashi.sealing.keys import SigningKey
from akashi.wire.errors import Refused
from akashi.zones.issuance.checker.clients import Recorder
from akashi.zones.issuance.checker.config import Config
from akashi.zones.issuance.checker.keys import CheckerKeys
from akashi.zones.issuance.checker.service import Checker, Parts
from akashi.zones.issuance.checker.signer import DocumentKey
from akashi.zones.issuance.checker.store import StopStore
from akashi.zones.issuance.checker.web import endpoints

SERVER = "issuance/checker"


def start(config: Config, world: World) -> Started:
    """
    Read keys, directories, policy and what is owed to the ledger, build the service.

    Raises:
        ConfigRefused: a file is absent or not what it should be, the policy is another city's, or the city's directory does not
            name this server's keys.
    """
    log = Log(SERVER)
    try:
        return _start(config, world, log)
    except OSError as error:
        raise ConfigRefused(f"{error.filename}: {error.strerror}") from None
    except Refused as refusal:
        raise ConfigRefused(f"{SERVER} must not start: {refusal}; see zones/issuance/checker/config.py for its files") from None


def _start(config: Config, world: World, log: Log) -> Started:
    files, limits = config.files, config.service
    city = DirectoryFile(files.city_directory, files.city_root, authority=limits.municipality, clock=world.clock, log=log)
    center = DirectoryFile(files.center_directory, files.center_root, authority=CENTER, clock=world.clock, log=log)
    policy = policy_file(files.policy, limits.municipality, log)
    keys = CheckerKeys(
        SigningKey.from_bytes(Path(files.answer_key).read_bytes()),
        DocumentKey(parse_key(Path(files.document_key).read_bytes())),
        PaperKey(parse_key(Path(files.paper_key).read_bytes())),
    )
    city_fonts(files.fonts)  # a missing font is found now, not with the first certificate
    stops = StopStore(Path(files.stops))
    stops.save(stops.load())  # a folder that cannot be written is found now, not with the first contradiction
    now_ms = world.clock.now_ms()
    keys.check_named(city.at(now_ms), now_ms)
    service = Checker(
        Parts(
            clock=world.clock,
            ids=world.ids,
            log=log,
            recorder=Recorder(world.link),
            keys=keys,
            stops=stops,
            city=city.at,
            center=center.at,
            policy=policy,
            fonts=files.fonts,
            limits=limits,
        )
    )

    async def settle() -> None:
        # At the start first of all: what a stop of this process left owed.
        while True:
            await service.settle()
            await world.clock.sleep_ms(limits.settle_every_ms)

    return Started(endpoints(service), (settle,))
