"""Start of core/residents."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from akashi.admission import Trust, parse_card_trust
from akashi.base.config import ConfigRefused
from akashi.base.log import Log
from akashi.base.ports import Clock
from akashi.entry.start import Started, World
from akashi.sealing.directory import Directory, verify_directory
from akashi.sealing.keys import SigningKey
from akashi.wire.errors import Refused
from akashi.zones.core.residents.config import Config
from akashi.zones.core.residents.errors import StoreRefused
from akashi.zones.core.residents.service import Residents
from akashi.zones.core.residents.store import ResidentStore
from akashi.zones.core.residents.tail import FeedTail
from akashi.zones.core.residents.web import endpoints

SERVER = "core/residents"
CENTER = "center"


class CenterDirectory:
    """
    The center's directory in a file; while a new version is refused, the one before counts, and runs out by itself.

    Args:
        path: the encoded `Signed`.
        root: public key of the center's root, 32 bytes.
        clock: for its dates.
        log: gets a line for every version that is taken or refused.
    """

    def __init__(self, path: Path, root: bytes, clock: Clock, log: Log) -> None:
        self._path = path
        self._root = root
        self._clock = clock
        self._log = log
        self._sequence = 1
        self._stamp = self._stamp_now()
        self._directory = self._read()

    def at(self, _now_ms: int) -> Directory:
        """Return the directory; whoever uses it has it check the moment itself."""
        return self._directory

    def refresh(self) -> None:
        """Take the file's present version where it is a new and good one."""
        try:
            stamp = self._stamp_now()
            if stamp != self._stamp:
                self._stamp = stamp
                self._directory = self._read()
                self._log.event("directory", sequence=self._sequence)
        except (OSError, Refused) as error:
            self._log.event("directory_refused", error=type(error).__name__)

    def _read(self) -> Directory:
        directory = verify_directory(
            self._path.read_bytes(),
            root_public=self._root,
            authority=CENTER,
            now_ms=self._clock.now_ms(),
            sequence_min=self._sequence,
        )
        self._sequence = directory.payload.sequence
        return directory

    def _stamp_now(self) -> tuple[int, int]:
        status = self._path.stat()
        return status.st_mtime_ns, status.st_ino


def start(config: Config, world: World) -> Started:
    """
    Read key, directory and table, open the register, follow its feed.

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
    center = CenterDirectory(Path(files.center_directory), Path(files.center_root).read_bytes(), world.clock, log)
    cards = parse_card_trust(Path(files.card_table).read_bytes(), Path(files.card_authorities).read_bytes())
    key = SigningKey.from_bytes(Path(files.registry_key).read_bytes())
    store = ResidentStore.open(files.residents_url, reader_url=files.residents_reader_url)
    imported = store.feed_state().municipality
    if imported != settings.municipality:
        store.close()
        raise StoreRefused(f"the register is of municipality {imported or '(none: nothing imported)'}")
    service = Residents(store, key, Trust(center.at, cards), clock=world.clock, config=settings, log=log)
    tail = FeedTail(Path(files.feed_source))

    async def follow_feed() -> None:
        follower = _Follower(service, tail, log)
        while True:
            center.refresh()
            await world.clock.sleep_ms(0 if follower.step() else settings.feed_poll_ms)

    return Started(endpoints(service), (follow_feed,), store.close)


class _Follower:
    """Takes the feed's lines to the service, and says in the log when the register's state changes."""

    def __init__(self, service: Residents, tail: FeedTail, log: Log) -> None:
        self._service = service
        self._tail = tail
        self._log = log
        self._told: tuple[str, bool] | None = None

    def step(self) -> bool:
        """Apply the next lines; return whether there may be more at once."""
        more = self._guarded(self._take)
        self._guarded(self._tell)
        return more

    def _take(self) -> bool:
        lines = self._tail.lines()
        if lines:
            self._service.apply_feed(lines)
            self._tail.taken()
        return bool(lines)

    def _tell(self) -> bool:
        status = self._service.feed_status()
        if (status.stopped, status.stale) != self._told:
            self._told = (status.stopped, status.stale)
            self._log.event(
                "feed", sequence=status.sequence, lag_ms=status.lag_ms, stopped=status.stopped or None, stale=status.stale
            )
        return False

    def _guarded(self, work: Callable[[], bool]) -> bool:
        try:
            return work()
        except Refused as refused:
            # The feed stands still; reads refuse by themselves when it is marked or too old.
            self._log.event("feed_waits", code=refused.code.value)
            return False
