"""A kiosk put together from its TOML: identity, roots, journal, link. For the page, the visit's process and `issue`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from akashi.base.config import ConfigRefused
from akashi.base.http_client import HttpLink, Neighbour
from akashi.base.tls import client_context
from akashi.card.client import CardClient
from akashi.card.pcsc import Readers
from akashi.card.virtual import VirtualCard
from akashi.entry.world import RandomIds
from akashi.sealing.keys import SIGN_BYTES, SigningKey
from akashi.wire import topology
from akashi.wire.errors import Refused, WireCode
from akashi.zones.store.kiosk.config import Config, ServiceConfig
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
    if settings.municipality not in settings.city_roots:
        raise ConfigRefused(f"service.municipality: {settings.municipality!r} has no root in service.city_roots")
    identity = _read_identity(settings)
    roots = {municipality: _read(path, _root_key) for municipality, path in settings.city_roots.items()}
    center_root = _read(settings.center_root, _root_key)
    context = client_context(config.tls)
    neighbours = {callee: Neighbour(address, topology.server(callee).tls_name) for callee, address in config.neighbours.items()}
    try:
        journal = Journal(Path(settings.journal))
    except Refused as refusal:
        raise ConfigRefused(f"{settings.journal}: {refusal.detail}") from None
    return Kiosk(config, identity, PinnedRoots(center_root, roots, journal), journal, HttpLink(neighbours, context))


class ConfiguredTray:
    """
    Where this kiosk's cards come from; a `screen.CardTray`.

    Args:
        config: with card images (development only), a reader, or both.
    """

    def __init__(self, config: Config) -> None:
        self._config = config

    def names(self) -> tuple[str, ...]:
        """See `CardTray.names`."""
        folder = self._config.service.cards
        return tuple(sorted(path.stem for path in Path(folder).glob("*.json"))) if folder and self._config.development else ()

    def present(self, name: str) -> AbstractContextManager[CardClient]:
        """See `CardTray.present`; a name must be one of `names`."""
        image = str(Path(self._config.service.cards) / f"{name}.json") if name in self.names() else ""
        return card_present(self._config, image=image, reader="")


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


def _read_identity(settings: ServiceConfig) -> KioskIdentity:
    """Return the device, after the three things that name it were found to agree."""
    device_key = _read(settings.device_key, SigningKey.from_bytes)
    der = _read(settings.device_certificate, bytes)
    try:
        certificate = x509.load_der_x509_certificate(der)
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        uris = names.get_values_for_type(x509.UniformResourceIdentifier)
        public = certificate.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    except (ValueError, x509.ExtensionNotFound, UnsupportedAlgorithm):
        raise ConfigRefused(f"{settings.device_certificate}: is not a kiosk's device certificate") from None
    if uris != [f"spiffe://akashi/kiosk/{settings.kiosk_id}"] or public != device_key.public_bytes:
        raise ConfigRefused(
            f"{settings.device_certificate}: must be the certificate of {settings.kiosk_id} for the key in {settings.device_key}"
        )
    return KioskIdentity(settings.kiosk_id, der, device_key, settings.build)


def _root_key(content: bytes) -> bytes:
    if len(content) != SIGN_BYTES:
        raise Refused(WireCode.MALFORMED, "a root key is 32 bytes")
    return content


def _read(path: str, make: Callable[[bytes], T]) -> T:
    try:
        return make(Path(path).read_bytes())
    except OSError as error:
        raise ConfigRefused(f"{path}: cannot be read ({error.strerror})") from None
    except Refused as refusal:
        raise ConfigRefused(f"{path}: {refusal.detail}") from None
