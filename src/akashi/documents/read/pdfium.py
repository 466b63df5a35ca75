"""
What PDFium sees in a file: texts with places, lines, and anything else that could be drawn. The only module that knows PDFium.

All bytes are untrusted: whatever they are, `Pages` gives facts or raises FileRefused.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple

import pypdfium2 as pdfium
from pypdfium2 import raw

from akashi.documents.read.errors import FileRefused, Rule

FILE_BYTES_MAX = 2 * 1024 * 1024
_UNITS_MAX = 20_000
_OBJECTS_MAX = 4_000
_SEGMENTS_MAX = 200
_MM_PER_PT = 25.4 / 72
_BLACK = (0, 0, 0, 255)
_REPLACEMENT_BYTES_MAX = 64
_HYPHEN_AT_END = frozenset((0x02, 0xFFFE))
_ASCENT_EM = 0.88
_BLANKS = frozenset((0x20, 0x0D, 0x0A))


class Mark(NamedTuple):
    """One UTF-16 unit and the place of its character, in mm from the top left corner."""

    unit: int
    left: float
    top: float
    right: float
    bottom: float


class Stroke(NamedTuple):
    """One straight line, in mm from the top left corner."""

    x1: float
    y1: float
    x2: float
    y2: float


BLANK = 0
"""Unit of a mark for a space that PDFium saw no text in; which space it is, its width must say."""


class Replacement(NamedTuple):
    """A character with a replacement text (/ActualText): the text, and the advance of its glyph in units of the size."""

    text: str
    advance_em: float


@dataclass(frozen=True, slots=True)
class Drawing:
    """All path objects of a page: how many, and their lines; how many text objects are stroked as well as filled."""

    paths: int
    strokes: tuple[Stroke, ...]
    stroked_texts: int


class Page:
    """
    One open page.

    Args:
        document: the open file.
        number: counts from 1.
        replaced: the page's replacement texts in the file's order, each checked against its glyph.

    Raises:
        FileRefused: PDFium sees other replacement texts.
    """

    def __init__(self, document: pdfium.PdfDocument, number: int, replaced: list[Replacement]) -> None:
        self.number = number
        try:
            self._page = document[number - 1]
            self._texts = self._page.get_textpage()
        except pdfium.PdfiumError:
            raise self._refused(Rule.FILE_READABLE) from None
        self._height_pt = float(raw.FPDF_GetPageHeightF(self._page))
        self._objects = [
            raw.FPDFPage_GetObject(self._page, index)
            for index in range(min(int(raw.FPDFPage_CountObjects(self._page)), _OBJECTS_MAX + 1))
        ]
        if len(self._objects) > _OBJECTS_MAX:
            raise self._refused(Rule.DRAWING)
        blob, used = (ctypes.c_ubyte * _REPLACEMENT_BYTES_MAX)(), ctypes.c_ulong()
        found = [(item, text) for item in self._objects if (text := _replacement(item, blob, used)) is not None]
        if [text for _, text in found] != [each.text for each in replaced]:
            raise self._refused(Rule.GLYPHS)
        # By place in the file: objects of which PDFium gives no character, or not the right one.
        self._places = {ctypes.addressof(item.contents): place for place, item in enumerate(self._objects)}
        self._silent = {
            self._places[ctypes.addressof(item.contents)]: (item, each) for (item, _), each in zip(found, replaced, strict=True)
        }
        self._blanks = {place for place, item in enumerate(self._objects) if place not in self._silent and _is_blank(item)}
        self._silent |= {place: (self._objects[place], Replacement(chr(BLANK), 0.0)) for place in self._blanks}

    def size_mm(self) -> tuple[float, float]:
        """Return width and height; FileRefused where the page is rotated or annotated."""
        if raw.FPDFPage_GetRotation(self._page) != 0 or raw.FPDFPage_GetAnnotCount(self._page) != 0:
            raise self._refused(Rule.FILE_PLAIN)
        box = raw.FS_RECTF()
        if not raw.FPDF_GetPageBoundingBox(self._page, box) or abs(box.left) > 1 or abs(box.bottom) > 1:
            raise self._refused(Rule.PAGE_SIZE)
        return float(raw.FPDF_GetPageWidthF(self._page)) * _MM_PER_PT, self._height_pt * _MM_PER_PT

    def marks(self) -> Iterator[Mark]:
        """Yield every character that the file holds, in its order, one mark a UTF-16 unit; not what PDFium adds between words."""
        texts = self._texts.raw
        count = int(raw.FPDFText_CountChars(texts))
        if not 0 <= count <= _UNITS_MAX:
            raise self._refused(Rule.TEXT_VISIBLE)
        units = (ctypes.c_ushort * (count + 1))()
        if count and raw.FPDFText_GetText(texts, 0, count, units) != count + 1:
            raise self._refused(Rule.TEXT_VISIBLE)  # some character has no Unicode value
        box, box_of, height_pt = raw.FS_RECTF(), raw.FPDFText_GetLooseCharBox, self._height_pt
        object_of, is_guess, address_of = raw.FPDFText_GetTextObject, raw.FPDFText_HasUnicodeMapError, ctypes.addressof
        waiting = sorted(self._silent)
        seen, address, place = set(self._silent), 0, 0
        for index in range(count):
            unit = units[index]
            box_of(texts, index, box)
            if (unit in _BLANKS or box.right - box.left < 0.01) and raw.FPDFText_IsGenerated(texts, index) == 1:  # noqa: PLR2004 - no width
                continue
            now = address_of(object_of(texts, index).contents)
            if now != address:
                address, place = now, self._places[now]
                seen.add(place)
                while waiting and waiting[0] <= place:
                    silent = waiting.pop(0)
                    if silent != place or silent not in self._blanks:
                        yield from self._replacing_marks(*self._silent[silent])
            if place in self._silent and place not in self._blanks:
                continue
            if is_guess(texts, index):
                raise self._refused(Rule.TEXT_VISIBLE)  # the text would be a guess
            if unit in _HYPHEN_AT_END and raw.FPDFText_IsHyphen(texts, index) == 1:
                unit = 0x2D  # PDFium's mark for a hyphen-minus after a letter at the end of a line
            yield Mark(
                unit,
                box.left * _MM_PER_PT,
                (height_pt - box.top) * _MM_PER_PT,
                box.right * _MM_PER_PT,
                (height_pt - box.bottom) * _MM_PER_PT,
            )
        for remaining in waiting:
            yield from self._replacing_marks(*self._silent[remaining])
        for place, item in enumerate(self._objects):
            if raw.FPDFPageObj_GetType(item) == raw.FPDF_PAGEOBJ_TEXT and place not in seen:
                raise self._refused(Rule.TEXT_VISIBLE)  # drawn, but nobody can read what

    def _replacing_marks(self, item: object, replacement: Replacement) -> Iterator[Mark]:
        """Yield the replacement's units where its one character stands. PDFium itself drops the selectors of such a text."""
        matrix, size = raw.FS_MATRIX(), ctypes.c_float()
        if not raw.FPDFPageObj_GetMatrix(item, matrix) or not raw.FPDFTextObj_GetFontSize(item, size):
            raise self._refused(Rule.TEXT_VISIBLE)
        left, right = matrix.e, matrix.e + replacement.advance_em * size.value * matrix.a
        top = self._height_pt - matrix.f - _ASCENT_EM * size.value * matrix.d
        bottom = self._height_pt - matrix.f + (1 - _ASCENT_EM) * size.value * matrix.d
        encoded = replacement.text.encode("utf-16-le")
        for low, high in zip(encoded[::2], encoded[1::2], strict=True):
            yield Mark(low | high << 8, left * _MM_PER_PT, top * _MM_PER_PT, right * _MM_PER_PT, bottom * _MM_PER_PT)

    def drawing(self) -> Drawing:
        """Return the lines; FileRefused for anything but plain black text and lines."""
        paths = stroked_texts = 0
        strokes: list[Stroke] = []
        channels, matrix = tuple(ctypes.c_uint() for _ in range(4)), raw.FS_MATRIX()
        for item in self._objects:
            kind = raw.FPDFPageObj_GetType(item)
            if kind not in (raw.FPDF_PAGEOBJ_TEXT, raw.FPDF_PAGEOBJ_PATH):
                raise self._refused(Rule.DRAWING)
            if raw.FPDFPageObj_HasTransparency(item) or raw.FPDFClipPath_CountPaths(raw.FPDFPageObj_GetClipPath(item)) > 0:
                raise self._refused(Rule.TEXT_VISIBLE)
            if kind == raw.FPDF_PAGEOBJ_TEXT:
                self._must_be_upright(item, matrix)
                mode = raw.FPDFTextObj_GetTextRenderMode(item)
                self._must_be_black(raw.FPDFPageObj_GetFillColor, item, channels)
                if mode not in (raw.FPDF_TEXTRENDERMODE_FILL, raw.FPDF_TEXTRENDERMODE_FILL_STROKE):
                    raise self._refused(Rule.TEXT_VISIBLE)
                stroked_texts += mode == raw.FPDF_TEXTRENDERMODE_FILL_STROKE
            else:
                self._must_be_black(raw.FPDFPageObj_GetStrokeColor, item, channels)
                paths += 1
                strokes.extend(self._strokes(item))
        return Drawing(paths, tuple(strokes), stroked_texts)

    def _must_be_black(self, color_of: object, item: object, channels: tuple[ctypes.c_uint, ...]) -> None:
        if not callable(color_of) or not color_of(item, *channels) or tuple(channel.value for channel in channels) != _BLACK:
            raise self._refused(Rule.TEXT_VISIBLE)

    def _must_be_upright(self, item: object, matrix: object) -> None:
        known = raw.FPDFPageObj_GetMatrix(item, matrix)
        a, b, c, d = (getattr(matrix, name) for name in "abcd")
        if not known or b or c or a <= 0 or d <= 0:
            raise self._refused(Rule.TEXT_VISIBLE)

    def _strokes(self, item: object) -> Iterator[Stroke]:
        filled, stroked, width = ctypes.c_int(), ctypes.c_int(), ctypes.c_float()
        matrix = raw.FS_MATRIX()
        count = int(raw.FPDFPath_CountSegments(item))
        plain = (
            raw.FPDFPath_GetDrawMode(item, filled, stroked)
            and filled.value == raw.FPDF_FILLMODE_NONE
            and stroked.value
            and raw.FPDFPageObj_GetStrokeWidth(item, width)
            and width.value < 2.5  # noqa: PLR2004 - pt; the frame of the seal has 2.27
            and raw.FPDFPageObj_GetMatrix(item, matrix)
            and (matrix.a, matrix.b, matrix.c, matrix.d) in {(1, 0, 0, 1), (1, 0, 0, -1)}
            and 0 < count <= _SEGMENTS_MAX
        )
        if not plain:
            raise self._refused(Rule.DRAWING)
        x, y = ctypes.c_float(), ctypes.c_float()
        last: tuple[float, float] | None = None
        for index in range(count):
            segment = raw.FPDFPath_GetPathSegment(item, index)
            kind = raw.FPDFPathSegment_GetType(segment)
            if kind not in (raw.FPDF_SEGMENT_LINETO, raw.FPDF_SEGMENT_MOVETO) or not raw.FPDFPathSegment_GetPoint(segment, x, y):
                raise self._refused(Rule.DRAWING)
            here = (
                (matrix.e + x.value) * _MM_PER_PT,
                (self._height_pt - matrix.f - matrix.d * y.value) * _MM_PER_PT,
            )
            if kind == raw.FPDF_SEGMENT_LINETO and last is not None:
                yield Stroke(*last, *here)
            last = here

    def _refused(self, rule: Rule) -> FileRefused:
        return FileRefused(rule, self.number)


def _is_blank(item: object) -> bool:
    """Return whether the object is text without any ink."""
    if raw.FPDFPageObj_GetType(item) != raw.FPDF_PAGEOBJ_TEXT:
        return False
    edges = tuple(ctypes.c_float() for _ in range(4))
    return bool(raw.FPDFPageObj_GetBounds(item, *edges)) and edges[0].value == edges[2].value and edges[1].value == edges[3].value


def _replacement(item: object, blob: ctypes.Array[ctypes.c_ubyte], used: ctypes.c_ulong) -> str | None:
    """Return the /ActualText of an object, or None."""
    for index in range(raw.FPDFPageObj_CountMarks(item)):
        mark = raw.FPDFPageObj_GetMark(item, index)
        # As bytes: the call for strings takes the value for UTF-8, which it never is.
        if raw.FPDFPageObjMark_GetParamBlobValue(mark, b"ActualText", blob, _REPLACEMENT_BYTES_MAX, used):
            text = bytes(blob)[: used.value]
            return text[2:].decode("utf-16-be", "replace") if text.startswith(b"\xfe\xff") else text.decode("latin-1")
    return None


class Pages:
    """An open file."""

    def __init__(self, document: pdfium.PdfDocument) -> None:
        self._document = document
        self.count = len(document)

    def page(self, number: int, replaced: list[Replacement]) -> Page:
        """Return the page of that number, from 1; see `Page`."""
        return Page(self._document, number, replaced)


@contextmanager
def open_pages(untrusted_pdf: bytes) -> Iterator[Pages]:
    """
    Open a file that must be one plain, unsigned PDF.

    Raises:
        FileRefused: not a PDF, too large, more than one revision, encrypted, with scripts, attachments or form fields.
    """
    if len(untrusted_pdf) > FILE_BYTES_MAX or not untrusted_pdf.startswith(b"%PDF-"):
        raise FileRefused(Rule.FILE_READABLE)
    if untrusted_pdf.count(b"startxref") != 1 or not untrusted_pdf.rstrip(b"\r\n").endswith(b"%%EOF"):
        raise FileRefused(Rule.FILE_PLAIN)
    try:
        document = pdfium.PdfDocument(untrusted_pdf)
    except pdfium.PdfiumError:
        raise FileRefused(Rule.FILE_READABLE) from None
    try:
        if (
            raw.FPDF_GetSecurityHandlerRevision(document) != -1
            or raw.FPDF_GetFormType(document) != raw.FORMTYPE_NONE
            or raw.FPDFDoc_GetJavaScriptActionCount(document) != 0
            or raw.FPDFDoc_GetAttachmentCount(document) != 0
            or raw.FPDF_GetSignatureCount(document) != 0
        ):
            raise FileRefused(Rule.FILE_PLAIN)
        yield Pages(document)
    finally:
        document.close()
