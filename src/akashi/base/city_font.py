"""Where the city's font IPAmj明朝 lies: installed by Debian's fonts-ipamj-mincho, or unpacked from it into the checkout."""

from __future__ import annotations

from pathlib import Path

INSTALLED = Path("/usr/share/fonts/truetype/ipamj")
UNPACKED = Path(__file__).resolve().parents[3] / ".cache/fonts"
"""Where tools/setup puts it without root."""
_FILES = ("ipamjm.ttf",)


def city_font_files(installed: Path = INSTALLED, unpacked: Path = UNPACKED) -> tuple[str, ...]:
    """
    Return the font files: those that are installed; else those that were unpacked; where neither are there, the former.

    Args:
        installed: folder of the package.
        unpacked: folder of `tools/setup`.
    """
    missing = not all((installed / name).is_file() for name in _FILES)
    folder = unpacked if missing and all((unpacked / name).is_file() for name in _FILES) else installed
    return tuple(str(folder / name) for name in _FILES)
