"""
The own part of a file: catalogue, pages, properties, values, rooms for the 2D codes, fonts of values, room for the signature.

What stands in it beside texts and fonts follows from the numbers of the objects, so each text of an object is made here once more
and compared. Rooms are empty: what will be in them only the checker writes.
Source: docs/spec/certificate-file.md sections 1 and 7 to 9.
"""

from __future__ import annotations

import re
from itertools import accumulate
from typing import NamedTuple

from akashi.documents.read.errors import FileRefused, Rule
from akashi.documents.read.file_font import OBJECTS_EACH
from akashi.documents.read.forms import Form
from akashi.documents.read.objects import FileEnd, FileObject
from akashi.documents.read.places import Expected
from akashi.documents.read.xmp import packet, properties

_FONTS = re.compile(rb"/Font<<((?:/f\d \d{1,5} 0 R)*)((?:/v\d \d{1,5} 0 R)+)>>/XObject")
_VALUE_FONT = re.compile(rb"/v(\d) (\d{1,5}) 0 R")
_FIELD_LABEL = "電子署名".encode("utf-16-be").hex().upper().encode()
_SIGNATURE = (
    b"<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/Reference[<</Type/SigRef/TransformMethod/DocMDP"
    b"/TransformParams<</Type/TransformParams/P 1/V/1.2>>>>]/M(D:"
)
_IMAGE = b"<</Length %d/Type/XObject/Subtype/Image/Width %d/Height %d/ImageMask true/Decode[1 0]/BitsPerComponent 1>>"
_MOMENT = bytes(14).replace(b"\0", b"0")
_CONTENTS = bytes(6_144).replace(b"\0", b"0")
_RANGE_BYTES = len(b"Z)/ByteRange[0000000000 0000000000 0000000000 0000000000]/Contents")


class CodeRoom(NamedTuple):
    """Where the image of a page's 2D code is: first byte and the one behind the last; its dots across and down."""

    start: int
    end: int
    width: int
    height: int


class SignatureRoom(NamedTuple):
    """Where moment (14 digits, UTC) and signature go: first byte of the moment; the signature's room with its brackets."""

    moment_start: int
    start: int
    end: int


class Own(NamedTuple):
    """
    The own part, by its objects. Images are compared already.

    Attributes:
        values: of each page, the stream of its values.
        codes: of each page, the room of its 2D code.
        fonts: place in the chain, number of the first object, the five objects.
        signature: its room.
    """

    values: list[FileObject]
    codes: list[CodeRoom]
    fonts: list[tuple[int, int, list[FileObject]]]
    signature: SignatureRoom


class _Numbers(NamedTuple):
    """Where things are among the objects, by their numbers."""

    root: int
    pages: int
    info: int
    values: int
    codes: int
    images: int
    fonts: int
    field: int


def read_own(pdf: bytes, end: FileEnd, objects: list[FileObject], form: Form, expected: Expected) -> Own:
    """
    Return the own part, everything in it compared but the values and their fonts.

    Raises:
        FileRefused: FILE_FORM.
    """
    count, root = len(expected.pages), end.root
    images = root + 4 + 3 * count
    fonts_at = images + sum([len(page.pictures) for page in expected.pages])
    numbers = _Numbers(
        root=root,
        pages=root + 2,
        info=root + 2 + count,
        values=root + 4 + count,
        codes=root + 4 + 2 * count,
        images=images,
        fonts=fonts_at,
        field=end.size - 2,
    )
    spread, uneven = divmod(numbers.field - numbers.fonts, OBJECTS_EACH)
    if uneven or spread < 1 or end.info != numbers.info:
        raise FileRefused(Rule.FILE_FORM)
    fonts = _font_places(objects[2].text, numbers, spread)
    _check_frame(pdf, objects, expected, _frame(numbers, form, expected, fonts))
    values = objects[numbers.values - root : numbers.codes - root]
    for item in values:
        if item.text != b"<</Length %d>>" % (item.stop - item.start):
            raise FileRefused(Rule.FILE_FORM)
    codes = [
        _code_room(pdf, item, page.places.modules)
        for item, page in zip(objects[numbers.codes - root : numbers.images - root], expected.pages, strict=True)
    ]
    _check_images(pdf, objects[numbers.images - root : numbers.fonts - root], expected)
    return Own(
        values,
        codes,
        [
            (place, number, objects[number - root : number - root + OBJECTS_EACH])
            for place, number in zip(fonts, range(numbers.fonts, numbers.field, OBJECTS_EACH), strict=True)
        ],
        _signature_room(pdf, objects, numbers),
    )


def _font_places(page: bytes, numbers: _Numbers, count: int) -> list[int]:
    """Return the places in the city's chain of the fonts that the pages name, rising."""
    named = _FONTS.search(page)
    found = _VALUE_FONT.findall(named[2]) if named else []
    places = [int(place) for place, _ in found]
    if [int(number) for _, number in found] != list(range(numbers.fonts, numbers.field, OBJECTS_EACH)) or len(found) != count:
        raise FileRefused(Rule.FILE_FORM)
    if places != sorted(set(places)):
        raise FileRefused(Rule.FILE_FORM)
    return places


def _check_frame(pdf: bytes, objects: list[FileObject], expected: Expected, texts: list[bytes]) -> None:
    """Compare the first objects with their texts, and the XMP packet behind them."""
    frame, xmp = objects[: len(texts)], objects[len(texts)]
    written = packet(expected.title, expected.author, expected.issued_on)
    if (
        [item.text for item in frame] != texts
        or any(item.stop for item in frame)
        or xmp.text != b"<</Length %d/Type/Metadata/Subtype/XML>>" % len(written)
        or pdf[xmp.start : xmp.stop] != written
    ):
        raise FileRefused(Rule.FILE_FORM)


def _frame(numbers: _Numbers, form: Form, expected: Expected, fonts: list[int]) -> list[bytes]:
    """Return catalogue, pages and properties: what follows from numbers and titles."""
    root, count = numbers.root, len(expected.pages)
    named = form.fonts + b"".join(
        [b"/v%d %d 0 R" % (place, numbers.fonts + OBJECTS_EACH * index) for index, place in enumerate(fonts)]
    )
    catalogue = (
        b"<</Type/Catalog/Pages %d 0 R/Metadata %d 0 R/OutputIntents[2 0 R]/Lang(ja)/StructTreeRoot %d 0 R"
        b"/MarkInfo<</Marked true>>/ViewerPreferences<</DisplayDocTitle true>>"
        b"/AcroForm<</Fields[%d 0 R]/SigFlags 3>>/Perms<</DocMDP %d 0 R>>>>"
        % (root + 1, numbers.info + 1, form.tags, numbers.field, numbers.field + 1)
    )
    kids = b" ".join([b"%d 0 R" % (numbers.pages + index) for index in range(count)])
    images = accumulate([len(page.pictures) for page in expected.pages], initial=numbers.images)
    pages = [
        b"<</Type/Page/Parent %d 0 R/MediaBox[0 0 595.2756 841.8898]/Resources<</ColorSpace<</c0[/ICCBased 3 0 R]>>/Font<<%b>>"
        b"/XObject<</q0 %d 0 R%b>>>>/Contents[%d 0 R %d 0 R]/StructParents %d/Tabs/S%b>>"
        % (
            root + 1,
            named,
            numbers.codes + index,
            b"".join([b"/i%d %d 0 R" % (place, image + place) for place in range(len(page.pictures))]),
            form.contents + index,
            numbers.values + index,
            index,
            b"" if index else b"/Annots[%d 0 R]" % numbers.field,
        )
        for index, (page, image) in enumerate(zip(expected.pages, images))  # noqa: B905 - the last number is behind the last page
    ]
    said = properties(expected.title, expected.author, expected.issued_on)
    return [catalogue, b"<</Type/Pages/Count %d/Kids[%b]>>" % (count, kids), *pages, said]


def _check_images(pdf: bytes, objects: list[FileObject], expected: Expected) -> None:
    """Compare the images of all pages, dot by dot."""
    pictures = [
        (number, name, picture) for number, page in enumerate(expected.pages, 1) for name, picture in page.pictures.items()
    ]
    for item, (number, name, picture) in zip(objects, pictures, strict=True):
        written = _IMAGE % (len(picture.bits), picture.columns, picture.rows)
        if item.text != written or pdf[item.start : item.stop] != picture.bits:
            raise FileRefused(Rule.PICTURE, number, name)


def _code_room(pdf: bytes, item: FileObject, modules: int) -> CodeRoom:
    """Return the room of a page's 2D code; nothing may be drawn in it."""
    size = (modules + 7) // 8 * modules
    if item.text != _IMAGE % (size, modules, modules) or pdf[item.start : item.stop] != bytes(size):
        raise FileRefused(Rule.FILE_FORM)
    return CodeRoom(item.start, item.stop, modules, modules)


def _signature_room(pdf: bytes, objects: list[FileObject], numbers: _Numbers) -> SignatureRoom:
    """Return the room of the signature: an invisible field on page 1, with zeros for moment and signature."""
    field, signature = objects[-2:]
    text_at = signature.at + len(b"%d 0 obj\n" % (numbers.field + 1))
    moment = text_at + len(_SIGNATURE)
    start = moment + len(_MOMENT) + _RANGE_BYTES
    end = start + len(_CONTENTS) + 2
    if (
        field.text
        != b"<</Type/Annot/Subtype/Widget/FT/Sig/T(Signature)/TU<FEFF%b>/F 132/Rect[0 0 0 0]/P %d 0 R/V %d 0 R>>"
        % (_FIELD_LABEL, numbers.pages, numbers.field + 1)
        or signature.text
        != b"%b%bZ)/ByteRange[0000000000 %010d %010d %010d]/Contents<%b>>>"
        % (_SIGNATURE, _MOMENT, start, end, len(pdf) - end, _CONTENTS)
        or field.stop
        or signature.stop
    ):
        raise FileRefused(Rule.FILE_FORM)
    return SignatureRoom(moment, start, end)
