"""Family registers of the made-up city, as records of the papers; and one written by hand that has everything."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import islice

from akashi.simulation.city.families import generate_families
from akashi.simulation.city.generator import CITY_DAY, generate
from akashi.wire.messages import (
    FuhyoAddress,
    FuhyoPerson,
    FuhyoRecord,
    KosekiLine,
    KosekiMatter,
    KosekiPerson,
    KosekiRecord,
)
from akashi.zones.koseki.register.records import FamilyRegister, Matter, Person
from unit.documents.people import FACE, NUMBER, PRINTED

ZENBU = "これは、戸籍に記録されている事項の全部を証明した書面である。"
KOJIN = "これは、戸籍中の一部の者について記録されている事項の全部を証明した書面である。"
SUPPLEMENT = "この写しは、戸籍の附票の原本と相違ないことを証明する。"
ZENBU_FACE, ZENBU_PRINTED = replace(FACE, statement=ZENBU), replace(PRINTED, statement=ZENBU)
KOJIN_FACE, KOJIN_PRINTED = replace(FACE, statement=KOJIN), replace(PRINTED, statement=KOJIN)
FUHYO_FACE, FUHYO_PRINTED = replace(FACE, statement=SUPPLEMENT), replace(PRINTED, statement=SUPPLEMENT)
_AS_OF_MS = 1_795_410_300_000


@cache
def registers(count: int) -> tuple[FamilyRegister, ...]:
    """Return so many registers of the made-up city."""
    return tuple(one.register for one in islice(generate_families(7, generate(7, 4_000), day=CITY_DAY), count))


def koseki_of(register: FamilyRegister, *, whole: bool = True) -> KosekiRecord:
    """Return what the register signs: everybody, or its first two persons."""
    persons = register.persons if whole else register.persons[:2]
    return koseki_record(
        _matters(register.matters),
        tuple(_person(ref, one) for ref, one in enumerate(persons)),
        honseki=register.honseki,
        hittosha=register.hittosha,
        whole=whole,
    )


def koseki_record(
    matters: tuple[KosekiMatter, ...],
    persons: tuple[KosekiPerson, ...],
    *,
    honseki: str = "東京都証野市緑が丘四丁目27番",
    hittosha: str = "葛\U000e0102城　髙志",
    whole: bool = True,
) -> KosekiRecord:
    return KosekiRecord(
        transcript=b"t" * 32,
        order_hash=b"o" * 32,
        issue_number=NUMBER,
        subject_token=b"s" * 32,
        row_version=7,
        as_of_ms=_AS_OF_MS,
        subject_row=b"r" * 32,
        honseki=honseki,
        hittosha=hittosha,
        whole=whole,
        matters=matters,
        persons=persons,
    )


def fuhyo_of(register: FamilyRegister, *, chosen: bool, whole: bool = True) -> FuhyoRecord:
    """Return what the register signs of a supplement, with everything chosen or nothing."""
    persons = register.persons if whole else register.persons[:1]
    return FuhyoRecord(
        transcript=b"t" * 32,
        order_hash=b"o" * 32,
        issue_number=NUMBER,
        subject_token=b"s" * 32,
        row_version=7,
        as_of_ms=_AS_OF_MS,
        subject_row=b"r" * 32,
        honseki=register.honseki if chosen else "",
        hittosha=register.hittosha if chosen else "",
        whole=whole,
        made_on=register.supplement_made.written,
        persons=tuple(
            FuhyoPerson(
                member_ref=ref,
                removed=one.removed is not None,
                name=one.given_name if chosen and ref else f"{register.surname}　{one.given_name}",
                birth_date=one.birth.written if one.sex or one.removed is None else "",
                sex=one.sex.value,
                addresses=tuple(
                    FuhyoAddress(each.address, each.since.written if each.since else "", each.note) for each in one.addresses
                ),
                overseas_voter=one.overseas_voter if chosen else "",
            )
            for ref, one in enumerate(persons)
        ),
    )


def _person(ref: int, one: Person) -> KosekiPerson:
    always = {"名", "生年月日", "父", "母", "続柄"}
    facts = (
        ("名", one.given_name),
        ("氏名の振り仮名", one.name_kana),
        ("生年月日", one.birth.written),
        ("配偶者区分", one.spouse.value),
        ("父", one.father),
        ("母", one.mother),
        ("続柄", one.relationship),
    )
    adopted = (("養父", one.adoptive_father), ("養母", one.adoptive_mother), ("続柄", one.adoptive_relationship))
    lines = [KosekiLine(label, value) for label, value in facts if value or label in always]
    lines += [KosekiLine(label, value) for label, value in adopted if value]
    return KosekiPerson(ref, one.removed is not None, tuple(lines), _matters(one.matters))


def _matters(matters: tuple[Matter, ...]) -> tuple[KosekiMatter, ...]:
    return tuple(
        KosekiMatter(one.title, tuple(KosekiLine(each.label, each.value, each.level) for each in one.lines)) for one in matters
    )


def matter(title: str, *lines: tuple[str, str] | tuple[str, str, int]) -> KosekiMatter:
    return KosekiMatter(title, tuple(KosekiLine(*line) for line in lines))


def person(name: str, *matters: KosekiMatter, removed: bool = False, ref: int = 0) -> KosekiPerson:
    facts = (
        KosekiLine("名", name),
        KosekiLine("生年月日", "昭和60年4月12日"),
        KosekiLine("父", "葛\U000e0102城　一郎"),
        KosekiLine("母", ""),
        KosekiLine("続柄", "長男"),
    )
    return KosekiPerson(ref, removed, facts, matters)


BORN = matter(
    "出生",
    ("出生日", "昭和６０年４月１２日"),
    ("出生地", "福岡県北九州市小倉北区"),
    ("届出日", "昭和６０年４月１９日"),
    ("届出人", "父"),
)
MARRIED = matter(
    "婚姻",
    ("婚姻日", "平成２２年５月５日"),
    ("配偶者氏名", "辻\U000e0102﨑　𠮷子"),
    ("従前戸籍", "福岡県北九州市小倉北区城内７２番地　葛\U000e0102城一郎"),
)
CORRECTED = matter(
    "更正",
    ("更正日", "平成３１年１月１５日"),
    ("更正事項", "父の名"),
    (
        "更正事由",
        "誤記につき職権により東京法務局長の許可を得て更正した旨の記録であり、従前の戸籍に記載されていた文字を正しい文字に改めたもの",
    ),
    ("従前の記録", ""),
    ("父", "葛城　一郎", 1),
    (
        "【特記事項】",
        "一段下がる長い行であり、続きの行も同じ位置から始まることを確かめるために十分な長さを持たせてある記録の内容",
        1,
    ),
)
MADE = matter("戸籍改製", ("改製日", "平成１８年３月１１日"), ("改製事由", "平成６年法務省令第５１号附則第２条第１項による改製"))
"""Matters."""

SMALL = koseki_record((MADE,), (person("髙志", BORN, MARRIED, CORRECTED), person("𠮷子", BORN, MARRIED, removed=True, ref=1)))
LARGE = koseki_record(
    (MADE,),
    tuple(person(f"子{ref}", *(BORN, MARRIED, CORRECTED) * (1 + ref % 3), removed=ref % 2 == 1, ref=ref) for ref in range(12)),
)
"""A register on one page; one on many, in which persons and matters go on."""
