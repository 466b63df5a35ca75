"""
戸籍全部事項証明書 and 戸籍個人事項証明書: from the register's record to the texts of the form.

The sheet is that of all papers of a register (`fuhyo.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

from msgspec import structs

from akashi.documents.compose.errors import RecordUnfit
from akashi.documents.compose.face import CertificateFace, Composed, certifier, seal_columns
from akashi.documents.compose.fonts import FONTS_DEBIAN, FontChain
from akashi.documents.compose.form import Form, load_form
from akashi.documents.compose.koseki_rows import Row, Section, Unit, filled_pages, free, line, person_rows
from akashi.documents.compose.model import Document, Entry, Flow, Label, Page, Role, Seal, Slot, Template
from akashi.documents.compose.stamp import Stamper
from akashi.wire.messages import KosekiMatter, KosekiRecord

_BODY_TOP = 37.5
_BODY_TOP_WITHOUT_HEAD = 21.5
_TEMPLATES_KEPT_MAX = 1024
_PERSON = "戸籍に記録されている者"


def compose_koseki(
    record: KosekiRecord, face: CertificateFace, *, whole: bool, fonts: tuple[str, ...] = FONTS_DEBIAN
) -> Composed:
    """
    Return the unsigned certificate.

    Args:
        record: as the register signed it.
        face: number, dates, officer, statement.
        whole: 戸籍全部事項証明書; else 戸籍個人事項証明書.
        fonts: font files, the first one preferred.

    Raises:
        GlyphMissing: a character cannot be drawn exactly.
        TextOverflow: a value does not fit, or there is more than the pages can take.
        RecordUnfit: the record is not of this kind, or holds something that cannot be printed.
        FontsRefused, TypesettingFailed: for the operator.

    Source: docs/spec/form-koseki.md; 戸籍法施行規則 第73条, 付録第22号様式 to 第24号様式.
    """
    return stamper(fonts).stamp(koseki_document(record, face, whole=whole))


@lru_cache(maxsize=2)
def stamper(fonts: tuple[str, ...]) -> Stamper:
    """Return this process's stamper of the papers of a register."""
    return Stamper(koseki_form(), FontChain(fonts))


def koseki_form() -> Form:
    """Return the form of all papers of a register."""
    return load_form("koseki")


@lru_cache(maxsize=4)
def titled(title: str) -> Form:
    """Return that form for a kind of that title."""
    return structs.replace(koseki_form(), title=title)


def koseki_document(record: KosekiRecord, face: CertificateFace, *, whole: bool) -> Document:
    """
    Return what stands on the pages.

    Raises:
        GlyphMissing, TextOverflow, RecordUnfit: as above.
    """
    if record.whole != whole or not (record.honseki and record.hittosha):
        raise RecordUnfit("whole")
    name = "戸籍全部事項証明書" if whole else "戸籍個人事項証明書"
    title = "title_zenbu" if whole else "title_kojin"
    return register_document(name, title, (record.honseki, record.hittosha), list(_sections(record)), face)


def register_document(
    name: str, title: str, head: tuple[str, str] | None, sections: Sequence[Section], face: CertificateFace
) -> Document:
    """
    Return a paper of a register.

    Args:
        name: of the kind, for the file's properties.
        title: which of the form's titles.
        head: 本籍 and 氏名; None where the paper has neither.
        sections: of the body.
        face: number, dates, officer, statement.

    Raises:
        GlyphMissing, TextOverflow, RecordUnfit: as above.
    """
    if not face.statement:
        raise RecordUnfit("statement")
    bodies = filled_pages(sections, top=_BODY_TOP if head else _BODY_TOP_WITHOUT_HEAD)
    columns = seal_columns(face)
    above = [free(value, item) for value, item in zip(head, ("honseki", "hittosha"), strict=True)] if head else []
    last = (face.statement, face.issued_on_written, free(certifier(face), "certifier"), free(face.officer_name, "officer"))
    pages: list[Page] = []
    for number, body in enumerate(bodies, 1):
        is_last = number == len(bodies)
        template = _template(title, len(body.texts), columns if is_last else (), head=bool(head))
        once = (face.issue_number, face.as_of_written, f"（{len(bodies)}の{number}）")
        values = (*once, *above, *(last if is_last else ()))
        pages.append(Page(template, values, tuple(body.texts), (), tuple(body.rules)))
    return Document(titled(name), tuple(pages), face.city_name, face.issued_on)


@lru_cache(maxsize=_TEMPLATES_KEPT_MAX)
def _template(title: str, texts: int, columns: tuple[tuple[str, ...], ...], *, head: bool) -> Template:
    """Return a page with so many texts in its body; with the officer's seal if it is the last one. In the order of koseki.typ."""
    form = koseki_form()
    entries: list[Entry] = [*_labelled(form, "once"), Label(form.fixed[title].text, Role.TITLE)]
    if head:
        entries += _labelled(form, "head")
    entries.append(Flow(texts))
    seal: dict[str, object] | None = None
    if columns:
        entries += _labelled(form, "last")
        alt = "公印　" + "".join(map("".join, columns))
        place = form.fixed["seal"]
        entries.append(
            Seal(tuple(char for column in columns for char in column), alt, (place.x, place.y, place.side, place.side))
        )
        entries.append(Label(form.fixed["seal_note"].text))
        seal = {"alt": alt, "columns": columns}
    else:
        entries.append(Label(form.fixed["continued"].text))
    return Template.of({"title": title, "head": head, "seal": seal}, entries)


def _labelled(form: Form, group: str) -> Iterator[Entry]:
    for cell in form.cells[group]:
        if cell.label:
            yield Label(cell.label)
        yield Slot(cell)


def _sections(record: KosekiRecord) -> Iterator[Section]:
    if record.matters:
        yield Section(tuple(_matter_units(record.matters)), "戸籍事項")
    for person in record.persons:
        facts = [line(fact.label, fact.value) for fact in person.facts]
        yield Section((Unit(person_rows(_PERSON, facts, removed=person.removed)),))
        if person.matters:
            whose = person_rows(f"{_PERSON}（続き）", facts[:1], removed=person.removed)
            yield Section(tuple(_matter_units(person.matters)), "身分事項", whose)


def _matter_units(matters: Sequence[KosekiMatter]) -> Iterator[Unit]:
    """Yield each line with the lines of level 1 that belong to it."""
    for matter in matters:
        title = free(matter.title, "title")
        units: list[list[Row]] = []
        for one in matter.lines:
            row = Row(title="" if units else title, line=line(one.label, one.value), level=one.level)
            if one.level and units:
                units[-1].append(row)
            else:
                units.append([row])
        if not units:
            if not title:
                raise RecordUnfit("title")
            units.append([Row(title=title)])
        for index, rows in enumerate(units):
            yield Unit(tuple(rows), title if index else "")
