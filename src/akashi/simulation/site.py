"""
Everything that exists before a run begins: keys, cards, the city's register and decisions, folders for what machines keep.

RSA keys of cards are a pool (making one takes longer than an issue); each card has its own certificate and serial number.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from random import Random

from cryptography.hazmat.primitives.asymmetric import rsa

from akashi.admission.cards import CardTrust, trust_authorities
from akashi.base.log import Log
from akashi.card.virtual import VirtualCard
from akashi.pki.crl import Revocation
from akashi.pki.jpki import USER_AUTHENTICATION_POLICY
from akashi.pki.testca import TestAuthority
from akashi.rules.policy import CityPolicy, parse_policy
from akashi.sealing.directory import Directory, verify_directory
from akashi.sealing.keys import SealPrivateKey
from akashi.simulation.city.generator import generate
from akashi.simulation.city.household import GeneratedHousehold
from akashi.simulation.city.places import CITY_NAME, MUNICIPALITY
from akashi.simulation.city.writer import write_city
from akashi.simulation.deployment import Deployment, make_deployment, sign_center_directory, sign_city_directory
from akashi.simulation.errors import SimulationRefused
from akashi.simulation.register import Register
from akashi.simulation.scheduler import seeded
from akashi.zones.core.residents.importing import import_city
from akashi.zones.core.residents.records import CardLink
from akashi.zones.core.residents.stores.opening import open_engine

START_MS = 1_795_478_400_000
"""2026-11-24 09:00 in Japan."""
PIN = "4649"
SUITE = "jpki-rsa2048-sha256-v15"
FEE_YEN = 200
_KEY_POOL = 6

_POLICY = f"""
municipality = "{MUNICIPALITY}"
name = "{CITY_NAME}"
certificates_max = 10
holidays_listed_until = 2036-12-31
holidays = []
closed_yearly = []
closures = []
groups = []

[[officers]]
title = "市長"
name = "朝倉 美咲"
from = 2022-12-25

[kinds.juminhyo]
choices = ["relationship", "honseki", "my-number", "foreign-items"]

[[kinds.juminhyo.decisions]]
from = 2026-04-01
on = true
authority = "made-up"
reason = "made-up"
risk = "made-up"
benefit = "made-up"
neighbours = "made-up"
dissent = "made-up"

[[kinds.juminhyo.fees]]
from = 2026-04-01
yen = {FEE_YEN}

[[kinds.juminhyo.hours]]
groups = ["store"]
days = ["weekday", "saturday", "sunday", "holiday"]
opens = 00:00:00
closes = 00:00:00
"""
"""Open day and night: a run does not wait for the morning."""


@dataclass(frozen=True, slots=True, repr=False)
class Visitor:
    """
    A person with a card.

    Attributes:
        resident_no: whose card it is.
        certificate, authority, key: what is on the card.
        issuer_dn, serial: as the register has them.
    """

    resident_no: str
    certificate: bytes
    authority: bytes
    key: rsa.RSAPrivateKey
    issuer_dn: bytes
    serial: int

    def card(self) -> VirtualCard:
        """Return the card, as it lies in the reader."""
        return VirtualCard(self.key, self.certificate, self.authority, PIN)


@dataclass(slots=True)
class Site:
    """
    What all machines of a run are set up with.

    Attributes:
        folder: where machines keep files; survives their crashes.
        deployment, authority, cards, policy: keys, the test CA, which cards count, the city's decisions.
        register: the truth, and the feed.
        visitors: everybody who may come to a kiosk.
        city_signed, center_signed: the signed directories as they are now.
        seal_keys: the issuer's private sealing keys, by key id.
        log: what all servers logged.
        feed_poll_ms: how often the register's server looks at the feed.
        tick_ms: how often the issuer does what is due.
        revoked: by the card authority's key identifier, serial number to revocation.
    """

    folder: Path
    deployment: Deployment
    authority: TestAuthority
    cards: CardTrust
    policy: CityPolicy
    register: Register
    visitors: tuple[Visitor, ...]
    seal_keys: dict[bytes, SealPrivateKey]
    city_signed: bytes = b""
    center_signed: bytes = b""
    log: io.StringIO = field(default_factory=io.StringIO)
    feed_poll_ms: int = 2_000
    tick_ms: int = 5_000
    revoked: dict[bytes, dict[int, Revocation]] = field(default_factory=dict)
    _sequence: int = 0
    _city: Directory = field(init=False)
    _center: Directory = field(init=False)

    def log_of(self, server: str) -> Log:
        """Return the log of one server."""
        return Log(server, self.log)

    def renew_directories(self, now_ms: int) -> None:
        """Sign both directories anew, as their roots do once a day; the keys stay. All servers take them at once."""
        self._sequence += 1
        deployment = self.deployment
        self.city_signed = sign_city_directory(deployment.city, sequence=self._sequence, now_ms=now_ms)
        self.center_signed = sign_center_directory(deployment.center, sequence=self._sequence, now_ms=now_ms)
        self._city = verify_directory(
            self.city_signed, root_public=deployment.city.root.public_bytes, authority=MUNICIPALITY, now_ms=now_ms
        )
        self._center = verify_directory(
            self.center_signed, root_public=deployment.center.root.public_bytes, authority="center", now_ms=now_ms
        )

    def city_directory(self, _now_ms: int) -> Directory:
        """Return the city's verified directory; whoever uses a key of it has it check the moment."""
        return self._city

    def center_directory(self, _now_ms: int) -> Directory:
        """Return the center's verified directory."""
        return self._center


@cache
def card_keys() -> tuple[rsa.RSAPrivateKey, ...]:
    """Return the pool of card keys, made once in a process."""
    return tuple(rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(_KEY_POOL))


@cache
def test_authority(now_ms: int) -> TestAuthority:
    """Return the test CA, made once in a process."""
    return TestAuthority.create(now_ms=now_ms, generations=1)


def make_site(folder: Path, *, seed: int, residents: int, visitors_max: int, kiosk_ids: tuple[str, ...]) -> Site:
    """
    Return a set-up deployment with an imported city.

    Args:
        folder: empty, for everything that is kept.
        seed: of the city and of who gets a card.
        residents: size of the city.
        visitors_max: how many people with cards may come to a kiosk.
        kiosk_ids: names of the kiosks.

    Raises:
        SimulationRefused: the city could not be imported.
    """
    rng = seeded(seed)
    authority = test_authority(START_MS)
    deployment = make_deployment(municipality=MUNICIPALITY, city_name=CITY_NAME, kiosk_ids=kiosk_ids, now_ms=START_MS)
    households = list(generate(seed, residents))
    visitors, households = _hand_out_cards(rng, authority, households, visitors_max)
    _import(folder, households)
    site = Site(
        folder=folder,
        deployment=deployment,
        authority=authority,
        cards=trust_authorities(authority.authorities, policy_oids=(USER_AUTHENTICATION_POLICY,), suites=(SUITE,)),
        policy=parse_policy(_POLICY),
        register=Register(households),
        visitors=visitors,
        seal_keys={deployment.city.seal.key_id: deployment.city.seal},
    )
    site.renew_directories(START_MS)
    return site


def _hand_out_cards(
    rng: Random, authority: TestAuthority, households: list[GeneratedHousehold], visitors_max: int
) -> tuple[tuple[Visitor, ...], list[GeneratedHousehold]]:
    """Issue real certificates to some card holders, and put their serial numbers into the register in place of made-up ones."""
    holders = sorted({card.resident_no for one in households for card in one.cards})
    labelled = [label.resident_no for one in households for label in one.labels if label.resident_no in set(holders)]
    others = [number for number in holders if number not in set(labelled)]
    chosen = [*labelled, *rng.sample(others, min(len(others), max(visitors_max - len(labelled), 0)))][:visitors_max]
    visitors = {number: _issue(rng, authority, number) for number in chosen}
    linked = []
    for one in households:
        cards, seen = list[CardLink](), set[str]()
        for card in one.cards:
            visitor = visitors.get(card.resident_no)
            if visitor is not None and card.resident_no not in seen:
                seen.add(card.resident_no)
                cards.append(replace(card, issuer_dn=visitor.issuer_dn, serial=visitor.serial))
            else:
                cards.append(card)
        linked.append(replace(one, cards=tuple(cards)))
    return tuple(visitors.values()), linked


def _issue(rng: Random, authority: TestAuthority, resident_no: str) -> Visitor:
    key = rng.choice(card_keys())
    material = authority.issue(now_ms=START_MS - 86_400_000, public_key=key.public_key())
    issuer_dn = authority.generations[-1].certificate.subject.public_bytes()
    return Visitor(resident_no, material.certificate_der, material.authority_der, key, issuer_dn, material.serial)


def register_url(folder: Path) -> str:
    """Return the URL of the run's register."""
    return f"sqlite:///{folder / 'register.sqlite'}"


def _import(folder: Path, households: list[GeneratedHousehold]) -> None:
    write_city(folder / "city", households, as_of_ms=START_MS - 1000)
    engine = open_engine(register_url(folder), create=True)
    try:
        report = import_city(engine, folder / "city")
    finally:
        engine.close()
    if report.refused_count:
        raise SimulationRefused(f"the city was not imported: {report.refused[0]}")
