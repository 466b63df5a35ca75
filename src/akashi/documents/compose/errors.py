"""
Why a certificate cannot be composed.

Details name an item of the form, never a value. The errors cross process boundaries, so each can be pickled.
"""

from __future__ import annotations

from typing import Self

from akashi.wire.errors import Refused, WireCode


class ComposeRefused(Refused):
    """The certificate cannot be put on paper as the record says; the resident's way is the counter."""

    CODE = WireCode.INTERNAL

    def __init__(self, detail: str) -> None:
        super().__init__(self.CODE, detail)

    def __reduce__(self) -> tuple[type[Self], tuple[str]]:
        return type(self), (self.detail,)


class GlyphMissing(ComposeRefused):
    """A character or a variation sequence of this item is in no font of the chain. Code GLYPH_MISSING."""

    CODE = WireCode.GLYPH_MISSING


class TextOverflow(ComposeRefused):
    """This item does not fit its cell at the smallest legible size. Code TEXT_OVERFLOW."""

    CODE = WireCode.TEXT_OVERFLOW


class RecordUnfit(ComposeRefused):
    """The record does not hold exactly the items of the choices, or imitates a word of the form. Code MALFORMED."""

    CODE = WireCode.MALFORMED


class FontsRefused(ComposeRefused):
    """A font of the configured chain cannot be read or used. An operator must act. Code INTERNAL."""


class TypesettingFailed(ComposeRefused):
    """The typesetter refused a form that measured well: a bug or a broken installation. Code INTERNAL."""
