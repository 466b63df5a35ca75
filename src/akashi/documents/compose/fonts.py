"""
The font chain: which font draws which character, and how wide it is.

Promises: a character or variation sequence that no font has exactly refuses. That matters, because every typesetter draws an
unknown sequence as the base character plus something invisible: another person's way to write the name, without any error.
The register of standard characters (行政事務標準文字, 69,839) does not fit into one font, hence a chain.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

import uharfbuzz as hb

from akashi.documents.compose.errors import FontsRefused, GlyphMissing

FONTS_DEBIAN: tuple[str, ...] = ("/usr/share/fonts/truetype/ipamj/ipamjm.ttf",)
"""IPAmj明朝 as the Debian package fonts-ipamj-mincho installs it."""

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
_CLUSTERS_KEPT_MAX = 20_000


@dataclass(frozen=True, slots=True)
class Cluster:
    """
    A character with all that belongs to it: variation selector, voicing mark, accent.

    Attributes:
        text: its code points, never normalised.
        font: index of the font in the chain.
        advance_em: its width, in units of the size.
    """

    text: str
    font: int
    advance_em: float


class FontChain:
    """
    Fonts by preference.

    Args:
        paths: font files, the first one preferred.

    Raises:
        FontsRefused: none given, or one cannot be read.
    """

    def __init__(self, paths: tuple[str, ...]) -> None:
        if not paths:
            raise FontsRefused("the font chain is empty")
        self.paths = paths
        self._fonts = tuple(_open(path) for path in paths)
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
                cluster = self._drawn_by(clusters[-1].font, cluster)
            clusters.append(cluster)
        return clusters

    def _drawn_by(self, index: int, cluster: Cluster) -> Cluster:
        """Return the cluster drawn by that font, or as it is where that font lacks it."""
        advance_em = _advance_em(self._fonts[index], cluster.text)
        return cluster if advance_em is None else Cluster(cluster.text, index, advance_em)

    def _find(self, part: str, item: str) -> Cluster:
        for index, font in enumerate(self._fonts):
            advance_em = _advance_em(font, part)
            if advance_em is not None:
                if len(self._known) >= _CLUSTERS_KEPT_MAX:
                    self._known.clear()
                cluster = self._known[part] = Cluster(part, index, advance_em)
                return cluster
        raise GlyphMissing(item)


def _open(path: str) -> hb.Font:
    try:
        blob = hb.Blob.from_file_path(path)
    except hb.HarfBuzzError:
        raise FontsRefused(f"{Path(path).name} cannot be read") from None
    face = hb.Face(blob)
    if face.glyph_count == 0 or "glyf" not in face.table_tags:
        # Outlines in CFF would be re-encoded on the way into the file and could not be compared with the font's own.
        raise FontsRefused(f"{Path(path).name} is not a TrueType font")
    return hb.Font(face)


def _advance_em(font: hb.Font, part: str) -> float | None:
    """Return the width of one cluster, or None where the font lacks a part of it."""
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
    return float(sum(position.x_advance for position in buffer.glyph_positions)) / float(font.face.upem)


def _can_be_drawn(char: str) -> bool:
    category = unicodedata.category(char)
    return category not in _NOT_DRAWN and (category != "Zs" or char in _SPACES) and ord(char) not in _STEERING


def _is_selector(char: str) -> bool:
    return "\ufe00" <= char <= "\ufe0f" or "\U000e0100" <= char <= "\U000e01ef"
