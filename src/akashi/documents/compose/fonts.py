"""
The font chain: which font draws which character, and how wide it is.

Promises: a character or variation sequence that no font has exactly refuses. That matters, because every typesetter draws an
unknown sequence as the base character plus something invisible: another person's way to write the name, without any error.
The register of standard characters (行政事務標準文字, 69,839) does not fit into one font, hence a chain.
"""

from __future__ import annotations

import re
import struct
import unicodedata
from dataclasses import dataclass
from pathlib import Path

import uharfbuzz as hb

from akashi.base.city_font import city_font_files
from akashi.documents.compose.errors import FontsRefused, GlyphMissing
from akashi.documents.compose.outlines import FontFile, Outline

FONTS_DEBIAN: tuple[str, ...] = city_font_files()
"""IPAmj明朝 of the Debian package fonts-ipamj-mincho, as it is on this machine."""

_CLUSTER = re.compile(r".[\ufe00-\ufe0f\U000e0100-\U000e01ef\u0300-\u036f\u3099\u309a]*", re.DOTALL)
_NOT_DRAWN = frozenset({"Cc", "Cf", "Cs", "Cn", "Zl", "Zp"})
_VOICING = frozenset("ﾞﾟ")
_HALF_WIDTH_KANA = re.compile("[ｦ-ﾝ]")
"""What a half-width voicing mark may follow; after anything else no program agrees on what it belongs to."""
_MARKS = frozenset({"Mn", "Me", "Mc"})
"""What belongs to a character before it, so never stands first."""
_SPACES = frozenset(" \u3000")
"""Others have the same empty glyph as one of these, and a file could not say which was meant."""
_STEERING = range(0xF860, 0xF880)
"""Private-use characters that some fonts and typesetters take as instructions for the characters after them."""
_FEATURES = {"kern": False, "liga": False, "clig": False, "calt": False}
"""As in the form: no kerning, no ligatures, so that the width of a text is the sum of its clusters."""
_NAME = re.compile(r"[A-Za-z0-9-]{1,60}")


@dataclass(frozen=True, slots=True, eq=False)
class Cluster:
    """
    A character with all that belongs to it: variation selector, voicing mark, accent.

    Attributes:
        text: its code points, never normalised.
        font: index of the font in the chain.
        advance_em: its width, in units of the size.
        outline: how the font draws it.
        width: `advance_em` in thousandths, as the file writes it.
        mapped: its text as a /ToUnicode map writes it, from its digits to the end of the line.
    """

    text: str
    font: int
    advance_em: float
    outline: Outline
    width: str
    mapped: str


@dataclass(frozen=True, slots=True, eq=False)
class ChainFont:
    """
    A font of the chain.

    Attributes:
        name: its PostScript name.
        shaper: says which glyph draws a cluster.
        file: its outlines.
        found: every cluster that was asked for so far. Never more than the font has: some ten megabytes for what a city uses.
    """

    name: str
    shaper: hb.Font
    file: FontFile
    found: dict[str, Cluster]


class FontChain:
    """
    Fonts by preference.

    Args:
        paths: font files, the first one preferred.
        hinted: keep the hinting; to compare with other programs' drawings only.

    Attributes:
        plain: clusters known by now that mean the same in any company: in the first font, no wider than the size.

    Raises:
        FontsRefused: none given, or one cannot be read.
    """

    def __init__(self, paths: tuple[str, ...], *, hinted: bool = False) -> None:
        if not paths:
            raise FontsRefused("the font chain is empty")
        self.paths = paths
        self.fonts = tuple(_open(path, hinted=hinted) for path in paths)
        if len({font.name for font in self.fonts}) != len(paths):
            raise FontsRefused("two fonts of the chain have the same name")
        self.plain: set[str] = set()
        self._known: dict[str, Cluster] = {}

    def clusters(self, text: str, *, item: str) -> list[Cluster]:
        """
        Return the text's clusters, each with the first font that has exactly it.

        Raises:
            GlyphMissing: no font of the chain has a character or a variation sequence; names the item only.
        """
        clusters: list[Cluster] = []
        for part in _CLUSTER.findall(text):
            if part in _VOICING and not (clusters and _HALF_WIDTH_KANA.fullmatch(clusters[-1].text)):
                raise GlyphMissing(item)
            cluster = self._known.get(part) or self._find(part, item)
            if part.isspace() and clusters and clusters[-1].font != cluster.font:
                # A space alone between two runs would be lost on the way into the file's text.
                cluster = self._in(clusters[-1].font, part) or cluster
            clusters.append(cluster)
        return clusters

    def plain_parts(self, text: str) -> list[str] | None:
        """Return the text's clusters where all of them are plain, else None."""
        parts = _CLUSTER.findall(text)
        return parts if self.plain.issuperset(parts) else None

    def width_em(self, parts: list[str]) -> float:
        """Return the width of plain clusters in units of the size."""
        found = self.fonts[0].found
        return sum([found[part].advance_em for part in parts])

    def _in(self, index: int, part: str) -> Cluster | None:
        """Return the cluster as that font draws it, or None."""
        font = self.fonts[index]
        if part not in font.found:
            shaped = _shape(font.shaper, part)
            if shaped is None:
                return None
            gid, advance = shaped
            try:
                outline = font.file.outline(gid)
            except struct.error:
                raise FontsRefused(f"{font.name} has a broken outline") from None
            units = font.file.units_per_em
            width = repr(1000 * advance / units).removesuffix(".0")
            mapped = f"{part.encode('utf-16-be').hex().upper()}>\n"
            font.found[part] = Cluster(part, index, advance / units, outline, width, mapped)
        return font.found[part]

    def _find(self, part: str, item: str) -> Cluster:
        for index in range(len(self.fonts)):
            cluster = self._in(index, part)
            if cluster is not None:
                self._known[part] = cluster
                if self._is_plain(cluster):
                    self.plain.add(part)
                return cluster
        raise GlyphMissing(item)

    def _is_plain(self, cluster: Cluster) -> bool:
        text = cluster.text
        depends = text in _VOICING or (len(self.fonts) > 1 and text.isspace())
        return cluster.font == 0 and cluster.advance_em <= 1 and not depends


def _open(path: str, *, hinted: bool) -> ChainFont:
    try:
        blob = hb.Blob.from_file_path(path)
    except hb.HarfBuzzError:
        raise FontsRefused(f"{Path(path).name} cannot be read") from None
    face = hb.Face(blob)
    try:
        if face.glyph_count == 0 or "glyf" not in face.table_tags:
            # Outlines in CFF would be re-encoded on the way into the file and could not be compared with the font's own.
            raise FontsRefused(f"{Path(path).name} is not a TrueType font")
        name = face.get_name(hb.OTNameIdPredefined.POSTSCRIPT_NAME)
        if not name or not _NAME.fullmatch(name):
            raise FontsRefused(f"{Path(path).name} has no PostScript name")
        return ChainFont(name, hb.Font(face), FontFile(Path(path), hinted=hinted), {})
    except (KeyError, OSError, UnicodeDecodeError, struct.error):
        raise FontsRefused(f"{Path(path).name} is not a whole TrueType font") from None


def _shape(font: hb.Font, part: str) -> tuple[int, int] | None:
    """Return number and advance of one cluster's glyph, or None where the font lacks a part of it."""
    if unicodedata.category(part[0]) in _MARKS:
        return None
    for index, char in enumerate(part):
        if not _can_be_drawn(char):
            return None
        if _is_selector(char):
            if font.get_variation_glyph(ord(part[index - 1]), ord(char)) is None:
                return None
        elif font.get_nominal_glyph(ord(char)) is None:
            return None
    buffer = hb.Buffer()
    buffer.add_str(part)
    buffer.guess_segment_properties()
    hb.shape(font, buffer, _FEATURES)
    # Exactly one glyph a cluster, so that whoever reads the file back can tie its text to one drawing.
    if len(buffer.glyph_infos) != 1 or buffer.glyph_infos[0].codepoint == 0:
        return None
    return int(buffer.glyph_infos[0].codepoint), int(buffer.glyph_positions[0].x_advance)


def _can_be_drawn(char: str) -> bool:
    category = unicodedata.category(char)
    return category not in _NOT_DRAWN and (category != "Zs" or char in _SPACES) and ord(char) not in _STEERING


def _is_selector(char: str) -> bool:
    return "\ufe00" <= char <= "\ufe0f" or "\U000e0100" <= char <= "\U000e01ef"
