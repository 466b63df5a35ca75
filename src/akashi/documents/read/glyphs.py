"""
Whether a file draws what its text says: every glyph of every embedded font against the city's own font files.

Without this, a font whose outlines lie (葛 looks like 萬) or an /ActualText would show people something else than what the reader
reads. Parses the file with pyHanko's object reader; the only module of the reader that knows it.
Source: docs/spec/form-juminhyo.md section 6; ISO 32000-1 9.7, 9.10.3, 14.9.4.
"""

from __future__ import annotations

import mmap
import re
import struct
import zlib
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any

import uharfbuzz as hb
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader

from akashi.documents.read.errors import FileRefused, FontsUnfit, Rule
from akashi.documents.read.pdfium import Replacement
from akashi.documents.read.sfnt import HINTING, Sfnt, SfntRefused, is_composite, same_glyph

FONTS_DEBIAN: tuple[str, ...] = ("/usr/share/fonts/truetype/ipamj/ipamjm.ttf",)
"""IPAmj明朝 as the Debian package fonts-ipamj-mincho installs it."""

_CHARACTERS = re.compile(rb"beginbfchar(.*?)endbfchar", re.DOTALL)
_CHARACTER = re.compile(rb"\s*<([0-9A-Fa-f]{4})>\s*<((?:[0-9A-Fa-f]{4}){1,4})>")
_SPAN = re.compile(
    rb"/Span<</ActualText(?:<FEFF(?P<wide>(?:[0-9A-F]{4}){1,4})>|\((?P<ascii>(?:\\[()\\]|[^\\()\x00-\x1f\x7f-\xff]){1,4})\))>>BDC"
    rb" [02] Tr/(?P<font>\w{1,16}) [0-9.]+ Tf(?: -?[0-9.]+){6} Tm"
    rb"(?:\((?P<string>(?:\\[0-7]{3}|\\[nrtbf()\\]|[^\\()]){1,2})\)|<(?P<hex>[0-9A-F]{4})>)Tj\nEMC",
    re.DOTALL,
)
"""One character with a replacement text, exactly as the composer's typesetter writes it; any other form refuses."""
_ESCAPE = re.compile(rb"\\([0-7]{3}|[nrtbf()\\])")
_ESCAPED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f", b"(": b"(", b")": b")", b"\\": b"\\"}
_DRAWINGS_KEPT_MAX = 20_000
_BROKEN_BY_THE_FILE = (
    PdfError,
    zlib.error,
    struct.error,
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    NotImplementedError,
    RecursionError,
    TypeError,
    ValueError,
)
"""What the library raises on bytes that somebody made to hurt it."""
_SELECTORS = re.compile(".[\ufe00-\ufe0f\U000e0100-\U000e01ef]", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Drawing:
    """How a font draws a text: glyph number, advance and bearing, outline."""

    gid: int
    metrics: tuple[int, int]
    outline: bytes


class KnownFont:
    """
    One of the city's fonts.

    Args:
        path: its file.

    Raises:
        FontsUnfit: it cannot be read, or is not TrueType.
    """

    def __init__(self, path: str) -> None:
        try:
            with Path(path).open("rb") as file:
                self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            self.sfnt = Sfnt(self._map)
        except (OSError, ValueError, SfntRefused):
            raise FontsUnfit(Path(path).name) from None
        self._font = hb.Font(hb.Face(hb.Blob.from_file_path(path)))
        self._drawings: dict[str, Drawing] = {}

    def draws(self, text: str, sfnt: Sfnt, gid: int) -> bool:
        """Return whether that glyph of another font is this font's own drawing of the text."""
        drawing = self._drawings.get(text) or self._find(text)
        if drawing is None:
            return False
        if is_composite(drawing.outline):
            return same_glyph(sfnt, gid, self.sfnt, drawing.gid)
        return sfnt.metrics(gid) == drawing.metrics and sfnt.glyph(gid) == drawing.outline

    def _find(self, text: str) -> Drawing | None:
        gid = self.glyph_of(text)
        if gid is None:
            return None
        if len(self._drawings) >= _DRAWINGS_KEPT_MAX:
            self._drawings.clear()
        drawing = self._drawings[text] = Drawing(gid, self.sfnt.metrics(gid), self.sfnt.glyph(gid))
        return drawing

    def glyph_of(self, text: str) -> int | None:
        """Return the glyph that draws exactly this text, or None."""
        gid: int | None
        if len(text) == 1:
            gid = self._font.get_nominal_glyph(ord(text))
        elif _SELECTORS.fullmatch(text):
            gid = self._font.get_variation_glyph(ord(text[0]), ord(text[1]))
        else:
            buffer = hb.Buffer()
            buffer.add_str(text)
            buffer.guess_segment_properties()
            hb.shape(self._font, buffer)
            infos = buffer.glyph_infos
            gid = infos[0].codepoint if len(infos) == 1 else None
        return gid or None


Fonts = dict[Any, tuple[Sfnt, KnownFont]]
"""Embedded font and the city's font that it is a part of, by reference."""


@lru_cache(maxsize=2)
def known_fonts(paths: tuple[str, ...]) -> tuple[KnownFont, ...]:
    """
    Return the city's fonts, opened once per process.

    Raises:
        FontsUnfit: one of them cannot be used.
    """
    return tuple(KnownFont(path) for path in paths)


def check_glyphs(untrusted_pdf: bytes, fonts: tuple[str, ...]) -> list[list[Replacement]]:
    """
    Check that every glyph in the file is the font's own drawing of the text that the file gives for it.

    Returns:
        For each page the replacement texts (/ActualText) in the file's order, each checked against its glyph.

    Raises:
        FileRefused: GLYPHS, or FILE_READABLE.
        FontsUnfit: for the operator.
    """
    known = known_fonts(fonts)
    try:
        reader = PdfFileReader(BytesIO(untrusted_pdf))
        pages = reader.root["/Pages"]["/Kids"]
        fonts_seen: Fonts = {}
        return [_check_page(pages[index].get_object(), index + 1, known, fonts_seen) for index in range(len(pages))]
    except SfntRefused:
        raise FileRefused(Rule.GLYPHS) from None
    except _BROKEN_BY_THE_FILE:
        raise FileRefused(Rule.FILE_READABLE) from None


def _check_page(page: Any, number: int, known: tuple[KnownFont, ...], seen: Fonts) -> list[Replacement]:
    resources = page["/Resources"]
    if not set(resources.keys()) <= {"/Font", "/ColorSpace", "/ProcSet"}:
        raise FileRefused(Rule.GLYPHS, number)
    embedded: dict[str, tuple[Sfnt, KnownFont]] = {}
    for name in resources["/Font"]:
        reference = resources["/Font"].raw_get(name).reference
        found = seen[reference] if reference in seen else _check_font(reference.get_object(), known)
        if found is None:
            raise FileRefused(Rule.GLYPHS, number)
        seen[reference] = embedded[str(name)[1:]] = found
    content: bytes = page["/Contents"].data
    replaced: list[Replacement] = []
    for match in _SPAN.finditer(content):
        wide = match["wide"]
        text = bytes.fromhex(wide.decode()).decode("utf-16-be") if wide else _unescaped(match["ascii"]).decode("ascii")
        sfnt, font = embedded[match["font"].decode()]
        gid = int.from_bytes(bytes.fromhex(match["hex"].decode()) if match["hex"] else _unescaped(match["string"]), "big")
        if not font.draws(text, sfnt, gid):
            raise FileRefused(Rule.GLYPHS, number)
        replaced.append(Replacement(text, sfnt.metrics(gid)[0] / sfnt.units_per_em))
    return replaced


def _check_font(font: Any, known: tuple[KnownFont, ...]) -> tuple[Sfnt, KnownFont] | None:
    """Return the embedded font and the city's font that it is a part of, or None where it is not."""
    descendant = font["/DescendantFonts"][0].get_object()
    plain = (
        font["/Subtype"] == "/Type0"
        and font["/Encoding"] == "/Identity-H"
        and len(font["/DescendantFonts"]) == 1
        and descendant["/Subtype"] == "/CIDFontType2"
        and descendant["/CIDToGIDMap"] == "/Identity"
    )
    if not plain:
        return None
    sfnt = Sfnt(descendant["/FontDescriptor"]["/FontFile2"].data)
    texts = _to_unicode(font["/ToUnicode"].data)
    return next(((sfnt, one) for one in known if _is_part_of(sfnt, texts, one)), None)


def _is_part_of(sfnt: Sfnt, texts: dict[int, str], known: KnownFont) -> bool:
    if sfnt.units_per_em != known.sfnt.units_per_em:
        return False
    if any(table and table != known.sfnt.table(tag) for tag in HINTING if (table := sfnt.table(tag))):
        return False
    return all(known.draws(text, sfnt, cid) for cid, text in texts.items())


def _to_unicode(cmap: bytes) -> dict[int, str]:
    """Return glyph number to text. Only single characters: ranges are refused, and so is a number given twice."""
    if b"beginbfrange" in cmap or b"usecmap" in cmap:
        raise SfntRefused("a map with ranges")
    texts: dict[int, str] = {}
    for section in _CHARACTERS.findall(cmap):
        for code, text in _CHARACTER.findall(section):
            cid = int(code, 16)
            if cid in texts:
                raise SfntRefused("a glyph with two texts")
            texts[cid] = bytes.fromhex(text.decode()).decode("utf-16-be")
    return texts


def _unescaped(literal: bytes) -> bytes:
    """Return the bytes of a literal string. Source: ISO 32000-1 7.3.4.2."""
    return _ESCAPE.sub(lambda found: _ESCAPED[found[1]] if found[1] in _ESCAPED else bytes((int(found[1], 8) & 0xFF,)), literal)
