"""The made-up city: deterministic, valid by the register's own rules, rich in hard cases."""

from __future__ import annotations

import csv
import json
from collections import Counter
from datetime import date
from itertools import chain, islice
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from akashi.base.city_font import city_font_files
from akashi.pki.testca import TestAuthority
from akashi.registers.dates import parse_written_date
from akashi.simulation.city import names, numbers
from akashi.simulation.city.errors import CityRefused
from akashi.simulation.city.generator import CITY_DAY, ISSUER_DN, RESIDENTS_MAX, generate
from akashi.simulation.city.household import Expected, GeneratedHousehold
from akashi.simulation.city.lists import rows
from akashi.simulation.city.people import FOREIGN_SINCE
from akashi.simulation.city.special import SPECIALS
from akashi.simulation.city.writer import People, write_city
from akashi.zones.core.residents.csv_form import BLOCKS, CARD_LINKS, HOUSEHOLDS, RESIDENTS
from akashi.zones.core.residents.manifest import parse_manifest
from akashi.zones.core.residents.records import HEAD, Resident, ResidentKind, ResidentState
from akashi.zones.core.residents.relationships import rank

SEEDS = st.integers(min_value=0, max_value=2**31)


def people_of(households: list[GeneratedHousehold]) -> list[Resident]:
    return [resident for one in households for resident in one.residents]


@given(seed=SEEDS, residents=st.integers(min_value=1, max_value=400))
@settings(max_examples=20, deadline=None)
def test_the_same_seed_gives_the_same_city(seed: int, residents: int) -> None:
    # Records compare by value; their repr shows nothing on purpose.
    first, second = list(generate(seed, residents)), list(generate(seed, residents))
    assert first == second
    assert len(people_of(first)) == residents


def test_another_seed_gives_another_city() -> None:
    assert people_of(list(generate(1, 300))) != people_of(list(generate(2, 300)))


@given(seed=SEEDS)
@settings(max_examples=15, deadline=None)
def test_a_larger_city_begins_like_a_smaller_one(seed: int) -> None:
    small, large = list(generate(seed, 300)), list(generate(seed, 900))
    left = 300
    for one, same in zip(small, large, strict=False):
        if left >= 12:  # near its end the smaller city takes singles, so as not to be too large
            assert one == same
        left -= len(one.residents)


@given(seed=SEEDS)
@settings(max_examples=12, deadline=None)
def test_every_household_is_in_order(seed: int) -> None:
    for one in generate(seed, 500):
        assert [resident.relationship for resident in one.residents].count(HEAD) == 1
        assert one.residents[0].relationship == HEAD
        assert [resident.position for resident in one.residents] == list(range(1, len(one.residents) + 1))
        assert {resident.household_no for resident in one.residents} == {one.household.household_no}
        ranks = [rank(resident.relationship) for resident in one.residents]
        assert ranks == sorted(ranks)
        assert 1 <= len(one.residents) <= 12
        own = {resident.resident_no for resident in one.residents}
        assert {card.resident_no for card in one.cards} <= own
        assert {block.resident_no for block in one.blocks} <= own
        # While others stay, somebody who still lives here heads the household.
        if any(resident.state is ResidentState.RESIDENT for resident in one.residents):
            assert one.residents[0].state is ResidentState.RESIDENT
        children = [resident.birth.internal for resident in one.residents if resident.relationship == "子"]
        known = [birth for birth in children if birth]
        assert known == sorted(known)


@given(seed=SEEDS)
@settings(max_examples=12, deadline=None)
def test_dates_stand_in_order_and_are_written_as_the_register_reads_them(seed: int) -> None:
    for resident in people_of(list(generate(seed, 500))):
        since, moved, notified = resident.resident_since.internal, resident.address_since, resident.notified_on
        assert since is not None
        assert notified is not None
        assert notified.internal is not None
        assert since <= notified.internal <= CITY_DAY
        if resident.birth.internal is not None:
            assert resident.birth.internal <= since
        if moved is not None:
            assert moved.internal is not None
            assert since < moved.internal <= notified.internal
        if resident.kind is ResidentKind.FOREIGN:
            assert since >= FOREIGN_SINCE
        if resident.state is ResidentState.MOVE_OUT_PLANNED:
            assert resident.state_on is not None
            assert resident.state_on > CITY_DAY
        if resident.state in {ResidentState.MOVED_OUT, ResidentState.DECEASED}:
            assert resident.state_on is not None
            assert resident.state_on <= CITY_DAY
        for written in (resident.birth, resident.resident_since, moved, notified, resident.alias_since):
            assert written is None or parse_written_date(written.written) == written


def test_no_two_people_share_a_number() -> None:
    households = list(generate(3, 30_000))
    people = people_of(households)
    cards = [card.serial for one in households for card in one.cards]
    for values in (
        [resident.resident_no for resident in people],
        [resident.my_number for resident in people if resident.my_number],
        [resident.juminhyo_code for resident in people],
        [one.household.household_no for one in households],
        cards,
    ):
        assert len(set(values)) == len(values) > 10_000
    assert all(number.startswith("999") for number in (resident.my_number for resident in people) if number)


@given(
    seed=SEEDS,
    places=st.sets(st.integers(0, numbers.HOUSEHOLDS_MAX * numbers.PEOPLE_PER_HOUSEHOLD_MAX - 1), min_size=2, max_size=50),
)
@settings(max_examples=100, deadline=None)
def test_numbers_are_one_to_one(seed: int, places: set[int]) -> None:
    for number in (numbers.resident_no, numbers.my_number, numbers.juminhyo_code):
        assert len({number(seed, place) for place in places}) == len(places)
    assert len({numbers.certificate_serial(seed, place, n) for place in places for n in range(4)}) == 4 * len(places)


def test_every_kind_of_person_lives_in_the_city() -> None:
    households = list(generate(5, 20_000))
    people = people_of(households)
    kinds = Counter(resident.kind for resident in people)
    assert 300 < kinds[ResidentKind.FOREIGN] < 1500
    states = Counter(resident.state for resident in people)
    assert all(states[state] > 20 for state in ResidentState)
    assert any(resident.former_name for resident in people)
    assert any(resident.alias for resident in people)
    assert any(resident.birth.internal is None for resident in people)
    assert any(len(one.residents) >= 10 for one in households)
    inside = sum(resident.honseki.startswith("東京都証野市") for resident in people)
    assert 0.2 < inside / len(people) < 0.7
    assert 1.7 < len(people) / len(households) < 2.5
    with_card = {card.resident_no for one in households for card in one.cards}
    assert 0.6 < len(with_card) / len(people) < 0.9
    assert sum(len({card.kind for card in one.cards}) == 2 for one in households) > 100
    assert sum(bool(one.blocks) for one in households) > 10


def test_labels_are_there_once_and_keep_their_promises() -> None:
    households = list(islice(generate(9, 400), len(SPECIALS)))
    labels = [label for one in households for label in one.labels]
    assert [label.name for label in labels] == [special.label for special in SPECIALS]
    assert len({label.name for label in labels}) == len(labels)
    for one, label in zip(households, labels, strict=True):
        person = next(resident for resident in one.residents if resident.resident_no == label.resident_no)
        cards = [card for card in one.cards if card.resident_no == label.resident_no]
        assert bool(cards) is (label.expected is not Expected.NO_CARD)
        born = person.birth.internal
        under_15 = born is not None and born > date(CITY_DAY.year - 15, CITY_DAY.month, CITY_DAY.day)
        refused = bool(one.blocks) or person.state is not ResidentState.RESIDENT or born is None or under_15
        if label.expected is not Expected.NO_CARD:
            assert refused is (label.expected is Expected.NOT_AVAILABLE), label.name


def test_the_wrong_size_is_refused() -> None:
    for seed, residents in ((-1, 10), (1, 0), (1, RESIDENTS_MAX + 1)):
        with pytest.raises(CityRefused):
            generate(seed, residents)


def test_the_issuer_name_is_the_test_authority() -> None:
    authority = TestAuthority.create(now_ms=1_790_000_000_000, generations=1)
    assert authority.generations[0].certificate.subject.public_bytes() == ISSUER_DN


@pytest.mark.needs("fonts")
def test_ipamj_has_every_character_of_the_lists_and_lacks_what_must_be_refused() -> None:
    from fontTools.ttLib import TTFont  # noqa: PLC0415 - only this test reads a font

    font = TTFont(city_font_files()[0])
    plain = set(font.getBestCmap())
    sequences = {
        (base, selector)
        for table in font["cmap"].tables
        if table.format == 14
        for selector, pairs in table.uvsDict.items()
        for base, _ in pairs
    }

    def drawable(text: str) -> bool:
        points = [ord(character) for character in text if character != "\u3000"]
        for index, point in enumerate(points):
            if 0xE0100 <= point <= 0xE01EF:
                if (points[index - 1], point) not in sequences:
                    return False
            elif point not in plain:
                return False
        return True

    for name in ("surnames", "rare_surnames", "given_names", "given_name_parts", "rare_given_names", "towns", "flats"):
        for row in rows(name):
            assert all(drawable(value) for value in row.values() if not value.isascii()), row
    assert sum("MJ sequence" in row["why"] for row in rows("rare_surnames")) > 25
    for one in islice(generate(4, 2000), 500):
        missing = any(label.expected is Expected.GLYPH_MISSING for label in one.labels)
        assert all(drawable(resident.name) for resident in one.residents) is not missing


def test_the_files_hold_the_city(tmp_path: Path) -> None:
    told: list[int] = []
    written = write_city(tmp_path / "city", generate(6, 3000), as_of_ms=1_790_000_000_000, progress=told.append)
    assert sum(told) == written.residents == 3000
    households = list(generate(6, 3000))
    for form, expected in (
        (RESIDENTS, people_of(households)),
        (HOUSEHOLDS, [one.household for one in households]),
        (CARD_LINKS, list(chain.from_iterable(one.cards for one in households))),
        (BLOCKS, list(chain.from_iterable(one.blocks for one in households))),
    ):
        with (tmp_path / "city" / form.file).open(encoding="utf-8", newline="") as file:
            assert [form.parse(row) for row in csv.DictReader(file)] == expected
    manifest = parse_manifest((tmp_path / "city" / "manifest.toml").read_text(encoding="utf-8"))
    assert (manifest.residents, manifest.households) == (written.residents, written.households)
    people = msgspec.json.decode((tmp_path / "city" / "people.json").read_bytes(), type=People)
    assert {person.label for person in people.people} == {special.label for special in SPECIALS}
    ivs = next(person for person in people.people if person.label == "ivs-name")
    assert ivs.household_size == 5
    assert "葛\U000e0102" in ivs.name
    assert json.loads((tmp_path / "city" / "people.json").read_text(encoding="utf-8"))["municipality"] == "139998"


def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(CityRefused):
        write_city(tmp_path / "file", generate(1, 10), as_of_ms=0)


def test_common_names_come_often_and_generations_differ() -> None:
    people = [one for one in people_of(list(generate(8, 20_000))) if one.kind is ResidentKind.JAPANESE]
    surnames = Counter(one.name.split("\u3000")[0] for one in people)
    assert surnames["佐藤"] > 10 * surnames["雪村"] > 0
    rare = {row["written"] for row in rows("rare_surnames")}
    share = sum(count for surname, count in surnames.items() if surname in rare) / len(people)
    assert names.RARE_SHARE * 0.5 < share < names.RARE_SHARE * 2
    old = {one.name.split("\u3000")[1] for one in people if one.birth.internal and one.birth.internal.year < 1946}
    young = {one.name.split("\u3000")[1] for one in people if one.birth.internal and one.birth.internal.year > 2006}
    assert len(old & young) < 0.1 * len(old)
