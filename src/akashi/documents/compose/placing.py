"""
Where a value stands in its cell: the rule of `value` in the forms' drawings, written down a second time.

The two are compared pixel by pixel in tests. Source: docs/spec/certificate-file.md section 4.
"""

from __future__ import annotations

from collections.abc import Iterator

from akashi.documents.compose.fit import LEADING_PT, SLACK_PT, Fitted, fit
from akashi.documents.compose.fonts import Cluster, FontChain
from akashi.documents.compose.form import PT_PER_MM
from akashi.documents.compose.metadata import PAGE_HEIGHT_PT
from akashi.documents.compose.model import Slot
from akashi.documents.compose.objects import number

_ASCENT_EM = 0.88
"""From the top of a line to its base line; a line is one em high."""

PIECE_END = ">Tj\nET\nQ\n"
Piece = tuple[str, int, list[str]]
"""The beginning of a piece of text, up to the digits of its string; its font; the clusters that it draws."""


class Place:
    """
    A slot with its lengths in pt.

    Args:
        slot: the cell, and where its block begins.
        inset_mm: left free at both sides.

    Attributes:
        chars_plain: so many plain clusters fit on one line at the usual size, whatever they are; 0 in a cell not aligned left.
        start_plain: beginning of the piece for such a line; empty where it depends on the width.
    """

    def __init__(self, slot: Slot, *, inset_mm: float) -> None:
        left, top, width, height = slot.cell.box
        self.cell = slot.cell
        self._inset_mm = inset_mm
        self._left = (slot.x + left + inset_mm) * PT_PER_MM
        self._width = (width - 2 * inset_mm) * PT_PER_MM
        self._top = (slot.y + top) * PT_PER_MM
        self._height = height * PT_PER_MM
        is_left = slot.cell.align == "left"
        self.chars_plain = int((self._width - SLACK_PT) / slot.cell.size) if is_left else 0
        self.start_plain = self._start(slot.cell.size, 0.0, line=0, count=1, font=0) if is_left else ""

    def pieces(self, text: str, chain: FontChain) -> list[Piece]:
        """
        Return a value's pieces, in reading order.

        Raises:
            GlyphMissing, TextOverflow: it cannot stand here.
        """
        parts = chain.plain_parts(text)
        if parts:
            if len(parts) <= self.chars_plain:
                return [(self.start_plain, 0, parts)]
            size, em = self.cell.size, chain.width_em(parts)
            if em * size <= self._width - SLACK_PT:
                return [(self._start(size, self._shift(em * size), line=0, count=1, font=0), 0, parts)]
        return list(self._pieces(fit(text, self.cell, inset_mm=self._inset_mm, chain=chain)))

    def mark_pieces(self, word: str, chain: FontChain, *, size: float) -> list[Piece]:
        """Return the pieces of a word of the form that stands in place of a value, at this size or the cell's own if smaller."""
        return list(self._pieces(fit(word, self.cell, inset_mm=self._inset_mm, chain=chain, size_max=size)))

    def _pieces(self, fitted: Fitted) -> Iterator[Piece]:
        size, count = fitted.size_pt, len(fitted.lines)
        for index, line in enumerate(fitted.lines):
            shift = self._shift(size * sum(cluster.advance_em for cluster in line))
            for run, em in runs(line):
                start = self._start(size, shift, line=index, count=count, font=run[0].font)
                yield start, run[0].font, [cluster.text for cluster in run]
                shift += em * size

    def _shift(self, width: float) -> float:
        """Return how far from the left a line of that width begins."""
        if self.cell.align == "left":
            return 0.0
        free = self._width - width
        return free if self.cell.align == "right" else free / 2

    def _start(self, size: float, shift: float, *, line: int, count: int, font: int) -> str:
        first = self._top + (self._height - count * (size + LEADING_PT) + LEADING_PT) / 2
        base = first + line * (size + LEADING_PT) + _ASCENT_EM * size
        return piece_start(f"v{font}", size, number(self._left + shift), number(PAGE_HEIGHT_PT - base))


def piece_start(font: str, size: float, x: str, y: str) -> str:
    """Return the beginning of a piece, up to the digits of its string."""
    return f"q 1 0 0 -1 {x} {y} cm /c0 cs 0 scn\nBT\n0 Tr/{font} {number(size)} Tf 1 0 0 -1 0 0 Tm<"


def runs(line: list[Cluster]) -> Iterator[tuple[list[Cluster], float]]:
    """Yield the line in runs of one font, each with its width in units of the size."""
    start = 0
    for at in range(1, len(line) + 1):
        if at == len(line) or line[at].font != line[start].font:
            run = line[start:at]
            yield run, sum(cluster.advance_em for cluster in run)
            start = at
