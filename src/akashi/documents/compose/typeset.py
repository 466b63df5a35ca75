"""The typesetter: Typst. The only module that knows it. It draws forms without values, once for each kind of page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec
import typst

from akashi.documents.compose.errors import FontsRefused, TypesettingFailed

_STANDARDS: typst.PDFStandards = ["a-2a", "ua-1"]


class Typesetter:
    """
    Draws a form with one font chain.

    Args:
        template: the form's drawing.
        paths: font files, the first one preferred.

    Raises:
        FontsRefused: a file is not a font, or two of the chain have the same family name.
    """

    def __init__(self, template: Path, paths: tuple[str, ...]) -> None:
        folders = [str(folder) for folder in dict.fromkeys(Path(path).parent for path in paths)]
        fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=folders)
        family_of = {font.path: font.family for font in fonts.fonts() if font.path and font.index == 0}
        try:
            self.families = tuple(family_of[path] for path in paths)
        except KeyError:
            raise FontsRefused("a file of the font chain is not a font") from None
        if len(set(self.families)) != len(paths):
            raise FontsRefused("two fonts of the chain have the same family name")
        self._compiler = typst.Compiler(str(template), font_paths=fonts, ignore_system_fonts=True)

    def draw(self, pages: Sequence[bytes]) -> bytes:
        """
        Return a PDF with these pages, each told as JSON; equal pages give equal bytes.

        Raises:
            TypesettingFailed: the template refused the data.
        """
        told = [msgspec.Raw(page) for page in pages]
        text = msgspec.json.encode({"families": self.families, "pages": told}).decode()
        try:
            pdf = self._compiler.compile(format="pdf", sys_inputs={"data": text}, pdf_standards=_STANDARDS)
        except typst.TypstError as error:
            # The typesetter's text can quote what it draws: only its type goes on.
            raise TypesettingFailed(type(error).__name__) from None
        if not isinstance(pdf, bytes):
            raise TypesettingFailed("no single file came out")
        return pdf
