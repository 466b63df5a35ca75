"""The typesetter: Typst, one warm compiler per process and font chain. The only module that knows it."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import msgspec
import typst

from akashi.documents.compose.errors import FontsRefused, TypesettingFailed

_TEMPLATE = Path(__file__).with_name("juminhyo.typ")
_STANDARDS: typst.PDFStandards = ["a-2a", "ua-1"]


class Typesetter:
    """
    Draws the form with one font chain.

    Args:
        paths: font files, the first one preferred.

    Raises:
        FontsRefused: a file is not a font, or two of the chain have the same family name.
    """

    def __init__(self, paths: tuple[str, ...]) -> None:
        folders = [str(folder) for folder in dict.fromkeys(Path(path).parent for path in paths)]
        fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=folders)
        family_of = {font.path: font.family for font in fonts.fonts() if font.path and font.index == 0}
        try:
            self.families = tuple(family_of[path] for path in paths)
        except KeyError:
            raise FontsRefused("a file of the font chain is not a font") from None
        if len(set(self.families)) != len(paths):
            raise FontsRefused("two fonts of the chain have the same family name")
        self._compiler = typst.Compiler(str(_TEMPLATE), font_paths=fonts, ignore_system_fonts=True)

    def draw(self, data: dict[str, object]) -> bytes:
        """
        Return the file: PDF/A-2a and PDF/UA-1; equal data gives equal bytes.

        Raises:
            TypesettingFailed: the template refused the data.
        """
        text = msgspec.json.encode({"families": self.families, **data}).decode()
        try:
            pdf = self._compiler.compile(format="pdf", sys_inputs={"data": text}, pdf_standards=_STANDARDS)
        except typst.TypstError as error:
            # The typesetter's text can quote what it draws: only its type goes on.
            raise TypesettingFailed(type(error).__name__) from None
        if not isinstance(pdf, bytes):
            raise TypesettingFailed("no single file came out")
        return pdf


@lru_cache(maxsize=2)
def typesetter(paths: tuple[str, ...]) -> Typesetter:
    """Return this process's warm typesetter for the chain; the first call takes about 0.1 s."""
    return Typesetter(paths)
