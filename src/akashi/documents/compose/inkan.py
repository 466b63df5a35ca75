"""印鑑登録証明書: from the registry's record to the texts of the form and the registered seal at its true size."""

from __future__ import annotations

from functools import lru_cache

from akashi.documents.compose.errors import RecordUnfit
from akashi.documents.compose.face import CertificateFace, Composed, certifier, seal_columns
from akashi.documents.compose.fonts import FONTS_DEBIAN, FontChain
from akashi.documents.compose.form import PT_PER_MM, Form, load_form
from akashi.documents.compose.jumin import NOT_APPLICABLE, free, official_seal
from akashi.documents.compose.model import Bitmap, Document, Entry, Label, Page, Picture, Role, Slot, Template
from akashi.documents.compose.stamp import Stamper
from akashi.wire.messages.records import SEAL_DPI, SEAL_PIXELS_MAX, SEAL_PIXELS_MIN, SealImage, SealRecord

_IMPRINT_ALT = "登録された印影"
_IMPRINT_MIDDLE = (2835, 1394)
"""Of the seal's place, in dots from the sheet's upper left corner."""
_DOT_MM = 25.4 / SEAL_DPI
_INSIDE_MM = 0.001 / PT_PER_MM
"""So far inside the dots' edges an image ends, so that no program finds that it touches the dots beside them."""
_ROWS_TOP = 82.0
_OPTIONAL = ("name_kana", "former_name", "alias")
_TEMPLATES_KEPT_MAX = 128


def compose_inkan(record: SealRecord, face: CertificateFace, *, fonts: tuple[str, ...] = FONTS_DEBIAN) -> Composed:
    """
    Return the unsigned certificate. The first call opens the fonts and draws the form.

    Args:
        record: as the registry signed it.
        face: number, dates, officer, sentence.
        fonts: font files, the first one preferred.

    Raises:
        GlyphMissing: a character cannot be drawn exactly.
        TextOverflow: a value does not fit.
        RecordUnfit: an item that is never empty is; the image is not what it says; the face has no sentence.
        FontsRefused, TypesettingFailed: for the operator.

    Source: docs/spec/form-inkan.md.
    """
    return inkan_stamper(fonts).stamp(inkan_document(record, face))


@lru_cache(maxsize=2)
def inkan_stamper(fonts: tuple[str, ...]) -> Stamper:
    """Return this process's stamper of the form."""
    return Stamper(inkan_form(), FontChain(fonts))


def inkan_form() -> Form:
    """Return the form of the 印鑑登録証明書."""
    return load_form("inkan")


def inkan_document(record: SealRecord, face: CertificateFace) -> Document:
    """
    Return what stands on the page.

    Raises:
        GlyphMissing, RecordUnfit: as above.
    """
    form = inkan_form()
    values = {
        "number": face.issue_number,
        "page": "1／1頁",
        "name": free(record.name, "name"),
        "birth_date": free(record.birth_date, "birth_date"),
        "sex": free(record.sex, "sex"),
        "address": free(record.address, "address"),
        "registered_on": free(record.registered_on, "registered_on"),
        "as_of": face.as_of_written,
        "statement": free(face.statement, "statement"),
        "issued_on": face.issued_on_written,
        "certifier": free(certifier(face), "certifier"),
        "officer": free(face.officer_name, "officer"),
    }
    values |= {name: free(getattr(record, name), name) or NOT_APPLICABLE for name in _OPTIONAL}
    image = _image(record.image)
    template = _template(bool(record.sex), image.columns, image.rows, seal_columns(face))
    texts = tuple([values[entry.cell.name] for entry in template.entries if isinstance(entry, Slot)])
    return Document(form, (Page(template, texts, images=(image,)),), face.city_name, face.issued_on)


def _image(image: SealImage) -> Bitmap:
    """
    Return the registered seal, to be printed dot for dot.

    Raises:
        RecordUnfit: rows and bits do not go together, a bit beside the image is set, or there is no ink.
    """
    columns, rows = image.width_px, image.height_px
    row_bytes = -(-columns // 8)
    in_bounds = all(SEAL_PIXELS_MIN <= side <= SEAL_PIXELS_MAX for side in (columns, rows))
    if not in_bounds or len(image.bits) != rows * row_bytes or not any(image.bits):
        raise RecordUnfit("image")
    beside = (1 << (8 * row_bytes - columns)) - 1
    if any(last & beside for last in image.bits[row_bytes - 1 :: row_bytes]):
        raise RecordUnfit("image")
    return Bitmap(columns, rows, image.bits)


@lru_cache(maxsize=_TEMPLATES_KEPT_MAX)
def _template(
    sex: bool,  # noqa: FBT001 - a key
    columns: int,
    rows: int,
    officer: tuple[tuple[str, ...], ...],
) -> Template:
    """Return the page for a seal of so many dots, with or without the row 性別. The entries stand in the order of inkan.typ."""
    form = inkan_form()
    entries: list[Entry] = []
    for cell in form.cells["once"]:
        entries += [Label(cell.label)] if cell.label else []
        entries.append(Slot(cell))
    entries.append(Label(form.fixed["title"].text, Role.TITLE))
    entries += [Label(form.fixed["imprint"].text), Picture(_imprint_box(columns, rows), _IMPRINT_ALT)]
    told: list[tuple[str, float]] = []
    top = _ROWS_TOP
    for cell in form.cells["row"]:
        if cell.name != "sex" or sex:
            told.append((cell.name, top))
            entries += [Label(cell.label), Slot(cell, 0.0, top)]
            top += cell.box[3]
    entries.append(Label(form.fixed["rest"].text))
    entries += [Slot(cell) for cell in form.cells["last"]]
    drawn, seal = official_seal(form, officer)
    entries += [drawn, Label(form.fixed["seal_note"].text)]
    return Template.of({"rows": told, "end": top, "seal": seal}, entries)


def _imprint_box(columns: int, rows: int) -> tuple[float, float, float, float]:
    """Return where the seal stands: one dot of the image is one of the printer's 600 an inch, on its very grid."""
    across, down = _IMPRINT_MIDDLE
    left, top = across - columns // 2, down - rows // 2
    return (
        left * _DOT_MM + _INSIDE_MM,
        top * _DOT_MM + _INSIDE_MM,
        columns * _DOT_MM - 2 * _INSIDE_MM,
        rows * _DOT_MM - 2 * _INSIDE_MM,
    )
