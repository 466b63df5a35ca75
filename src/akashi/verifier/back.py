"""
The back of a sheet: finds the scramble image in a scan and shows the picture again, for the city's own checking service.

What is shown is for the eye. It proves the content only as far as nobody else has the scramble key; that the sheet is the
original it never proves.
Source: docs/spec/paper-seal.md section 10.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from akashi.documents.paper_seal.back import read_back
from akashi.documents.paper_seal.errors import PaperMalformed
from akashi.documents.paper_seal.scramble import Bits, ScrambleKey, parse_label
from akashi.verifier.errors import Unreadable
from akashi.verifier.pictures import PlacedCode, open_picture, read_placed_codes

_CORNERS = 4


@dataclass(frozen=True, slots=True)
class Unscrambled:
    """
    What the back of a sheet shows.

    Attributes:
        issue_number, page: whose back the label says it is.
        picture: dots, 1 is black.
        sure: share of dots that were clear in the scan.
    """

    issue_number: str
    page: int
    picture: Bits
    sure: float


def unscramble_scan(untrusted_bytes: bytes, keys: Mapping[bytes, ScrambleKey]) -> Unscrambled:
    """
    Return the picture that a scan of a back holds.

    Args:
        untrusted_bytes: a picture file.
        keys: the city's scramble keys by their ids.

    Raises:
        Unreadable: no picture, no such image in it, or one of a key that is not there.
    """
    picture = open_picture(untrusted_bytes)
    by_label: dict[bytes, list[PlacedCode]] = defaultdict(list)
    for code in read_placed_codes(picture):
        by_label[code.content].append(code)
    for content, codes in by_label.items():
        try:
            number, page, key_id = parse_label(content)
            if key_id not in keys:
                raise Unreadable("back: key of the scramble image")
            found = read_back(np.asarray(picture, np.float32), _middles(codes))
        except PaperMalformed:
            continue
        return Unscrambled(number, page, keys[key_id].unscramble(found.dots, number, page), found.sure)
    raise Unreadable("back: no scramble image")


def _middles(codes: list[PlacedCode]) -> NDArray[np.float64]:
    """Return the middles in the order upper left, upper right, lower left, lower right, as the codes themselves lie."""
    corners = np.array([code.corners for code in codes])
    middles = corners.mean(axis=1)
    across = (corners[:, 1] - corners[:, 0] + corners[:, 3] - corners[:, 2]).mean(axis=0)
    down = (corners[:, 2] - corners[:, 0] + corners[:, 3] - corners[:, 1]).mean(axis=0)
    centre = (middles.min(axis=0) + middles.max(axis=0)) / 2
    places: dict[int, NDArray[np.float64]] = {}
    for middle in middles:
        right, low = (middle - centre) @ across > 0, (middle - centre) @ down > 0
        places[2 * int(low) + int(right)] = middle
    if len(places) == _CORNERS - 1:
        # Of a parallelogram three corners give the fourth.
        missing = next(iter(set(range(_CORNERS)) - places.keys()))
        places[missing] = places[missing ^ 1] + places[missing ^ 2] - places[missing ^ 3]
    if len(places) != _CORNERS:
        raise PaperMalformed("back: corner codes")
    return np.array([places[index] for index in range(_CORNERS)])
