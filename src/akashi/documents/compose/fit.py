"""
Decide, before anything is drawn, at which size and in how many lines a text stands in its cell.

Promises: what `fit` returns fits; a text that does not, refuses. Nothing is ever clipped, overlapped or shortened.
Source: 住民記録システム標準仕様書 5.8 (shrink; then alert; here the alert is a refusal).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import floor

from akashi.documents.compose.errors import TextOverflow
from akashi.documents.compose.fonts import Cluster, FontChain
from akashi.documents.compose.form import PT_PER_MM, Cell

LEADING_PT = 0.2
"""Between the lines of a value; as in the forms' drawings."""
_STEP_PT = 0.5
SLACK_PT = 0.05
"""Rounding inside the typesetter."""

Line = list[Cluster]


@dataclass(frozen=True, slots=True)
class Fitted:
    """Size in pt and lines of a text in its cell."""

    size_pt: float
    lines: list[Line]


def fit(text: str, cell: Cell, *, inset_mm: float, chain: FontChain, size_max: float | None = None) -> Fitted:
    """
    Return the largest size, down to the cell's smallest, on one line; else on as few lines as the cell takes.

    Args:
        text: what stands there.
        cell: where.
        inset_mm: left free at both sides.
        chain: the fonts.
        size_max: smaller than the cell's usual size; None for that.

    Raises:
        GlyphMissing: a character that the chain cannot draw.
        TextOverflow: does not fit.
    """
    clusters = chain.clusters(text, item=cell.name)
    width_pt = (cell.box[2] - 2 * inset_mm) * PT_PER_MM - SLACK_PT
    height_pt = cell.box[3] * PT_PER_MM
    usual = cell.size if size_max is None else min(cell.size, size_max)
    em = sum(cluster.advance_em for cluster in clusters)
    size = _step_down(min(usual, width_pt / em if em else usual))
    if size >= cell.size_min:
        return Fitted(size, [clusters])
    for count in range(2, cell.lines_max + 1):
        size = _step_down(min(usual, (height_pt - (count - 1) * LEADING_PT) / count))
        while size >= cell.size_min:
            lines = _break(clusters, width_pt / size)
            if len(lines) <= count:
                return Fitted(size, lines)
            size -= _STEP_PT
    raise TextOverflow(cell.name)


def _step_down(size_pt: float) -> float:
    return floor(size_pt / _STEP_PT + 1e-9) * _STEP_PT


def _break(clusters: Line, width_em: float) -> list[Line]:
    """
    Fill line after line.

    A cluster is never divided, nor a Latin word where the line holds another; and no line begins with a space, which the file's
    text could lose there. No cell is narrower than a few characters at its usual size.
    """
    lines: list[Line] = [[]]
    filled_em = 0.0
    for cluster in clusters:
        if lines[-1] and filled_em + cluster.advance_em > width_em:
            lines.append(_carried(lines[-1], cluster))
            filled_em = sum(moved.advance_em for moved in lines[-1])
        lines[-1].append(cluster)
        filled_em += cluster.advance_em
    return lines


def _carried(full: Line, following: Cluster) -> Line:
    """Take from the end of a full line what must stand before `following` on the next one, and return it."""
    keep = len(full)
    if following.text.isspace():
        while keep > 1 and full[keep - 1].text.isspace():
            keep -= 1
        keep = max(1, keep - 1)
        following = full[keep] if keep < len(full) else following
    word = keep
    while _is_latin(following) and word and _is_latin(full[word - 1]):
        word -= 1
    if word and full[word - 1].text.isspace():
        keep = word
    carried = full[keep:]
    del full[keep:]
    return carried


def _is_latin(cluster: Cluster) -> bool:
    return cluster.text.isascii() and not cluster.text.isspace()
