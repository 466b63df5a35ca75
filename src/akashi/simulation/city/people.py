"""
From plans to records: names, dates, moves, 本籍, numbers, cards.

Promises: every record obeys the register's own rules (its classes refuse otherwise), dates stand in order (birth, became a
resident, last move, notified, the city's day), and the same seed, household and day give the same records.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from akashi.rules.eras import format_wareki
from akashi.simulation.city import names, numbers, places
from akashi.simulation.city.names import ForeignFamily, Written
from akashi.simulation.city.shapes import Line, Plan
from akashi.zones.core.residents.records import (
    HEAD,
    CardKind,
    CardLink,
    ForeignItems,
    Resident,
    ResidentKind,
    Sex,
    WrittenDate,
)

FOREIGN_SINCE = date(2012, 7, 9)
"""外国人住民 have had resident records since this day (平成21年法律第77号)."""
CARDS_SINCE = date(2016, 1, 25)
"""The first My Number cards were handed out in January 2016."""
ADULT_YEARS = 18

_STATUSES: tuple[tuple[str, str], ...] = (
    ("技術・人文知識・国際業務", "3年"),
    ("永住者", ""),
    ("定住者", "3年"),
    ("日本人の配偶者等", "3年"),
    ("技能実習２号ロ", "1年"),
    ("特定技能１号", "1年"),
    ("留学", "2年3月"),
    ("家族滞在", "3年"),
    ("高度専門職１号ロ", "5年"),
)


@dataclass(frozen=True, slots=True)
class Setting:
    """
    What is the same for one household.

    Attributes:
        seed, index: the city's seed, and which of its households this is.
        day: the city's day: ages count to it, nothing but plans lies after it.
        issuer_dn: issuer name of the user certificates, DER.
    """

    seed: int
    index: int
    day: date
    issuer_dn: bytes

    @property
    def household_no(self) -> str:
        """世帯番号."""
        return numbers.household_no(self.seed, self.index)

    def place(self, member: int) -> int:
        """Return the numbering place of the n-th member."""
        return self.index * numbers.PEOPLE_PER_HOUSEHOLD_MAX + member


@dataclass(frozen=True, slots=True)
class _Family:
    surname: Written
    foreign: ForeignFamily
    honseki: str
    arrival: date | None
    came_from: str
    moved: date | None
    parents_father: Written


def _years_before(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)


def _between(rng: Random, first: date, last: date) -> date:
    return first + timedelta(days=rng.randint(0, max((last - first).days, 0)))


def _wareki(day: date) -> WrittenDate:
    return WrittenDate(format_wareki(day), day)


def western(day: date) -> WrittenDate:
    """Return the day written in 西暦, as foreign residents' birth and expiry dates are (仕様書 1.1.9)."""
    return WrittenDate(f"{day.year}年{day.month}月{day.day}日", day)


def _births(rng: Random, plans: list[Plan], day: date) -> list[date]:
    """Return a day of birth for each; brothers and sisters in their order."""
    births = []
    for plan in plans:
        latest = _years_before(day, plan.age)
        births.append(_between(rng, _years_before(day, plan.age + 1) + timedelta(days=1), latest))
    for relationship in ("子", "子の子"):
        places_of = [index for index, plan in enumerate(plans) if plan.relationship == relationship]
        for index, birth in zip(places_of, sorted(births[index] for index in places_of), strict=True):
            births[index] = birth
    return births


def _draw_family(rng: Random, head_birth: date, day: date) -> _Family:
    surname = names.draw_surname(rng)
    arrival = None
    if rng.random() < 0.65:  # noqa: PLR2004 - share of families that came from elsewhere
        arrival = _between(rng, max(head_birth + timedelta(days=1), _years_before(day, 32)), day - timedelta(days=20))
    moved = None
    if rng.random() < 0.35:  # noqa: PLR2004 - share of families that moved inside the city
        moved = _between(rng, (arrival or _years_before(day, 12)) + timedelta(days=5), day - timedelta(days=15))
    return _Family(
        surname=surname,
        foreign=names.draw_foreign_family(rng),
        honseki=places.draw_honseki(rng),
        arrival=arrival,
        came_from=places.draw_outside(rng),
        moved=moved,
        parents_father=names.japanese(surname, names.draw_given(rng, Sex.MALE, head_birth.year - 30)),
    )


def build_residents(rng: Random, setting: Setting, plans: list[Plan]) -> tuple[Resident, ...]:
    """Return the records of one household's members, in the order of the plans."""
    births = _births(rng, plans, setting.day)
    family = _draw_family(rng, births[0], setting.day)
    written = [_draw_name(rng, plan, birth, family) for plan, birth in zip(plans, births, strict=True)]
    return tuple(
        _japanese(rng, setting, member, _Facts(plans, births, written, family))
        if plan.line is not Line.FOREIGN
        else _foreign(rng, setting, member, _Facts(plans, births, written, family))
        for member, plan in enumerate(plans)
    )


@dataclass(frozen=True, slots=True)
class _Facts:
    plans: list[Plan]
    births: list[date]
    written: list[Written]
    family: _Family


def _draw_name(rng: Random, plan: Plan, birth: date, family: _Family) -> Written:
    if plan.line is Line.FOREIGN:
        return Written(f"{family.foreign.family} {rng.choice(family.foreign.given[plan.sex])}", "")
    surname = family.surname if plan.line is Line.HEAD else names.draw_surname(rng)
    return names.japanese(surname, names.draw_given(rng, plan.sex, birth.year))


def _hittosha(rng: Random, member: int, facts: _Facts) -> str:
    """Return whose 戸籍 the member is in: one's own, the father's, or the son's who has founded a family in the house."""
    plans, written = facts.plans, facts.written
    relationship = plans[member].relationship
    if plans[member].line is Line.OWN:
        return written[member].name
    founder = next((i for i, plan in enumerate(plans) if plan.relationship == "子"), 0)
    if any(plan.relationship == "子の妻" for plan in plans) and (member == founder or relationship.startswith("子の")):
        return written[founder].name
    if relationship in {"父", "母"}:
        father = next((i for i, plan in enumerate(plans) if plan.relationship == "父"), None)
        return facts.family.parents_father.name if father is None else written[father].name
    if relationship in {"弟", "妹"}:
        return facts.family.parents_father.name
    alone = len(plans) == 1 or plans[1].relationship in {"弟", "妹", "同居人"}
    if relationship == HEAD and alone and plans[0].age < 40 and rng.random() < 0.7:  # noqa: PLR2004 - not married yet, mostly
        return facts.family.parents_father.name
    return written[0].name


def _arrival(rng: Random, member: int, facts: _Facts, day: date) -> date | None:
    """Return the day on which the member came from another city, or None where the member was born here."""
    plan, birth, family = facts.plans[member], facts.births[member], facts.family
    if family.arrival is not None:
        return family.arrival if birth < family.arrival else None
    if plan.line is Line.HEAD and not plan.married_in:
        return None
    grown = birth + timedelta(days=ADULT_YEARS * 366)
    return _between(rng, grown, day - timedelta(days=20)) if grown < day - timedelta(days=20) else None


@dataclass(frozen=True, slots=True)
class _Stay:
    since: date
    moved: date | None
    notified: date
    came_from: str


def _stay(rng: Random, member: int, facts: _Facts, day: date) -> _Stay:
    birth = facts.births[member]
    arrival = _arrival(rng, member, facts, day)
    since = arrival or birth
    moved = facts.family.moved if facts.family.moved is not None and facts.family.moved > since else None
    notified = min((moved or since) + timedelta(days=rng.randint(0, 13)), day)
    came_from = facts.family.came_from if facts.plans[member].line is Line.HEAD else places.draw_outside(rng)
    return _Stay(since, moved, notified, came_from if arrival else "")


def _birth_of_japanese(rng: Random, birth: date, day: date) -> WrittenDate:
    """Return the day in 和暦; a few very old registrations do not know it exactly (仕様書 1.1.8)."""
    if day.year - birth.year > 85 and rng.random() < 0.02:  # noqa: PLR2004 - very old, very few
        era_year = format_wareki(birth).split("年")[0]
        form = rng.choice(("{}年頃", "{}年{}月上旬", "{}年{}月日不詳", "{}年月日不詳"))
        return WrittenDate(form.format(era_year, birth.month), None)
    return _wareki(birth)


def _japanese(rng: Random, setting: Setting, member: int, facts: _Facts) -> Resident:
    plan, birth = facts.plans[member], facts.births[member]
    stay = _stay(rng, member, facts, setting.day)
    place = setting.place(member)
    renamed = plan.married_in and rng.random() < 0.04  # noqa: PLR2004 - share with a registered 旧氏
    newborn = (setting.day - birth).days < 20  # noqa: PLR2004 - the number takes about three weeks
    return Resident(
        resident_no=numbers.resident_no(setting.seed, place),
        household_no=setting.household_no,
        position=member + 1,
        kind=ResidentKind.JAPANESE,
        name=facts.written[member].name,
        name_kana=facts.written[member].kana,
        kana_confirmed=rng.random() < 0.93,  # noqa: PLR2004 - most have confirmed since May 2025
        former_name=names.draw_surname(rng).name if renamed else "",
        birth=_birth_of_japanese(rng, birth, setting.day),
        sex=plan.sex,
        relationship=plan.relationship,
        honseki=facts.family.honseki if plan.line is Line.HEAD else places.draw_honseki(rng),
        hittosha=_hittosha(rng, member, facts),
        resident_since=_wareki(stay.since),
        address_since=_wareki(stay.moved) if stay.moved else None,
        notified_on=_wareki(stay.notified),
        previous_address=stay.came_from,
        my_number="" if newborn else numbers.my_number(setting.seed, place),
        juminhyo_code=numbers.juminhyo_code(setting.seed, place),
    )


def _foreign_items(rng: Random, nationality: str, place: int, day: date) -> ForeignItems:
    if nationality == "韓国" and rng.random() < 0.4:  # noqa: PLR2004 - share of special permanent residents
        return ForeignItems(nationality=nationality, status_30_45="特別永住者", residence_card=f"ZZ{place % 10**8:08}ZZ")
    status, period = rng.choice(_STATUSES)
    expiry = _between(rng, day + timedelta(days=20), day + timedelta(days=5 * 365))
    return ForeignItems(
        nationality=nationality,
        status_30_45="中長期在留者",
        residence_status=status,
        residence_period=period,
        residence_expiry=western(expiry) if period else None,
        residence_card=f"ZZ{place % 10**8:08}ZZ",
    )


def _foreign(rng: Random, setting: Setting, member: int, facts: _Facts) -> Resident:
    plan, birth, family = facts.plans[member], facts.births[member], facts.family
    stay = _stay(rng, member, facts, setting.day)
    since = max(stay.since, FOREIGN_SINCE)
    place = setting.place(member)
    alias = family.foreign.alias
    with_alias = bool(alias.name) and rng.random() < 0.4  # noqa: PLR2004 - share of those who have registered one
    given = names.draw_given(rng, plan.sex, birth.year)
    notified = max(stay.notified, since)
    return Resident(
        resident_no=numbers.resident_no(setting.seed, place),
        household_no=setting.household_no,
        position=member + 1,
        kind=ResidentKind.FOREIGN,
        name="",
        name_latin=facts.written[member].name,
        alias=names.japanese(alias, given).name if with_alias else "",
        alias_since=_wareki(notified) if with_alias else None,
        birth=western(birth),
        sex=plan.sex,
        relationship=plan.relationship,
        resident_since=_wareki(since),
        address_since=_wareki(stay.moved) if stay.moved and stay.moved > since else None,
        notified_on=_wareki(notified),
        previous_address=stay.came_from,
        my_number=numbers.my_number(setting.seed, place),
        juminhyo_code=numbers.juminhyo_code(setting.seed, place),
        foreign=_foreign_items(rng, family.foreign.nationality, place, setting.day),
    )


def draw_cards(rng: Random, setting: Setting, member: int, plan: Plan) -> tuple[CardLink, ...]:
    """Return the user certificates of a member: none, a card's, a renewed card's, a phone's."""
    if rng.random() >= (0.79 if plan.age >= 15 else 0.5):  # noqa: PLR2004 - share of card holders, grown up and children
        return ()
    kinds = [CardKind.CARD]
    if plan.age > 20 and rng.random() < 0.04:  # noqa: PLR2004 - renewed lately: the old certificate is still linked
        kinds.append(CardKind.CARD)
    if 16 <= plan.age <= 75 and rng.random() < 0.1:  # noqa: PLR2004 - share with a certificate on the phone
        kinds.append(CardKind.PHONE)
    return tuple(make_card(rng, setting, member, number, kind) for number, kind in enumerate(kinds))


def make_card(rng: Random, setting: Setting, member: int, number: int, kind: CardKind) -> CardLink:
    """Return the n-th user certificate (0 to 3) of a member."""
    place = setting.place(member)
    return CardLink(
        issuer_dn=setting.issuer_dn,
        serial=numbers.certificate_serial(setting.seed, place, number),
        resident_no=numbers.resident_no(setting.seed, place),
        kind=kind,
        linked_on=_between(rng, max(CARDS_SINCE, setting.day - timedelta(days=1700)), setting.day - timedelta(days=1)),
    )
