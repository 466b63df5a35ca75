"""A PDF as anybody would see it: its pages as pictures, issue numbers in its text. The only module here that knows PDFium."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Iterator
from contextlib import contextmanager

import pypdfium2 as pdfium
from pypdfium2 import raw

from akashi.verifier.errors import Unreadable
from akashi.verifier.pictures import Picture

PDF_BYTES_MAX = 4 * 1024 * 1024
SCAN_BYTES_MAX = 32 * 1024 * 1024
"""A PDF of scanned pages is larger than any that a city signs."""
PAGES_MAX = 99
_DPI = 200
_SIDE_PX_MAX = 4_800
_CHARACTERS_MAX = 20_000
_NUMBER = re.compile(r"[0-9]{6}(?:-[0-9A-HJKMNP-TV-Z]{4}){4}")


class PdfPages:
    """
    The pages of an open file.

    Args:
        document: PDFium's.
    """

    def __init__(self, document: pdfium.PdfDocument) -> None:
        self._document = document
        self.count = len(document)

    def picture(self, index: int) -> Picture:
        """
        Return a page as it prints, in grey, at 200 dpi (less for very large pages).

        Raises:
            Unreadable: it cannot be drawn.
        """
        try:
            page = self._document[index]
            scale = min(_DPI / 72, _SIDE_PX_MAX / max(1.0, page.get_width(), page.get_height()))
            picture: Picture = page.render(scale=scale, grayscale=True).to_pil().convert("L")
        except (pdfium.PdfiumError, ValueError, MemoryError, OSError) as error:
            raise Unreadable(f"page: {type(error).__name__}") from None
        return picture

    def numbers(self) -> set[str]:
        """Return every issue number that stands in the text of the pages."""
        found: set[str] = set()
        for index in range(self.count):
            try:
                texts = self._document[index].get_textpage()
                count = min(int(raw.FPDFText_CountChars(texts.raw)), _CHARACTERS_MAX)
                units = (ctypes.c_ushort * (max(0, count) + 1))()
                if count > 0:
                    raw.FPDFText_GetText(texts.raw, 0, count, units)
            except pdfium.PdfiumError:
                continue
            found.update(_NUMBER.findall(bytes(units).decode("utf-16-le", "replace")))
        return found


@contextmanager
def open_pdf(untrusted_pdf: bytes) -> Iterator[PdfPages]:
    """
    Give the pages of a file.

    Raises:
        Unreadable: too large, not a PDF, locked, no pages or too many.
    """
    if len(untrusted_pdf) > SCAN_BYTES_MAX:
        raise Unreadable("PDF: bytes")
    try:
        document = pdfium.PdfDocument(untrusted_pdf)
    except pdfium.PdfiumError:
        raise Unreadable("PDF: cannot be opened") from None
    try:
        pages = PdfPages(document)
        if not 1 <= pages.count <= PAGES_MAX:
            raise Unreadable("PDF: number of pages")
        yield pages
    finally:
        document.close()
