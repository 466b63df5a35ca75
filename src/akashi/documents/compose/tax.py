"""所得証明書, 課税証明書 and 非課税証明書: from the registry's record to the texts of the form."""

from __future__ import annotations

from functools import lru_cache
from types import MappingProxyType
from typing import Final

from msgspec import structs

from akashi.documents.compose.errors import GlyphMissing, RecordUnfit
from akashi.documents.compose.face import CertificateFace, Composed, certifier, seal_columns
from akashi.documents.compose.fonts import FONTS_DEBIAN, FontChain
from akashi.documents.compose.form import Cell, Form, load_form
from akashi.documents.compose.model import Document, Entry, Label, Page, Role, Seal, Slot, Template
from akashi.documents.compose.stamp import Stamper
from akashi.wire.certificates import Kind
from akashi.wire.messages import TaxLine, TaxRecord
from akashi.wire.tax_items import PERSONS, TAX_ITEMS_OF

TITLES: Final = MappingProxyType({Kind.SHOTOKU: "所得証明書", Kind.KAZEI: "課税証明書", Kind.HIKAZEI: "非課税証明書"})
"""The kinds of this form, with the title in the file's properties."""

_NOT_DECLARED = "＊"
_NO_NOTE = "＊＊＊"
_LOSS = "△"
_MARK = "（注意：最新の台帳ではありません）"
_FULL = frozenset({Kind.KAZEI})
"""Kinds whose lines fill the sheet."""
_TEMPLATES_KEPT_MAX = 32


def compose_tax(record: TaxRecord, face: CertificateFace, *, kind: Kind, fonts: tuple[str, ...] = FONTS_DEBIAN) -> Composed:
    """
    Return the unsigned certificate.

    Args:
        record: as the registry signed it.
        face: number, dates, officer, statement; years and day of the data.
        kind: one of the three.
        fonts: font files, the first one preferred.

    Raises:
        GlyphMissing: a character cannot be drawn exactly.
        TextOverflow: a value does not fit.
        RecordUnfit: the record is not of this kind, or holds something that cannot be printed.
        FontsRefused, TypesettingFailed: for the operator.

    Source: docs/spec/form-tax.md; 地方税法 第20条の10.
    """
    return stamper(fonts).stamp(tax_document(record, face, kind=kind))


@lru_cache(maxsize=2)
def stamper(fonts: tuple[str, ...]) -> Stamper:
    """Return this process's stamper of the three papers."""
    return Stamper(tax_form(), FontChain(fonts))


def tax_form() -> Form:
    """Return the form of the three papers."""
    return load_form("tax")


@lru_cache(maxsize=len(TITLES))
def titled(title: str) -> Form:
    """Return that form for a kind of that title."""
    return structs.replace(tax_form(), title=title)


def tax_document(record: TaxRecord, face: CertificateFace, *, kind: Kind) -> Document:
    """
    Return what stands on the page.

    Raises:
        GlyphMissing, RecordUnfit: as above.
    """
    if kind not in TITLES:
        raise RecordUnfit("kind")
    if face.tax is None or not face.statement:
        raise RecordUnfit("face")
    if tuple([line.item for line in record.lines]) != TAX_ITEMS_OF[kind]:
        raise RecordUnfit("items are not those of the kind")
    if record.income_year != record.fiscal_year - 1:
        raise RecordUnfit("income_year")
    texts = {
        "year": face.tax.year,
        "number": face.issue_number,
        "page": "1／1頁",
        "address": _free(record.address, "address"),
        "levy_address": _free(record.levy_address, "levy_address"),
        "name": _free(record.name, "name"),
        "birth_date": _free(record.birth_date, "birth_date"),
        "income_year": face.tax.income_year,
        "data_on": f"{face.tax.data_on}現在の課税台帳による" + (_MARK if face.tax.marked else ""),
        "note": _free(record.note, "note") if record.note else _NO_NOTE,
        "statement": face.statement,
        "issued_on": face.issued_on_written,
        "certifier": _free(certifier(face), "certifier"),
        "officer": _free(face.officer_name, "officer"),
    }
    texts |= {line.item: written_amount(line) for line in record.lines}
    template = _template(kind, seal_columns(face))
    values = tuple([texts[entry.cell.name] for entry in template.entries if isinstance(entry, Slot)])
    return Document(titled(TITLES[kind]), (Page(template, values),), face.city_name, face.issued_on)


def written_amount(line: TaxLine) -> str:
    """
    Return what stands in a line: yen with commas, a loss behind △; people; ＊ where nothing was declared.

    Raises:
        RecordUnfit: less than no people.
    """
    if line.amount is None:
        return _NOT_DECLARED
    if line.item in PERSONS:
        if line.amount < 0:
            raise RecordUnfit(line.item)
        return f"{line.amount}人"
    return f"{_LOSS if line.amount < 0 else ''}{abs(line.amount):,}円"


@lru_cache(maxsize=_TEMPLATES_KEPT_MAX)
def _template(kind: Kind, columns: tuple[tuple[str, ...], ...]) -> Template:
    """Return the page of a kind with the officer's seal. The entries stand in the order of forms/tax.typ."""
    form = tax_form()
    entries: list[Entry] = [Label(form.fixed[f"title_{kind}"].text, Role.TITLE), *_entries(form.cells["once"])]
    for group, cells in form.cells.items():
        if group.startswith(f"{kind}_"):
            entries += [Label(form.fixed[group].text), *_entries(cells)]
    if kind not in _FULL:
        entries.append(Label(form.fixed["rest"].text))
    entries += _entries(form.cells["last"])
    alt = "公印　" + "".join(map("".join, columns))
    place = form.fixed["seal"]
    entries.append(Seal(tuple(char for column in columns for char in column), alt, (place.x, place.y, place.side, place.side)))
    entries.append(Label(form.fixed["seal_note"].text))
    return Template.of({"kind": kind, "seal": {"alt": alt, "columns": columns}}, entries)


def _entries(cells: tuple[Cell, ...]) -> list[Entry]:
    entries: list[Entry] = []
    for cell in cells:
        entries += [Label(cell.label), Slot(cell)] if cell.label else [Slot(cell)]
    return entries


def _free(value: str, item: str) -> str:
    """
    Return the value.

    Raises:
        RecordUnfit: it is empty, or looks like one of the form's own words.
        GlyphMissing: spaces at its ends, or two narrow ones in a row: nobody could read from paper or file that they are there.
    """
    if value in ("", _NOT_DECLARED, _NO_NOTE):
        raise RecordUnfit(item)
    if value != value.strip() or "  " in value:
        raise GlyphMissing(item)
    return value
