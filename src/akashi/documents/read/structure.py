"""
The gate before everything else: is this a file of exactly the make that the composer's typesetter has?

Promises: a file that passes holds the objects, keys and values of such a file and none more, all of them in use, each where it
belongs; its maps and contents have one reading only. No parser but this package's own has touched it by then.
Trusts: zlib. What the texts say and where they stand is judged later; so are the outlines.
Source: docs/spec/form-juminhyo.md section 7.
"""

from __future__ import annotations

import hashlib
import re
from typing import NamedTuple

from akashi.documents.read.content import CONTENT_BYTES_MAX, PageContent, parse_content
from akashi.documents.read.embedded import EmbeddedFont, check_embedded
from akashi.documents.read.errors import FileRefused, Rule
from akashi.documents.read.field_map import LABELS
from akashi.documents.read.objects import FileObjects, inflate, parse_objects
from akashi.documents.read.tags import Tagged, check_tags
from akashi.documents.read.tounicode import MAP_BYTES_MAX, parse_to_unicode

_FONT_BYTES_MAX = 8 * 1024 * 1024
_CID_SET_BYTES_MAX = 8 * 1024 + 1
_PROFILE_BYTES_MAX = 1024
_METADATA_TEXT_MAX = 200
_GREY_PROFILE = "00c0f94e09127520a17dc0e1d9264b5702081d96dbdb1549ee88e3631ce42a9d"
_SRGB_PROFILE = "c56e1685d888f5edb92fe07f2750f387f8fe8e91b32ff8fb0b56bfbbb9458353"
_METADATA_FRAME = "3bb26793bcef957c6b88fcc4b329d7e09f1e3fa19566b8ab56a5399b71c7fab8"
"""SHA-256 of the colour profiles, and of the XMP packet with the texts between its tags left out."""

_R = rb"(\d{1,5}) 0 R"
_N = rb"-?\d{1,5}(?:\.\d{1,9})?"
_TITLE = LABELS["title"].encode("utf-16-be").hex().upper().encode()
_CATALOG = re.compile(
    rb"<</Type/Catalog/Pages %b/Metadata %b/OutputIntents %b/Lang\(ja\)/StructTreeRoot %b/MarkInfo<</Marked true/Suspects false>>"
    rb"/ViewerPreferences<</DisplayDocTitle true/Direction/L2R>>/Outlines %b>>" % (_R, _R, _R, _R, _R)
)
_PAGES = re.compile(rb"<</Type/Pages/Count (\d{1,2})/Kids\[(\d{1,5} 0 R(?: \d{1,5} 0 R)*)\]>>")
_PAGE = re.compile(
    rb"<</Type/Page/Resources %b/MediaBox\[0 0 595\.2756 841\.8898\]/StructParents (\d{1,2})/Tabs/S/Parent %b/Contents %b>>"
    % (_R, _R, _R)
)
_RESOURCES = re.compile(rb"<</ProcSet\[/PDF/Text/ImageC/ImageB\]/ColorSpace<</c0 %b>>/Font<<((?:/f\d \d{1,5} 0 R)+)>>>>" % _R)
_FONT_NAME = re.compile(rb"/(f\d) (\d{1,5}) 0 R")
_COLOUR = re.compile(rb"\[/ICCBased %b\]" % _R)
_GREY = re.compile(rb"<</Length \d{1,4}/N 1/Range\[0 1\]/Filter/FlateDecode>>")
_SRGB = re.compile(rb"<</Length \d{1,4}/N 3/Range\[0 1 0 1 0 1\]/Filter/FlateDecode>>")
_INTENTS = re.compile(rb"\[%b\]" % _R)
_INTENT = re.compile(
    rb"<</Type/OutputIntent/DestOutputProfile %b/S/GTS_PDFA1/OutputConditionIdentifier\(Custom\)/OutputCondition\(sRGB\)"
    rb"/RegistryName\(\)/Info\(sRGB v4\.2\)>>" % _R
)
_OUTLINES = re.compile(rb"<</Type/Outlines/First %b/Last %b/Count 1>>" % (_R, _R))
_OUTLINE = re.compile(rb"<</Parent %b/Title<FEFF%b>/Dest %b>>" % (_R, _TITLE, _R))
_PLACE = re.compile(rb"\[%b/XYZ %b %b 0\]" % (_R, _N, _N))
_INFO = re.compile(
    rb"<</Title<FEFF(?:[0-9A-F]{4}){1,60}>/Author<FEFF(?:[0-9A-F]{4}){1,60}>/Creator\(Typst \d{1,3}\.\d{1,3}\.\d{1,3}\)"
    rb"/ModDate\(D:\d{14}Z\)/CreationDate\(D:\d{14}Z\)>>"
)
_METADATA = re.compile(rb"<</Length \d{1,5}/Type/Metadata/Subtype/XML>>")
_BETWEEN_TAGS = re.compile(rb">([^<>]+)<")
_NAME = rb"([A-Z]{6}\+[A-Za-z0-9-]{1,60})"
_FONT = re.compile(
    rb"<</Type/Font/Subtype/Type0/BaseFont/%b/Encoding/Identity-H/DescendantFonts\[%b\]/ToUnicode %b>>" % (_NAME, _R, _R)
)
_WIDTH = rb"\d{1,5} \d{1,5} \d{1,4}(?:\.\d{1,9})?"
_CID_FONT = re.compile(
    rb"<</Type/Font/Subtype/CIDFontType2/BaseFont/%b/CIDSystemInfo<</Registry\(Adobe\)/Ordering\(Identity\)/Supplement 0>>"
    rb"/FontDescriptor %b/DW 0/CIDToGIDMap/Identity/W\[(%b(?: %b)*)\]>>" % (_NAME, _R, _WIDTH, _WIDTH)
)
_DESCRIPTOR = re.compile(
    rb"<</Type/FontDescriptor/FontName/%b/Flags \d{1,6}/FontBBox\[%b %b %b %b\]/ItalicAngle 0/Ascent (%b)/Descent (%b)"
    rb"/CapHeight %b/StemV %b/CIDSet %b/FontFile2 %b>>" % (_NAME, _N, _N, _N, _N, _N, _N, _N, _N, _R, _R)
)
_STREAM = re.compile(rb"<</Length \d{1,7}/Filter/FlateDecode>>")
_MAP = re.compile(rb"<</Length \d{1,7}/Type/CMap/Filter/FlateDecode/WMode 0>>")


class Font(NamedTuple):
    """A font of the file: the text of each glyph by its number, as the file gives it; the number of glyphs that have a width."""

    texts: dict[int, str]
    measured: int


class Graph:
    """
    The objects of a file, each to be taken once.

    Args:
        file: all of them.
    """

    def __init__(self, file: FileObjects) -> None:
        self._objects = file.objects
        self._taken: set[int] = {0}

    def take(self, number: bytes | int, kind: re.Pattern[bytes]) -> re.Match[bytes]:
        """
        Return the match of an object without a stream.

        Raises:
            FileRefused: FILE_FORM, where it is not there, of another kind, or taken already.
        """
        at = self._number(number)
        found = kind.fullmatch(self._objects[at].text)
        if found is None or self._objects[at].stream is not None:
            raise FileRefused(Rule.FILE_FORM)
        return found

    def take_stream(self, number: bytes | int, kind: re.Pattern[bytes]) -> bytes:
        """
        Return the bytes of an object with a stream, as they stand in the file.

        Raises:
            FileRefused: as above.
        """
        at = self._number(number)
        stream = self._objects[at].stream
        if stream is None or kind.fullmatch(self._objects[at].text) is None:
            raise FileRefused(Rule.FILE_FORM)
        return stream

    def must_be_used_up(self) -> None:
        """Raise FileRefused where an object has no place in the file."""
        if len(self._taken) != len(self._objects):
            raise FileRefused(Rule.FILE_FORM)

    def _number(self, number: bytes | int) -> int:
        at = int(number)
        if at in self._taken or at >= len(self._objects):
            raise FileRefused(Rule.FILE_FORM)
        self._taken.add(at)
        return at


def check_form(untrusted_pdf: bytes, fonts: tuple[str, ...]) -> tuple[PageContent, ...]:
    """
    Check that the file is written as the composer's typesetter writes this form, and in no other way.

    Args:
        untrusted_pdf: the unsigned file.
        fonts: files of the city's fonts.

    Returns:
        What each page shows, in the order of the pages.

    Raises:
        FileRefused: FILE_READABLE, FILE_PLAIN, FILE_FORM, CONTENT, TEXT_MAP or GLYPHS.
        FontsUnfit: for the operator.

    Source: docs/spec/form-juminhyo.md section 7.
    """
    file = parse_objects(untrusted_pdf)
    graph = Graph(file)
    tree, metadata, intents, struct_root, outlines = graph.take(file.root, _CATALOG).groups()
    graph.take(file.info, _INFO)
    _check_metadata(graph.take_stream(metadata, _METADATA))
    (intent,) = graph.take(intents, _INTENTS).groups()
    (profile,) = graph.take(intent, _INTENT).groups()
    _check_profile(graph.take_stream(profile, _SRGB), _SRGB_PROFILE)
    count, kids = graph.take(tree, _PAGES).groups()
    numbers = [int(kid) for kid in kids.replace(b" 0 R", b"").split()]
    if int(count) != len(numbers):
        raise FileRefused(Rule.FILE_FORM)
    pages = _Pages(graph, int(tree), fonts)
    contents = tuple(pages.page(at, index) for index, at in enumerate(numbers))
    _check_outline(graph, outlines, numbers)
    check_tags(graph, int(struct_root), Tagged(tuple(numbers), tuple(content.texts for content in contents), _TITLE))
    graph.must_be_used_up()
    return contents


class _Pages:
    """Reads page after page; what pages share (colour, fonts) is read once."""

    def __init__(self, graph: Graph, tree: int, fonts: tuple[str, ...]) -> None:
        self._graph = graph
        self._tree = tree
        self._fonts = fonts
        self._colour: int | None = None
        self._known: dict[int, Font] = {}

    def page(self, at: int, index: int) -> PageContent:
        resources, struct_parents, parent, content = self._graph.take(at, _PAGE).groups()
        if int(parent) != self._tree or int(struct_parents) != index:
            raise FileRefused(Rule.FILE_FORM, index + 1)
        colour, names = self._graph.take(resources, _RESOURCES).groups()
        self._check_colour(int(colour))
        fonts: dict[str, Font] = {}
        for name, number in _FONT_NAME.findall(names):
            if name.decode() in fonts:
                raise FileRefused(Rule.FILE_FORM, index + 1)
            fonts[name.decode()] = self._known.get(int(number)) or self._font(int(number))
        stream = self._graph.take_stream(content, _STREAM)
        found = parse_content(inflate(stream, bytes_max=CONTENT_BYTES_MAX), index + 1)
        _check_glyphs_known(found, fonts, index + 1)
        return found

    def _check_colour(self, number: int) -> None:
        if self._colour is None:
            (profile,) = self._graph.take(number, _COLOUR).groups()
            _check_profile(self._graph.take_stream(profile, _GREY), _GREY_PROFILE)
            self._colour = number
        elif number != self._colour:
            raise FileRefused(Rule.FILE_FORM)

    def _font(self, number: int) -> Font:
        graph = self._graph
        name, descendant, texts = graph.take(number, _FONT).groups()
        again, descriptor, widths = graph.take(descendant, _CID_FONT).groups()
        third, ascent, descent, cid_set, program = graph.take(descriptor, _DESCRIPTOR).groups()
        if not name == again == third:
            raise FileRefused(Rule.FILE_FORM)
        inflate(graph.take_stream(cid_set, _STREAM), bytes_max=_CID_SET_BYTES_MAX)
        text_of = parse_to_unicode(inflate(graph.take_stream(texts, _MAP), bytes_max=MAP_BYTES_MAX))
        data = inflate(graph.take_stream(program, _STREAM), bytes_max=_FONT_BYTES_MAX)
        measured = check_embedded(EmbeddedFont(data, widths, float(ascent), float(descent)), self._fonts)
        font = self._known[number] = Font(text_of, measured)
        return font


def _check_glyphs_known(content: PageContent, fonts: dict[str, Font], page: int) -> None:
    """Check that each glyph drawn has a width and a text: the map's, or a replacement text of its own."""
    mapped: dict[str, set[int]] = {name: set() for name in fonts}
    replaced: dict[str, set[int]] = {name: set() for name in fonts}
    try:
        for shown in content.shown:
            (mapped if shown.replacement is None else replaced)[shown.font].update(shown.glyphs)
    except KeyError:
        raise FileRefused(Rule.CONTENT, page) from None
    for name, font in fonts.items():
        if not font.texts.keys() >= mapped[name] or max(mapped[name] | replaced[name], default=0) >= font.measured:
            raise FileRefused(Rule.CONTENT, page)


def _check_outline(graph: Graph, outlines: bytes, pages: list[int]) -> None:
    first, last = graph.take(outlines, _OUTLINES).groups()
    parent, place = graph.take(first, _OUTLINE).groups()
    (page,) = graph.take(place, _PLACE).groups()
    if first != last or int(parent) != int(outlines) or int(page) != pages[0]:
        raise FileRefused(Rule.FILE_FORM)


def _check_profile(stream: bytes, expected: str) -> None:
    if hashlib.sha256(inflate(stream, bytes_max=_PROFILE_BYTES_MAX)).hexdigest() != expected:
        raise FileRefused(Rule.FILE_FORM)


def _check_metadata(packet: bytes) -> None:
    frame = _BETWEEN_TAGS.sub(b"><", packet)
    texts = _BETWEEN_TAGS.findall(packet)
    if hashlib.sha256(frame).hexdigest() != _METADATA_FRAME or any(len(text) > _METADATA_TEXT_MAX for text in texts):
        raise FileRefused(Rule.FILE_FORM)
