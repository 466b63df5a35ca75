"""
The register's own model: family registers, their persons, matters and supplements, as a computerised register holds them.

The same types are read from an import, from the change feed, and from the database. Promises: every value stands as it was
entered, never normalised; a register that could not be printed cannot be made.
Source: 戸籍法 第9条, 第13条, 第16条 to 第23条; 戸籍法施行規則 第34条; 住民基本台帳法 第17条.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Final

from msgspec import Meta, Struct

from akashi.registers.checkdigits import RESIDENT_NO_DIGITS, has_check_digit
from akashi.registers.dates import dated_as_entered, parse_written_date
from akashi.registers.errors import RecordRefused
from akashi.registers.text import check_text
from akashi.zones.koseki.register.vocabulary import (
    ADOPTIVE_RELATIONSHIPS,
    LABELS,
    NESTS,
    PERSON_TITLES,
    REGISTER_TITLES,
    RELATIONSHIPS,
    Holds,
    Sex,
    SpouseMark,
)

DECOY_NO: Final = "0000000000"
"""Number that no register and no person has: a refusal reads this made-up register, so that a no takes as long as a yes."""

SEX_SINCE: Final = date(2022, 1, 11)
"""Supplements hold birth date and sex of people who had not left before this day (令和元年法律第16号)."""

PERSONS_MAX: Final = 99
TEXT_MAX: Final = 2000
"""Characters in the value of a line; the wire's limit."""

_NUMBER = re.compile(r"[0-9]{10}")
_HALF_WIDTH = str.maketrans("０１２３４５６７８９", "0123456789")

Short = Annotated[str, Meta(max_length=512)]


class Closed(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Base of every record: immutable, closed, without a repr, because a record in a traceback must not show a person."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class Dated(Closed, frozen=True, kw_only=True):
    """
    A date as it is written, with the day that it means.

    Attributes:
        written: as entered; printed like this.
        day: the calendar day, or None where it names none (不詳, 29 February of a common year).
    """

    written: Short
    day: date | None

    def __post_init__(self) -> None:
        dated_as_entered(self.written, self.day, column="written")


class Line(Closed, frozen=True, kw_only=True):
    """
    One labelled line of a matter.

    Attributes:
        label: one of `LABELS`, without brackets.
        value: as written.
        level: 1 for a line that stands under 従前の記録 or 記録の内容, else 0.
    """

    label: Short
    value: Annotated[str, Meta(max_length=TEXT_MAX)] = ""
    level: Annotated[int, Meta(ge=0, le=1)] = 0

    def __post_init__(self) -> None:
        holds = LABELS.get(self.label)
        if holds is None:
            raise RecordRefused("label", "not in the vocabulary")
        check_text("value", self.value, empty=holds is Holds.NOTHING or self.level == 1, length_max=TEXT_MAX)
        if holds is Holds.NOTHING and self.value:
            raise RecordRefused("value", "this label has lines under it and no value")
        if holds is Holds.DAY and self.value:
            _check_day(self.value)


def _check_day(value: str) -> None:
    """Check that a date of known form is a day that can be; 昭和４０年１月２日 is known in digits of either width."""
    try:
        parse_written_date(value.translate(_HALF_WIDTH), column="value")
    except RecordRefused as refused:
        raise RecordRefused("value", refused.reason) from None


class Matter(Closed, frozen=True, kw_only=True):
    """One matter: its title and its lines in the order of the form."""

    title: Short
    lines: Annotated[tuple[Line, ...], Meta(min_length=1, max_length=64)]

    def __post_init__(self) -> None:
        if self.title not in REGISTER_TITLES and self.title not in PERSON_TITLES:
            raise RecordRefused("title", "not in the vocabulary")
        under = ""
        for line in self.lines:
            if line.level == 1 and not under:
                raise RecordRefused("level", "a line one level in, with none above it")
            if line.level == 0:
                under = line.label if line.label in NESTS else ""


Matters = Annotated[tuple[Matter, ...], Meta(max_length=128)]


class Address(Closed, frozen=True, kw_only=True):
    """
    One address of the supplement.

    Attributes:
        address: 住所; empty for 不詳 only where `note` says so.
        since: 住所を定めた年月日, or None where the supplement has none.
        note: 備考, such as 職権消除, or empty.
    """

    address: Short
    since: Dated | None
    note: Short = ""

    def __post_init__(self) -> None:
        check_text("address", self.address, empty=bool(self.note))
        check_text("note", self.note)


class Person(Closed, frozen=True, kw_only=True):
    """
    One person in a family register, and what the supplement holds about the person.

    Attributes:
        person_no: the register's own number of this entry, 10 digits; somebody who stands in two registers has two.
        given_name: 名, variation selectors included.
        name_kana: 氏名の振り仮名, or empty while it is not recorded.
        birth: 生年月日.
        spouse: 配偶者区分.
        father, mother: 父, 母 as written; may be empty.
        relationship: 続柄 with them.
        adoptive_father, adoptive_mother, adoptive_relationship: 養父, 養母, 続柄 with them; empty where there are none.
        removed: 除籍: when the person left the register, or None who is in it.
        matters: 身分事項 in order.
        sex: 性別, in the supplement only.
        addresses: 住所 since the register was made, oldest first.
        overseas_voter: 在外選挙人名簿等への登録 as written, or empty.
        resident_no: 宛名番号 where the person lives in this city, else empty.
    """

    person_no: str
    given_name: Short
    name_kana: Short = ""
    birth: Dated
    spouse: SpouseMark = SpouseMark.NONE
    father: Short = ""
    mother: Short = ""
    relationship: Short = ""
    adoptive_father: Short = ""
    adoptive_mother: Short = ""
    adoptive_relationship: Short = ""
    removed: Dated | None = None
    matters: Matters = ()
    sex: Sex = Sex.UNKNOWN
    addresses: Annotated[tuple[Address, ...], Meta(max_length=256)] = ()
    overseas_voter: Short = ""
    resident_no: str = ""

    def __post_init__(self) -> None:
        check_koseki_number("person_no", self.person_no)
        check_text("given_name", self.given_name, empty=False)
        for column in ("name_kana", "father", "mother", "adoptive_father", "adoptive_mother", "overseas_voter"):
            check_text(column, getattr(self, column))
        if self.relationship not in RELATIONSHIPS:
            raise RecordRefused("relationship", "not in the vocabulary")
        self._check_adoption()
        if self.resident_no and (
            self.resident_no == DECOY_NO or not has_check_digit(self.resident_no, digits=RESIDENT_NO_DIGITS)
        ):
            raise RecordRefused("resident_no", "not 10 digits with their check digit")
        check_matters(self.matters, PERSON_TITLES)
        if self.removed is not None and self.removed.day is not None and self.removed.day < SEX_SINCE and self.sex:
            raise RecordRefused("sex", "not held of people who left before 2022-01-11")

    def _check_adoption(self) -> None:
        adopted = bool(self.adoptive_father or self.adoptive_mother)
        if adopted != (self.adoptive_relationship in ADOPTIVE_RELATIONSHIPS) or (not adopted and self.adoptive_relationship):
            raise RecordRefused("adoptive_relationship", "adoptive parents and 養子 or 養女 come together")


class RegisterState(enum.StrEnum):
    """What kind of register it is. Only a current one is given out at a kiosk."""

    CURRENT = "current"
    """戸籍."""
    CLOSED = "closed"
    """除籍: nobody is left in it, or it went to another city."""
    SUPERSEDED = "superseded"
    """改製原戸籍."""
    PAPER = "paper"
    """On paper: names that could not be computerised. Here only to say that it is not given out."""


class FamilyRegister(Closed, frozen=True, kw_only=True):
    """
    One family register (戸籍) with its supplement (附票).

    Attributes:
        register_no: the register's number, 10 digits.
        state: what kind it is.
        honseki: 本籍.
        surname: 氏 of everybody in it.
        hittosha: 筆頭者の氏名 as printed.
        matters: 戸籍事項 in order.
        supplement_made: 附票の編製日.
        persons: in the order of the register; the first is the 筆頭者.
    """

    register_no: str
    state: RegisterState = RegisterState.CURRENT
    honseki: Short
    surname: Short
    hittosha: Short
    matters: Matters = ()
    supplement_made: Dated
    persons: Annotated[tuple[Person, ...], Meta(min_length=1, max_length=PERSONS_MAX)]

    def __post_init__(self) -> None:
        check_koseki_number("register_no", self.register_no)
        for column in ("honseki", "surname", "hittosha"):
            check_text(column, getattr(self, column), empty=False)
        check_matters(self.matters, REGISTER_TITLES)
        if self.state is RegisterState.CURRENT and not self.matters:
            raise RecordRefused("matters", "a register says when it was made")
        if not self.hittosha.startswith(self.surname):
            raise RecordRefused("hittosha", "not of the register's surname")
        numbers = [one.person_no for one in self.persons]
        if len(set(numbers)) != len(numbers):
            raise RecordRefused("person_no", "given twice")
        residents = [one.resident_no for one in self.persons if one.resident_no and one.removed is None]
        if len(set(residents)) != len(residents):
            raise RecordRefused("resident_no", "given twice")
        for mark in (SpouseMark.HUSBAND, SpouseMark.WIFE):
            if sum(one.spouse is mark and one.removed is None for one in self.persons) > 1:
                raise RecordRefused("spouse", "two of one mark")

    def full_name(self, person: Person) -> str:
        """Return 氏名 of one of its persons, written like in a resident record: a full-width space between."""
        return f"{self.surname}\u3000{person.given_name}"


class BlockReason(enum.StrEnum):
    """Why nothing is issued for a person. A class only: the case stays with those who set it."""

    SUPPORT_MEASURE = "support-measure"
    """支援措置."""
    COURT = "court"
    """By order of a court or another authority."""
    OTHER = "other"
    """Any other reason that the city gave."""


class Block(Closed, frozen=True, kw_only=True):
    """
    Nothing is issued at a kiosk from any register in which this person stands, removed or not; it never ends by itself.

    Attributes:
        person_no: whom it protects.
        reason: class of reason.
        since: first day.
        until: last day of the measure, or None; for information only.
    """

    person_no: str
    reason: BlockReason
    since: date
    until: date | None = None

    def __post_init__(self) -> None:
        check_koseki_number("person_no", self.person_no)


def check_koseki_number(column: str, number: str) -> None:
    """
    Refuse what is not a number of a register or person.

    Raises:
        RecordRefused: not 10 digits, or the decoy's.
    """
    if number == DECOY_NO or not (number.isascii() and _NUMBER.fullmatch(number)):
        raise RecordRefused(column, "not 10 digits")


def check_matters(matters: tuple[Matter, ...], titles: Mapping[str, str]) -> None:
    """
    Refuse matters that the place does not have, or that lack the line which they cannot do without.

    Raises:
        RecordRefused: a title of the other place, or without its line.
    """
    for matter in matters:
        needed = titles.get(matter.title)
        if needed is None:
            raise RecordRefused("title", "does not stand here")
        if not any(line.label == needed and line.level == 0 for line in matter.lines):
            raise RecordRefused("lines", "without the line that the title needs")
