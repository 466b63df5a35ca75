"""Trust and void lists from files: `NAME.trust` beside the pinned `NAME.root`, and any `*.voids`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from akashi.base.config import ConfigRefused
from akashi.sealing.keys import SIGN_BYTES
from akashi.verifier import Trust, parse_trust
from akashi.wire.errors import Refused

TRUST_SUFFIX, ROOT_SUFFIX, VOIDS_SUFFIX = ".trust", ".root", ".voids"
_LIST_BYTES_MAX = 2 * 1024 * 1024 + 8192
_FILES_MAX = 4_000


@dataclass(frozen=True, slots=True)
class Lists:
    """
    Files as they were read.

    Attributes:
        trust: (pinned root, trust list).
        voids: void lists.
    """

    trust: tuple[tuple[bytes, bytes], ...]
    voids: tuple[bytes, ...]

    def parsed(self) -> Trust:
        """
        Return the lists after their signatures were checked.

        Raises:
            ConfigRefused: one is not what its root or key signed.
        """
        try:
            return parse_trust(self.trust, self.voids)
        except Refused as refusal:
            raise ConfigRefused(refusal.detail) from None


def read_lists(places: Sequence[Path], voids: Sequence[Path] = ()) -> Lists:
    """
    Return what lies in these places.

    Args:
        places: folders, or single trust lists; each trust list needs the city's root (32 bytes) beside it, of the same name.
        voids: further void lists; those in the folders are taken, too.

    Raises:
        ConfigRefused: a file is missing or cannot be read, or no trust list was found.
    """
    trust: list[tuple[bytes, bytes]] = []
    void_files = list(voids)
    for place in places:
        names = sorted(place.iterdir())[:_FILES_MAX] if place.is_dir() else [place]
        trust += [(_root(name.with_suffix(ROOT_SUFFIX)), _read(name)) for name in names if name.suffix == TRUST_SUFFIX]
        void_files += [name for name in names if name.suffix == VOIDS_SUFFIX]
    if not trust:
        raise ConfigRefused(f"no trust list (*{TRUST_SUFFIX}) in {', '.join(map(str, places)) or 'nowhere'}")
    return Lists(tuple(trust), tuple(_read(path) for path in void_files))


def _root(path: Path) -> bytes:
    root = _read(path)
    if len(root) != SIGN_BYTES:
        raise ConfigRefused(f"{path}: a city's root is {SIGN_BYTES} bytes")
    return root


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_LIST_BYTES_MAX)
    except OSError as error:
        raise ConfigRefused(f"{path}: cannot be read ({error.strerror})") from None
