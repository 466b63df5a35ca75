"""Made-up records for the register's tests, and the five files they become."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from akashi.registers.csv_form import write_rows
from akashi.registers.stores.engine import Engine
from akashi.zones.core.residents.changes import Change, FeedRecord, Heartbeat, format_line
from akashi.zones.core.residents.csv_form import BLOCKS, CARD_LINKS, HOUSEHOLDS, RESIDENTS
from akashi.zones.core.residents.feeding import apply_record
from akashi.zones.core.residents.importing import ImportReport, import_city
from akashi.zones.core.residents.manifest import Manifest, write_manifest
from akashi.zones.core.residents.records import (
    Block,
    CardLink,
    ForeignItems,
    Household,
    Resident,
    ResidentKind,
    ResidentState,
    Sex,
    WrittenDate,
    parse_written_date,
    with_check_digit,
)

CITY = "139998"
AS_OF_MS = 1_790_000_000_000
"""21 September 2026, when the made-up export was taken."""
ISSUER_DN = bytes.fromhex("300d310b3009060355040613024a50")
LINKED_ON = date(2025, 4, 1)


def number(serial: int) -> str:
    """The serial-th 宛名番号 or 世帯番号."""
    return with_check_digit(f"{serial:09}")


def person(serial: int, household: int, relationship: str = "世帯主", **changes: Any) -> Resident:
    """A Japanese resident; `changes` replace single fields."""
    fields: dict[str, Any] = {
        "resident_no": number(serial),
        "household_no": number(household),
        "kind": ResidentKind.JAPANESE,
        "name": f"証野{serial}太郎",
        "name_kana": f"アカシノ{serial}タロウ",
        "kana_confirmed": True,
        "birth": parse_written_date("昭和55年4月5日"),
        "sex": Sex.MALE,
        "relationship": relationship,
        "honseki": f"東京都証野市本町{serial}番地",
        "hittosha": f"証野{serial}一郎",
        "resident_since": parse_written_date("平成20年6月1日"),
        "notified_on": parse_written_date("平成20年6月3日"),
        "previous_address": "東京都新宿区西新宿二丁目8番1号",
        "my_number": with_check_digit(f"{10_000_000_000 + serial}"),
        "juminhyo_code": with_check_digit(f"{2_000_000_000 + serial}"),
    }
    return Resident(**{**fields, **changes})


def foreigner(serial: int, household: int, relationship: str, **changes: Any) -> Resident:
    """A foreign resident with only a Latin name."""
    fields: dict[str, Any] = {
        "kind": ResidentKind.FOREIGN,
        "name": "",
        "name_kana": "",
        "kana_confirmed": False,
        "name_latin": f"AKASHI TARO {serial}",
        "birth": parse_written_date("1985年3月4日"),
        "honseki": "",
        "hittosha": "",
        "foreign": ForeignItems(
            nationality="フィリピン",
            status_30_45="中長期在留者",
            residence_status="永住者",
            residence_period="",
            residence_expiry=WrittenDate("2030年1月31日", date(2030, 1, 31)),
            residence_card="AB12345678CD",
        ),
    }
    return person(serial, household, relationship, **{**fields, **changes})


def household(serial: int, address: str = "") -> Household:
    return Household(
        household_no=number(serial),
        address=address or f"東京都証野市中町一丁目{serial}番1号",
        postcode="1880000",
        address_code="13999",
    )


def link(serial: int, resident: int, *, issuer_dn: bytes = ISSUER_DN, linked_on: date = LINKED_ON) -> CardLink:
    return CardLink(issuer_dn=issuer_dn, serial=serial, resident_no=number(resident), linked_on=linked_on)


@dataclass
class City:
    """What is imported."""

    households: list[Household] = field(default_factory=list)
    residents: list[Resident] = field(default_factory=list)
    card_links: list[CardLink] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)

    def add(self, serial: int, *residents: Resident) -> None:
        """One more household with its members; each gets a card with the serial of the person's number."""
        self.households.append(household(serial))
        self.residents.extend(residents)
        self.card_links.extend(
            CardLink(
                issuer_dn=ISSUER_DN,
                serial=0x5000_0000_0000 + int(one.resident_no),
                resident_no=one.resident_no,
                linked_on=LINKED_ON,
            )
            for one in residents
        )

    def write(self, folder: Path, *, sequence: int = 0, as_of_ms: int = AS_OF_MS) -> None:
        write_rows(folder, HOUSEHOLDS, self.households)
        write_rows(folder, RESIDENTS, self.residents)
        write_rows(folder, CARD_LINKS, self.card_links)
        write_rows(folder, BLOCKS, self.blocks)
        write_manifest(
            folder,
            Manifest(
                municipality=CITY,
                as_of_ms=as_of_ms,
                sequence=sequence,
                households=len(self.households),
                residents=len(self.residents),
                card_links=len(self.card_links),
                blocks=len(self.blocks),
            ),
        )

    def load(self, engine: Engine, folder: Path, *, sequence: int = 0) -> ImportReport:
        """Write the files and import them."""
        self.write(folder, sequence=sequence)
        report = import_city(engine, folder)
        assert report.refused == []
        return report


def serial_of(resident: int) -> int:
    """Serial number of the card that `City.add` gives to the person."""
    return 0x5000_0000_0000 + int(number(resident))


def sample_city() -> City:
    """
    Six households: 1 a family of four (Japanese and foreign), 2 a single person, 3 a couple with a blocked wife, 4 a dead
    person's widow, 5 somebody who moved away, 6 a family of three generations.
    """
    city = City()
    city.add(
        1,
        person(1, 1),
        foreigner(2, 1, "妻"),
        person(3, 1, "子", birth=parse_written_date("平成25年1月1日")),
        person(4, 1, "子", birth=parse_written_date("平成22年1月1日"), kana_confirmed=False),
    )
    city.add(2, person(5, 2))
    city.add(3, person(6, 3), person(7, 3, "妻", sex=Sex.FEMALE))
    city.add(4, person(8, 4, "夫", state=ResidentState.DECEASED), person(9, 4, sex=Sex.FEMALE))
    city.add(5, person(10, 5, state=ResidentState.MOVED_OUT))
    city.add(
        6,
        person(11, 6, "父の母", birth=parse_written_date("大正15年12月25日")),
        person(12, 6, "弟"),
        person(13, 6, "母"),
        person(14, 6, "子の妻"),
        person(15, 6, "子"),
        person(16, 6, "妻"),
        person(17, 6),
        person(18, 6, "同居人"),
        person(19, 6, "縁故者"),
        person(20, 6, "弟の子"),
    )
    return city


def feed(engine: Engine, changes: Iterable[Change], *, after: int = 0, time_ms: int = AS_OF_MS) -> int:
    """Apply changes as the next records and return the last number."""
    for change in changes:
        after += 1
        record = FeedRecord(sequence=after, time_ms=time_ms, change=change)
        assert apply_record(engine, record, format_line(record))
    return after


def line(sequence: int, change: Change | None = None, *, time_ms: int = AS_OF_MS) -> bytes:
    """One line of the feed; a heartbeat where no change is given."""
    return format_line(FeedRecord(sequence=sequence, time_ms=time_ms, change=change or Heartbeat()))
