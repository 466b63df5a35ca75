"""Where the city's font lies: installed by Debian's package, or unpacked from it into the checkout's own cache."""

from __future__ import annotations

from pathlib import Path

from akashi.base.config import ConfigRefused
from akashi.documents.compose import FONTS_DEBIAN

CACHE = Path(__file__).resolve().parents[4] / ".cache/fonts"


def find_fonts(cache: Path = CACHE) -> tuple[Path, ...]:
    """
    Return the font files.

    Raises:
        ConfigRefused: neither place has them.
    """
    installed = tuple(Path(name) for name in FONTS_DEBIAN)
    for found in (installed, tuple(cache / font.name for font in installed)):
        if all(font.is_file() for font in found):
            return found
    raise ConfigRefused(
        "IPAmj Mincho is missing, without it no certificate can be composed: install fonts-ipamj-mincho, or run tools/setup run"
    )
