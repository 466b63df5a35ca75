"""
Read a finished certificate back and compare it with what it must say.

Promises: a file passes only if every text on every page is a text that the record, the choices and the face demand, in its box,
and every glyph drawn is the city's own font's drawing of that text.
Trusts: PDFium to read what PDFium would draw, and the caller for record, choices, face and fonts. Knows nothing of the composer.
"""

from akashi.documents.read.errors import FileRefused, FontsUnfit, Rule
from akashi.documents.read.expected import PrintedFace
from akashi.documents.read.glyphs import FONTS_DEBIAN
from akashi.documents.read.jumin import read_back_jumin

__all__ = ["FONTS_DEBIAN", "FileRefused", "FontsUnfit", "PrintedFace", "Rule", "read_back_jumin"]
