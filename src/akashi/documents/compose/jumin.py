"""住民票の写し and 住民票記載事項証明書: from the registry's record to the texts of the form."""

from __future__ import annotations

from functools import lru_cache

from msgspec import structs

from akashi.documents.compose.errors import GlyphMissing, RecordUnfit
from akashi.documents.compose.face import CertificateFace, Composed, certifier, seal_columns
from akashi.documents.compose.fonts import FONTS_DEBIAN, FontChain
from akashi.documents.compose.form import Form, load_form
from akashi.documents.compose.model import Document, Entry, Label, Page, Role, Seal, Slot, Template
from akashi.documents.compose.stamp import Stamper
from akashi.wire.certificates import ITEMS_OF, Choice, Item, Kind, items_for
from akashi.wire.messages.records import JuminPerson, JuminRecord

NOT_APPLICABLE = "＊＊＊"
LEFT_OUT = "（省略）"
ALL_MEMBERS = "この写しは、世帯全員の住民票の原本と相違ないことを証明する。"
SOME_MEMBERS = "この写しは、住民票の原本と相違ないことを証明する。"

_TITLES = {Kind.JUMINHYO: "title", Kind.JUMINHYO_KISAI: "title_kisai"}
"""Of each kind, the name of its title among the form's fixed words."""

_FOREIGN_ONLY = frozenset(ITEMS_OF[Choice.FOREIGN])
_JAPANESE_ONLY = frozenset(ITEMS_OF[Choice.HONSEKI])
_DIGITS = tuple("0123456789０１２３４５６７８９")
_TEMPLATES_KEPT_MAX = 128


def compose_jumin(
    record: JuminRecord,
    choices: tuple[Choice, ...],
    face: CertificateFace,
    *,
    kind: Kind = Kind.JUMINHYO,
    fonts: tuple[str, ...] = FONTS_DEBIAN,
) -> Composed:
    """
    Return the unsigned certificate: about 0.25 ms. The first call opens the fonts, the first one of each shape draws the form.

    Args:
        record: as the registry signed it; holds exactly the items of `choices`.
        choices: what the applicant ticked.
        face: number, dates, officer, sentence.
        kind: JUMINHYO or JUMINHYO_KISAI.
        fonts: font files, the first one preferred.

    Raises:
        GlyphMissing: a character cannot be drawn exactly.
        TextOverflow: a value does not fit.
        RecordUnfit: the record does not hold exactly the chosen items, or the face no sentence.
        FontsRefused, TypesettingFailed: for the operator.

    Source: docs/spec/form-juminhyo.md; 住民基本台帳法 第12条; 住民記録システム標準仕様書 5.1, 5.6, 5.8.
    """
    return stamper(fonts).stamp(jumin_document(record, choices, face, kind=kind))


def prepare_jumin(face: CertificateFace, *, fonts: tuple[str, ...] = FONTS_DEBIAN) -> None:
    """
    Open the fonts and make the plans of ordinary 住民票の写し: one to four persons, all of them foreign residents or none.

    Args:
        face: for the seal; its numbers and dates do not count.
        fonts: font files, the first one preferred.

    Raises:
        FontsRefused, TypesettingFailed: for the operator.
        GlyphMissing: the officer's seal cannot be drawn.
    """
    columns, most = seal_columns(face), juminhyo_form().blocks["person"].most
    pages = [
        _template(_TITLES[Kind.JUMINHYO], (foreign,) * persons, columns)
        for persons in range(1, most + 1)
        for foreign in (False, True)
    ]
    stamper(fonts).plans.prepare([(page,) for page in pages])


@lru_cache(maxsize=2)
def stamper(fonts: tuple[str, ...]) -> Stamper:
    """Return this process's stamper of the form."""
    return Stamper(juminhyo_form(), FontChain(fonts))


def juminhyo_form() -> Form:
    """Return the form of both kinds; its title is that of the 住民票の写し."""
    return load_form("juminhyo")


def jumin_document(
    record: JuminRecord, choices: tuple[Choice, ...], face: CertificateFace, *, kind: Kind = Kind.JUMINHYO
) -> Document:
    """
    Return what stands on the pages.

    Raises:
        GlyphMissing, RecordUnfit: a value that nobody could read as it is; other items than the chosen ones.
    """
    form = juminhyo_form()
    items = items_for(choices)
    step = 1 if Choice.INDIVIDUAL_SHEETS in choices else form.blocks["person"].most
    count = max(1, -(-len(record.persons) // step))
    once = {
        "number": face.issue_number,
        "address": free(record.address, "address"),
        "household_head": _household_head(record, choices),
        "as_of": face.as_of_written,
    }
    last = {
        "statement": _statement(record, face, kind),
        "issued_on": face.issued_on_written,
        "certifier": free(certifier(face), "certifier"),
        "officer": free(face.officer_name, "officer"),
    }
    columns = seal_columns(face)
    pages: list[Page] = []
    for index in range(count):
        persons = [_person(person, items) for person in record.persons[index * step : (index + 1) * step]]
        is_last = index == count - 1
        once["page"] = f"{index + 1}／{count}頁"
        values = [once[cell.name] for cell in form.cells["once"]]
        for _, texts in persons:
            values += texts
        if is_last:
            values += [last[cell.name] for cell in form.cells["last"]]
        template = _template(_TITLES[kind], tuple([foreign for foreign, _ in persons]), columns if is_last else ())
        pages.append(Page(template, tuple(values)))
    return Document(_titled(kind), tuple(pages), face.city_name, face.issued_on)


def _statement(record: JuminRecord, face: CertificateFace, kind: Kind) -> str:
    """Return the certifying sentence. That of a whole household's copy is the form's own."""
    if kind is Kind.JUMINHYO:
        return ALL_MEMBERS if record.whole_household else free(face.statement, "statement") or SOME_MEMBERS
    return free(face.statement, "statement")


@lru_cache(maxsize=2)
def _titled(kind: Kind) -> Form:
    """Return the form with the kind's title in the file's properties."""
    form = juminhyo_form()
    return form if kind is Kind.JUMINHYO else structs.replace(form, title=form.fixed[_TITLES[kind]].text)


@lru_cache(maxsize=_TEMPLATES_KEPT_MAX)
def _template(title: str, foreign: tuple[bool, ...], columns: tuple[tuple[str, ...], ...]) -> Template:
    """
    Return a page with these persons, foreign residents or not; with the officer's seal if it is the last one.

    The entries stand in the order of forms/juminhyo.typ.
    """
    form = juminhyo_form()
    block = form.blocks["person"]
    entries: list[Entry] = [Label(form.fixed[title].text, Role.TITLE)]
    for cell in form.cells["once"]:
        entries += [Label(cell.label)] if cell.label else []
        entries.append(Slot(cell))
    for slot, is_foreign in enumerate(foreign):
        for cell in form.cells["person"]:
            entries.append(Label(cell.label_foreign if is_foreign and cell.label_foreign else cell.label))
            entries.append(Slot(cell, block.x, block.y + slot * block.pitch))
    if len(foreign) < block.most:
        entries.append(Label(form.fixed["rest"].text))
    seal: dict[str, object] | None = None
    if columns:
        entries += [Slot(cell) for cell in form.cells["last"]]
        drawn, seal = official_seal(form, columns)
        entries.append(drawn)
        entries.append(Label(form.fixed["seal_note"].text))
    else:
        entries.append(Label(form.fixed["continued"].text))
    return Template.of({"title": title, "foreign": foreign, "seal": seal}, entries)


def official_seal(form: Form, columns: tuple[tuple[str, ...], ...]) -> tuple[Seal, dict[str, object]]:
    """Return the official seal (公印) in its place of a form, and what the typesetter is told of it."""
    alt = "公印　" + "".join(map("".join, columns))
    place = form.fixed["seal"]
    characters = tuple(char for column in columns for char in column)
    return Seal(characters, alt, (place.x, place.y, place.side, place.side)), {"alt": alt, "columns": columns}


def _person(person: JuminPerson, items: tuple[Item, ...]) -> tuple[bool, list[str]]:
    """Return whether the person is a foreign resident, and the texts of the person's cells."""
    if tuple([field.item for field in person.fields]) != items:
        raise RecordUnfit("items of a person are not those of the choices")
    values = {field.item: free(field.value, field.item) for field in person.fields}
    foreign = _is_foreign(values)
    empty = _empty(items, foreign=foreign)
    return foreign, [values.get(item) or empty[item] for item in empty]


@lru_cache(maxsize=1024)
def _empty(items: tuple[Item, ...], *, foreign: bool) -> dict[Item, str]:
    """Return what is printed where there is no value, in the order of the cells."""
    never = _JAPANESE_ONLY if foreign else _FOREIGN_ONLY
    names = [Item(cell.name) for cell in juminhyo_form().cells["person"]]
    return {item: NOT_APPLICABLE if item in items or item in never else LEFT_OUT for item in names}


def _is_foreign(values: dict[Item, str]) -> bool:
    """
    Return whether the person is a foreign resident, by the items that every copy holds.

    Source: 住民記録システム標準仕様書 1.1.9 (生年月日 is in 西暦 for foreign residents, else in 和暦); form-juminhyo.md.
    """
    return bool(values[Item.NAME_LATIN] or values[Item.ALIAS] or values[Item.BIRTH_DATE].startswith(_DIGITS))


def _household_head(record: JuminRecord, choices: tuple[Choice, ...]) -> str:
    if Choice.RELATIONSHIP not in choices:
        return LEFT_OUT
    if not record.household_head:
        raise RecordUnfit("household_head is chosen and empty")
    return free(record.household_head, "household_head")


def free(value: str, item: str) -> str:
    """
    Return the value.

    Raises:
        RecordUnfit: it looks like one of the form's own words.
        GlyphMissing: spaces at its ends, or two narrow ones in a row: nobody could read from paper or file that they are there.
    """
    if value in (NOT_APPLICABLE, LEFT_OUT):
        raise RecordUnfit(item)
    if value != value.strip() or "  " in value:
        raise GlyphMissing(item)
    return value
