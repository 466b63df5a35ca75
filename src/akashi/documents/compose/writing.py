"""
The content of pages: each value in its place, in reading order.

Texts are measured first and written afterwards, when it is known which characters the file has.
Source: docs/spec/certificate-file.md section 4.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count, islice
from typing import NamedTuple

from akashi.documents.compose.drawing import stroked
from akashi.documents.compose.embedding import Embedded
from akashi.documents.compose.errors import RecordUnfit
from akashi.documents.compose.fonts import Cluster, FontChain
from akashi.documents.compose.form import PT_PER_MM, Form
from akashi.documents.compose.metadata import PAGE_HEIGHT_PT
from akashi.documents.compose.model import Page, Rule, Text
from akashi.documents.compose.objects import number
from akashi.documents.compose.placing import PIECE_END, Piece, Place
from akashi.documents.compose.plan import Box, PagePlan, String, value_start

_END = "EMC\n"
_VALUE_END = PIECE_END + _END
_NO_FONT = -1


class _Brought(NamedTuple):
    """What a page brings along and is not written yet: texts, and numbers of images."""

    texts: Iterator[Text]
    images: Iterator[int]


class Writing:
    """
    Measures the pages of one document.

    Args:
        form: of all pages.
        chain: the fonts.

    Attributes:
        used: the characters met so far, by font.
    """

    def __init__(self, form: Form, chain: FontChain) -> None:
        self._form = form
        self._chain = chain
        self.used: list[set[str]] = [set() for _ in chain.fonts]

    def page(self, page: Page, plan: PagePlan) -> list[String]:
        """
        Return what the page says.

        Raises:
            GlyphMissing, TextOverflow: a text cannot stand in its place.
            RecordUnfit: other texts or images than the template has places for.
        """
        if (len(page.values), len(page.texts), len(page.images)) != (len(plan.places), plan.flow, plan.images):
            raise RecordUnfit("the page has other places")
        strings: list[String] = [("".join(_lines(page.rules)), _NO_FONT, "", "")] if page.rules else []
        said: set[str] = set()
        extras, brought = plan.extras, _Brought(iter(page.texts), count())
        is_plain, used, marks, mark = self._chain.plain.issuperset, self.used[0], self._form.marks.words, plan.mark
        for index, (text, place, start) in enumerate(zip(page.values, plan.places, plan.starts, strict=True)):
            if index in extras:
                mark = self._extras(extras[index], brought, mark, strings)
            if text in marks:
                known = plan.marked.get((index, text))
                if known is None:
                    pieces = place.mark_pieces(text, self._chain, size=self._form.marks.size)
                    known = plan.marked[index, text] = self._value(pieces, mark, place.cell.name)
                strings += known
                said.add(text)
            elif 0 < len(text) <= place.chars_plain and is_plain(text):
                used.update(text)
                strings.append((start, 0, text, _VALUE_END))
            else:
                strings += self._value(place.pieces(text, self._chain), mark, place.cell.name)
            mark += 1
        self._extras(extras.get(len(plan.places), ()), brought, mark, strings)
        for word in said:
            self._use(self._chain.clusters(word, item="form"))
        return strings

    def _extras(self, extras: Sequence[int | Box], brought: _Brought, mark: int, strings: list[String]) -> int:
        """Add texts and images that the page brings along, and return the next mark."""
        for extra in extras:
            if isinstance(extra, tuple):
                strings.append((_picture(next(brought.images), extra, mark), _NO_FONT, "", ""))
                mark += 1
                continue
            for text in islice(brought.texts, extra):
                place = Place(text.slot, inset_mm=self._form.inset)
                strings += self._value(place.pieces(text.text, self._chain), mark, place.cell.name)
                mark += 1
        return mark

    def _value(self, pieces: Sequence[Piece], mark: int, name: str) -> list[String]:
        if not pieces:
            raise RecordUnfit(f"{name} is empty")
        strings: list[String] = []
        before, last = value_start(mark), len(pieces) - 1
        for index, (start, font, texts) in enumerate(pieces):
            self.used[font].update(texts)
            strings.append((before + start, font, texts, PIECE_END if index < last else _VALUE_END))
            before = ""
        return strings

    def _use(self, clusters: Sequence[Cluster]) -> None:
        for cluster in clusters:
            self.used[cluster.font].add(cluster.text)


def written(strings: Sequence[String], fonts: dict[int, Embedded]) -> bytes:
    """Return the content stream of a page."""
    parts: list[str] = []
    known: dict[str, str] = {}
    codes_of = {index: font.codes for index, font in fonts.items()} | {_NO_FONT: {}}
    for before, font, texts, behind in strings:
        if isinstance(texts, str):
            # Plain characters of the first font; in a household, many texts come again.
            digits = known.get(texts)
            if digits is None:
                codes = codes_of[font]
                digits = known[texts] = "".join([codes[text] for text in texts])
        else:
            codes = codes_of[font]
            digits = "".join([codes[text] for text in texts])
        parts += (before, digits, behind)
    return "".join(parts).encode()


def _picture(index: int, box: Box, mark: int) -> str:
    left, bottom, width, height = map(number, box)
    return f"/Figure<</MCID {mark}>>BDC\nq {width} 0 0 {height} {left} {bottom} cm /c0 cs 0 scn\n/i{index} Do\nQ\nEMC\n"


def _lines(rules: Sequence[Rule]) -> Iterator[str]:
    """Yield the artifact of a page's own lines, one path for each width."""
    yield "/Artifact BMC\n"
    for width in sorted({rule.width for rule in rules}):
        yield stroked(f"0 {number(PAGE_HEIGHT_PT)}", number(width), [_line(rule) for rule in rules if rule.width == width])
    yield _END


def _line(rule: Rule) -> str:
    x1, y1, x2, y2 = (number(length * PT_PER_MM) for length in (rule.x1, rule.y1, rule.x2, rule.y2))
    return f"{x1} {y1} m {x2} {y2} l"
