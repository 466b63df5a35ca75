"""What a 戸籍全部事項証明書 or 戸籍個人事項証明書 must say: the reader's own reading of form-koseki.md sections 3, 5 and 6."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import chain

from akashi.documents.read.errors import FileRefused, Rule
from akashi.documents.read.face import PrintedFace
from akashi.documents.read.koseki_map import (
    CONTINUED,
    GOES_ON,
    HEAD_LABELS,
    LABELS,
    NOTE,
    Row,
    Unit,
    bodies_of,
    page_map,
)
from akashi.documents.read.places import Expected, ExpectedPage
from akashi.wire.messages import KosekiMatter, KosekiPerson, KosekiRecord

TITLES = ("全　部　事　項　証　明", "個　人　事　項　証　明", "戸籍の附票の写し（全部）", "戸籍の附票の写し（一部）")
"""Of all papers of a register: the form has one font of labels for all of them."""
_LETTERS = frozenset(chain(*LABELS.values(), *HEAD_LABELS.values(), NOTE, CONTINUED, *TITLES))
_BEFORE_CITY = re.compile(r"(東京都|北海道|京都府|大阪府|[^県]{2,3}県)?(.*)", re.DOTALL)
_DEPUTY = "職務代理者"
_PERSON, _REGISTER, _STATUS = "戸籍に記録されている者", "戸籍事項", "身分事項"
_BESIDE_MARK = 3


def expected_koseki(record: KosekiRecord, face: PrintedFace, *, whole: bool) -> Expected:
    """
    Return what the file must say.

    Raises:
        FileRefused: RECORD_ITEMS, where the record is not one of this kind, or cannot be printed.
    """
    if record.whole is not whole or not record.honseki or not record.hittosha:
        raise FileRefused(Rule.RECORD_ITEMS)
    title, name = (TITLES[0], "戸籍全部事項証明書") if whole else (TITLES[1], "戸籍個人事項証明書")
    return expected_paper(name, title, (record.honseki, record.hittosha), list(_units(record)), face)


def expected_paper(name: str, title: str, head: tuple[str, str] | None, units: Sequence[Unit], face: PrintedFace) -> Expected:
    """
    Return what a paper of a register must say.

    Args:
        name: of the kind, in the file's properties.
        title: on the sheet.
        head: 本籍 and 氏名, or None.
        units: of the body.
        face: number, dates, officer, statement.

    Raises:
        FileRefused: RECORD_ITEMS.
    """
    bodies = bodies_of(units, head=head is not None)
    count = len(bodies)
    pages: list[ExpectedPage] = []
    for number, body in enumerate(bodies, 1):
        words = {
            **LABELS,
            "number": face.issue_number,
            "as_of": face.as_of_written,
            "sheet": f"（{count}の{number}）",
            "title": title,
            **body.words,
        }
        if head is not None:
            words |= {**HEAD_LABELS, "honseki": head[0], "hittosha": head[1]}
        words |= _foot(face) if number == count else {"statement": CONTINUED}
        places = page_map(body, head=head is not None, last=number == count)
        pages.append(ExpectedPage(places, words, lines=tuple(body.lines)))
    return Expected(title=name, author=face.city_name, issued_on=face.issued_on, letters=_LETTERS, pages=tuple(pages))


def printed_line(label: str, value: str) -> str:
    """
    Return a line as printed.

    Raises:
        FileRefused: RECORD_ITEMS, where there is nothing to print.
    """
    if not label and not value:
        raise FileRefused(Rule.RECORD_ITEMS)
    return f"【{label}】{value}" if label else value


def person_rows(heading: str, facts: Sequence[str], *, removed: bool) -> tuple[Row, ...]:
    """Return the rows of a person, 「除　籍」 beside the second one for somebody who has left."""
    rows = [Row(heading=heading if place == 0 else "", line=fact) for place, fact in enumerate(facts)]
    if removed:
        while len(rows) < _BESIDE_MARK:
            rows.append(Row())
        rows[1] = rows[1]._replace(removed=True)
    return tuple(rows)


def _units(record: KosekiRecord) -> Iterator[Unit]:
    yield from _matters(record.matters, _REGISTER, ())
    for person in record.persons:
        yield from _person(person)


def _person(person: KosekiPerson) -> Iterator[Unit]:
    facts = [printed_line(fact.label, fact.value) for fact in person.facts]
    yield Unit(person_rows(_PERSON, facts, removed=person.removed), first=True)
    yield from _matters(person.matters, _STATUS, person_rows(_PERSON + GOES_ON, facts[:1], removed=person.removed))


def _matters(matters: Sequence[KosekiMatter], section: str, whose: tuple[Row, ...]) -> Iterator[Unit]:
    first = True
    for matter in matters:
        if not matter.title and not matter.lines:
            raise FileRefused(Rule.RECORD_ITEMS)
        groups: list[list[Row]] = []
        for line in matter.lines:
            row = Row(line=printed_line(line.label, line.value), level=line.level)
            if line.level == 0 or not groups:
                groups.append([])
            groups[-1].append(row)
        if not groups:
            groups = [[Row()]]
        groups[0][0] = groups[0][0]._replace(title=matter.title)
        for place, group in enumerate(groups):
            yield Unit(tuple(group), section, first, matter.title if place else "", whose)
            first = False


def _foot(face: PrintedFace) -> dict[str, str]:
    shared = face.city_name[-1:] if face.officer_title.startswith(face.city_name[-1:]) else ""
    title = face.city_name + face.officer_title[len(shared) :]
    prefixed = _BEFORE_CITY.fullmatch(title.split(_DEPUTY, 1)[0])
    own = prefixed.group(2) if prefixed else title
    return {
        "statement": face.statement,
        "issued_on": face.issued_on_written,
        "certifier": title,
        "officer": face.officer_name,
        "seal": own + (_DEPUTY if _DEPUTY in title else "") + "之印",
        "seal note": NOTE,
    }
