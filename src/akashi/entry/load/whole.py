"""
The whole certificate drawn by the typesetter, values and all: what stamped files are compared with, in tests and in figures.

Nothing that serves a resident imports this.
"""

from __future__ import annotations

from collections import Counter

import msgspec

from akashi.documents.compose.fit import Fitted, Line, fit
from akashi.documents.compose.fonts import FontChain
from akashi.documents.compose.form import Form
from akashi.documents.compose.model import Document, Page, Slot
from akashi.documents.compose.typeset import Typesetter

_APART = frozenset("（）〔〕［］｛｝〈〉《》「」『』【】〖〗〘〙、。，．・：；！？‘’“”ﾞﾟ")
"""Full-width punctuation, which the typesetter may narrow; half-width voicing marks, which it would tie to what is before."""


class WholeDrawing:
    """
    Draws documents of one form.

    Args:
        form: the form.
        chain: the fonts.
    """

    def __init__(self, form: Form, chain: FontChain) -> None:
        self._form = form
        self._chain = chain
        self._typesetter = Typesetter(form.template, chain.paths)

    def draw(self, document: Document) -> bytes:
        """
        Return the PDF as the typesetter makes it.

        Raises:
            GlyphMissing, TextOverflow, TypesettingFailed: as for a stamped one.
        """
        return self._typesetter.draw([self._page(page) for page in document.pages])

    def _page(self, page: Page) -> bytes:
        """Return what the template is told: each value measured and broken into lines, cells of blocks by block."""
        form = self._form
        values: dict[str, object] = {}
        blocks: list[dict[str, object]] = []
        seen: Counter[str] = Counter()
        slots = [entry for entry in page.template.entries if isinstance(entry, Slot)]
        for slot, text in zip(slots, page.values, strict=True):
            size_max = form.marks.size if text in form.marks.words else None
            fitted = fit(text, slot.cell, inset_mm=form.inset, chain=self._chain, size_max=size_max)
            name = slot.cell.name
            if not any(slot.cell in form.cells[group] for group in form.blocks):
                values[name] = _told(fitted)
                continue
            if seen[name] == len(blocks):
                blocks.append({})
            blocks[seen[name]][name] = _told(fitted)
            seen[name] += 1
        told = msgspec.json.decode(page.template.drawing) | {"values": values | {"persons": blocks}}
        return msgspec.json.encode(told)


def _told(fitted: Fitted) -> list[object]:
    return [fitted.size_pt, [_runs(line) for line in fitted.lines]]


def _runs(line: Line) -> str | list[tuple[int, str]]:
    """
    Return the line as one string where that is enough, else as runs of (font, text).

    A run ends where the font changes and around characters that the typesetter treats otherwise beside others; they would not
    stand where they were measured.
    """
    if all(cluster.font == 0 and cluster.text not in _APART for cluster in line):
        return "".join(cluster.text for cluster in line)
    runs: list[tuple[int, str]] = []
    for cluster in line:
        if runs and runs[-1][0] == cluster.font and _may_join(runs[-1][1], cluster.text):
            runs[-1] = (cluster.font, runs[-1][1] + cluster.text)
        else:
            runs.append((cluster.font, cluster.text))
    return runs


def _may_join(run: str, text: str) -> bool:
    """Return whether the text may follow in the same run. A space never stands in a run alone: the file's text would lose it."""
    return text.isspace() or run.isspace() or (text not in _APART and run[-1] not in _APART)
