"""
The register's own model: residents, households, cards, blocks, after the national standard for resident records.

Promises: every value stands as it was entered, never normalised; a record that could not be printed cannot be made.
Source: 住民記録システム標準仕様書 1.1.1 (Japanese residents), 1.1.2 (foreign residents), 1.1.6 (never blank), 3.1, 3.4 (blocks);
住民基本台帳法 第7条.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from datetime import date

from akashi.registers.checkdigits import (
    JUMINHYO_CODE_DIGITS,
    MY_NUMBER_DIGITS,
    RESIDENT_NO_DIGITS,
    check_digit,
    has_check_digit,
    with_check_digit,
)
from akashi.registers.dates import WrittenDate, dated_as_entered, parse_written_date
from akashi.registers.errors import RecordRefused
from akashi.registers.text import check_text
from akashi.zones.core.residents.relationships import HEAD, check_relationship

__all__ = [
    "DECOY_NO",
    "HEAD",
    "Block",
    "BlockReason",
    "CardKind",
    "CardLink",
    "ForeignItems",
    "Household",
    "Resident",
    "ResidentKind",
    "ResidentState",
    "Sex",
    "WrittenDate",
    "check_digit",
    "dated_as_entered",
    "has_check_digit",
    "parse_written_date",
    "with_check_digit",
]

DECOY_NO = "0000000000"
"""宛名番号 and 世帯番号 that no city may give: a refusal reads this made-up household, so that a no takes as long as a yes."""

SERIAL_BYTES_MAX = 20
"""Longest serial number of a certificate. Source: RFC 5280 section 4.1.2.2."""

_POSTCODE = re.compile(r"[0-9]{7}")
_ADDRESS_CODE = re.compile(r"[0-9A-Za-z-]{1,32}")


class ResidentKind(enum.StrEnum):
    """住民種別."""

    JAPANESE = "japanese"
    """日本人住民."""
    FOREIGN = "foreign"
    """外国人住民."""


class Sex(enum.StrEnum):
    """性別, as it is written."""

    MALE = "男"
    """男."""
    FEMALE = "女"
    """女."""
    UNKNOWN = "不明"
    """不明."""


class ResidentState(enum.StrEnum):
    """住民状態."""

    RESIDENT = "resident"
    """Lives here."""
    MOVE_OUT_PLANNED = "move-out-planned"
    """転出予定: a 転出届 was filed, its day has not come."""
    MOVED_OUT = "moved-out"
    """転出."""
    DECEASED = "deceased"
    """死亡."""


class CardKind(enum.StrEnum):
    """Where a user certificate lives."""

    CARD = "card"
    """My Number card."""
    PHONE = "phone"
    """Smartphone: a certificate of its own beside the card's."""


class BlockReason(enum.StrEnum):
    """Why nothing is issued for a person (抑止). A class only: the case stays in the resident-record system."""

    SUPPORT_MEASURE = "support-measure"
    """支援措置 (victims of domestic violence, stalking, abuse), provisional ones included."""
    COURT = "court"
    """By order of a court or another authority."""
    OTHER = "other"
    """Any other reason that the city gave."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignItems:
    """
    Items that only a foreign resident has.

    Attributes:
        nationality: 国籍・地域.
        status_30_45: 住基法30条の45に規定する区分.
        residence_status: 在留資格; empty where the class has none.
        residence_period: 在留期間等; empty where the class has none.
        residence_expiry: 在留期間の満了の日, in 西暦; None where there is none.
        residence_card: 在留カード等の番号; empty where there is none.
    """

    nationality: str
    status_30_45: str
    residence_status: str = ""
    residence_period: str = ""
    residence_expiry: WrittenDate | None = None
    residence_card: str = ""

    def __post_init__(self) -> None:
        check_text("nationality", self.nationality, empty=False)
        check_text("status_30_45", self.status_30_45, empty=False)
        check_text("residence_status", self.residence_status)
        check_text("residence_period", self.residence_period)
        check_text("residence_card", self.residence_card)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Resident:
    """
    One resident record (住民票).

    Attributes:
        resident_no: 宛名番号, 10 digits with check digit.
        household_no: 世帯番号, 10 digits with check digit.
        position: 世帯員の並び順 from 1, or 0 for "by the rule"; counts only where every member of the household has one.
        kind: Japanese or foreign resident.
        name: 氏名 as written, variation selectors included; a foreign resident may have only `name_latin`.
        name_kana, kana_confirmed: 振り仮名, and whether the person or the register of 戸籍 confirmed it; printed only then.
        name_latin: 氏名（アルファベット）.
        former_name: 旧氏.
        alias, alias_since: 通称 and the day it was registered.
        birth: 生年月日.
        sex: 性別.
        relationship: 続柄.
        honseki, hittosha: 本籍 (also なし, 不明) and 筆頭者; empty for foreign residents.
        resident_since: 住民となった年月日; for foreign residents 外国人住民となった年月日.
        address_since: 住所を定めた年月日; None if never moved inside the city.
        notified_on: 届出の年月日.
        previous_address: 転入前住所.
        my_number: 個人番号, 12 digits with check digit, or empty where none is given yet.
        juminhyo_code: 住民票コード, 11 digits with check digit.
        foreign: for foreign residents, None for Japanese.
        state, state_on: 住民状態 and the day of it (planned day of moving, day of moving, day of death).

    Raises:
        RecordRefused: on construction, a value that the standard does not allow.
    """

    resident_no: str
    household_no: str
    position: int = 0
    kind: ResidentKind
    name: str
    name_kana: str = ""
    kana_confirmed: bool = False
    name_latin: str = ""
    former_name: str = ""
    alias: str = ""
    alias_since: WrittenDate | None = None
    birth: WrittenDate
    sex: Sex
    relationship: str
    honseki: str = ""
    hittosha: str = ""
    resident_since: WrittenDate
    address_since: WrittenDate | None = None
    notified_on: WrittenDate | None = None
    previous_address: str = ""
    my_number: str = ""
    juminhyo_code: str
    foreign: ForeignItems | None = None
    state: ResidentState = ResidentState.RESIDENT
    state_on: date | None = None

    def __post_init__(self) -> None:
        check_number("resident_no", self.resident_no)
        check_number("household_no", self.household_no)
        if not 0 <= self.position <= 999:  # noqa: PLR2004 - a household of a thousand is a mistake
            raise RecordRefused("position", "not between 0 and 999")
        for column in ("name", "name_kana", "name_latin", "former_name", "alias", "honseki", "hittosha", "previous_address"):
            check_text(column, getattr(self, column))
        check_relationship(self.relationship)
        if self.my_number and not has_check_digit(self.my_number, digits=MY_NUMBER_DIGITS):
            raise RecordRefused("my_number", "not 12 digits with their check digit")
        if not has_check_digit(self.juminhyo_code, digits=JUMINHYO_CODE_DIGITS):
            raise RecordRefused("juminhyo_code", "not 11 digits with their check digit")
        if self.kana_confirmed and not self.name_kana:
            raise RecordRefused("kana_confirmed", "nothing to confirm")
        if self.alias_since is not None and not self.alias:
            raise RecordRefused("alias_since", "a day without an alias")
        if self.kind is ResidentKind.JAPANESE:
            self._check_japanese()
        else:
            self._check_foreign()

    def _check_japanese(self) -> None:
        for column in ("name", "honseki", "hittosha"):
            check_text(column, getattr(self, column), empty=False)
        if self.foreign is not None:
            raise RecordRefused("kind", "a Japanese resident with items of a foreign one")

    def _check_foreign(self) -> None:
        if not (self.name or self.name_latin):
            raise RecordRefused("name", "must not be empty")
        if self.honseki or self.hittosha:
            raise RecordRefused("honseki", "a foreign resident has none")
        if self.foreign is None:
            raise RecordRefused("nationality", "must not be empty")

    def __repr__(self) -> str:
        return f"Resident(state={self.state.value})"  # a record in a traceback must not show a person


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Household:
    """
    One household (世帯): where its members live.

    Attributes:
        household_no: 世帯番号, 10 digits with check digit.
        address: 住所 with 方書, as printed.
        postcode: 7 digits without hyphen, or empty.
        address_code: 住所コード, or empty.
    """

    household_no: str
    address: str
    postcode: str = ""
    address_code: str = ""

    def __post_init__(self) -> None:
        check_number("household_no", self.household_no)
        check_text("address", self.address, empty=False)
        if self.postcode and not _POSTCODE.fullmatch(self.postcode):
            raise RecordRefused("postcode", "not 7 digits")
        if self.address_code and not _ADDRESS_CODE.fullmatch(self.address_code):
            raise RecordRefused("address_code", "not a code")

    def __repr__(self) -> str:
        return "Household()"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class CardLink:
    """
    A user certificate that speaks for a resident. One person may have several: card, phone, an old and a renewed one.

    Attributes:
        issuer_dn: issuer name of the certificate, DER.
        serial: its serial number, positive, at most 20 bytes.
        resident_no: 宛名番号.
        kind: card or phone.
        linked_on: the day on which the register learned of it.
    """

    issuer_dn: bytes
    serial: int
    resident_no: str
    kind: CardKind = CardKind.CARD
    linked_on: date

    def __post_init__(self) -> None:
        check_number("resident_no", self.resident_no)
        if not 2 <= len(self.issuer_dn) <= 1024:  # noqa: PLR2004 - an empty SEQUENCE has 2 bytes; 1024 bounds the index
            raise RecordRefused("issuer_dn", "not the DER of a name")
        if not 0 < self.serial < 1 << (8 * SERIAL_BYTES_MAX):
            raise RecordRefused("serial", "not positive or longer than 20 bytes")

    def __repr__(self) -> str:
        return "CardLink()"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Block:
    """
    Nothing is issued for this person at a kiosk (抑止).

    A block never ends by itself: `until` tells a clerk when to look again. A release at the counter for one moment does not reach
    the register; only an ended block does. One block a person and reason; a second one replaces the first.

    Attributes:
        resident_no: 宛名番号.
        reason: class of reason.
        since: first day.
        until: last day of the measure, or None; for information only.
    """

    resident_no: str
    reason: BlockReason
    since: date
    until: date | None = None

    def __post_init__(self) -> None:
        check_number("resident_no", self.resident_no)

    def __repr__(self) -> str:
        return "Block()"


def check_number(column: str, number: str) -> None:
    """
    Refuse what is not a 宛名番号 or 世帯番号.

    Raises:
        RecordRefused: not 10 digits with their check digit, or the decoy's number.
    """
    if number == DECOY_NO or not has_check_digit(number, digits=RESIDENT_NO_DIGITS):
        raise RecordRefused(column, "not 10 digits with their check digit")
