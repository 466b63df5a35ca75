"""What a taken-over issuer could print: the real form with something added, by the real typesetter."""

from __future__ import annotations

import shutil
from pathlib import Path

import msgspec
import pytest
import typst

from akashi.documents.compose import CertificateFace, compose_jumin, typeset
from akashi.documents.compose.fonts import FONTS_DEBIAN
from akashi.documents.compose.form import FORM_FILE
from akashi.wire.certificates import Choice
from akashi.wire.messages import JuminRecord

TEMPLATE = FORM_FILE.with_suffix(".typ")


class Forger:
    """
    Composes with an altered template.

    Args:
        folder: for the altered template.
        patch: to see what the real composer hands to its typesetter.
    """

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self._folder = folder
        self._patch = patch
        shutil.copy(FORM_FILE, folder)

    def compose(
        self,
        paper: JuminRecord,
        choices: tuple[Choice, ...],
        face: CertificateFace,
        edit: tuple[str, str],
        *,
        plain: bool = False,
    ) -> bytes:
        """Return the file with one piece of the template replaced; `plain` gives up the archival profile."""
        handed: list[dict[str, object]] = []

        def draw(setter: typeset.Typesetter, data: dict[str, object]) -> bytes:
            handed.append({"families": setter.families, **data})
            return b""

        with self._patch.context() as patch:
            patch.setattr(typeset.Typesetter, "draw", draw)
            compose_jumin(paper, choices, face)
        source = TEMPLATE.read_text("utf-8")
        assert edit[0] in source
        altered = self._folder / "altered.typ"
        altered.write_text(source.replace(*edit, 1), "utf-8")
        compiler = typst.Compiler(str(altered), font_paths=[str(Path(FONTS_DEBIAN[0]).parent)], ignore_system_fonts=True)
        standards: typst.PDFStandards = [] if plain else ["a-2a", "ua-1"]
        inputs = {"data": msgspec.json.encode(handed[0]).decode()}
        pdf = compiler.compile(format="pdf", sys_inputs=inputs, pdf_standards=standards)
        assert isinstance(pdf, bytes)
        return pdf


LAST = "    seal(data.seal)\n"


def add(drawing: str) -> tuple[str, str]:
    """Return the edit that draws something more on the last page, above everything."""
    return LAST, f"{LAST}    {drawing}\n"
