"""What each page of a 戸籍の附票の写し must say: the reader's own reading of docs/spec/form-fuhyo.md."""

from __future__ import annotations

from collections.abc import Iterator

from akashi.documents.read.errors import FileRefused, Rule
from akashi.documents.read.face import PrintedFace
from akashi.documents.read.koseki_map import GOES_ON, Row, Unit
from akashi.documents.read.koseki_words import TITLES, expected_paper, person_rows, printed_line
from akashi.documents.read.places import Expected
from akashi.wire.certificates import Choice
from akashi.wire.messages import FuhyoPerson, FuhyoRecord

_NAME = "戸籍の附票の写し"
_PERSON = "附票に記録されている者"


def expected_fuhyo(record: FuhyoRecord, choices: tuple[Choice, ...], face: PrintedFace) -> Expected:
    """
    Return what the file must say.

    Raises:
        FileRefused: RECORD_ITEMS, where the record does not hold exactly what was chosen, or cannot be printed.
    """
    head = Choice.HONSEKI in choices
    if any(bool(value) is not head for value in (record.honseki, record.hittosha)):
        raise FileRefused(Rule.RECORD_ITEMS)
    if Choice.OVERSEAS_VOTER not in choices and any(person.overseas_voter for person in record.persons):
        raise FileRefused(Rule.RECORD_ITEMS)
    units = [Unit((Row(heading="附票", line=printed_line("編製日", record.made_on)),), first=True)]
    for person in record.persons:
        units += _person(person, record)
    title = TITLES[2] if record.whole else TITLES[3]
    return expected_paper(_NAME, title, (record.honseki, record.hittosha) if head else None, units, face)


def _person(person: FuhyoPerson, record: FuhyoRecord) -> Iterator[Unit]:
    given_only = record.hittosha not in ("", person.name)
    facts = [printed_line("名" if given_only else "氏名", person.name)]
    if person.birth_date:
        facts.append(printed_line("生年月日", person.birth_date))
    if person.sex:
        facts.append(printed_line("性別", person.sex))
    if person.overseas_voter:
        facts.append(printed_line("在外選挙人名簿等への登録", person.overseas_voter))
    yield Unit(person_rows(_PERSON, facts, removed=person.removed), first=True)
    whose = person_rows(_PERSON + GOES_ON, facts[:1], removed=person.removed)
    for place, address in enumerate(person.addresses):
        rows = [
            Row(heading="住所", line=printed_line("住所", address.address)),
            Row(line=printed_line("住所を定めた年月日", address.since)),
        ]
        if address.note:
            rows.append(Row(line=printed_line("備考", address.note)))
        yield Unit(tuple(rows), first=place == 0, whose=whose)
