"""
The same values in the same places by other libraries, as they are ordinarily used, for a fair comparison of speed.

They come with requirements/bench.txt and are part of no server. None of them makes the file that a city needs: no PDF/A-2a, no
tags, and some draw another character than the name has; each row says so.
"""

from __future__ import annotations

import html
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import NamedTuple

from akashi.documents.compose.form import PT_PER_MM
from akashi.documents.compose.metadata import PAGE_HEIGHT_PT
from akashi.documents.compose.model import Document, Page, Slot

Make = Callable[[Document], bytes]


class Missing(Exception):  # noqa: N818 - it is a fact about the installation
    """The library is not installed."""


class Word(NamedTuple):
    """One text: left end and base line in pt from the upper left corner, its size."""

    x: float
    y: float
    size: float
    text: str


@dataclass(frozen=True, slots=True)
class Other:
    """
    A library.

    Attributes:
        package: its name where it is installed from.
        share: of the papers of a round that it makes.
        note: what its file is not.
    """

    package: str
    share: float
    note: str
    _start: Callable[[str], Make]

    @property
    def name(self) -> str:
        """Its name with its version."""
        try:
            return f"{self.package} {version(self.package)}"
        except PackageNotFoundError:
            return self.package

    def load(self, font: str) -> Make:
        """
        Return what makes a file of a document, with this font.

        Raises:
            Missing: the library is not installed.
        """
        try:
            return self._start(font)
        except (ImportError, OSError):
            # One of them raises OSError where a shared library of the system is missing.
            raise Missing("not installed") from None


def words(page: Page) -> Iterator[Word]:
    """Yield labels and values of a page at their usual size, one line each."""
    slots = [entry for entry in page.template.entries if isinstance(entry, Slot)]
    for slot, text in zip(slots, page.values, strict=True):
        cell = slot.cell
        left, top, width, height = cell.box
        size = min(cell.size, (width - 2) * PT_PER_MM / max(1, len(text)))
        base = (slot.y + top + height / 2) * PT_PER_MM + 0.38 * size
        yield Word((slot.x + left + 1) * PT_PER_MM, base, size, text)
        if cell.label:
            yield Word((slot.x + left - 25) * PT_PER_MM, base, 6.5, cell.label)


def _reportlab(font: str) -> Make:
    from reportlab.pdfbase.pdfmetrics import registerFont  # noqa: PLC0415 - only where it is installed
    from reportlab.pdfbase.ttfonts import TTFont  # noqa: PLC0415 - as above
    from reportlab.pdfgen.canvas import Canvas  # noqa: PLC0415 - as above

    registerFont(TTFont("city", font))

    def make(document: Document) -> bytes:
        output = io.BytesIO()
        paper = Canvas(output, pagesize=(595.2756, PAGE_HEIGHT_PT))
        for page in document.pages:
            for word in words(page):
                paper.setFont("city", word.size)
                paper.drawString(word.x, PAGE_HEIGHT_PT - word.y, word.text)
            paper.showPage()
        paper.save()
        return output.getvalue()

    return make


def _fpdf2(font: str) -> Make:
    from fpdf import FPDF  # noqa: PLC0415 - only where it is installed

    def make(document: Document) -> bytes:
        paper = FPDF(unit="pt", format="A4")
        paper.add_font("city", fname=font)
        paper.set_text_shaping(use_shaping_engine=True)
        for page in document.pages:
            paper.add_page()
            for word in words(page):
                paper.set_font("city", size=word.size)
                paper.text(word.x, word.y, word.text)
        return bytes(paper.output())

    return make


def _weasyprint(font: str) -> Make:
    from weasyprint import CSS, HTML  # noqa: PLC0415 - only where it is installed
    from weasyprint.text.fonts import FontConfiguration  # noqa: PLC0415 - as above

    fonts = FontConfiguration()
    style = CSS(
        string=f"@font-face{{font-family:city;src:url(file://{font})}}@page{{size:A4;margin:0}}body{{font-family:city}}"
        "p{position:absolute;margin:0;white-space:nowrap}div{height:297mm;position:relative}",
        font_config=fonts,
    )

    def make(document: Document) -> bytes:
        pages = "".join(f"<div>{''.join(map(_paragraph, words(page)))}</div>" for page in document.pages)
        return bytes(HTML(string=f"<html lang=ja><body>{pages}").write_pdf(stylesheets=[style], font_config=fonts))

    return make


def _paragraph(word: Word) -> str:
    place = f"left:{word.x:.2f}pt;top:{word.y - word.size:.2f}pt;font-size:{word.size:.2f}pt"
    return f'<p style="{place}">{html.escape(word.text)}</p>'


OTHERS = (
    Other("reportlab", 0.02, "values only, no lines, no tags; variants of names are lost", _reportlab),
    Other("fpdf2", 0.004, "values only, no lines, no tags; draws the wrong variant of a name", _fpdf2),
    Other("weasyprint", 0.01, "values only, no lines, no tags", _weasyprint),
)
"""In the order of the rows."""
