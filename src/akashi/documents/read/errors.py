"""Why a finished file is refused: which rule, on which page, in which box; never a value."""

from __future__ import annotations

import enum

from akashi.wire.errors import Refused, WireCode


class Rule(enum.StrEnum):
    """What a finished file must obey. Source: docs/spec/form-juminhyo.md section 6."""

    RECORD_ITEMS = "record-items"
    """The record holds exactly the items of the choices."""
    FILE_READABLE = "file-readable"
    """A PDF of at most 2 MiB."""
    FILE_PLAIN = "file-plain"
    """It ends where one file ends."""
    FILE_FORM = "file-form"
    """Written in the one way, byte for byte: no object, key or value more or other; nothing in the checker's rooms."""
    CONTENT = "content"
    """Each page's drawing is spelled in the one way: black, upright, filled, nothing else."""
    TEXT_MAP = "text-map"
    """The text for each glyph is given in the one way."""
    PAGE_COUNT = "page-count"
    """As many pages as the persons need."""
    DRAWING = "drawing"
    """Exactly the lines of the form."""
    GLYPHS = "glyphs"
    """Every font is exactly the part of the city's own font that its texts need."""
    PICTURE = "picture"
    """Every image has exactly its dots, and fills its box."""
    TEXT_PLACE = "text-place"
    """Every text wholly inside its box, no piece of it over another."""
    TEXT_WORDS = "text-words"
    """Each box holds exactly its words."""


class FileRefused(Refused):
    """
    The finished file is not what it must be. Code CHECK_FAILED.

    Args:
        rule: the first rule found broken.
        page: page number from 1; 0 for the file as a whole.
        box: name of the box, such as "person-2 name"; empty where none is concerned.
    """

    def __init__(self, rule: Rule, page: int = 0, box: str = "") -> None:
        super().__init__(WireCode.CHECK_FAILED, f"{rule} page {page} {box}".rstrip())
        self.rule = rule
        self.page = page
        self.box = box

    def __reduce__(self) -> tuple[type[FileRefused], tuple[Rule, int, str]]:
        return type(self), (self.rule, self.page, self.box)


class FontsUnfit(Refused):
    """One of the city's font files cannot be used: for the operator. Code INTERNAL; crosses process boundaries."""

    def __init__(self, detail: str) -> None:
        super().__init__(WireCode.INTERNAL, detail)

    def __reduce__(self) -> tuple[type[FontsUnfit], tuple[str]]:
        return type(self), (self.detail,)
