"""
One page of a form: are its labels, its seal and its lines those of the legal form, and where do values stand?

The tags name the texts of a page in the order in which it is read out. They are walked along the boxes of the page's map: each
box of the form has exactly its words, each box for a value has exactly one mark, and nothing is left over on either side.
Source: docs/spec/form-juminhyo.md sections 1 to 3 and 6; docs/spec/certificate-file.md section 2.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

from akashi.documents.read.content import Figure, PageContent, Shown
from akashi.documents.read.errors import FileRefused, Rule
from akashi.documents.read.file_font import FileFont, UnknownCluster
from akashi.documents.read.lines import check_lines
from akashi.documents.read.places import PT_PER_MM, SHEET_MM, Box, ExpectedPage, Role
from akashi.documents.read.placing import Piece, Place, follows, is_inside, place_of, value_places

_NEAR_PT = 0.001
_JOINED_PT = 0.05
_COLUMN_PT = 3.0
"""Characters of the seal that stand nearer than this, across, are of one column."""
_SEAL_ALT = "公印　"
_CODE_ALT = "偽造を見分けるための二次元コード"
_KINDS = {
    Role.TITLE: "H1",
    Role.LABEL: "P",
    Role.VALUE: "P",
    Role.SEAL: "Figure",
    Role.IMAGE: "Figure",
    Role.CODE: "Figure",
}


class Tag(NamedTuple):
    """
    One element of the tags.

    Attributes:
        kind: P, H1 or Figure.
        mark: of the text or figure on its page.
        description: of a figure; empty for a text.
        box: of a figure: left, bottom, right, top in pt; empty for a text.
    """

    kind: str
    mark: int
    description: str
    box: tuple[float, ...]


class FixedPage(NamedTuple):
    """
    What is known of a page once its form is read.

    Attributes:
        marks: that values must have, as files write them.
        places: of values, in their order.
        own: all marks of the own part, those of images among them.
    """

    marks: tuple[bytes, ...]
    places: tuple[Place, ...]
    own: tuple[bytes, ...]


def check_page(
    content: PageContent, tags: tuple[Tag, ...], fonts: dict[str, FileFont], expected: ExpectedPage, number: int
) -> FixedPage:
    """
    Check a page of the form.

    Raises:
        FileRefused: FILE_FORM, where tags and boxes differ; CONTENT, TEXT_PLACE, TEXT_WORDS or DRAWING.
    """
    check_lines(content.ruled, expected.places, number)
    boxes = expected.places.boxes
    if len(tags) != len(boxes):
        raise FileRefused(Rule.FILE_FORM, number)
    # Marks of the form in the order of its drawing, marks of values behind them: both in reading order.
    fixed, value = 0, len(content.texts) + 1
    first_mark = value
    marks: list[bytes] = []
    for tag, box in zip(tags, boxes, strict=True):
        own = box.role in (Role.VALUE, Role.IMAGE)
        if tag.kind != _KINDS[box.role] or tag.mark != (value if own else fixed):
            raise FileRefused(Rule.FILE_FORM, number, box.name)
        if own:
            value += 1
            if box.role is Role.IMAGE:
                _check_image(tag, box, expected.words[box.name], number)
            else:
                marks.append(b"%d" % tag.mark)
            continue
        fixed += 1
        if box.role is Role.CODE:
            _check_figure(content.code, box, tag, number)
            continue
        if tag.mark >= len(content.texts):
            raise FileRefused(Rule.FILE_FORM, number, box.name)
        _check_words(content.texts[tag.mark], fonts, box, expected.words[box.name], number)
        _check_description(tag, box, expected.words[box.name], number)
    if fixed != first_mark:
        raise FileRefused(Rule.FILE_FORM, number)
    return FixedPage(tuple(marks), value_places(expected.places), tuple(b"%d" % mark for mark in range(first_mark, value)))


def _check_words(shown: tuple[Shown, ...], fonts: dict[str, FileFont], box: Box, words: str, number: int) -> None:
    try:
        text = "".join([one.clusters.translate(fonts[one.font].texts) for one in shown])
        pieces = [Piece(one.x_pt, one.y_pt, one.size_pt, _width_em(one, fonts[one.font])) for one in shown]
    except (LookupError, UnknownCluster):
        raise FileRefused(Rule.CONTENT, number, box.name) from None
    if text != words:
        raise FileRefused(Rule.TEXT_WORDS, number, box.name)
    if any(one.stamped != (box.role is Role.SEAL) for one in shown):
        raise FileRefused(Rule.CONTENT, number, box.name)
    for one in shown:
        fonts[one.font].drawn.append(one.clusters)
    place = place_of(box)
    in_order = _in_columns if box.role is Role.SEAL else follows
    if not all(is_inside(piece, place) for piece in pieces) or not all(
        in_order(piece, before) for before, piece in pairwise(pieces)
    ):
        raise FileRefused(Rule.TEXT_PLACE, number, box.name)


def _width_em(one: Shown, font: FileFont) -> float:
    return sum(map(font.advances.__getitem__, one.clusters)) * one.scale / font.units_per_em


def _in_columns(piece: Piece, before: Piece) -> bool:
    """Return whether the character stands below the one before it, or in the next column to the left; none over another."""
    if abs(piece.x - before.x) < _COLUMN_PT:
        return follows(piece, before) and piece.y < before.y
    return piece.x + piece.size * piece.width <= before.x + _JOINED_PT and piece.y >= before.y


def _check_description(tag: Tag, box: Box, words: str, number: int) -> None:
    """Check what a program says instead of a figure; a text has nothing of that kind."""
    described = _SEAL_ALT + words if box.role is Role.SEAL else ""
    if tag.description != described:
        raise FileRefused(Rule.TEXT_WORDS, number, box.name)
    if tag.box:
        _check_around(tag.box, box, number)


def _check_image(tag: Tag, box: Box, words: str, number: int) -> None:
    """Check what a program says instead of an image, and where it says that it is."""
    if tag.description != words:
        raise FileRefused(Rule.TEXT_WORDS, number, box.name)
    _check_around(tag.box, box, number)


def _check_figure(code: Figure, box: Box, tag: Tag, number: int) -> None:
    """Check that the 2D code's room is the square that the form has for it."""
    if tag.description != _CODE_ALT:
        raise FileRefused(Rule.TEXT_WORDS, number, box.name)
    _check_around((code.x_pt, code.y_pt, code.x_pt + code.side_pt, code.y_pt + code.side_pt), box, number)
    _check_around(tag.box, box, number)


def _check_around(edges: tuple[float, ...], box: Box, number: int) -> None:
    meant = (box.left, SHEET_MM[1] - box.bottom, box.right, SHEET_MM[1] - box.top)
    if any(abs(edge - PT_PER_MM * length) > _NEAR_PT for edge, length in zip(edges, meant, strict=True)):
        raise FileRefused(Rule.TEXT_PLACE, number, box.name)
