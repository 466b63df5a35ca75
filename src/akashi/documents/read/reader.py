"""
Read a finished file: one engine for every kind of certificate.

A kind says what each page must show (`places.Expected`): boxes from its legal form, and their words. This engine does the rest,
and knows no kind. Every byte of the file is compared with the one that must be there, or read by a pattern that leaves none out;
not judged are the file's /ID, the six letters before the names of its fonts, and how its streams are compressed.
Source: docs/spec/certificate-file.md.
"""

from __future__ import annotations

from typing import NamedTuple

from akashi.documents.read.city_font import city_fonts
from akashi.documents.read.errors import FileRefused, Rule
from akashi.documents.read.file_font import FileFont, read_font
from akashi.documents.read.flow import check_flow, take_out
from akashi.documents.read.forms import FormMemory, key_of, read_form
from akashi.documents.read.objects import check_table, entries, parse_end, walk_objects
from akashi.documents.read.own_part import CodeRoom, SignatureRoom, read_own
from akashi.documents.read.places import Expected, ExpectedPage
from akashi.documents.read.placing import value_places
from akashi.documents.read.values import Wanted, check_values

_MEMORY = FormMemory()


class ReadPage(NamedTuple):
    """
    A page that says what it must.

    Attributes:
        code: the room of its 2D code, empty.
        shown: what stands on it.
    """

    code: CodeRoom
    shown: ExpectedPage

    def words(self) -> tuple[tuple[str, str], ...]:
        """Return what stands on the page, in reading order: name of the box and its words."""
        words = self.shown.words
        return tuple([(box.name, words[box.name]) for box in self.shown.places.boxes if box.name in words])


class ReadFile(NamedTuple):
    """
    A file that says what it must, and the rooms in it that the checker fills.

    Attributes:
        pages: in order.
        signature: where moment and signature go.
        salt_at: where the 32 digits of the salt go: the second string of /ID, which the composer made the same as the first.
    """

    pages: tuple[ReadPage, ...]
    signature: SignatureRoom
    salt_at: int


def read_file(untrusted_pdf: bytes, expected: Expected, fonts: tuple[str, ...], memory: FormMemory = _MEMORY) -> ReadFile:
    """
    Read a file of which is known what it must say.

    Args:
        untrusted_pdf: the unsigned file.
        expected: by the kind's own reading of the record.
        fonts: files of the city's fonts.
        memory: form parts that were read before.

    Raises:
        FileRefused: with the rule, the page and the box; never a value.
        FontsUnfit: for the operator.
    """
    city = city_fonts(fonts)
    end = parse_end(untrusted_pdf)
    key = key_of(expected, fonts)
    form = memory.find(key, untrusted_pdf, end)
    known = form is not None
    if form is None:
        form = read_form(untrusted_pdf, end, expected, city)
    objects, behind = walk_objects(untrusted_pdf, len(form.data), end.root, end.size - end.root)
    check_table(untrusted_pdf, end, behind, form.lines + entries(objects))
    own = read_own(untrusted_pdf, end, objects, form, expected)
    found: dict[int, FileFont] = {}
    for place, number, parts in own.fonts:
        if place >= len(city):
            raise FileRefused(Rule.GLYPHS)
        found[place] = read_font(untrusted_pdf, parts, number, city[place])
    for number, (page, fixed, stream) in enumerate(zip(expected.pages, form.pages, own.values, strict=True), 1):
        content = untrusted_pdf[stream.start : stream.stop]
        # Rows stand where each certificate has them; what is remembered of a form knows only how many there are.
        places = value_places(page.places) if page.places.flow else fixed.places
        wanted = Wanted(fixed.marks, places, [page.words[place.name] for place in places])
        if page.pictures or page.places.flow:
            drawn = take_out(content, fixed.own, page, number)
            pieces = check_values(drawn.values, wanted, found, number)
            if page.places.flow:
                check_flow(pieces, drawn.ruled, page, number)
        else:
            check_values(content, wanted, found, number)
    for font in found.values():
        font.must_be_used_up()
    if not known:
        memory.keep(key, form)
    return ReadFile(tuple(map(ReadPage, own.codes, expected.pages)), own.signature, end.salt_at)
