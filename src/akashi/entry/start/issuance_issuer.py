"""Start of issuance/issuer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from akashi.admission.admit import Trust
from akashi.admission.table import parse_card_trust
from akashi.base.config import ConfigRefused
from akashi.base.log import Log
from akashi.base.ports import Clock
from akashi.entry.start import Started, World
from akashi.rules.errors import PolicyRefused
from akashi.rules.policy import CityPolicy, parse_policy
from akashi.sealing.directory import Directory, verify_directory
from akashi.wire.errors import Refused
from akashi.zones.issuance.issuer.clients import Checker, Recorder, Residents
from akashi.zones.issuance.issuer.config import Config
from akashi.zones.issuance.issuer.database import Database
from akashi.zones.issuance.issuer.journey import Parts
from akashi.zones.issuance.issuer.keys import CityKeys, FolderKeyRing
from akashi.zones.issuance.issuer.outcomes_store import OutcomesStore
from akashi.zones.issuance.issuer.service import Issuer
from akashi.zones.issuance.issuer.store import Store
from akashi.zones.issuance.issuer.web import endpoints

SERVER = "issuance/issuer"
CENTER = "center"

T = TypeVar("T")


class Reread(Generic[T]):
    """
    What a file says, read again when it changes; while a new version is refused, the one before counts.

    Args:
        path: the file.
        parse: its bytes to a value; raises Refused or PolicyRefused.
        log: gets a line for every version that is taken or refused.
    """

    def __init__(self, path: str, parse: Callable[[bytes], T], log: Log) -> None:
        self._path = Path(path)
        self._parse = parse
        self._log = log
        self._stamp = (0, 0)
        self.value = self._read()

    def refresh(self) -> None:
        """Take the file's present version where it is a new and good one."""
        try:
            stamp = self._stamp_now()
            if stamp != self._stamp:
                self.value = self._read()
                self._log.event("reread", file=self._path.name)
        except (OSError, Refused, PolicyRefused) as error:
            self._log.event("reread_refused", file=self._path.name, error=type(error).__name__)

    def _read(self) -> T:
        stamp = self._stamp_now()
        value = self._parse(self._path.read_bytes())
        self._stamp = stamp
        return value

    def _stamp_now(self) -> tuple[int, int]:
        status = self._path.stat()
        return status.st_mtime_ns, status.st_ino


class DirectoryFile:
    """
    A signed directory in a file, verified against its root; never one behind the last.

    Args:
        path: the encoded `Signed`.
        root: file of the root's public key, 32 bytes.
        authority: "center" or the municipality.
    """

    def __init__(self, path: str, root: str, authority: str, clock: Clock, log: Log) -> None:
        self._root = Path(root).read_bytes()
        self._authority = authority
        self._clock = clock
        self._sequence = 1
        self.signed = b""
        self._file = Reread(path, self._verify, log)

    def at(self, _now_ms: int) -> Directory:
        """Return the directory; whoever uses it has it check the moment itself."""
        return self._file.value

    def refresh(self) -> None:
        """See `Reread.refresh`."""
        self._file.refresh()

    def _verify(self, untrusted_signed: bytes) -> Directory:
        now_ms = self._clock.now_ms()
        directory = verify_directory(
            untrusted_signed, root_public=self._root, authority=self._authority, now_ms=now_ms, sequence_min=self._sequence
        )
        self._sequence = directory.payload.sequence
        self.signed = untrusted_signed
        return directory


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
    except PolicyRefused as refusal:
        raise ConfigRefused(f"{config.files.policy}: {refusal}") from None
    except Refused as refusal:
        raise ConfigRefused(f"the issuer must not start: {refusal}; see zones/issuance/issuer/config.py for its files") from None


def _start(config: Config, world: World, log: Log) -> Started:
    files, limits = config.files, config.service
    city = DirectoryFile(files.city_directory, files.city_root, limits.municipality, world.clock, log)
    center = DirectoryFile(files.center_directory, files.center_root, CENTER, world.clock, log)
    policy = Reread(files.policy, lambda content: _policy(content, limits.municipality), log)
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
            store=Store(database),
            outcomes=OutcomesStore(database),
            keys=CityKeys(
                ring,
                directory=city.at,
                signed_directory=lambda: city.signed,
                database=database,
                overlap_ms=limits.seal_key_overlap_ms,
            ),
            trust=Trust(center.at, cards),
            policy=lambda: policy.value,
            limits=limits,
        )
    )
    service.recover()

    async def tick() -> None:
        while True:
            for file in (city, center, policy):
                file.refresh()
            try:
                ring.reload()
            except Refused as refusal:
                log.event("seal_keys_refused", code=refusal.code)
            await service.tick()
            await world.clock.sleep_ms(limits.tick_ms)

    return Started(endpoints(service), (tick,), database.close)


def _policy(content: bytes, municipality: str) -> CityPolicy:
    try:
        policy = parse_policy(content.decode())
    except UnicodeDecodeError:
        raise PolicyRefused("the policy is not UTF-8") from None
    if policy.municipality != municipality:
        raise PolicyRefused(f"is the policy of {policy.municipality}, not of {municipality}")
    return policy
