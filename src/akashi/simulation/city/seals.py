"""
Made-up seal registrations: most adults have one, each with an image that looks like a round seal.

The image is drawn from strokes, not from a font: a ring, and inside it one made-up glyph for each character of the surname.
Everything follows from the city's seed and the person's 宛名番号.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from functools import lru_cache
from math import isqrt
from pathlib import Path
from random import Random
from typing import Final

from akashi.registers.csv_form import write_rows
from akashi.registers.dates import WrittenDate
from akashi.rules.eras import format_wareki
from akashi.simulation.city.household import GeneratedHousehold
from akashi.simulation.city.places import MUNICIPALITY
from akashi.wire.messages import SEAL_DPI
from akashi.zones.core.residents.records import Resident, ResidentState
from akashi.zones.core.seals.csv_form import SEALS
from akashi.zones.core.seals.manifest import Manifest, write_manifest
from akashi.zones.core.seals.records import Registration, SealBitmap, pack

WITHOUT_SEAL: Final = frozenset({"kana-unconfirmed", "no-card", "newborn"})
"""Labelled people who never registered a seal; every other one who is old enough has."""
AGE_MIN: Final = 15
_REGISTERED_SHARE: Final = 0.7
_DAYS_MAX: Final = 9_000
"""No registration is older."""
_DIAMETERS_MM: Final = (10.5, 12.0, 13.5, 15.0, 16.5, 18.0)
_MM_PER_INCH: Final = 25.4
_CHARACTERS_MAX: Final = 4
_STROKES: Final = 5
"""Lines of a glyph in each direction."""


def make_seals(seed: int, households: Iterable[GeneratedHousehold], *, day: date) -> Iterator[Registration]:
    """
    Yield the living registrations of these households.

    Args:
        seed: of the city.
        households: as generated.
        day: the city's day; ages count to it.
    """
    for household in households:
        labels = {label.resident_no: label.name for label in household.labels}
        for resident in household.residents:
            registration = _register(seed, household, resident, labels.get(resident.resident_no, ""), day)
            if registration is not None:
                yield registration


def write_seals(folder: Path, registrations: Iterable[Registration], *, as_of_ms: int) -> int:
    """Write the import folder of core/seals (made where it is missing) and return the number of registrations. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    count = write_rows(folder, SEALS, registrations)
    write_manifest(folder, Manifest(municipality=MUNICIPALITY, as_of_ms=as_of_ms, sequence=0, seals=count))
    return count


def _register(seed: int, household: GeneratedHousehold, resident: Resident, label: str, day: date) -> Registration | None:
    rng = Random(f"seal {seed} {resident.resident_no}")  # noqa: S311 - made-up people need no secret randomness
    born = resident.birth.internal
    days_old_enough = _DAYS_MAX if born is None else (day - born).days - AGE_MIN * 366
    lives_here = resident.state in {ResidentState.RESIDENT, ResidentState.MOVE_OUT_PLANNED}
    wanted = label not in WITHOUT_SEAL if label else rng.random() < _REGISTERED_SHARE
    if not (days_old_enough >= 0 and lives_here and wanted):
        return None
    name = resident.name or resident.name_latin
    registered = day - timedelta(days=rng.randint(0, min(days_old_enough, _DAYS_MAX)))
    return Registration(
        registration_no=f"{int(resident.resident_no):010}-1",
        resident_no=resident.resident_no,
        name=name,
        former_name=resident.former_name,
        alias=resident.alias,
        name_kana="" if resident.name else resident.name_kana,
        birth=resident.birth,
        sex=resident.sex.value,
        address=household.household.address,
        registered_on=WrittenDate(format_wareki(registered), registered),
        image=draw_seal(name.split("\u3000")[0].split(" ")[0], rng.choice(_DIAMETERS_MM)),
    )


@lru_cache(maxsize=4096)
def draw_seal(surname: str, diameter_mm: float) -> SealBitmap:
    """
    Return a round seal of that diameter with a made-up glyph for each of the first characters of the surname.

    Args:
        surname: whose glyphs; the same surname gives the same seal, as ready-made seals do.
        diameter_mm: 8 to 25.
    """
    side = round(diameter_mm / _MM_PER_INCH * SEAL_DPI)
    ring = max(6, side // 32)
    rows = _ring(side, ring)
    inner = _disc(side, side // 2 - 2 * ring)
    characters = surname[:_CHARACTERS_MAX] or "印"
    height = (side - 6 * ring) // len(characters)
    width = max(height * 3 // 5, (side - 6 * ring) * 3 // 5)
    for place, character in enumerate(characters):
        top, left = 3 * ring + place * height, (side - width) // 2
        for y, row in _glyph(character, width=width, height=height - ring):
            rows[top + y] |= (row << (side - left - width)) & inner[top + y]
    row_bytes = (side + 7) // 8
    bits = b"".join((row << (row_bytes * 8 - side)).to_bytes(row_bytes, "big") for row in rows)
    return pack(bits, width_px=side, height_px=side)


def _disc(side: int, radius: int) -> list[int]:
    """Return rows in which the pixels of a centered disc are set, the first pixel in the highest bit."""
    rows = []
    for y in range(side):
        rest = radius * radius - (y - side // 2) ** 2
        half = isqrt(rest) if rest >= 0 else -1
        first, last = max(0, side // 2 - half), min(side - 1, side // 2 + half)
        rows.append(_span(side, first, last) if half >= 0 else 0)
    return rows


def _ring(side: int, thickness: int) -> list[int]:
    outer, hole = _disc(side, side // 2 - 1), _disc(side, side // 2 - 1 - thickness)
    return [whole & ~inside for whole, inside in zip(outer, hole, strict=True)]


def _span(width: int, first: int, last: int) -> int:
    return ((1 << (last - first + 1)) - 1) << (width - 1 - last)


def _glyph(character: str, *, width: int, height: int) -> Iterator[tuple[int, int]]:
    """Yield the rows of strokes that stand for a character: which lines there are, its code points say."""
    pattern = int.from_bytes(hashlib.sha256(character.encode("utf-8", "surrogatepass")).digest()[:4], "big") | 0b100_00100_00100
    stroke = max(3, min(width, height) // (3 * _STROKES))
    columns = [line for line in range(_STROKES) if pattern >> line & 1]
    bars = [line for line in range(_STROKES) if pattern >> (_STROKES + line) & 1]
    upright = 0
    for line in columns:
        left = line * (width - stroke) // (_STROKES - 1)
        upright |= _span(width, left, left + stroke - 1)
    across = _span(width, 0, width - 1)
    tops = {line * (height - stroke) // (_STROKES - 1) for line in bars}
    for y in range(height):
        is_bar = any(top <= y < top + stroke for top in tops)
        yield y, across if is_bar else upright
