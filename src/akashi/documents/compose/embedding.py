"""
The five objects of a font that a file embeds: the characters that it draws and no others.

Source: docs/spec/certificate-file.md section 5; ISO 32000-1 9.7, 9.9, 9.10.3; ISO 19005-2 6.2.11.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from akashi.documents.compose.fonts import ChainFont
from akashi.documents.compose.objects import number, stream

OBJECTS = 5
_SECTION = 100
_CIDS_MAX = 0xFFFF
_CIDS = tuple(f"{cid:04X}" for cid in range(1, _CIDS_MAX + 1))
_MAP_LINES = tuple(f"<{cid}> <" for cid in _CIDS)
_MAP_HEAD = """\
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
_MAP_TAIL = """\
endcmap
CMapName currentdict/CMap defineresource pop
end
end
"""


class Embedded:
    """
    One font with some of its clusters.

    Args:
        font: of the chain.
        texts: clusters that the font has been asked for before.

    Attributes:
        codes: cluster to the four digits that draw it.
    """

    def __init__(self, font: ChainFont, texts: Iterable[str]) -> None:
        self._font = font
        order = sorted(texts)
        self._clusters = [font.found[text] for text in order]
        self.codes: dict[str, str] = dict(zip(order, _CIDS, strict=False))

    def objects(self, first: int) -> list[bytes]:
        """Return the bodies of objects `first` to `first + 4`."""
        font, clusters = self._font, self._clusters
        texts = self._map()
        name = f"{_tag(texts)}+{font.name}"
        widths = " ".join([cluster.width for cluster in clusters])
        program = font.file.program([cluster.outline for cluster in clusters])
        return [
            f"<</Type/Font/Subtype/Type0/BaseFont/{name}/Encoding/Identity-H/DescendantFonts[{first + 1} 0 R]"
            f"/ToUnicode {first + 4} 0 R>>".encode(),
            f"<</Type/Font/Subtype/CIDFontType2/BaseFont/{name}/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>"
            f"/FontDescriptor {first + 2} 0 R/DW 0/CIDToGIDMap/Identity/W[1[{widths}]]>>".encode(),
            f"<</Type/FontDescriptor/FontName/{name}{_measures(font)}/FontFile2 {first + 3} 0 R>>".encode(),
            stream(f"/Length1 {len(program)}", program),
            stream("", texts),
        ]

    def _map(self) -> bytes:
        lines = [start + cluster.mapped for start, cluster in zip(_MAP_LINES, self._clusters, strict=False)]
        parts = [_MAP_HEAD]
        for start in range(0, len(lines), _SECTION):
            section = lines[start : start + _SECTION]
            parts += (f"{len(section)} beginbfchar\n", *section, "endbfchar\n")
        return "".join((*parts, _MAP_TAIL)).encode()


def _tag(texts: bytes) -> str:
    """Return six letters that differ where the characters differ: programs that keep fonts by name must not mix them up."""
    value = int.from_bytes(hashlib.sha256(texts).digest()[:8])
    letters = ""
    for _ in range(6):
        value, letter = divmod(value, 26)
        letters += chr(65 + letter)
    return letters


def _measures(font: ChainFont) -> str:
    file = font.file
    left, bottom, right, top = (number(1000 * edge / file.units_per_em) for edge in file.box)
    ascent, descent = (number(1000 * height / file.units_per_em) for height in (file.ascent, file.descent))
    return (
        f"/Flags 4/FontBBox[{left} {bottom} {right} {top}]/ItalicAngle 0/Ascent {ascent}/Descent {descent}"
        f"/CapHeight {ascent}/StemV 80"
    )
