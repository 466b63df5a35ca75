"""Start of vault/recorder."""

from __future__ import annotations

from pathlib import Path

from akashi.base.config import ConfigRefused
from akashi.base.inbox import Inbox
from akashi.base.log import Log
from akashi.entry.start import Started, World
from akashi.entry.start.directories import CENTER, DirectoryFile
from akashi.ledger.errors import LedgerDown
from akashi.ledger.sign import NoteSigner
from akashi.sealing.keys import SigningKey
from akashi.wire.errors import Refused
from akashi.zones.vault.recorder.config import Config
from akashi.zones.vault.recorder.service import SELF, Recorder, Settings
from akashi.zones.vault.recorder.store import Store
from akashi.zones.vault.recorder.voids import VoidLists
from akashi.zones.vault.recorder.web import endpoints


def start(config: Config, world: World) -> Started:
    """
    Read the keys and the directory, replay the ledger, build the service.

    Raises:
        ConfigRefused: a key file is absent or no key, the inbox cannot be made, or the ledger is not in order.
    """
    wanted = config.service
    log = Log(SELF)
    if not Path(wanted.voids).is_dir():
        raise ConfigRefused(f"{wanted.voids}: the folder for the void list is missing; see service.voids")
    try:
        signer = NoteSigner(wanted.note_name, Path(wanted.note_key).read_bytes())
        receipt_key = SigningKey.from_bytes(Path(wanted.receipt_key).read_bytes())
        inbox = Inbox(Path(wanted.inbox), log)
        center = DirectoryFile(wanted.center_directory, wanted.center_root, authority=CENTER, clock=world.clock, log=log)
        store = Store(Path(wanted.folder), signer)
    except OSError as error:
        raise ConfigRefused(f"{error.filename}: {error.strerror}") from None
    except Refused as refusal:
        raise ConfigRefused(f"the recorder must not start: {refusal.detail}; see docs/spec/ledger.md section 5") from None
    log.event("ledger_opened", entries=store.opened.size, cut_bytes=store.opened.cut_bytes, cut_file=store.opened.cut_file)
    settings = Settings(
        municipalities=frozenset(wanted.municipalities),
        operators={name: bytes.fromhex(public) for name, public in wanted.operators.items()},
        center=center.at,
        batch_entries_max=wanted.batch_entries_max,
    )
    service = Recorder(store, world.clock, receipt_key, settings=settings, log=log)

    voids = VoidLists(store, world.clock, receipt_key, folder=Path(wanted.voids), municipality=wanted.municipalities[0], log=log)

    async def publish() -> None:
        try:
            while True:
                # The void list of what this process found in the ledger is there before the first new entry.
                voids.publish(refresh_ms=wanted.voids_refresh_ms)
                await world.clock.sleep_ms(wanted.publish_every_ms)
                store.publish()
        except LedgerDown:
            # The service says LEDGER_DOWN to every caller from now on; that is what a clerk sees, and this what an operator sees.
            log.event("ledger_down")

    async def take_reopenings() -> None:
        try:
            while True:
                await world.clock.sleep_ms(wanted.reopen_every_ms)
                service.take_reopenings(inbox)
        except LedgerDown:
            log.event("ledger_down")

    return Started(endpoints(service), (publish, take_reopenings), store.close)
