"""
Each server of the route as the simulator starts it: its own service class behind its own endpoints, on one life's doors.

The same construction as in `entry.start`, with keys from memory in place of files. What a server keeps lies in the run's folder
or in `Site` and survives a crash; everything else is made anew with each life.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

from akashi.admission.admit import Trust
from akashi.documents.paper_seal.sign import PaperKey
from akashi.ledger.append import Disk
from akashi.ledger.sign import NoteSigner
from akashi.pki.ocsp import Responder
from akashi.sealing.keys import SealPrivateKey
from akashi.simulation.city.places import MUNICIPALITY
from akashi.simulation.files import SIMULATED_COMPOSERS, SIMULATED_READERS, finish_light
from akashi.simulation.node import Boot, Booted, Generation
from akashi.simulation.scheduler import Fenced
from akashi.simulation.site import Site, register_url
from akashi.wire.errors import Refused
from akashi.zones.center.relay import web as relay_web
from akashi.zones.center.relay.service import Relay
from akashi.zones.center.validity import web as validity_web
from akashi.zones.center.validity.beacon import Beacons
from akashi.zones.center.validity.clients import Responder as ResponderClient
from akashi.zones.center.validity.revocation import ByOcsp
from akashi.zones.center.validity.service import Keys, Published, Validity
from akashi.zones.core.residents import web as residents_web
from akashi.zones.core.residents.config import ServiceConfig as ResidentsConfig
from akashi.zones.core.residents.service import RegistryKeys, Residents
from akashi.zones.core.residents.store import ResidentStore
from akashi.zones.dmz.transfer import web as transfer_web
from akashi.zones.dmz.transfer.service import Transfer
from akashi.zones.hq.forwarder import web as forwarder_web
from akashi.zones.hq.forwarder.service import Forwarder
from akashi.zones.issuance.checker import web as checker_web
from akashi.zones.issuance.checker.clients import Recorder as CheckersRecorder
from akashi.zones.issuance.checker.config import ServiceConfig as CheckerConfig
from akashi.zones.issuance.checker.keys import CheckerKeys
from akashi.zones.issuance.checker.service import Checker
from akashi.zones.issuance.checker.service import Parts as CheckerParts
from akashi.zones.issuance.checker.signer import DocumentKey
from akashi.zones.issuance.checker.store import StopStore
from akashi.zones.issuance.issuer import web as issuer_web
from akashi.zones.issuance.issuer.clients import Checker as CheckerClient
from akashi.zones.issuance.issuer.clients import Recorder as RecorderClient
from akashi.zones.issuance.issuer.clients import Residents as ResidentsClient
from akashi.zones.issuance.issuer.clients import other_registries
from akashi.zones.issuance.issuer.config import ServiceConfig as IssuerConfig
from akashi.zones.issuance.issuer.database import Database
from akashi.zones.issuance.issuer.journey import Parts
from akashi.zones.issuance.issuer.keys import CityKeys
from akashi.zones.issuance.issuer.outcomes_store import OutcomesStore
from akashi.zones.issuance.issuer.service import Issuer
from akashi.zones.issuance.issuer.store import Store as IssuerStore
from akashi.zones.jpki.responder import web as ocsp_web
from akashi.zones.jpki.responder.service import OcspResponder
from akashi.zones.lgwan.gateway import web as gateway_web
from akashi.zones.lgwan.gateway.service import Gateway
from akashi.zones.vault.recorder import web as recorder_web
from akashi.zones.vault.recorder.service import Recorder, Settings
from akashi.zones.vault.recorder.store import Store as LedgerStore

CITIES = frozenset({MUNICIPALITY})
BULLETIN_DEADLINE_MS = 5_000
LEDGER_NAME = "akashino.example/ledger"
LEDGER_SECRET = b"simulation ledger checkpoint key"
"""32 bytes; nothing but made-up ledgers is signed with it."""


def boots(site: Site) -> dict[str, Boot]:
    """Return how each server of the topology, but the kiosk, is started."""
    return {
        "hq/forwarder": _forwarder,
        "center/relay": _relay,
        "center/validity": lambda life: _validity(site, life),
        "lgwan/gateway": _gateway,
        "dmz/transfer": _transfer,
        "issuance/issuer": lambda life: _issuer(site, life),
        "issuance/checker": lambda life: _checker(site, life),
        "core/residents": lambda life: _residents(site, life),
        "vault/recorder": lambda life: _recorder(site, life),
        "jpki/responder": lambda life: _responder(site, life),
    }


def _forwarder(life: Generation) -> Booted:
    service = Forwarder(
        life.link,
        life.clock,
        municipalities=CITIES,
        bulletin_deadline_ms=BULLETIN_DEADLINE_MS,
        bulletin_cache_ms=20_000,
    )
    return Booted(forwarder_web.endpoints(service), service=service)


def _relay(life: Generation) -> Booted:
    service = Relay(life.link, life.clock, municipalities=CITIES, bulletin_deadline_ms=BULLETIN_DEADLINE_MS)
    return Booted(relay_web.endpoints(service), service=service)


def _gateway(life: Generation) -> Booted:
    service = Gateway(life.link, life.clock, municipalities=CITIES, bulletin_deadline_ms=BULLETIN_DEADLINE_MS)
    return Booted(gateway_web.endpoints(service), service=service)


def _transfer(life: Generation) -> Booted:
    service = Transfer(life.link, life.clock, municipalities=CITIES, bulletin_deadline_ms=BULLETIN_DEADLINE_MS)
    return Booted(transfer_web.endpoints(service), service=service)


def _validity(site: Site, life: Generation) -> Booted:
    center = site.deployment.center
    service = Validity(
        Keys((center.seal,), center.token),
        Beacons(center.beacon, (), life.clock, life.ids, renew_ms=30_000, age_ms_max=180_000),
        ByOcsp(ResponderClient(life.link), life.clock, life.ids, deadline_ms=2_000),
        published=Published(center_directory=lambda: site.center_signed, cards=lambda: site.cards),
        clock=life.clock,
        token_ms=180_000,
    )
    return Booted(validity_web.endpoints(service), service=service)


def _responder(site: Site, life: Generation) -> Booted:
    responders = tuple(
        Responder(each.certificate_der, each.responder_der, each.responder_key) for each in site.authority.generations
    )
    service = OcspResponder(responders, lambda: site.revoked, life.clock, answer_ms=300_000)
    return Booted(ocsp_web.endpoints(service), service=service)


def _residents(site: Site, life: Generation) -> Booted:
    store = ResidentStore.open(register_url(site.folder))
    config = ResidentsConfig(municipality=MUNICIPALITY)
    service = Residents(
        life.fenced(store),
        RegistryKeys(site.deployment.city.registry, site.city_directory),
        Trust(site.center_directory, site.cards),
        clock=life.clock,
        config=config,
        log=site.log_of("core/residents"),
    )

    async def follow_feed() -> None:
        while True:
            taken = service.feed_status().sequence
            try:
                service.apply_feed(site.register.lines[taken:])
            except Refused:
                # The source's clock seems ahead while ours has been set back: the register says so and takes the line later.
                site.log_of("core/residents").event("feed_waits")
            await life.clock.sleep_ms(site.feed_poll_ms)

    return Booted(residents_web.endpoints(service), (follow_feed,), store.close, service)


class _KeyRing:
    """The issuer's private sealing keys, from memory."""

    def __init__(self, site: Site) -> None:
        self._keys = site.seal_keys

    def find(self, key_id: bytes) -> SealPrivateKey | None:
        """See `KeyRing.find`."""
        return self._keys.get(key_id)

    def destroy(self, key_id: bytes) -> None:
        """See `KeyRing.destroy`."""
        self._keys.pop(key_id, None)


def _issuer(site: Site, life: Generation) -> Booted:
    database = Database(site.folder / "issuer.sqlite")
    limits = IssuerConfig(municipality=MUNICIPALITY, tick_ms=site.tick_ms)
    fenced = life.fenced(database)
    service = Issuer(
        Parts(
            clock=life.clock,
            ids=life.ids,
            log=site.log_of("issuance/issuer"),
            compute=life.compute,
            residents=ResidentsClient(life.link),
            checker=CheckerClient(life.link),
            recorder=RecorderClient(life.link),
            database=fenced,
            store=life.fenced(IssuerStore(database)),
            outcomes=life.fenced(OutcomesStore(database)),
            keys=CityKeys(
                _KeyRing(site),
                directory=site.city_directory,
                signed_directory=lambda: site.city_signed,
                database=fenced,
                overlap_ms=limits.seal_key_overlap_ms,
            ),
            trust=Trust(site.center_directory, site.cards),
            policy=lambda: site.policy,
            limits=limits,
            registries=other_registries(life.link),
            composers=SIMULATED_COMPOSERS,
        )
    )
    service.recover()

    async def tick() -> None:
        while True:
            await service.tick()
            await life.clock.sleep_ms(limits.tick_ms)

    return Booted(issuer_web.endpoints(service), (tick,), database.close, service)


def _checker(site: Site, life: Generation) -> Booted:
    city, limits = site.deployment.city, CheckerConfig(municipality=MUNICIPALITY)
    service = Checker(
        CheckerParts(
            clock=life.clock,
            ids=life.ids,
            log=site.log_of("issuance/checker"),
            recorder=CheckersRecorder(life.link),
            keys=CheckerKeys(city.answer, DocumentKey(city.document_key), PaperKey(city.paper_key)),
            stops=life.fenced(StopStore(site.folder / "checker.stops")),
            city=site.city_directory,
            center=site.center_directory,
            policy=lambda: site.policy,
            limits=limits,
            readers=SIMULATED_READERS,
            finish=finish_light,
        )
    )

    async def settle() -> None:
        while True:
            await service.settle()
            await life.clock.sleep_ms(limits.settle_every_ms)

    return Booted(checker_web.endpoints(service), (settle,), service=service)


class _FencedDisk(Disk):
    """
    The ledger's disk behind the fence.

    A crash can come before a write, in the middle of it (half of the bytes are there) and after it.
    """

    def __init__(self, life: Generation) -> None:
        self._life = life

    def write(self, descriptor: int, content: bytes) -> None:
        """See `Disk.write`."""
        self._pass()
        half = len(content) // 2
        super().write(descriptor, content[:half])
        self._pass()
        super().write(descriptor, content[half:])
        self._pass()

    def sync_data(self, descriptor: int) -> None:
        """See `Disk.sync_data`."""
        self._pass()
        super().sync_data(descriptor)

    def replace(self, source: Path, target: Path) -> None:
        """See `Disk.replace`."""
        self._pass()
        super().replace(source, target)
        self._pass()

    def _pass(self) -> None:
        self._life.check()
        self._life.node.pass_point()
        self._life.check()


def _recorder(site: Site, life: Generation) -> Booted:
    store = LedgerStore(site.folder / "ledger", NoteSigner(LEDGER_NAME, LEDGER_SECRET), disk=_FencedDisk(life))
    operators = {f"operator-{number}": key.public_bytes for number, key in enumerate(site.deployment.operators, 1)}
    settings = Settings(municipalities=CITIES, operators=operators, center=site.center_directory)
    log = site.log_of("vault/recorder")
    service = Recorder(store, life.clock, site.deployment.city.receipt, settings=settings, log=log)

    async def publish() -> None:
        while True:
            await life.clock.sleep_ms(1_000)
            store.publish()

    def close() -> None:
        # A crash publishes nothing: the fence stops that write, and the file is let go all the same.
        with contextlib.suppress(Fenced):
            store.close()

    return Booted(recorder_web.endpoints(service), (publish,), close, service)
