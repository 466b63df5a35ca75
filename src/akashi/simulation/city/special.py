"""
The city's labelled people: one of each kind that a test or a demonstration may want, at the front of every city.

Their labels are stable; names, dates and numbers still follow the seed. Two of them bear names that IPAmj Mincho cannot draw
(葛 with an Adobe-Japan1 selector, a character of the supplementary private plane): their certificates must be refused.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta

from akashi.simulation.city.household import Expected
from akashi.simulation.city.lists import spell
from akashi.simulation.city.people import western
from akashi.simulation.city.shapes import Line, Plan
from akashi.zones.core.residents.records import (
    HEAD,
    BlockReason,
    CardKind,
    ForeignItems,
    Resident,
    ResidentState,
    Sex,
    WrittenDate,
)

M, F = Sex.MALE, Sex.FEMALE

Edit = Callable[[Resident, date], Resident]


@dataclass(frozen=True, slots=True, kw_only=True)
class Special:
    """
    One labelled household.

    Attributes:
        label, why, expected: of its labelled member.
        plans: who lives there.
        who: which member bears the label.
        edit: what makes them particular; gets a record and the city's day.
        edit_all: every member is edited, not the labelled one only.
        cards: user certificates of the labelled member.
        block: reason for which nothing is issued; for all members.
    """

    label: str
    why: str
    plans: tuple[Plan, ...] = (Plan(HEAD, F, 41),)
    who: int = 0
    edit: Edit = lambda resident, _day: resident
    edit_all: bool = False
    expected: Expected = Expected.ISSUED
    cards: tuple[CardKind, ...] = (CardKind.CARD,)
    block: BlockReason | None = None


COUPLE = (Plan(HEAD, M, 44), Plan("妻", F, 42, married_in=True))
FAMILY = (*COUPLE, Plan("子", F, 13), Plan("子", M, 9))
FIVE = (*COUPLE, Plan("子", M, 17), Plan("子", F, 14), Plan("母", F, 71))
TWELVE = (
    Plan(HEAD, M, 60),
    Plan("妻", F, 58, married_in=True),
    Plan("子", M, 33),
    Plan("子", F, 24),
    Plan("子の妻", F, 31, married_in=True),
    *(Plan("子の子", sex, age) for sex, age in ((F, 8), (M, 6), (F, 3), (M, 1))),
    Plan("父", M, 84),
    Plan("母", F, 81),
    Plan("同居人", M, 27, Line.OWN),
)


def _surname(resident: Resident, surname: str, kana: str) -> Resident:
    given, given_kana = resident.name.split("\u3000")[1], resident.name_kana.split("\u3000")[1]
    father = resident.hittosha.split("\u3000")[1]
    return replace(
        resident, name=f"{surname}\u3000{given}", name_kana=f"{kana}\u3000{given_kana}", hittosha=f"{surname}\u3000{father}"
    )


def _named(surname: str, kana: str) -> Edit:
    """Return an edit that gives this surname; {E0102} stands for the selector of that number."""
    return lambda resident, _day: _surname(resident, spell(surname), kana)


def _gone(state: ResidentState, days: int) -> Edit:
    return lambda resident, day: replace(resident, state=state, state_on=day + timedelta(days=days))


def _born(written: str, internal: date | None) -> Edit:
    """Return an edit that gives this written birth, and a move into the city long ago."""
    return lambda resident, _day: replace(
        resident,
        birth=WrittenDate(written, internal),
        resident_since=WrittenDate("昭和30年4月1日", date(1955, 4, 1)),
        address_since=None,
        notified_on=WrittenDate("昭和30年4月8日", date(1955, 4, 8)),
        previous_address="長野県高嶺市梓56番地",
    )


def _foreign_single(sex: Sex, age: int) -> tuple[Plan, ...]:
    return (Plan(HEAD, sex, age, Line.FOREIGN),)


def _permanent(resident: Resident, _day: date) -> Resident:
    return replace(
        resident,
        name="金\u3000秀美",
        name_latin="KIM SOOMI",
        alias="金田\u3000秀美",
        alias_since=WrittenDate("平成24年7月9日", date(2012, 7, 9)),
        foreign=ForeignItems(nationality="韓国", status_30_45="特別永住者", residence_card="ZZ00000001ZZ"),
    )


def _long_latin(resident: Resident, day: date) -> Resident:
    name = "WICKRAMASINGHE ARACHCHIGE DON " + "SEBASTIAN MAXIMILIAN " * 3 + "BALASUBRAMANIAM VENKATANARASIMHARAJU"
    items = ForeignItems(
        nationality="スリランカ",
        status_30_45="中長期在留者",
        residence_status="高度専門職１号ロ",
        residence_period="5年",
        residence_expiry=western(day + timedelta(days=700)),
        residence_card="ZZ00000002ZZ",
    )
    return replace(resident, name="", name_latin=name, alias="", alias_since=None, foreign=items)


SPECIALS: tuple[Special, ...] = (
    Special(label="single", why="lives alone, nothing particular", plans=(Plan(HEAD, F, 29),)),
    Special(label="family-head", why="couple with two children under 15", plans=FAMILY),
    Special(
        label="ivs-name",
        why="葛 with a Moji_Joho selector, household of 5",
        plans=FIVE,
        edit=_named("葛{E0102}西", "カサイ"),
        edit_all=True,
    ),
    Special(label="beyond-basic-plane", why="𠮷, a character beyond the basic plane", edit=_named("𠮷田", "ヨシダ")),
    Special(label="variant-character", why="髙 and 﨑, characters of their own", edit=_named("髙﨑", "タカサキ")),
    Special(
        label="watanabe-variant",
        why="邉 with a Moji_Joho selector",
        plans=COUPLE,
        edit=_named("渡邉{E010F}", "ワタナベ"),
        edit_all=True,
    ),
    Special(
        label="variant-missing",
        why="葛 with an Adobe-Japan1 selector that IPAmj lacks: would print another form of the name",
        edit=_named("葛{E0100}西", "カサイ"),
        expected=Expected.GLYPH_MISSING,
    ),
    Special(
        label="character-missing",
        why="a character of the supplementary private plane that no font has",
        edit=_named("\U00100abc田", "タダ"),
        expected=Expected.GLYPH_MISSING,
    ),
    Special(
        label="long-name",
        why="a Japanese name of 21 characters",
        edit=lambda resident, _day: replace(
            _surname(resident, "勅使河原左衛門尉", "テシガワラサエモンノジョウ"), former_name="東四柳小路袋小路"
        ),
    ),
    Special(label="long-latin-name", why="129 Latin letters", plans=_foreign_single(M, 38), edit=_long_latin),
    Special(label="foreign-single", why="foreign resident with a residence card", plans=_foreign_single(F, 24)),
    Special(
        label="special-permanent", why="特別永住者 with 通称 and a name in kanji", plans=_foreign_single(F, 61), edit=_permanent
    ),
    Special(
        label="mixed-marriage",
        why="Japanese head, foreign spouse, child",
        plans=(Plan(HEAD, F, 36), Plan("夫", M, 37, Line.FOREIGN), Plan("子", M, 4)),
    ),
    Special(
        label="former-name",
        why="has a registered 旧氏",
        plans=COUPLE,
        who=1,
        edit=lambda resident, _day: replace(resident, former_name="小笠原"),
    ),
    Special(
        label="honseki-outside",
        why="本籍 in another city",
        edit=lambda resident, _day: replace(resident, honseki="長野県高嶺市梓1234番地"),
    ),
    Special(
        label="honseki-inside",
        why="本籍 in this city",
        edit=lambda resident, _day: replace(resident, honseki="東京都証野市硯町二丁目3番"),
    ),
    Special(
        label="kana-unconfirmed",
        why="振り仮名 not confirmed: it is not printed",
        edit=lambda resident, _day: replace(resident, kana_confirmed=False),
    ),
    Special(
        label="birth-unknown",
        why="born 昭和10年頃: no calendar day, so no age",
        plans=(Plan(HEAD, F, 91),),
        edit=_born("昭和10年頃", None),
        expected=Expected.NOT_AVAILABLE,
    ),
    Special(
        label="birth-no-such-day",
        why="born 昭和18年2月29日, which no calendar has",
        plans=(Plan(HEAD, M, 83),),
        edit=_born("昭和18年2月29日", None),
        expected=Expected.NOT_AVAILABLE,
    ),
    Special(
        label="birth-era-boundary",
        why="born 大正15年12月25日, a day of two eras",
        plans=(Plan(HEAD, F, 99),),
        edit=_born("大正15年12月25日", date(1926, 12, 25)),
    ),
    Special(
        label="protected",
        why="支援措置, lives with a child",
        plans=(Plan(HEAD, F, 34), Plan("子", M, 7)),
        block=BlockReason.SUPPORT_MEASURE,
        expected=Expected.NOT_AVAILABLE,
    ),
    Special(label="court-block", why="blocked by order of a court", block=BlockReason.COURT, expected=Expected.NOT_AVAILABLE),
    Special(
        label="deceased",
        why="died; the card was not handed back",
        plans=(Plan(HEAD, F, 66), Plan("夫", M, 70)),
        who=1,
        edit=_gone(ResidentState.DECEASED, -12),
        expected=Expected.NOT_AVAILABLE,
    ),
    Special(
        label="moved-out", why="moved to another city", edit=_gone(ResidentState.MOVED_OUT, -9), expected=Expected.NOT_AVAILABLE
    ),
    Special(
        label="move-out-planned",
        why="転出届 filed for the whole household, the day is to come",
        plans=COUPLE,
        edit=_gone(ResidentState.MOVE_OUT_PLANNED, 20),
        edit_all=True,
        expected=Expected.NOT_AVAILABLE,
    ),
    Special(label="under-15", why="14 years old, has a card", plans=FIVE, who=3, expected=Expected.NOT_AVAILABLE),
    Special(label="exactly-15", why="15 years old: old enough", plans=(*COUPLE, Plan("子", F, 15)), who=2),
    Special(label="card-and-phone", why="certificates on card and phone", cards=(CardKind.CARD, CardKind.PHONE)),
    Special(label="card-renewed", why="the certificates of an old and a renewed card", cards=(CardKind.CARD, CardKind.CARD)),
    Special(label="no-card", why="has no card", cards=(), expected=Expected.NO_CARD),
    Special(label="big-household", why="12 people, four generations and a lodger", plans=TWELVE),
    Special(label="lodger", why="同居人 in somebody's household", plans=TWELVE[:2] + TWELVE[-1:], who=2),
    Special(label="partner", why="夫（未届）", plans=(Plan(HEAD, F, 47), Plan("夫（未届）", M, 45, Line.OWN)), who=1),
    Special(
        label="stepchild",
        why="妻の子, 16 years old",
        plans=(*COUPLE, Plan("妻の子", F, 16, Line.OWN)),
        who=2,
    ),
    Special(
        label="newborn",
        why="a child so young that no 個人番号 is there yet",
        plans=(*COUPLE, Plan("子", F, 0)),
        who=2,
        edit=lambda resident, _day: replace(resident, my_number=""),
        cards=(),
        expected=Expected.NO_CARD,
    ),
    Special(
        label="sex-unknown",
        why="性別 not known",
        edit=lambda resident, _day: replace(resident, sex=Sex.UNKNOWN),
    ),
)
