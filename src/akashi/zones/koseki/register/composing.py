"""
From what was read to the words that are signed: the lines of a 戸籍証明書 and of a 附票の写し, in the order of the forms.

Source: 戸籍法施行規則 付録第22号様式 to 第24号様式; docs/spec/koseki.md section 6; 住民基本台帳法 第17条.
"""

from __future__ import annotations

from collections.abc import Iterable

from akashi.registers.desk import Asked
from akashi.wire.messages import (
    FuhyoAddress,
    FuhyoPerson,
    FuhyoRecord,
    KosekiLine,
    KosekiMatter,
    KosekiPerson,
    KosekiRecord,
)
from akashi.zones.koseki.register.reading import (
    KOSEKI_COLUMNS,
    SURNAME_AND_GIVEN,
    KosekiRead,
    MatterRead,
    PersonRead,
    SupplementPersonRead,
    SupplementRead,
)

_LABEL_OF = {
    "given_name": "名",
    "name_kana": "氏名の振り仮名",
    "birth_date": "生年月日",
    "spouse": "配偶者区分",
    "father": "父",
    "mother": "母",
    "relationship": "続柄",
    "adoptive_father": "養父",
    "adoptive_mother": "養母",
    "adoptive_relationship": "続柄",
}
_ALWAYS = frozenset({"given_name", "birth_date", "father", "mother", "relationship"})
"""Printed even where nothing is written; other facts have a line only where there is something to print."""


def koseki_record(asked: Asked, read: KosekiRead, stored_no: str) -> KosekiRecord:
    """
    Return the record of a 戸籍証明書.

    Args:
        asked: the verified question.
        read: what was read for it.
        stored_no: number of the subject, stored with the row that was read.
    """
    return KosekiRecord(
        transcript=asked.ticket.transcript,
        order_hash=asked.order_hash,
        issue_number=asked.issue_number,
        subject_token=asked.ticket.subject_token,
        row_version=read.subject.row_version,
        as_of_ms=read.feed.as_of_ms,
        subject_row=asked.subject_row(stored_no),
        honseki=read.honseki,
        hittosha=read.hittosha,
        whole=not asked.order.members,
        matters=_matters(read.matters),
        persons=tuple(_person(one) for one in read.persons),
    )


def fuhyo_record(asked: Asked, read: SupplementRead, stored_no: str) -> FuhyoRecord:
    """
    Return the record of a 附票の写し.

    Args:
        asked: the verified question.
        read: what was read for it.
        stored_no: number of the subject, stored with the row that was read.
    """
    return FuhyoRecord(
        transcript=asked.ticket.transcript,
        order_hash=asked.order_hash,
        issue_number=asked.issue_number,
        subject_token=asked.ticket.subject_token,
        row_version=read.subject.row_version,
        as_of_ms=read.feed.as_of_ms,
        subject_row=asked.subject_row(stored_no),
        honseki=read.honseki,
        hittosha=read.hittosha,
        whole=len(read.persons) == read.everybody,
        made_on=read.made_on,
        persons=tuple(_supplement_person(one, read) for one in read.persons),
    )


def _matters(matters: Iterable[MatterRead]) -> tuple[KosekiMatter, ...]:
    return tuple(
        KosekiMatter(one.title, tuple(KosekiLine(line.label, line.value, line.level) for line in one.lines)) for one in matters
    )


def _person(one: PersonRead) -> KosekiPerson:
    facts = tuple(
        KosekiLine(_LABEL_OF[column], value)
        for column, value in zip(KOSEKI_COLUMNS, one.facts, strict=True)
        if value or column in _ALWAYS
    )
    return KosekiPerson(one.member_ref, one.removed, facts, _matters(one.matters))


def _supplement_person(one: SupplementPersonRead, read: SupplementRead) -> FuhyoPerson:
    # Where 筆頭者 stands above, everybody else is called by the given name alone.
    full = one.head or not read.hittosha
    return FuhyoPerson(
        member_ref=one.member_ref,
        removed=one.removed,
        name=read.surname + SURNAME_AND_GIVEN + one.given_name if full else one.given_name,
        birth_date=one.birth_date if one.sex or not one.removed else "",
        sex=one.sex,
        addresses=tuple(FuhyoAddress(*address) for address in one.addresses),
        overseas_voter=one.overseas_voter,
    )
