"""What each page must say, from record, choices and face: the reader's own reading of form-juminhyo.md, sections 3 and 4."""

from __future__ import annotations

import math
import re
from itertools import chain

from akashi.documents.read.errors import FileRefused, Rule
from akashi.documents.read.face import PrintedFace
from akashi.documents.read.jumin_map import (
    FOREIGN_RESIDENT_SINCE,
    ITEM_LABELS,
    LABELS,
    PERSONS_ON_SHEET_MAX,
    TITLES,
    box_of,
    page_map,
)
from akashi.documents.read.places import Expected, ExpectedPage
from akashi.wire.certificates import Choice, Item, Kind, items_for
from akashi.wire.messages.records import JuminPerson, JuminRecord

FILE_TITLES = {Kind.JUMINHYO: "住民票の写し", Kind.JUMINHYO_KISAI: "住民票記載事項証明書"}
"""Of the file, in its properties."""

_REST, _CONTINUED = "以下余白", "次葉に続く"
_LETTERS = frozenset(chain(*TITLES.values(), *LABELS.values(), *ITEM_LABELS.values(), FOREIGN_RESIDENT_SINCE, _REST, _CONTINUED))
_OMITTED = "（省略）"
_NONE = "＊＊＊"
_FOR_FOREIGN = {
    Item.NATIONALITY,
    Item.STATUS_30_45,
    Item.RESIDENCE_STATUS,
    Item.RESIDENCE_PERIOD,
    Item.RESIDENCE_EXPIRY,
    Item.RESIDENCE_CARD,
}
_FOR_JAPANESE = {Item.HONSEKI, Item.HITTOSHA}
_WESTERN_DATE = re.compile(r"[0-9０-９]")
_BEFORE_CITY = re.compile(r"(東京都|北海道|京都府|大阪府|[^県]{2,3}県)?(.*)", re.DOTALL)


def expected_jumin(
    record: JuminRecord, choices: tuple[Choice, ...], face: PrintedFace, *, kind: Kind = Kind.JUMINHYO
) -> Expected:
    """
    Return what the file must say.

    Raises:
        FileRefused: RECORD_ITEMS, where a person's items are not those of the choices.
    """
    statement = _statement(record, face, kind)
    wanted = items_for(choices)
    for person in record.persons:
        if tuple(field.item for field in person.fields) != wanted:
            raise FileRefused(Rule.RECORD_ITEMS)
    most = 1 if Choice.INDIVIDUAL_SHEETS in choices else PERSONS_ON_SHEET_MAX
    count = math.ceil(len(record.persons) / most)
    pages: list[ExpectedPage] = []
    for number in range(1, count + 1):
        persons = record.persons[(number - 1) * most : number * most]
        words = LABELS | {
            "title": TITLES[kind],
            "number": face.issue_number,
            "page": f"{number}／{count}頁",
            "address": record.address or _NONE,
            "household_head": (record.household_head or _NONE) if Choice.RELATIONSHIP in choices else _OMITTED,
            "as_of": face.as_of_written,
        }
        for slot, person in enumerate(persons, 1):
            words |= _person_words(slot, person)
        if len(persons) < PERSONS_ON_SHEET_MAX:
            words["rest"] = _REST
        if number == count:
            words |= foot_words(face) | {"statement": statement}
        else:
            words["statement"] = _CONTINUED
            del words["seal note"]
        pages.append(ExpectedPage(page_map(len(persons), last=number == count, kind=kind), words))
    return Expected(
        title=FILE_TITLES[kind], author=face.city_name, issued_on=face.issued_on, letters=_LETTERS, pages=tuple(pages)
    )


def _person_words(slot: int, person: JuminPerson) -> dict[str, str]:
    values = {field.item: field.value for field in person.fields}
    foreign = bool(values[Item.NAME_LATIN] or values[Item.ALIAS] or _WESTERN_DATE.match(values[Item.BIRTH_DATE]))
    words: dict[str, str] = {}
    for item, label in ITEM_LABELS.items():
        name = box_of(slot, item)
        words[f"label {name}"] = FOREIGN_RESIDENT_SINCE if foreign and item is Item.RESIDENT_SINCE else label
        if item in values:
            words[name] = values[item] or _NONE
        elif item in (_FOR_JAPANESE if foreign else _FOR_FOREIGN):
            words[name] = _NONE
        else:
            words[name] = _OMITTED
    return words


def _statement(record: JuminRecord, face: PrintedFace, kind: Kind) -> str:
    """Return the certifying sentence of section 3."""
    if kind is not Kind.JUMINHYO:
        return face.statement
    if record.whole_household:
        return "この写しは、世帯全員の住民票の原本と相違ないことを証明する。"
    return face.statement or "この写しは、住民票の原本と相違ないことを証明する。"


def foot_words(face: PrintedFace) -> dict[str, str]:
    """Return day, title and name of the officer, and the seal's characters, as section 3 says."""
    shared = face.city_name[-1:] if face.officer_title.startswith(face.city_name[-1:]) else ""
    title = face.city_name + face.officer_title[len(shared) :]
    prefixed = _BEFORE_CITY.fullmatch(title.split("職務代理者", 1)[0])
    own = prefixed.group(2) if prefixed else title
    return {
        "issued_on": face.issued_on_written,
        "certifier": title,
        "officer": face.officer_name,
        "seal": own + ("職務代理者" if "職務代理者" in title else "") + "之印",
    }
