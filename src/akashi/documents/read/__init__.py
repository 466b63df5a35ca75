"""
Read a finished certificate back and compare it with what it must say.

Promises: a file passes only if every byte of it is where the one way of writing such files has it, every text on every page is a
text that the record, the choices and the face demand, in its box, and every glyph drawn is the city's own font's drawing of that
text.
Trusts: zlib, and the caller for record, choices, face and fonts. Knows nothing of the composer.
"""

from akashi.documents.read.city_font import FONTS_DEBIAN, city_fonts
from akashi.documents.read.errors import FileRefused, FontsUnfit, Rule
from akashi.documents.read.face import PrintedFace, PrintedTax
from akashi.documents.read.fuhyo import read_back_fuhyo
from akashi.documents.read.inkan import read_back_inkan
from akashi.documents.read.jumin import read_back_jumin
from akashi.documents.read.koseki import read_back_koseki
from akashi.documents.read.own_part import CodeRoom, SignatureRoom
from akashi.documents.read.reader import ReadFile, ReadPage
from akashi.documents.read.tax import read_back_tax

__all__ = [
    "FONTS_DEBIAN",
    "CodeRoom",
    "FileRefused",
    "FontsUnfit",
    "PrintedFace",
    "PrintedTax",
    "ReadFile",
    "ReadPage",
    "Rule",
    "SignatureRoom",
    "city_fonts",
    "read_back_fuhyo",
    "read_back_inkan",
    "read_back_jumin",
    "read_back_koseki",
    "read_back_tax",
]
