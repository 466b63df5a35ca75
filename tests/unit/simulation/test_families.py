"""The made-up family registers: the same people as in the resident records, in order, and the same again by seed."""

from __future__ import annotations

from collections import Counter
from itertools import islice
from pathlib import Path

import pytest

from akashi.simulation.city.errors import CityRefused
from akashi.simulation.city.families import GeneratedFamily, generate_families
from akashi.simulation.city.family_writer import write_families
from akashi.simulation.city.generator import CITY_DAY, generate
from akashi.simulation.city.household import GeneratedHousehold
from akashi.simulation.city.outsiders import generate_outsiders
from akashi.simulation.city.places import CITY_NAME
from akashi.zones.core.residents.records import ResidentState
from akashi.zones.koseki.register.importing import import_registers
from akashi.zones.koseki.register.stores.opening import open_engine
from akashi.zones.koseki.register.vocabulary import SpouseMark

PEOPLE = 4_000


@pytest.fixture(scope="module")
def households() -> list[GeneratedHousehold]:
    return list(generate(5, PEOPLE))


@pytest.fixture(scope="module")
def families(households: list[GeneratedHousehold]) -> list[GeneratedFamily]:
    return list(generate_families(5, households, day=CITY_DAY))


def test_everybody_with_a_honseki_here_stands_in_a_register_under_the_same_name_and_birth_date(
    households: list[GeneratedHousehold], families: list[GeneratedFamily]
) -> None:
    found = {
        person.resident_no: (family.register, person)
        for family in families
        for person in family.register.persons
        if person.resident_no
    }
    expected = {
        one.resident_no: one
        for household in households
        for one in household.residents
        if one.honseki.startswith(CITY_NAME) and one.state in {ResidentState.RESIDENT, ResidentState.MOVE_OUT_PLANNED}
    }
    assert found.keys() == expected.keys()
    assert len(found) > PEOPLE / 4
    for number, resident in expected.items():
        register, person = found[number]
        assert (register.full_name(person), person.birth.written, register.honseki, register.hittosha) == (
            resident.name,
            resident.birth.written,
            resident.honseki,
            resident.hittosha,
        )
        assert person.removed is None
        assert person.sex.value in {resident.sex.value, ""}
        home = next(one.household.address for one in households if one.household.household_no == resident.household_no)
        assert person.addresses[-1].address == home


def test_registers_are_believable(families: list[GeneratedFamily]) -> None:
    titles = Counter(one.title for family in families for person in family.register.persons for one in person.matters)
    assert {"出生", "婚姻", "離婚", "死亡", "分籍", "養子縁組", "親権", "配偶者の死亡"} <= titles.keys()
    assert {"戸籍編製", "戸籍改製", "転籍"} == {one.title for family in families for one in family.register.matters}
    removed = [person for family in families for person in family.register.persons if person.removed]
    assert len(removed) > len(families) / 4
    for family in families:
        register = family.register
        assert register.full_name(register.persons[0]) == register.hittosha
        assert all(person.matters[0].title == "出生" for person in register.persons)
        married = [person for person in register.persons if person.spouse]
        assert len(married) <= 2
        for person in register.persons:
            assert not person.removed or person.spouse is SpouseMark.NONE
            assert not person.removed or (person.removed.day or CITY_DAY) <= CITY_DAY


def test_who_is_protected_there_is_protected_here(households: list[GeneratedHousehold], families: list[GeneratedFamily]) -> None:
    blocked = {block.resident_no for household in households for block in household.blocks}
    numbers = {person.person_no: person.resident_no for family in families for person in family.register.persons}
    here = {numbers[block.person_no] for family in families for block in family.blocks}
    assert here
    assert here == {number for number in numbers.values() if number in blocked}


def test_the_same_seed_gives_the_same_registers_and_another_one_others(families: list[GeneratedFamily]) -> None:
    again = list(islice(generate_families(5, generate(5, PEOPLE), day=CITY_DAY), 100))
    assert again == families[:100]
    assert list(islice(generate_families(6, generate(6, PEOPLE), day=CITY_DAY), 5)) != families[:5]


def test_no_number_is_given_twice(families: list[GeneratedFamily]) -> None:
    outsiders = list(generate_outsiders(5, 40, day=CITY_DAY))
    registers = [family.register for family in families] + [one.family.register for one in outsiders]
    assert len({one.register_no for one in registers}) == len(registers)
    persons = [person.person_no for one in registers for person in one.persons]
    assert len(set(persons)) == len(persons)


def test_people_who_live_elsewhere_have_a_card_and_no_resident_number() -> None:
    outsiders = list(generate_outsiders(5, 40, day=CITY_DAY))
    assert len(outsiders) == 40
    for one in outsiders:
        person = next(each for each in one.family.register.persons if each.person_no == one.person_no)
        assert one.cards
        assert (person.resident_no, person.removed) == ("", None)
        assert not person.addresses[-1].address.startswith(CITY_NAME)
        assert one.family.register.honseki.startswith(CITY_NAME)
    assert list(generate_outsiders(5, 40, day=CITY_DAY)) == outsiders


def test_the_files_are_what_the_register_imports(families: list[GeneratedFamily], tmp_path: Path) -> None:
    manifest = write_families(tmp_path / "out", families, generate_outsiders(5, 10, day=CITY_DAY), as_of_ms=1)
    engine = open_engine("sqlite:///:memory:", create=True)
    report = import_registers(engine, tmp_path / "out")
    assert (report.refused, report.counts["registers.jsonl"]) == ([], manifest.registers)
    engine.close()
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(CityRefused):
        write_families(tmp_path / "file", [], as_of_ms=1)
