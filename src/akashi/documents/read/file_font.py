"""
A font of the file: a part of one of the city's fonts, written in one way only.

Everything in it follows from the texts that its clusters stand for: the map of texts, the widths, the outlines and the tables. So
it is made here once more from the city's font and compared byte for byte; nothing in it is believed. A font whose outlines lie
(葛 looks like 萬), or with a glyph more, is another font than the one made here.
Source: docs/spec/certificate-file.md section 5; ISO 32000-1 9.7.4, 9.10.3.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from akashi.documents.read.city_font import CityFont, Drawing
from akashi.documents.read.errors import FileRefused, Rule
from akashi.documents.read.objects import FileObject
from akashi.documents.read.program import make_program

CLUSTERS_MAX = 4_000
OBJECTS_EACH = 5
_SECTION_LINES = 100
_MAP_HEAD = b"""\
/CIDInit/ProcSet findresource begin
12 dict begin
begincmap
/CIDSystemInfo<</Registry(Adobe)/Ordering(UCS)/Supplement 0>>def
/CMapName/Adobe-Identity-UCS def
/CMapType 2 def
1 begincodespacerange
<0000><FFFF>
endcodespacerange
"""
_MAP_TAIL = b"""\
endcmap
CMapName currentdict/CMap defineresource pop
end
end
"""
_TEXT = re.compile(rb"> <((?:[0-9A-F]{4})+)>\n")
_LINES = tuple(b"<%04X> <%%b>\n" % number for number in range(1, CLUSTERS_MAX + 1))
_NUMBERED = "".join(map(chr, range(1, CLUSTERS_MAX + 1)))
_NAMED = re.compile(rb"<</Type/Font/Subtype/Type0/BaseFont/([A-Z]{6})\+")


class UnknownCluster(Exception):  # noqa: N818 - the caller says what it means
    """A number that stands for no cluster of the font."""


class _Texts(dict[int, str]):
    """Texts by number; a number that is not there is an error, not itself."""

    def __missing__(self, number: int) -> str:
        raise UnknownCluster


class FileFont:
    """
    A font of the file that was compared with the city's.

    Attributes:
        texts: by the numbers of clusters.
        advances: in the font's units, by clusters as characters of that number.
        units_per_em: of the font.
        drawn: what was drawn with it so far, as such characters.
    """

    __slots__ = ("advances", "drawn", "texts", "units_per_em")

    def __init__(self, drawings: list[Drawing], units_per_em: int) -> None:
        self.texts = _Texts(enumerate([drawing.text for drawing in drawings], 1))
        self.advances = dict(zip(_NUMBERED, [drawing.advance for drawing in drawings]))  # noqa: B905 - as many as there are
        self.units_per_em = units_per_em
        self.drawn: list[str] = []

    def must_be_used_up(self, others: frozenset[str] = frozenset()) -> None:
        """Raise FileRefused where the font has a cluster that nothing shows and that is none of the others."""
        drawn = set("".join(self.drawn))
        if len(drawn) != len(self.texts) and not all(
            chr(number) in drawn or text in others for number, text in self.texts.items()
        ):
            raise FileRefused(Rule.GLYPHS)


class _Streams(NamedTuple):
    """Contents of the two streams of a font."""

    program: bytes
    text_map: bytes


def read_font(pdf: bytes, objects: list[FileObject], number: int, city: CityFont) -> FileFont:
    """
    Return the font of five objects.

    Args:
        pdf: the file.
        objects: the five.
        number: of the first one.
        city: the font that it must be a part of.

    Raises:
        FileRefused: FILE_FORM, TEXT_MAP or GLYPHS.
    """
    font, _, _, program, text_map = objects
    streams = _Streams(pdf[program.start : program.stop], pdf[text_map.start : text_map.stop])
    drawings = _drawings(streams.text_map, city)
    named = _NAMED.match(font.text)
    if named is None:
        raise FileRefused(Rule.FILE_FORM)
    name = named[1] + b"+" + city.postscript_name
    expected = (
        b"<</Type/Font/Subtype/Type0/BaseFont/%b/Encoding/Identity-H/DescendantFonts[%d 0 R]/ToUnicode %d 0 R>>"
        % (name, number + 1, number + 4),
        b"<</Type/Font/Subtype/CIDFontType2/BaseFont/%b/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>"
        b"/FontDescriptor %d 0 R/DW 0/CIDToGIDMap/Identity/W[1[%b]]>>"
        % (name, number + 2, b" ".join([drawing.width for drawing in drawings])),
        b"<</Type/FontDescriptor/FontName/%b/Flags 4/FontBBox[%b]/ItalicAngle 0/Ascent %b/Descent %b/CapHeight %b/StemV 80"
        b"/FontFile2 %d 0 R>>" % (name, *city.heights, number + 3),
        b"<</Length %d/Length1 %d>>" % (len(streams.program), len(streams.program)),
        b"<</Length %d>>" % len(streams.text_map),
    )
    if expected != tuple([item.text for item in objects]) or streams.program != make_program(drawings, city):
        raise FileRefused(Rule.GLYPHS)
    return FileFont(drawings, city.sfnt.units_per_em)


def _drawings(text_map: bytes, city: CityFont) -> list[Drawing]:
    """Return how the city's font draws the texts of the map, which must be written in the one way."""
    texts = _TEXT.findall(text_map)
    if not 0 < len(texts) <= CLUSTERS_MAX or _frame(len(texts)) % tuple(texts) != text_map:
        raise FileRefused(Rule.TEXT_MAP)
    drawings = [drawing for drawing in map(city.drawings.__getitem__, texts) if drawing is not None]
    if len(drawings) != len(texts):
        raise FileRefused(Rule.GLYPHS)
    shown = [drawing.text for drawing in drawings]
    if shown != sorted(set(shown)):
        raise FileRefused(Rule.TEXT_MAP)
    return drawings


def _frame(count: int) -> bytes:
    """Return the map of that many clusters, with gaps for their texts."""
    parts = [_MAP_HEAD]
    for start in range(0, count, _SECTION_LINES):
        stop = min(count, start + _SECTION_LINES)
        parts += (b"%d beginbfchar\n" % (stop - start), *_LINES[start:stop], b"endbfchar\n")
    return b"".join((*parts, _MAP_TAIL))
