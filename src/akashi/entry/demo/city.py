"""The made-up city on disk, with real card certificates of the test JPKI for the people whom a demonstration may pick."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa

from akashi.card.virtual import VirtualCard
from akashi.entry.demo.layout import Layout
from akashi.entry.demo.registers import make_registers
from akashi.pki.authority import own_certificate
from akashi.pki.testca import TestAuthority
from akashi.rules.eras import jst_date
from akashi.simulation.city.generator import generate
from akashi.simulation.city.household import Expected, GeneratedHousehold
from akashi.simulation.city.writer import write_city
from akashi.wire.errors import Refused, WireCode
from akashi.zones.core.residents.importing import import_city
from akashi.zones.core.residents.records import CardKind, CardLink, Resident, ResidentState
from akashi.zones.core.residents.stores.opening import open_engine

DEMO_PIN = "1234"
_KEYS = 8
"""RSA keys shared by the made-up cards: making one takes a tenth of a second, and whose a card is its certificate says."""
_ADULT_YEARS = 16


@dataclass(frozen=True, slots=True)
class CityPlan:
    """
    What city to make.

    Attributes:
        seed: the same seed gives the same people.
        residents: how many.
        load_cards: how many ordinary people get a card image for load tests.
    """

    seed: int
    residents: int
    load_cards: int


class CardMaker:
    """
    Makes real cards in place of the generator's made-up serial numbers.

    Args:
        layout: where card images go.
        authority: the test JPKI.
        now_ms: when certificates begin.
        load_cards: how many cards of ordinary people are made for load tests.
    """

    def __init__(self, layout: Layout, authority: TestAuthority, *, now_ms: int, load_cards: int) -> None:
        self._layout = layout
        self._authority = authority
        self._now_ms = now_ms
        self._load_cards = load_cards
        self._keys = [rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(_KEYS)]
        self._made = 0
        layout.cards.mkdir(mode=0o755, parents=True, exist_ok=True)
        layout.load_cards.mkdir(mode=0o755, parents=True, exist_ok=True)

    def equip(self, households: Iterator[GeneratedHousehold]) -> Iterator[GeneratedHousehold]:
        """Give the households on, with links to real cards for labelled people and for the load test."""
        for household in households:
            yield self._equip(household)

    def _equip(self, household: GeneratedHousehold) -> GeneratedHousehold:
        labels = {label.resident_no: label for label in household.labels}
        residents = {resident.resident_no: resident for resident in household.residents}
        ordinary = not labels and not household.blocks
        cards: list[CardLink] = []
        numbered: dict[str, int] = {}
        for card in household.cards:
            label = labels.get(card.resident_no)
            if label is not None and label.expected is not Expected.NO_CARD:
                number = numbered[card.resident_no] = numbered.get(card.resident_no, 0) + 1
                name = label.name if number == 1 else f"{label.name}-{number}"
                cards.append(self._make(card, self._layout.card(name)))
            elif ordinary and self._load_cards and card.kind is CardKind.CARD and self._fits(residents[card.resident_no]):
                self._load_cards -= 1
                cards.append(self._make(card, self._layout.load_cards / f"{card.resident_no}.json"))
            else:
                cards.append(card)
        return replace(household, cards=tuple(cards))

    def _fits(self, resident: Resident) -> bool:
        born = resident.birth.internal
        adult = born is not None and (jst_date(self._now_ms) - born).days >= _ADULT_YEARS * 366
        return adult and resident.state is ResidentState.RESIDENT

    def _make(self, card: CardLink, path: Path) -> CardLink:
        key = self._keys[self._made % _KEYS]
        self._made += 1
        material = self._authority.issue(now_ms=self._now_ms, public_key=key.public_key())
        VirtualCard(key, material.certificate_der, material.authority_der, DEMO_PIN).save(path)
        issuer_dn = own_certificate(material.certificate_der).issuer.public_bytes()
        return replace(card, issuer_dn=issuer_dn, serial=material.serial)


def make_city(layout: Layout, authority: TestAuthority, plan: CityPlan, *, now_ms: int, progress: Callable[[int], None]) -> None:
    """
    Generate the city, write its files and card images, and import it into the registers' databases.

    Args:
        layout: where everything goes.
        authority: the test JPKI that certifies the cards.
        plan: what city.
        now_ms: the day of the city.
        progress: called with numbers of residents done.

    Raises:
        Refused: the city cannot be generated or imported.
    """
    maker = CardMaker(layout, authority, now_ms=now_ms, load_cards=plan.load_cards)
    day: date = jst_date(now_ms)
    write_city(layout.city, maker.equip(generate(plan.seed, plan.residents, day=day)), as_of_ms=now_ms, progress=progress)
    make_registers(layout, plan.seed, plan.residents, now_ms=now_ms)
    engine = open_engine(layout.register_url, create=True)
    try:
        report = import_city(engine, layout.city)
    finally:
        engine.close()
    if report.refused_count:
        first = report.refused[0]
        raise Refused(WireCode.INTERNAL, f"the made-up city was not imported: {first.file} line {first.line}: {first.reason}")
