"""戸籍の附票の写し: from the register's record to the texts of the form."""

from __future__ import annotations

from collections.abc import Iterator

from akashi.documents.compose.errors import RecordUnfit
from akashi.documents.compose.face import CertificateFace, Composed
from akashi.documents.compose.fonts import FONTS_DEBIAN
from akashi.documents.compose.koseki import register_document, stamper
from akashi.documents.compose.koseki_rows import Row, Section, Unit, line, person_rows
from akashi.documents.compose.model import Document
from akashi.wire.certificates import Choice
from akashi.wire.messages import FuhyoAddress, FuhyoPerson, FuhyoRecord

_PERSON = "附票に記録されている者"


def compose_fuhyo(
    record: FuhyoRecord,
    choices: tuple[Choice, ...],
    face: CertificateFace,
    *,
    fonts: tuple[str, ...] = FONTS_DEBIAN,
) -> Composed:
    """
    Return the unsigned certificate.

    Args:
        record: as the register signed it.
        choices: what the applicant ticked.
        face: number, dates, officer, statement.
        fonts: font files, the first one preferred.

    Raises:
        GlyphMissing: a character cannot be drawn exactly.
        TextOverflow: a value does not fit, or there is more than the pages can take.
        RecordUnfit: the record holds other items than the chosen ones, or something that cannot be printed.
        FontsRefused, TypesettingFailed: for the operator.

    Source: docs/spec/form-fuhyo.md; 住民基本台帳法 第17条, 第20条.
    """
    return stamper(fonts).stamp(fuhyo_document(record, choices, face))


def fuhyo_document(record: FuhyoRecord, choices: tuple[Choice, ...], face: CertificateFace) -> Document:
    """
    Return what stands on the pages.

    Raises:
        GlyphMissing, TextOverflow, RecordUnfit: as above.
    """
    is_chosen = Choice.HONSEKI in choices
    if (bool(record.honseki), bool(record.hittosha)) != (is_chosen, is_chosen):
        raise RecordUnfit("honseki")
    if Choice.OVERSEAS_VOTER not in choices and any(person.overseas_voter for person in record.persons):
        raise RecordUnfit("overseas_voter")
    head = (record.honseki, record.hittosha) if is_chosen else None
    title = "title_fuhyo_all" if record.whole else "title_fuhyo_some"
    return register_document("戸籍の附票の写し", title, head, list(_sections(record)), face)


def _sections(record: FuhyoRecord) -> Iterator[Section]:
    yield Section((Unit((Row(heading="附票", line=line("編製日", record.made_on)),)),))
    for person in record.persons:
        facts = list(_facts(person, record.hittosha))
        yield Section((Unit(person_rows(_PERSON, facts, removed=person.removed)),))
        if person.addresses:
            whose = person_rows(f"{_PERSON}（続き）", facts[:1], removed=person.removed)
            yield Section(tuple(_unit(address) for address in person.addresses), whose=whose)


def _facts(person: FuhyoPerson, hittosha: str) -> Iterator[str]:
    yield line("名" if hittosha and person.name != hittosha else "氏名", person.name)
    optional = (("生年月日", person.birth_date), ("性別", person.sex), ("在外選挙人名簿等への登録", person.overseas_voter))
    for label, value in optional:
        if value:
            yield line(label, value)


def _unit(address: FuhyoAddress) -> Unit:
    rows = [Row(heading="住所", line=line("住所", address.address)), Row(line=line("住所を定めた年月日", address.since))]
    if address.note:
        rows.append(Row(line=line("備考", address.note)))
    return Unit(tuple(rows))
