"""Start of koseki/register."""

from __future__ import annotations

from pathlib import Path

from akashi.admission import Trust, parse_card_trust
from akashi.base.config import ConfigRefused
from akashi.base.inbox import Inbox
from akashi.base.log import Log
from akashi.entry.start import Started, World
from akashi.entry.start.directories import CENTER, DirectoryFile
from akashi.entry.start.following import follow
from akashi.entry.start.watched import Watched
from akashi.registers.errors import StoreRefused
from akashi.registers.tail import FeedTail
from akashi.sealing.keys import SigningKey
from akashi.wire.errors import Refused
from akashi.zones.koseki.register.approving import Approvals
from akashi.zones.koseki.register.conditions import parse_conditions
from akashi.zones.koseki.register.config import Config
from akashi.zones.koseki.register.service import Ground, KosekiRegister
from akashi.zones.koseki.register.store import KosekiStore
from akashi.zones.koseki.register.web import endpoints

SERVER = "koseki/register"


def start(config: Config, world: World) -> Started:
    """
    Read key, directories, table and attestations, open the register, follow its feed, take staff's decisions.

    A condition that is not attested does not keep the server from starting: the link stays shut until it is.

    Raises:
        ConfigRefused: a file is absent or not what it should be, or the register is none, another version's or another city's.
    """
    log = Log(SERVER)
    try:
        return _start(config, world, log)
    except OSError as error:
        raise ConfigRefused(f"{error.filename}: {error.strerror}") from None
    except Refused as refused:
        raise ConfigRefused(f"{SERVER} must not start: {refused}; see zones/koseki/register/config.py for its files") from None


def _start(config: Config, world: World, log: Log) -> Started:
    files, settings = config.files, config.service
    city = DirectoryFile(files.city_directory, files.city_root, authority=settings.municipality, clock=world.clock, log=log)
    center = DirectoryFile(files.center_directory, files.center_root, authority=CENTER, clock=world.clock, log=log)
    cards = parse_card_trust(Path(files.card_table).read_bytes(), Path(files.card_authorities).read_bytes())
    key = SigningKey.from_bytes(Path(files.koseki_key).read_bytes())
    conditions = Watched((Path(files.conditions),), parse_conditions, log)
    inbox = Inbox(Path(files.inbox), log)
    store = KosekiStore.open(files.register_url, reader_url=files.register_reader_url)
    imported = store.feed_state().municipality
    if imported != settings.municipality:
        store.close()
        raise StoreRefused(f"the register is of municipality {imported or '(none: nothing imported)'}")
    ground = Ground(key, city.at, Trust(center.at, cards), conditions)
    service = KosekiRegister(store, ground, clock=world.clock, ids=world.ids, config=settings, log=log)
    staff = {name: bytes.fromhex(public) for name, public in settings.staff.items()}
    approvals = Approvals(store, staff, municipality=settings.municipality, clock=world.clock, log=log)
    for state in service.condition_states():
        log.event("condition", condition=state.condition.value, holds=state.holds, expires_on=str(state.expires_on or ""))

    async def take_decisions() -> None:
        while True:
            await world.clock.sleep_ms(settings.inbox_every_ms)
            try:
                approvals.take(inbox)
            except Refused as refused:
                log.event("decisions_wait", code=refused.code.value)

    tail = FeedTail(Path(files.feed_source))
    follow_feed = follow(service, tail, world.clock, poll_ms=settings.feed_poll_ms, log=log)
    return Started(endpoints(service), (follow_feed, take_decisions), store.close)
