"""
The form part of a certificate's file: everything that certificates of one form and shape have in common, made once.

Promises: a plan is made only of a drawing that has exactly the words that the templates list, in their order.
Source: docs/spec/certificate-file.md sections 1, 3, 6.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from akashi.documents.compose import metadata
from akashi.documents.compose.drawing import Drawn, Item, Lines
from akashi.documents.compose.embedding import Embedded
from akashi.documents.compose.errors import TypesettingFailed
from akashi.documents.compose.fonts import FontChain
from akashi.documents.compose.form import PT_PER_MM, Form
from akashi.documents.compose.model import Entry, Flow, Label, Picture, Seal, Slot, Template
from akashi.documents.compose.objects import FREE_ENTRY, HEADER, deflated, number, number_as_drawn, table_lines, write_objects
from akashi.documents.compose.placing import PIECE_END, Place, piece_start, runs
from akashi.documents.compose.tags import Tag, tag_objects

Box = tuple[float, float, float, float]
String = tuple[str, int, Sequence[str], str]
"""What stands before the digits, the font and the clusters that these draw, and what stands behind."""

_NEAR_PT = 0.01
_FIRST_FONT = 4


@dataclass(frozen=True, slots=True)
class PagePlan:
    """
    What stamping a page needs.

    Attributes:
        fixed: number of the object with its fixed content.
        mark: number of its first value.
        places: of the slots, in reading order.
        starts: for each, how a value of plain characters at the usual size begins, with its mark; empty where there is none.
        extras: what is read before the slot of that index (or behind the last one): so many texts that the page brings along, or
            an image, as left, bottom, width and height in pt.
        flow, images: how many texts and images the page brings along.
        marked: what is written for a word of the form in place of a value, by slot; filled as such words come.
    """

    fixed: int
    mark: int
    places: tuple[Place, ...]
    starts: tuple[str, ...]
    extras: dict[int, tuple[int | Box, ...]]
    flow: int
    images: int
    marked: dict[tuple[int, str], list[String]]


@dataclass(frozen=True, slots=True)
class Plan:
    """
    A form part, and what stamping needs to know of it.

    Attributes:
        form_part: the file from its beginning up to the catalogue.
        digest: SHA-256 of that.
        table: its lines of the cross-reference table.
        root: number of the catalogue.
        tags: number of the root of the tags.
        label_fonts: resources of a page.
        pages: in their order.
    """

    form_part: bytes
    digest: bytes
    table: bytes
    root: int
    tags: int
    label_fonts: str
    pages: tuple[PagePlan, ...]


class Labels:
    """
    The fonts of a form's own words, the same for all its shapes.

    Args:
        words: all words that the form can draw.
        chain: the fonts.

    Raises:
        GlyphMissing: the chain cannot draw one.
    """

    def __init__(self, words: Sequence[str], chain: FontChain) -> None:
        used: dict[int, set[str]] = {}
        for word in words:
            for cluster in chain.clusters(word, item="form"):
                used.setdefault(cluster.font, set()).add(cluster.text)
        self._chain = chain
        self.fonts = {index: Embedded(chain.fonts[index], texts) for index, texts in sorted(used.items())}
        self.bodies: list[bytes] = []
        names: list[str] = []
        for index, font in self.fonts.items():
            first = _FIRST_FONT + len(self.bodies)
            names.append(f"/f{index} {first} 0 R")
            self.bodies += font.objects(first)
        self.resources = "".join(names)

    def content(self, template: Template, items: Sequence[Item]) -> str:
        """
        Return the fixed content of a page, without the 2D code.

        Raises:
            TypesettingFailed: the drawing has other words than the template.
        """
        parts: list[str] = []
        left = iter(items)
        mark = 0
        for entry in template.entries:
            if isinstance(entry, Label | Seal):
                lines, drawn = _take(left, entry.text if isinstance(entry, Label) else "".join(entry.characters))
                pieces = self._stamped(drawn) if isinstance(entry, Seal) else self._written(drawn)
                parts += (*lines, f"/Span<</MCID {mark}>>BDC\n", *pieces, "EMC\n")
                mark += 1
        lines, drawn = _take(left, "")
        return "".join((*parts, *lines))

    def _written(self, drawn: Sequence[Drawn]) -> Iterator[str]:
        for joined in _joined(drawn):
            if joined.stroked or joined.scale != 1:
                raise TypesettingFailed("label is stretched")
            x = joined.x
            for run, em in runs(self._chain.clusters(joined.text, item="form")):
                index = run[0].font
                codes = self.fonts[index].codes
                digits = "".join([codes[cluster.text] for cluster in run])
                start = piece_start(f"f{index}", joined.size, number_as_drawn(x), number_as_drawn(joined.y))
                yield f"{start}{digits}{PIECE_END}"
                x += em * joined.size

    def _stamped(self, drawn: Sequence[Drawn]) -> Iterator[str]:
        for one in drawn:
            (cluster,) = self._chain.clusters(one.text, item="form")
            if not one.stroked:
                raise TypesettingFailed("seal is not stroked")
            scale, x, y, size = map(number_as_drawn, (one.scale, one.x, one.y, one.size))
            digits = self.fonts[cluster.font].codes[cluster.text]
            yield (
                f"q {scale} 0 0 -1 {x} {y} cm /c0 cs 0 scn /c0 CS 0 SCN 0.25 w 4 M\nBT\n2 Tr/f{cluster.font} {size} Tf"
                f" 1 0 0 -1 0 0 Tm<{digits}{PIECE_END}"
            )


def make_plan(
    form: Form, templates: Sequence[Template], drawings: Sequence[Sequence[Item]], labels: Labels, profiles: tuple[bytes, bytes]
) -> Plan:
    """
    Return the plan of a certificate with these pages.

    Args:
        form: of all of them.
        templates: one a page.
        drawings: what the typesetter drew for each.
        labels: fonts of the form's words.
        profiles: of the output and of greys.

    Raises:
        TypesettingFailed: a drawing is not what its template says.
    """
    count = len(templates)
    tags_at = _FIRST_FONT + len(labels.bodies) + count
    read = [_tags(template, form) for template in templates]
    root = tags_at + 2 + count + sum(map(len, read))
    contents = [
        labels.content(template, items) + _code(form, _fixed_marks(template))
        for template, items in zip(templates, drawings, strict=True)
    ]
    bodies = [
        deflated(profiles[0], "/N 3/Range[0 1 0 1 0 1]"),
        metadata.output_intent(),
        deflated(profiles[1], "/N 1/Range[0 1]"),
        *labels.bodies,
        *[deflated(content.encode()) for content in contents],
        *tag_objects(read, first=tags_at, page_objects=range(root + 2, root + 2 + count)),
    ]
    written, places = write_objects(bodies, first=1, start=len(HEADER))
    form_part = HEADER + written
    return Plan(
        form_part,
        hashlib.sha256(form_part).digest(),
        FREE_ENTRY + table_lines(places),
        root,
        tags_at,
        labels.resources,
        tuple(_page_plan(template, form, tags_at - count + index) for index, template in enumerate(templates)),
    )


def _page_plan(template: Template, form: Form, fixed: int) -> PagePlan:
    places: list[Place] = []
    starts: list[str] = []
    extras: dict[int, tuple[int | Box, ...]] = {}
    first = mark = _fixed_marks(template) + 1
    flow = images = 0
    for entry in template.entries:
        at = len(places)
        if isinstance(entry, Slot):
            place = Place(entry, inset_mm=form.inset)
            places.append(place)
            starts.append(f"{value_start(mark)}{place.start_plain}")
        elif isinstance(entry, Flow):
            flow += entry.texts
            extras[at] = (*extras.get(at, ()), entry.texts)
        elif isinstance(entry, Picture):
            images += 1
            left, bottom, right, top = _box_pt(entry.box)
            extras[at] = (*extras.get(at, ()), (left, bottom, right - left, top - bottom))
        mark += _own_marks(entry)
    return PagePlan(fixed, first, tuple(places), tuple(starts), extras, flow, images, {})


def value_start(mark: int) -> str:
    """Return how a value begins."""
    return f"/Span<</MCID {mark}>>BDC\n"


def _fixed_marks(template: Template) -> int:
    return sum(isinstance(entry, Label | Seal) for entry in template.entries)


def _own_marks(entry: Entry) -> int:
    """Return how many marks of the own part an entry takes."""
    return entry.texts if isinstance(entry, Flow) else int(isinstance(entry, Slot | Picture))


def _tags(template: Template, form: Form) -> list[Tag]:
    """Return the tags of a page: as the template is read, and the 2D code at the end."""
    tags: list[Tag] = []
    fixed, code = 0, _fixed_marks(template)
    own = code + 1
    for entry in template.entries:
        if isinstance(entry, Label):
            tags.append(Tag(fixed, entry.role))
        elif isinstance(entry, Seal):
            tags.append(Tag(fixed, "Figure", entry.alt, _box_pt(entry.box)))
        elif isinstance(entry, Picture):
            tags.append(Tag(own, "Figure", entry.alt, _box_pt(entry.box)))
        else:
            tags += [Tag(mark, "P") for mark in range(own, own + _own_marks(entry))]
        fixed += isinstance(entry, Label | Seal)
        own += _own_marks(entry)
    side = form.code.modules * form.code.module
    tags.append(Tag(code, "Figure", form.code.alt, (form.code.x, form.code.y, form.code.x + side, form.code.y + side)))
    return tags


def _box_pt(box: Box) -> Box:
    left, top, width, height = (length * PT_PER_MM for length in box)
    return left, metadata.PAGE_HEIGHT_PT - top - height, left + width, metadata.PAGE_HEIGHT_PT - top


def _code(form: Form, mark: int) -> str:
    side = number(form.code.modules * form.code.module)
    place = f"{number(form.code.x)} {number(form.code.y)}"
    return f"/Figure<</MCID {mark}>>BDC\nq {side} 0 0 {side} {place} cm /c0 cs 0 scn\n/q0 Do\nQ\nEMC\n"


def _take(items: Iterator[Item], text: str) -> tuple[list[str], list[Drawn]]:
    """Take the next words from a drawing, which must be these, and the lines before them (all that are left, for no words)."""
    lines: list[str] = []
    drawn: list[Drawn] = []
    found = ""
    for item in items:
        if isinstance(item, Lines):
            lines.append(f"/Artifact BMC\n{item.content}EMC\n")
            continue
        drawn.append(item)
        found += item.text
        if found == text or not text.startswith(found):
            break
    if found != text:
        raise TypesettingFailed("the drawing has other words than the form")
    return lines, drawn


def _joined(drawn: Sequence[Drawn]) -> list[Drawn]:
    """Return the pieces with those joined that stand one right behind another."""
    joined: list[Drawn] = []
    for one in drawn:
        last = joined[-1] if joined else None
        if last and abs(last.end - one.x) < _NEAR_PT and (last.y, last.size) == (one.y, one.size):
            joined[-1] = Drawn(last.text + one.text, last.size, last.x, last.y, last.scale, last.stroked, one.end)
        else:
            joined.append(one)
    return joined
