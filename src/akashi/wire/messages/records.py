"""
What registries sign about one order: one record type per family, each of one committed version.

All begin alike (`RegistryRecord`), so that the checker compares session, order, number and subject in one place. An item that was
not chosen is absent; a value stands as the registry has it, never normalised.
Source: docs/spec/protocol.md section 5.3; docs/spec/registry.md, seals.md, taxes.md, koseki.md.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from akashi.wire.certificates import Item
from akashi.wire.messages.fields import (
    Bytes32,
    Date,
    FiscalYear,
    IssueNumber,
    MemberRef,
    Message,
    Millis,
    Text,
    Written,
)
from akashi.wire.tax_items import TaxItem

SEAL_DPI = 600
"""Resolution of a seal's image: printed 1:1, no scaling anywhere."""
SEAL_PIXELS_MIN = 189
SEAL_PIXELS_MAX = 591
"""8 mm and 25 mm at 600 dpi, rounded up to whole pixels: smallest and largest side of a seal that can be registered."""


class RegistryRecord(Message, frozen=True):
    """
    How every record begins.

    Attributes:
        transcript: T of the session.
        order_hash: of the order that was answered.
        issue_number: the number that it is for.
        subject_token: of the card's link, for this session.
        row_version: committed version that was read; counted by the registry.
        as_of_ms: the source's time of what the registry holds.
    """

    transcript: Bytes32
    order_hash: Bytes32
    issue_number: IssueNumber
    subject_token: Bytes32
    row_version: Millis
    as_of_ms: Millis


class Field(Message, frozen=True):
    """One item as written. An empty value means "not applicable to this person"; an item not chosen is absent."""

    item: Item
    value: Written


class JuminPerson(Message, frozen=True):
    """One household member's chosen items, in the order of `items_for`."""

    member_ref: MemberRef
    fields: tuple[Field, ...]


class JuminRecord(RegistryRecord, frozen=True):
    """Of core/residents: the chosen items of the chosen members. Purpose "record"."""

    address: Written
    household_head: Written
    whole_household: bool
    persons: Annotated[tuple[JuminPerson, ...], Meta(min_length=1, max_length=99)]


class SealImage(Message, frozen=True):
    """
    A registered seal (印影), one bit a pixel at 600 dpi.

    `bits` are rows from top to bottom, each padded to whole bytes with zeros, first pixel in the highest bit; 1 is ink.
    """

    width_px: Annotated[int, Meta(ge=SEAL_PIXELS_MIN, le=SEAL_PIXELS_MAX)]
    height_px: Annotated[int, Meta(ge=SEAL_PIXELS_MIN, le=SEAL_PIXELS_MAX)]
    bits: Annotated[bytes, Meta(max_length=(SEAL_PIXELS_MAX + 7) // 8 * SEAL_PIXELS_MAX)]


class SealRecord(RegistryRecord, frozen=True):
    """
    Of core/seals: the living registration of the applicant's seal. Purpose "seal-record".

    Attributes:
        subject_row: hash of the 宛名番号 *stored with the row that was read*, for this session (`subject_row_hash`).
        name: 氏名.
        former_name: 旧氏, or empty.
        alias: 通称, or empty.
        name_kana: 氏名の片仮名表記 of a foreign resident (part of the registration), or empty.
        birth_date: 生年月日 as written.
        sex: 性別, or empty where the city does not print it.
        address: 住所 with 方書.
        registered_on: 登録年月日 as written.
        image: the seal.
    """

    subject_row: Bytes32
    name: Written
    former_name: Written
    alias: Written
    name_kana: Written
    birth_date: Written
    sex: Written
    address: Written
    registered_on: Written
    image: SealImage


class TaxLine(Message, frozen=True):
    """One line: yen or people; None is shown as ＊ (a dependant who did not declare, and need not)."""

    item: TaxItem
    amount: Annotated[int, Meta(ge=-(10**13), le=10**13)] | None


class TaxRecord(RegistryRecord, frozen=True):
    """
    Of core/taxes: the applicant's tax of one year, from one whole day's file. Purpose "tax-record".

    Attributes:
        subject_row: as in `SealRecord`.
        fiscal_year: 年度, in the western count.
        income_year: 所得の年 (the year before), in the western count.
        data_on: the day of the file, Japan Standard Time; `as_of_ms` is the moment of its export. Whether the certificate marks
            it as old follows from it and the city's rule (`akashi.rules.taxes.check_data_day`).
        name, birth_date: as written.
        address: present address.
        levy_address: address on 1 January of the year (賦課期日).
        lines: exactly `TAX_ITEMS_OF[kind]`, in that order.
        note: 備考, or empty.
    """

    subject_row: Bytes32
    fiscal_year: FiscalYear
    income_year: FiscalYear
    data_on: Date
    name: Written
    birth_date: Written
    address: Written
    levy_address: Written
    lines: Annotated[tuple[TaxLine, ...], Meta(min_length=1, max_length=len(TaxItem))]
    note: Text


class KosekiLine(Message, frozen=True):
    """
    One labelled line, such as 婚姻日 and 令和2年3月4日; the label without its brackets 【】. A line without a label has "".

    `level` is 1 for a line that stands one level in, under 従前の記録 or 記録の内容, which have no value themselves.
    """

    label: Annotated[str, Meta(max_length=64)]
    value: Text
    level: Annotated[int, Meta(ge=0, le=1)] = 0


class KosekiMatter(Message, frozen=True):
    """One matter (事項): its title, such as 婚姻 or 戸籍編製, and its lines in order."""

    title: Annotated[str, Meta(max_length=64)]
    lines: Annotated[tuple[KosekiLine, ...], Meta(max_length=64)]


class KosekiPerson(Message, frozen=True):
    """
    One person in the register.

    Attributes:
        member_ref: as in the offered members.
        removed: 除籍: shown with the 除籍 mark.
        facts: 名, 名の振り仮名, 生年月日, 配偶者区分, 父, 母, 続柄 … in the order of the form.
        matters: 身分事項 in order.
    """

    member_ref: MemberRef
    removed: bool
    facts: Annotated[tuple[KosekiLine, ...], Meta(min_length=1, max_length=32)]
    matters: Annotated[tuple[KosekiMatter, ...], Meta(max_length=128)]


class KosekiRecord(RegistryRecord, frozen=True):
    """
    Of koseki/register: the family register, whole or the chosen persons. Purpose "koseki-record".

    Attributes:
        subject_row: as in `SealRecord`, from the 宛名番号 stored with the applicant's entry.
        honseki: 本籍.
        hittosha: 筆頭者の氏名.
        whole: everybody and everything (全部事項); else persons are the chosen ones (個人事項).
        matters: 戸籍事項 in order.
        persons: in the order of the register.
    """

    subject_row: Bytes32
    honseki: Written
    hittosha: Written
    whole: bool
    matters: Annotated[tuple[KosekiMatter, ...], Meta(max_length=64)]
    persons: Annotated[tuple[KosekiPerson, ...], Meta(min_length=1, max_length=99)]


class FuhyoAddress(Message, frozen=True):
    """One address of the supplement. `note` is 備考, or empty."""

    address: Written
    since: Written
    note: Written


class FuhyoPerson(Message, frozen=True):
    """
    One person in the supplement.

    Attributes:
        name: full name where 本籍・筆頭者 was not chosen, or for the 筆頭者; else the given name alone.
        birth_date, sex: as written; empty for whom the supplement does not have them.
        addresses: from the oldest to the newest.
        overseas_voter: 在外選挙人名簿等への登録 as written; empty where it was not chosen or there is none.
    """

    member_ref: MemberRef
    removed: bool
    name: Written
    birth_date: Written
    sex: Written
    addresses: Annotated[tuple[FuhyoAddress, ...], Meta(max_length=256)]
    overseas_voter: Written


class FuhyoRecord(RegistryRecord, frozen=True):
    """
    Of koseki/register: the supplement (附票), all persons or chosen ones. Purpose "fuhyo-record".

    Attributes:
        subject_row: as in `KosekiRecord`.
        honseki, hittosha: empty where not chosen.
        whole: all persons.
        made_on: 附票の編製日 as written.
    """

    subject_row: Bytes32
    honseki: Written
    hittosha: Written
    whole: bool
    made_on: Written
    persons: Annotated[tuple[FuhyoPerson, ...], Meta(min_length=1, max_length=99)]


AnyRecord = JuminRecord | SealRecord | TaxRecord | KosekiRecord | FuhyoRecord
"""The five families."""
