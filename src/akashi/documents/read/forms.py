"""
The form part of a file: everything that all certificates of one form and shape have in common.

It is read through once: objects, fonts, labels, lines, seal and tags. Then it is remembered, whole, under what it has to show; a
later file with the very same bytes in front needs no second reading. Nothing is remembered that was not read to the end.
Source: docs/spec/certificate-file.md sections 1, 3, 5 and 6.
"""

from __future__ import annotations

import hashlib
import re
from collections import OrderedDict
from typing import NamedTuple

from akashi.documents.read.city_font import CityFont
from akashi.documents.read.content import CONTENT_BYTES_MAX, NUMBER, parse_content
from akashi.documents.read.errors import FileRefused, Rule
from akashi.documents.read.file_font import OBJECTS_EACH, FileFont, read_font
from akashi.documents.read.form_page import FixedPage, Tag, check_page
from akashi.documents.read.objects import HEADER, FileEnd, FileObject, entries, inflate, walk_objects
from akashi.documents.read.places import Expected

FORMS_KEPT_MAX = 128
_FIRST_FONT = 4
_PROFILE_BYTES_MAX = 1024
_GREY_PROFILE = "00c0f94e09127520a17dc0e1d9264b5702081d96dbdb1549ee88e3631ce42a9d"
_SRGB_PROFILE = "c56e1685d888f5edb92fe07f2750f387f8fe8e91b32ff8fb0b56bfbbb9458353"
"""SHA-256 of the colour profiles."""
_INTENT = b"<</Type/OutputIntent/S/GTS_PDFA1/OutputConditionIdentifier(sRGB)/Info(sRGB)/DestOutputProfile 1 0 R>>"
_ELEMENT = re.compile(
    rb"<</Type/StructElem/S/(P|H1|Figure)/P (\d{1,5}) 0 R"
    rb"(?:/Alt<FEFF((?:[0-9A-F]{4}){1,60})>/A<</O/Layout/Placement/Block/BBox\[(%b) (%b) (%b) (%b)\]>>)?"
    rb"/K\[(0|[1-9]\d{0,3})\]/Pg (\d{1,5}) 0 R>>" % (NUMBER, NUMBER, NUMBER, NUMBER)
)
_PAGES = re.compile(rb"\d{1,5} 0 obj\n[^\n]*\nendobj\n\d{1,5} 0 obj\n<</Type/Pages/Count (\d{1,4})/")

FormKey = tuple[tuple[str, ...], tuple[tuple[object, ...], ...]]
"""What a form part has to show: the city's fonts; of each page its map and the words of the form."""


class Form(NamedTuple):
    """
    What is known of a form part that was read.

    Attributes:
        data: all of it, from the first byte of the file.
        lines: of its objects in the table.
        root: number of the first object behind it.
        fonts: of labels, as pages name them.
        contents: number of the fixed content of page 1.
        tags: number of the root of the tags.
        pages: each page.
    """

    data: bytes
    lines: bytes
    root: int
    fonts: bytes
    contents: int
    tags: int
    pages: tuple[FixedPage, ...]


class FormMemory:
    """
    Form parts that were read and are good: a bounded number, the one longest unused goes first.

    Args:
        kept_max: how many.
    """

    def __init__(self, kept_max: int = FORMS_KEPT_MAX) -> None:
        self._kept_max = kept_max
        self._forms: OrderedDict[FormKey, Form] = OrderedDict()

    def __len__(self) -> int:
        return len(self._forms)

    def find(self, key: FormKey, pdf: bytes, end: FileEnd) -> Form | None:
        """Return what is known of the file's form part where its very bytes were read before; None otherwise."""
        form = self._forms.get(key)
        if form is None or form.root != end.root or not pdf.startswith(form.data):
            return None
        self._forms.move_to_end(key)
        return form

    def forget(self) -> None:
        """Forget everything."""
        self._forms.clear()

    def keep(self, key: FormKey, form: Form) -> None:
        """Remember a form part that was read to the end."""
        self._forms[key] = form
        self._forms.move_to_end(key)
        if len(self._forms) > self._kept_max:
            self._forms.popitem(last=False)


def key_of(expected: Expected, fonts: tuple[str, ...]) -> FormKey:
    """Return what the form part must show."""
    return fonts, tuple([(page.places.name, *[page.words[name] for name in page.places.fixed]) for page in expected.pages])


def read_form(pdf: bytes, end: FileEnd, expected: Expected, fonts: tuple[CityFont, ...]) -> Form:
    """
    Read the form part of a file through.

    Raises:
        FileRefused: with the rule, and page and box where there are any.
    """
    count = len(expected.pages)
    objects, behind = walk_objects(pdf, len(HEADER), 1, end.root - 1)
    _check_count(pdf, behind, count)
    parts = _Parts(pdf, [FileObject(0, b"", 0, 0), *objects])
    _check_profiles(parts)
    found = _fonts(parts, fonts)
    contents = _FIRST_FONT + OBJECTS_EACH * len(found)
    tags = contents + count
    pages_at = end.root + 2
    tagged = _tags(parts, tags, pages_at, count)
    pages = []
    for number, (page, elements) in enumerate(zip(expected.pages, tagged, strict=True), 1):
        content = parse_content(parts.stream(contents + number - 1, CONTENT_BYTES_MAX), number)
        pages.append(check_page(content, elements, {name: font for name, _, font in found}, page, number))
    for _, _, font in found:
        font.must_be_used_up(expected.letters)
    return Form(
        data=pdf[:behind],
        lines=entries(objects),
        root=end.root,
        fonts=b"".join(b"/%b %d 0 R" % (name.encode(), number) for name, number, _ in found),
        contents=contents,
        tags=tags,
        pages=tuple(pages),
    )


def _check_count(pdf: bytes, at: int, count: int) -> None:
    """Look ahead at the tree of pages, behind the catalogue: a missing page is better named than what follows from it."""
    found = _PAGES.match(pdf, at)
    if found is not None and int(found[1]) != count:
        raise FileRefused(Rule.PAGE_COUNT)


class _Parts(NamedTuple):
    """The objects of a form part by number; 0 is empty."""

    pdf: bytes
    objects: list[FileObject]

    def text(self, number: int) -> bytes:
        """Return the text of an object without a stream; empty where there is none."""
        if number >= len(self.objects) or self.objects[number].stop:
            return b""
        return self.objects[number].text

    def stream(self, number: int, bytes_max: int, before: bytes = b"") -> bytes:
        """Return the content of an object whose dictionary has its length, these bytes and a filter."""
        if number >= len(self.objects):
            raise FileRefused(Rule.FILE_FORM)
        item = self.objects[number]
        if item.text != b"<</Length %d%b/Filter/FlateDecode>>" % (item.stop - item.start, before) or not item.stop:
            raise FileRefused(Rule.FILE_FORM)
        return inflate(self.pdf[item.start : item.stop], bytes_max=bytes_max)


def _check_profiles(parts: _Parts) -> None:
    colour = hashlib.sha256(parts.stream(1, _PROFILE_BYTES_MAX, b"/N 3/Range[0 1 0 1 0 1]")).hexdigest()
    grey = hashlib.sha256(parts.stream(3, _PROFILE_BYTES_MAX, b"/N 1/Range[0 1]")).hexdigest()
    if (colour, grey) != (_SRGB_PROFILE, _GREY_PROFILE) or parts.text(2) != _INTENT:
        raise FileRefused(Rule.FILE_FORM)


def _fonts(parts: _Parts, fonts: tuple[CityFont, ...]) -> list[tuple[str, int, FileFont]]:
    """Return the fonts of labels with their names and numbers. Each is the next of the city's chain that it can be."""
    found: list[tuple[str, int, FileFont]] = []
    number, place = _FIRST_FONT, 0
    while parts.text(number).startswith(b"<</Type/Font/"):
        objects = parts.objects[number : number + OBJECTS_EACH]
        while place < len(fonts) and b"+%b/" % fonts[place].postscript_name not in objects[0].text:
            place += 1
        if place == len(fonts) or len(objects) != OBJECTS_EACH:
            raise FileRefused(Rule.GLYPHS)
        found.append((f"f{place}", number, read_font(parts.pdf, objects, number, fonts[place])))
        number, place = number + OBJECTS_EACH, place + 1
    return found


def _tags(parts: _Parts, root: int, pages_at: int, count: int) -> list[tuple[Tag, ...]]:
    """Return the elements of each page in order. They are all that is left of the form part."""
    document, first = root + 1, root + 2 + count
    elements: list[list[Tag]] = [[] for _ in range(count)]
    marked: list[dict[int, int]] = [{} for _ in range(count)]
    last = 0
    for number in range(first, len(parts.objects)):
        element = _ELEMENT.fullmatch(parts.text(number))
        if element is None or int(element[2]) != document:
            raise FileRefused(Rule.FILE_FORM)
        page, mark = int(element[9]) - pages_at, int(element[8])
        if not last <= page < count or mark in marked[page] or (element[1] == b"Figure") != bool(element[3]):
            raise FileRefused(Rule.FILE_FORM)
        last = page
        marked[page][mark] = number
        elements[page].append(_tag(element, mark))
    numbers = b" ".join(b"%d 0 R" % number for number in range(first, len(parts.objects)))
    parents = b" ".join(b"%d %d 0 R" % (page, root + 2 + page) for page in range(count))
    expected = [
        b"<</Type/StructTreeRoot/K[%d 0 R]/ParentTree<</Nums[%b]>>/ParentTreeNextKey %d>>" % (document, parents, count),
        b"<</Type/StructElem/S/Document/P %d 0 R/K[%b]>>" % (root, numbers),
        *[b"[%b]" % b" ".join(b"%d 0 R" % page[mark] for mark in sorted(page)) for page in marked],
    ]
    if [parts.text(root + place) for place in range(len(expected))] != expected:
        raise FileRefused(Rule.FILE_FORM)
    if any(sorted(page) != list(range(len(page))) for page in marked):
        raise FileRefused(Rule.FILE_FORM)
    return [tuple(page) for page in elements]


def _tag(element: re.Match[bytes], mark: int) -> Tag:
    if not element[3]:
        return Tag(element[1].decode(), mark, "", ())
    try:
        description = bytes.fromhex(element[3].decode()).decode("utf-16-be")
    except UnicodeDecodeError:
        raise FileRefused(Rule.FILE_FORM) from None
    return Tag("Figure", mark, description, tuple(float(edge) for edge in element.group(4, 5, 6, 7)))
