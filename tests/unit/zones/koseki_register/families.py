"""Family registers for tests: a family with a daughter who left, a single person, a couple with a protected wife, old ones."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from akashi.registers.checkdigits import with_check_digit
from akashi.registers.report import LinesReport
from akashi.registers.stores.engine import Engine
from akashi.zones.koseki.register.files import BLOCKS, ENROLLED, REGISTERS, EnrolledCard, write_lines
from akashi.zones.koseki.register.importing import import_registers
from akashi.zones.koseki.register.manifest import Manifest, write_manifest
from akashi.zones.koseki.register.notifications import FeedRecord, Step, format_line
from akashi.zones.koseki.register.records import (
    Address,
    Block,
    BlockReason,
    Dated,
    FamilyRegister,
    Line,
    Matter,
    Person,
    RegisterState,
)
from akashi.zones.koseki.register.store import KosekiStore
from akashi.zones.koseki.register.vocabulary import Sex, SpouseMark
from unit.zones.core_residents.people import AS_OF_MS, CITY

HONSEKI = "東京都証野市硯町二丁目3番"


def resident_no(serial: int) -> str:
    return with_check_digit(f"90000{serial:04}")


def register_no(serial: int) -> str:
    return f"7{serial:09}"


def person_no(serial: int) -> str:
    return f"6{serial:09}"


def on(written: str, day: date | None) -> Dated:
    return Dated(written=written, day=day)


def matter(title: str, **lines: str) -> Matter:
    return Matter(title=title, lines=tuple(Line(label=label, value=value) for label, value in lines.items()))


def made_on(written: str = "平成20年1月21日") -> Matter:
    return matter("戸籍編製", 編製日=written)


def born(written: str) -> Matter:
    return matter("出生", 出生日=written, 出生地="東京都証野市", 届出人="父")


def person(serial: int, given: str, **changes: Any) -> Person:
    fields: dict[str, Any] = {
        "person_no": person_no(serial),
        "given_name": given,
        "name_kana": f"コウノ\u3000カナ{serial}",
        "birth": on("昭和57年4月19日", date(1982, 4, 19)),
        "father": f"甲野父{serial}",
        "mother": f"母{serial}",
        "relationship": "長男",
        "matters": (born("昭和57年4月19日"),),
        "sex": Sex.MALE,
        "addresses": (
            Address(address=f"神奈川県浜野市{serial}番地", since=on("平成10年3月5日", date(1998, 3, 5))),
            Address(address=f"東京都証野市中町一丁目{serial}番1号", since=on("平成20年2月1日", date(2008, 2, 1)), note="転居"),
        ),
        "resident_no": resident_no(serial),
    }
    return Person(**{**fields, **changes})


def register(serial: int, surname: str, *persons: Person, **changes: Any) -> FamilyRegister:
    fields: dict[str, Any] = {
        "register_no": register_no(serial),
        "honseki": HONSEKI,
        "surname": surname,
        "hittosha": f"{surname}\u3000{persons[0].given_name}",
        "matters": (made_on(),),
        "supplement_made": on("平成20年1月21日", date(2008, 1, 21)),
        "persons": persons,
    }
    return FamilyRegister(**{**fields, **changes})


def family() -> FamilyRegister:
    """1: 甲野 義太郎 (1), his wife 梅子 (2), a daughter who married and left (3), a son of 14 (4)."""
    marriage = matter("婚姻", 婚姻日="平成20年1月21日", 配偶者氏名="乙野梅子", 従前戸籍="東京都千代町一丁目4番地\u3000甲野")
    left = matter("婚姻", 婚姻日="令和5年3月3日", 配偶者氏名="丙山太郎", 新本籍="京都府山科野市1番地", 称する氏="丙山")
    return register(
        1,
        "甲野",
        person(1, "義太郎", spouse=SpouseMark.HUSBAND, matters=(born("昭和57年4月19日"), marriage)),
        person(
            2,
            "梅\U000e0101子",
            spouse=SpouseMark.WIFE,
            birth=on("昭和59年1月20日", date(1984, 1, 20)),
            relationship="二女",
            sex=Sex.FEMALE,
            overseas_voter="在外選挙人名簿登録市区町村名\u3000東京都証野市",
        ),
        person(
            3,
            "松子",
            birth=on("平成14年5月5日", date(2002, 5, 5)),
            relationship="長女",
            sex=Sex.FEMALE,
            removed=on("令和5年3月3日", date(2023, 3, 3)),
            matters=(born("平成14年5月5日"), left),
            resident_no="",
        ),
        person(
            4, "竹夫", birth=on("平成25年1月1日", date(2013, 1, 1)), adoptive_father="甲野義太郎", adoptive_relationship="養子"
        ),
    )


@dataclass
class Families:
    """What is imported."""

    registers: list[FamilyRegister] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    enrolled: list[EnrolledCard] = field(default_factory=list)

    def write(self, folder: Path, *, sequence: int = 0) -> None:
        manifest = Manifest(
            municipality=CITY,
            as_of_ms=AS_OF_MS,
            sequence=sequence,
            registers=write_lines(folder, REGISTERS, self.registers),
            blocks=write_lines(folder, BLOCKS, self.blocks),
            enrolled=write_lines(folder, ENROLLED, self.enrolled),
        )
        write_manifest(folder, manifest)

    def load(self, engine: Engine, folder: Path, *, sequence: int = 0) -> LinesReport:
        self.write(folder, sequence=sequence)
        report = import_registers(engine, folder)
        assert report.refused == []
        return report


def sample() -> Families:
    """1 the family; 2 a single person; 3 a couple, she is protected; 4 on paper, 5 superseded, 6 closed; 7 lives elsewhere."""
    blocked = person(12, "花子", sex=Sex.FEMALE, relationship="長女", spouse=SpouseMark.WIFE)
    return Families(
        [
            family(),
            register(2, "乙川", person(10, "一人")),
            register(3, "丁田", person(11, "次郎", spouse=SpouseMark.HUSBAND), blocked),
            register(4, "戊井", person(13, "紙夫"), state=RegisterState.PAPER, matters=()),
            register(5, "己村", person(14, "旧子"), state=RegisterState.SUPERSEDED),
            register(6, "庚本", person(15, "閉男"), state=RegisterState.CLOSED),
            register(
                7, "辛島", person(16, "遠子", resident_no="", birth=on("昭和10年頃", None)), person(17, "遠夫", resident_no="")
            ),
        ],
        [Block(person_no=person_no(12), reason=BlockReason.SUPPORT_MEASURE, since=date(2026, 1, 1))],
    )


def feed(engine: Engine, *notifications: tuple[Step, ...], after: int = 0, time_ms: int = AS_OF_MS) -> int:
    """Apply notifications as the next records and return the last number."""
    for steps in notifications:
        after += 1
        line = format_line(FeedRecord(sequence=after, time_ms=time_ms, steps=steps))
        assert KosekiStore(engine).apply_line(line, lambda _record: True).sequence == after
    return after


def renamed(one: Person, given: str) -> Person:
    return replace(one, given_name=given)
