"""The city's font is taken from where it is."""

from __future__ import annotations

from pathlib import Path

from akashi.base.city_font import INSTALLED, UNPACKED, city_font_files
from akashi.documents import compose, read


def test_installed_comes_first_and_unpacked_will_do(tmp_path: Path) -> None:
    installed, unpacked = tmp_path / "installed", tmp_path / "unpacked"
    font = "ipamjm.ttf"
    assert city_font_files(installed, unpacked) == (str(installed / font),)
    unpacked.mkdir()
    (unpacked / font).touch()
    assert city_font_files(installed, unpacked) == (str(unpacked / font),)
    installed.mkdir()
    (installed / font).touch()
    assert city_font_files(installed, unpacked) == (str(installed / font),)


def test_everybody_takes_the_same() -> None:
    fonts = city_font_files()
    assert compose.FONTS_DEBIAN == read.FONTS_DEBIAN == fonts
    assert Path(fonts[0]).parent in {INSTALLED, UNPACKED}
    assert (UNPACKED.parent.parent / "pyproject.toml").is_file()
