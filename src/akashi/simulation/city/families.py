"""
Family registers of the made-up city: the same people, names, birth dates, 本籍 and 筆頭者 as in its resident records.

A household's people stand in as many registers as their 本籍 and 筆頭者 say; only registers of this city are made. Who must
have stood there and does not live in the household (a father, a divorced wife, children who married) is made up. Deterministic by
seed and household; nothing is remembered from one household to the next.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from akashi.simulation.city import family_matters as matters
from akashi.simulation.city import family_numbers, names, places
from akashi.simulation.city.household import GeneratedHousehold
from akashi.zones.core.residents.records import Resident, ResidentKind, ResidentState
from akashi.zones.core.residents.records import Sex as ResidentSex
from akashi.zones.koseki.register.records import (
    SEX_SINCE,
    Address,
    Block,
    BlockReason,
    Dated,
    FamilyRegister,
    Matter,
    Person,
)
from akashi.zones.koseki.register.vocabulary import Sex, SpouseMark, child_relationship

SPACE = "\u3000"
COMPUTERISED = date(2006, 3, 11)
"""Day on which the made-up city computerised its registers."""
ADULT_DAYS = 18 * 366
OVERSEAS = f"在外選挙人名簿登録市区町村名{SPACE}{places.CITY_NAME}"
_SPOUSES = ("夫", "妻")
_LIVING = frozenset({ResidentState.RESIDENT, ResidentState.MOVE_OUT_PLANNED})


@dataclass(frozen=True, slots=True)
class GeneratedFamily:
    """A family register and the blocks of people who stand in it."""

    register: FamilyRegister
    blocks: tuple[Block, ...]


@dataclass(slots=True)
class Draft:
    """A person while the register is being made."""

    given: str
    kana: str
    sex: Sex
    birth: Dated
    resident: Resident | None = None
    spouse: SpouseMark = SpouseMark.NONE
    father: str = ""
    mother: str = ""
    relationship: str = ""
    adoptive_father: str = ""
    maiden: str = ""
    removed: date | None = None
    matters: list[Matter] = field(default_factory=list)

    @property
    def born(self) -> date:
        """The birth day, or a likely one where nobody knows it."""
        return self.birth.day or date(1935, 1, 1)


def families_of(
    seed: int, index: int, household: GeneratedHousehold, *, day: date, elsewhere: bool = False
) -> tuple[GeneratedFamily, ...]:
    """
    Return the family registers of this city in which a household's people stand.

    Args:
        seed: of the city.
        index: which of its households this is.
        household: as the city's generator made it.
        day: the city's day.
        elsewhere: the household lives in another city: no 宛名番号, and addresses there.
    """
    groups: dict[tuple[str, str], list[Resident]] = {}
    for one in household.residents:
        inside = one.kind is ResidentKind.JAPANESE and one.honseki.startswith(places.CITY_NAME)
        if inside and one.name.split(SPACE)[0] == one.hittosha.split(SPACE)[0]:
            groups.setdefault((one.honseki, one.hittosha), []).append(one)
    made = []
    for number, ((honseki, hittosha), members) in enumerate(groups.items()):
        if number >= family_numbers.REGISTERS_PER_HOUSEHOLD_MAX:
            break
        place = index * family_numbers.REGISTERS_PER_HOUSEHOLD_MAX + number
        rng = Random(seed << 64 | 1 << 62 | place)  # noqa: S311 - made-up people need no secret randomness
        made.append(_Maker(rng, seed, place, day, elsewhere=elsewhere).make(honseki, hittosha, members, household))
    return tuple(made)


def generate_families(seed: int, households: Iterable[GeneratedHousehold], *, day: date) -> Iterator[GeneratedFamily]:
    """Yield the family registers of a stream of households (`generator.generate`), household by household."""
    for index, household in enumerate(households):
        yield from families_of(seed, index, household, day=day)


class _Maker:
    def __init__(self, rng: Random, seed: int, place: int, day: date, *, elsewhere: bool) -> None:
        self._rng = rng
        self._seed = seed
        self._place = place
        self._day = day
        self._elsewhere = elsewhere
        self._first_home = places.draw_place(rng).address

    def make(self, honseki: str, hittosha: str, members: list[Resident], household: GeneratedHousehold) -> GeneratedFamily:
        surname, head_given = hittosha.split(SPACE)
        drafts = [_draft(one) for one in members]
        head = next((one for one in drafts if one.given == head_given), None)
        partner: Draft | None = None
        foreign: Resident | None = None
        if head is None:
            head, partner = self._parents_away(head_given, drafts)
            children = drafts
        else:
            partner = self._partner_beside(head, drafts)
            children = [one for one in drafts if one is not head and one is not partner]
            foreign = _foreign_spouse(head, household) if partner is None else None
            if partner is None and foreign is None:
                partner = self._former_partner(head, children)
        made = self._begin(surname, head, partner, children, foreign)
        children += self._grown_children(head, partner, children, made)
        children.sort(key=lambda one: one.born)
        self._descend(surname, head, partner, children, made)
        ordered = [head, *((partner,) if partner is not None else ()), *children][: family_numbers.PERSONS_PER_REGISTER_MAX]
        register = FamilyRegister(
            register_no=family_numbers.register_no(self._seed, self._place),
            honseki=honseki,
            surname=surname,
            hittosha=hittosha,
            matters=self._register_matters(made),
            supplement_made=matters.dated(max(made, COMPUTERISED)),
            persons=tuple(self._person(number, one, household) for number, one in enumerate(ordered)),
        )
        return GeneratedFamily(register, _blocks(register, household))

    def _day_between(self, first: date, last: date) -> date:
        return first + timedelta(days=self._rng.randint(0, max((last - first).days, 0)))

    def _years_after(self, day: date, low: int, high: int) -> date:
        drawn = day + timedelta(days=self._rng.randint(low * 365, high * 365))
        return min(drawn, self._day - timedelta(days=60))

    def _made_up(self, sex: Sex, born: date, given: str = "") -> Draft:
        drawn = names.draw_given(self._rng, ResidentSex(sex.value), born.year)
        return Draft(given=given or drawn.name, kana="", sex=sex, birth=matters.dated(born))

    def _parents_away(self, head_given: str, children: list[Draft]) -> tuple[Draft, Draft]:
        """Father and mother of grown-up people who live elsewhere, or have died."""
        eldest = min(one.born for one in children)
        head = self._made_up(Sex.MALE, eldest - timedelta(days=self._rng.randint(25, 34) * 365), head_given)
        partner = self._made_up(Sex.FEMALE, eldest - timedelta(days=self._rng.randint(21, 31) * 365))
        return head, partner

    @staticmethod
    def _partner_beside(head: Draft, drafts: list[Draft]) -> Draft | None:
        """The spouse in the household: of its head, of a son who founded a family in it, or the other one of 父 and 母."""
        words = {"世帯主": _SPOUSES, "子": ("子の妻", "子の夫"), "父": ("母",), "母": ("父",)}
        wanted = words.get(head.resident.relationship, ()) if head.resident else ()
        return next((one for one in drafts if one.resident and one.resident.relationship in wanted), None)

    def _former_partner(self, head: Draft, children: list[Draft]) -> Draft | None:
        """Somebody who stood beside the head and died or went: for widowed and divorced people, and for parents alone."""
        years = (self._day - head.born).days // 365
        if not children and self._rng.random() > (0.8 if years > 62 else 0.3 if years > 35 else 0.0):  # noqa: PLR2004 - shares
            return None
        sex = Sex.FEMALE if head.sex is not Sex.FEMALE else Sex.MALE
        partner = self._made_up(sex, head.born + timedelta(days=self._rng.randint(-4, 4) * 365))
        married = max(self._years_after(head.born, 22, 30), partner.born + timedelta(days=18 * 365))
        ended = self._day_between(married + timedelta(days=1500), self._day - timedelta(days=90))
        if children:
            ended = max(ended, max(one.born for one in children) + timedelta(days=200))
        partner.removed = min(ended, self._day - timedelta(days=30))
        return partner

    def _begin(self, surname: str, head: Draft, partner: Draft | None, children: list[Draft], foreign: Resident | None) -> date:
        """Make the register by marriage, or by 分籍 where nobody was ever married; return the day."""
        last = min((one.born for one in children), default=self._day) - timedelta(days=60)
        if partner is None and foreign is None:
            made = min(self._years_after(head.born, 20, 30), self._day - timedelta(days=90))
            if (made - head.born).days > ADULT_DAYS:
                head.matters.append(matters.parted(made, f"{places.draw_outside(self._rng)}{SPACE}{surname}"))
            return max(made, head.born)
        grown = max(head.born, partner.born if partner else head.born) + timedelta(days=ADULT_DAYS)
        made = self._day_between(grown, max(grown, min(last, grown + timedelta(days=12 * 365), self._day - timedelta(days=120))))
        if foreign is not None:
            nationality = foreign.foreign.nationality if foreign.foreign else ""
            head.matters.append(matters.married(made, foreign.name_latin, places.CITY_NAME, nationality))
            head.spouse = SpouseMark.HUSBAND if head.sex is Sex.MALE else SpouseMark.WIFE
        if partner is not None:
            self._marry(surname, head, partner, made)
        return made

    def _marry(self, surname: str, head: Draft, partner: Draft, made: date) -> None:
        former = partner.maiden = names.draw_surname(self._rng).name
        origin = f"{places.draw_outside(self._rng)}{SPACE}"
        head.matters.append(matters.married(made, f"{former}{partner.given}", f"{origin}{surname}"))
        partner.matters.append(matters.married(made, f"{surname}{head.given}", f"{origin}{former}"))
        if partner.removed is None:
            head.spouse = SpouseMark.HUSBAND if head.sex is not Sex.FEMALE else SpouseMark.WIFE
            partner.spouse = SpouseMark.WIFE if head.spouse is SpouseMark.HUSBAND else SpouseMark.HUSBAND
            return
        ended = max(partner.removed, made + timedelta(days=400))
        partner.removed = min(ended, self._day - timedelta(days=20))
        if (partner.removed - partner.born).days > 60 * 365:
            partner.matters.append(matters.died(partner.removed, places.CITY_NAME, f"親族{SPACE}{surname}{head.given}"))
            head.matters.append(matters.spouse_died(partner.removed))
        else:
            partner.matters.append(matters.divorced(partner.removed, f"{surname}{head.given}", places.draw_outside(self._rng)))
            head.matters.append(matters.divorced(partner.removed, f"{surname}{partner.given}"))

    def _grown_children(self, head: Draft, partner: Draft | None, children: list[Draft], made: date) -> list[Draft]:
        """Children who married and left, of people old enough to have them."""
        mother = partner or head
        if partner is None or (self._day - mother.born).days < 52 * 365 or any(not one.resident for one in children):
            return []
        gone = []
        for _ in range(self._rng.choices((0, 1, 2, 3), (25, 35, 30, 10))[0]):
            earliest, latest = made + timedelta(days=300), mother.born + timedelta(days=38 * 365)
            born = self._day_between(earliest, max(earliest, latest))
            child = self._made_up(self._rng.choice((Sex.MALE, Sex.FEMALE)), born)
            left = self._years_after(born, 24, 34)
            if (left - born).days < 20 * 365:
                continue
            child.removed = left
            spouse, surname = names.draw_surname(self._rng).name, names.draw_surname(self._rng).name
            other = names.draw_given(self._rng, ResidentSex.MALE if child.sex is Sex.FEMALE else ResidentSex.FEMALE, born.year)
            child.matters.append(matters.married_away(left, spouse + other.name, places.draw_outside(self._rng), surname))
            gone.append(child)
        return gone

    def _descend(self, surname: str, head: Draft, partner: Draft | None, children: list[Draft], made: date) -> None:
        """Parents, 続柄 and births; divorce names who has the children; some are adopted or acknowledged."""
        for one in (head, partner) if partner is not None else (head,):
            own = surname if one is head else one.maiden
            one.father = own + names.draw_given(self._rng, ResidentSex.MALE, one.born.year - 30).name
            one.mother = names.draw_given(self._rng, ResidentSex.FEMALE, one.born.year - 27).name
            one.relationship = child_relationship(self._rng.choices((1, 2, 3), (60, 30, 10))[0], one.sex or Sex.MALE)
        father, mother = (head, partner) if head.sex is not Sex.FEMALE else (partner, head)
        count = {Sex.MALE: 0, Sex.FEMALE: 0}
        for child in children:
            sex = child.sex or Sex.MALE
            count[sex] += 1
            child.father = surname + father.given if father else ""
            child.mother = mother.given if mother else ""
            child.relationship = child_relationship(min(count[sex], 15), sex)
            if partner is not None and partner.removed and partner.matters[-1].title == "離婚" and not child.removed:
                child.matters.append(matters.parental(partner.removed, "父" if head is father else "母"))
            elif partner is None and mother is head and self._rng.random() < 0.4:  # noqa: PLR2004 - share of acknowledged children
                name = names.draw_surname(self._rng).name + names.draw_given(self._rng, ResidentSex.MALE, head.born.year).name
                day = min(child.born + timedelta(days=40), self._day - timedelta(days=5))
                child.father = name
                child.matters.append(matters.acknowledged(day, name, places.draw_outside(self._rng)))
            elif father is head and child.resident and self._rng.random() < 0.03:  # noqa: PLR2004 - share of adopted children
                self._adopt(surname, head, child, made)

    def _adopt(self, surname: str, head: Draft, child: Draft, made: date) -> None:
        day = max(made, min(child.born + timedelta(days=900), self._day - timedelta(days=10)))
        child.adoptive_father = surname + head.given
        child.father = names.draw_surname(self._rng).name + names.draw_given(self._rng, ResidentSex.MALE, head.born.year).name
        child.matters.append(matters.adopted(day, child.adoptive_father, "親権者母"))
        head.matters.append(matters.adopting(day, surname + child.given))

    def _register_matters(self, made: date) -> tuple[Matter, ...]:
        if made < COMPUTERISED:
            return (matters.reformed(COMPUTERISED),)
        if self._rng.random() < 0.12:  # noqa: PLR2004 - share of registers that came from another city
            moved = self._day_between(made, self._day - timedelta(days=30))
            return (matters.register_moved(moved, places.draw_outside(self._rng), places.CITY_NAME + "長"),)
        return (matters.made(made),)

    def _person(self, number: int, one: Draft, household: GeneratedHousehold) -> Person:
        resident = one.resident
        removed = one.removed
        events = [self._birth(one), *one.matters]
        if resident is not None and resident.state is ResidentState.DECEASED:
            removed = resident.state_on or self._day
            events.append(matters.died(removed, places.CITY_NAME, "同居の親族"))
        lives_here = resident is not None and resident.state in _LIVING and not self._elsewhere
        old = removed is not None and removed < SEX_SINCE
        return Person(
            person_no=family_numbers.person_no(self._seed, self._place, number),
            given_name=one.given,
            name_kana=one.kana,
            birth=one.birth,
            spouse=SpouseMark.NONE if removed else one.spouse,
            father=one.father,
            mother=one.mother,
            relationship=one.relationship,
            adoptive_father=one.adoptive_father,
            adoptive_relationship=("養女" if one.sex is Sex.FEMALE else "養子") if one.adoptive_father else "",
            removed=matters.dated(removed) if removed else None,
            matters=tuple(events),
            sex=Sex.UNKNOWN if old else one.sex,
            addresses=self._addresses(one, household),
            overseas_voter=OVERSEAS if self._elsewhere and self._rng.random() < 0.05 else "",  # noqa: PLR2004 - share of voters abroad
            resident_no=resident.resident_no if resident and lives_here else "",
        )

    def _birth(self, one: Draft) -> Matter:
        place = places.CITY_NAME if self._rng.random() < 0.5 else places.draw_outside(self._rng)  # noqa: PLR2004 - even odds
        return matters.born(one.birth.day, one.birth.written, place, "父")

    def _addresses(self, one: Draft, household: GeneratedHousehold) -> tuple[Address, ...]:
        """Addresses in order: where the person came from, the first one here, the present one."""
        resident = one.resident
        if resident is None or self._elsewhere:
            since = matters.dated(min(max(one.born + timedelta(days=20 * 365), COMPUTERISED), self._day - timedelta(days=40)))
            return (Address(address=places.draw_outside(self._rng), since=since),)
        found = []
        if resident.previous_address:
            before = (resident.resident_since.internal or one.born) - timedelta(days=self._rng.randint(400, 3000))
            found.append(Address(address=resident.previous_address, since=matters.dated(max(before, one.born))))
        since = Dated(written=resident.resident_since.written, day=resident.resident_since.internal)
        first = self._first_home if resident.address_since else household.household.address
        found.append(Address(address=first, since=since))
        if resident.address_since:
            moved = Dated(written=resident.address_since.written, day=resident.address_since.internal)
            found.append(Address(address=household.household.address, since=moved))
        if resident.state is ResidentState.MOVED_OUT:
            gone = matters.dated(resident.state_on or self._day)
            found.append(Address(address=places.draw_outside(self._rng), since=gone))
        return tuple(found)


def _foreign_spouse(head: Draft, household: GeneratedHousehold) -> Resident | None:
    if head.resident is None or head.resident.relationship != "世帯主":
        return None
    return next((one for one in household.residents if one.kind is ResidentKind.FOREIGN and one.relationship in _SPOUSES), None)


def _draft(one: Resident) -> Draft:
    sex = Sex(one.sex.value) if one.sex.value in {"男", "女"} else Sex.UNKNOWN
    kana = one.name_kana if one.kana_confirmed else ""
    birth = Dated(written=one.birth.written, day=one.birth.internal)
    return Draft(given=one.name.split(SPACE)[1], kana=kana, sex=sex, birth=birth, resident=one)


def _blocks(register: FamilyRegister, household: GeneratedHousehold) -> tuple[Block, ...]:
    """The household's blocks, for the same people here."""
    found = []
    for person in register.persons:
        for block in household.blocks:
            if person.resident_no and block.resident_no == person.resident_no:
                reason = BlockReason(block.reason.value)
                found.append(Block(person_no=person.person_no, reason=reason, since=block.since, until=block.until))
    return tuple(found)
