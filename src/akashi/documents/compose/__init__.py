"""
Compose certificates as PDF/A-2a and PDF/UA-1 files: a form drawn once, values stamped into it.

A kind of certificate is a form (`forms/NAME.toml`, `forms/NAME.typ`) and a module like `jumin`, which maps a record to a
`Document` (`model`: pages with a template, and the values in reading order) and gives it to a `Stamper`. The way of a document:
`plans` and `plan` (the form part: `typeset`, `drawing`, `tags`), `writing` with `placing`, `fit` and `fonts` (values),
`embedding` with `outlines` (fonts), `stamp` with `metadata` and `objects` (the file). What comes out:
docs/spec/certificate-file.md; why: docs/decisions/0011-stamped-files.md.

Promises: every character is drawn with exactly the glyph that its code points name, or the certificate refuses; no text is
clipped or overlaps; the same input gives the same bytes; nothing but the chosen items is on the paper.
Trusts: that the record was verified by the caller.
"""

from akashi.documents.compose.errors import FontsRefused, GlyphMissing, RecordUnfit, TextOverflow
from akashi.documents.compose.face import CertificateFace, Composed, TaxFace
from akashi.documents.compose.fonts import FONTS_DEBIAN
from akashi.documents.compose.fuhyo import compose_fuhyo
from akashi.documents.compose.inkan import compose_inkan
from akashi.documents.compose.jumin import compose_jumin, prepare_jumin
from akashi.documents.compose.koseki import compose_koseki
from akashi.documents.compose.tax import compose_tax

__all__ = [
    "FONTS_DEBIAN",
    "CertificateFace",
    "Composed",
    "FontsRefused",
    "GlyphMissing",
    "RecordUnfit",
    "TaxFace",
    "TextOverflow",
    "compose_fuhyo",
    "compose_inkan",
    "compose_jumin",
    "compose_koseki",
    "compose_tax",
    "prepare_jumin",
]
