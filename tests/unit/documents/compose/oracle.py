"""The whole certificate as the typesetter draws it, values and all: what a stamped file is compared with."""

from __future__ import annotations

from functools import cache

import msgspec

from akashi.documents.compose.fit import Fitted, Line, fit
from akashi.documents.compose.fonts import FONTS_DEBIAN, FontChain
from akashi.documents.compose.model import Document, Page, Slot
from akashi.documents.compose.stamp import Stamper
from akashi.documents.compose.typeset import Typesetter

_APART = frozenset("（）〔〕［］｛｝〈〉《》「」『』【】〖〗〘〙、。，．・：；！？‘’“”ﾞﾟ")
"""Full-width punctuation, which the typesetter may narrow; half-width voicing marks, which it would tie to what is before."""


class Oracle:
    """
    Draws and stamps the same documents, both with hinted fonts: without hints, edges of characters differ.

    Args:
        fonts: the chain.
    """

    def __init__(self, fonts: tuple[str, ...]) -> None:
        self._fonts = fonts
        self.chain = FontChain(fonts, hinted=True)

    def stamped(self, document: Document) -> bytes:
        return _stamper(self, document.form.name).stamp(document).pdf

    def drawn(self, document: Document) -> bytes:
        setter = Typesetter(document.form.template, self._fonts)
        return setter.draw([self._page(page, document) for page in document.pages])

    def _page(self, page: Page, document: Document) -> bytes:
        form = document.form
        block = form.blocks["person"]
        values: dict[str, object] = {}
        persons: list[dict[str, object]] = [{} for _ in range(block.most)]
        slots = [entry for entry in page.template.entries if isinstance(entry, Slot)]
        for slot, text in zip(slots, page.values, strict=True):
            size_max = form.marks.size if text in form.marks.words else None
            fitted = fit(text, slot.cell, inset_mm=form.inset, chain=self.chain, size_max=size_max)
            into = persons[round((slot.y - block.y) / block.pitch)] if slot.y else values
            into[slot.cell.name] = _told(fitted)
        told = msgspec.json.decode(page.template.drawing) | {"values": values | {"persons": persons}}
        return msgspec.json.encode(told)


@cache
def oracle(fonts: tuple[str, ...] = FONTS_DEBIAN) -> Oracle:
    return Oracle(fonts)


@cache
def _stamper(one: Oracle, name: str) -> Stamper:
    from akashi.documents.compose.form import load_form  # noqa: PLC0415

    return Stamper(load_form(name), one.chain)


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
