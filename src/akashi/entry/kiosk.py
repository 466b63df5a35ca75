"""A kiosk put together from its TOML: identity, roots, journal, link. For the screen, the session process and `issue`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from akashi.base.config import ConfigRefused
from akashi.base.http_client import HttpLink, Neighbour
from akashi.base.tls import client_context
from akashi.card.client import CardClient
from akashi.card.pcsc import Readers
from akashi.card.virtual import VirtualCard
from akashi.entry.world import RandomIds
from akashi.sealing.keys import SigningKey
from akashi.wire import topology
from akashi.wire.errors import Refused, WireCode
from akashi.zones.store.kiosk.config import Config
from akashi.zones.store.kiosk.outcomes import OutcomeReporter
from akashi.zones.store.kiosk.service import KioskIdentity, KioskSession
from akashi.zones.store.kiosk.store import Journal
from akashi.zones.store.kiosk.trust import PinnedRoots

T = TypeVar("T")

CARD_WAIT_MS = 60_000
"""How long to wait for a card on the reader."""


@dataclass(frozen=True, slots=True)
class Kiosk:
    """A kiosk ready to open sessions."""

    config: Config
    identity: KioskIdentity
    roots: PinnedRoots
    journal: Journal
    link: HttpLink

    def session(self) -> KioskSession:
        """Return a fresh session with fresh keys."""
        return KioskSession(
            self.identity, self.roots, link=self.link, ids=RandomIds(), deadline_ms=self.config.service.deadline_ms
        )

    def reporter(self) -> OutcomeReporter:
        """Return the sender of pending outcomes."""
        return OutcomeReporter(
            self.identity, self.roots, self.link, RandomIds(), self.journal, deadline_ms=self.config.service.deadline_ms
        )

    async def close(self) -> None:
        """Close journal and connections."""
        await self.link.close()
        self.journal.close()


def build_kiosk(config: Config) -> Kiosk:
    """
    Return the kiosk of a configuration.

    Raises:
        ConfigRefused: a file that it names is missing or wrong.
    """
    settings = config.service
    journal = Journal(Path(settings.journal))
    city_roots = {municipality: _read(path, bytes) for municipality, path in settings.city_roots.items()}
    neighbours = {callee: Neighbour(address, topology.server(callee).tls_name) for callee, address in config.neighbours.items()}
    return Kiosk(
        config,
        KioskIdentity(
            settings.kiosk_id,
            _read(settings.device_certificate, bytes),
            _read(settings.device_key, SigningKey.from_bytes),
            settings.build,
        ),
        PinnedRoots(_read(settings.center_root, bytes), city_roots, journal),
        journal,
        HttpLink(neighbours, client_context(config.tls)),
    )


@contextmanager
def card_present(config: Config, *, image: str, reader: str) -> Iterator[CardClient]:
    """
    Give the card: an image of the made-up city (development only), or the one on a real reader.

    Raises:
        Refused: no such image or no card (CARD_ABSENT), or the reader's own refusal.
    """
    if image:
        path = Path(image)
        if not config.development or not path.is_file():
            raise Refused(WireCode.CARD_ABSENT, "no such card image")
        yield CardClient(VirtualCard.load(path))
        return
    with Readers() as readers:
        name = reader or config.service.reader
        readers.wait_for_card(name, timeout_ms=CARD_WAIT_MS)
        with readers.connect(name) as card:
            yield CardClient(card)


def _read(path: str, make: Callable[[bytes], T]) -> T:
    try:
        return make(Path(path).read_bytes())
    except OSError as error:
        raise ConfigRefused(f"{path}: cannot be read ({error.strerror})") from None
