"""The city's font for the demonstration's servers."""

from __future__ import annotations

from pathlib import Path

from akashi.base.city_font import city_font_files
from akashi.base.config import ConfigRefused


def find_fonts() -> tuple[Path, ...]:
    """
    Return the font files.

    Raises:
        ConfigRefused: they are neither installed nor unpacked.
    """
    fonts = tuple(Path(name) for name in city_font_files())
    if not all(font.is_file() for font in fonts):
        raise ConfigRefused(
            "字体 IPAmj明朝 がないので、証明書を作れません。fonts-ipamj-mincho を入れるか、tools/setup run を実行してください"
            " / IPAmj Mincho is missing, no certificate can be composed: install fonts-ipamj-mincho, or run tools/setup run"
        )
    return fonts
