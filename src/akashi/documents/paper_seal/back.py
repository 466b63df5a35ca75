"""
The drawing of the scramble image on the back, and reading its dots in a scan.

Drawn: the label as a small 2D code in each of the four corners, which says whose image it is and where it lies; a comb of timing
dots above and below; the dots between them. Read: the plane between the codes gives each dot's place, the combs put right what an
uneven feed has moved; a dot is black where its middle is darker than the light around it.
Source: docs/spec/paper-seal.md section 10.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from akashi.documents.paper_seal.errors import PaperMalformed, PaperUnfit
from akashi.documents.paper_seal.qr import BACK, draw
from akashi.documents.paper_seal.scramble import HEIGHT, WIDTH, Bits

CODE = BACK.modules
"""Dots of a corner code's side."""
MARGIN = 4
"""White dots around everything, and between codes and image."""
_GAP = 2
_TOP = MARGIN + 1 + _GAP
_LEFT = MARGIN + CODE + MARGIN
COLUMNS, ROWS = WIDTH + 2 * _LEFT, HEIGHT + 2 * _TOP
"""Dots of the whole drawing."""
_COMB = 4
"""Every fourth dot of a comb is black."""
_COMBS = (MARGIN, _TOP + HEIGHT + _GAP)
_STEP_PX_MIN = 1.6

Grey = NDArray[np.float32]
Points = NDArray[np.float64]


def draw_back(dots: Bits, label: bytes) -> Bits:
    """
    Return the whole drawing, 1 is black: `ROWS` rows of `COLUMNS` dots.

    Args:
        dots: from `ScrambleKey.scramble`.
        label: from `scramble.label`.

    Raises:
        PaperUnfit: dots of another size, or a label that is too long.
    """
    if dots.shape != (HEIGHT, WIDTH):
        raise PaperUnfit("size of a scramble image")
    whole = np.zeros((ROWS, COLUMNS), np.uint8)
    whole[_TOP : _TOP + HEIGHT, _LEFT : _LEFT + WIDTH] = dots
    for comb in _COMBS:
        whole[comb, _LEFT : _LEFT + WIDTH : _COMB] = 1
    rows = np.frombuffer(draw(label, BACK), np.uint8).reshape(CODE, -1)
    code = np.unpackbits(rows, axis=1)[:, :CODE]
    for y, x in _code_places():
        whole[y : y + CODE, x : x + CODE] = code
    return whole


def pack_rows(whole: Bits) -> bytes:
    """Return a drawing as the rows of a 1-bit image, each filled up to whole bytes, a set bit is black."""
    return np.packbits(whole, axis=1).tobytes()


def code_middles() -> Points:
    """Return the middles of the corner codes in dots, as (x, y): upper left, upper right, lower left, lower right."""
    return np.array([(x + CODE / 2, y + CODE / 2) for y, x in _code_places()])


def _code_places() -> tuple[tuple[int, int], ...]:
    far_x, far_y = COLUMNS - MARGIN - CODE, ROWS - MARGIN - CODE
    return (MARGIN, MARGIN), (MARGIN, far_x), (far_y, MARGIN), (far_y, far_x)


@dataclass(frozen=True, slots=True)
class Found:
    """
    The dots of a drawing as a scan shows them.

    Attributes:
        dots: of the image.
        sure: share of dots that are clearly black or white; below about 0.8 the picture will hardly be legible.
    """

    dots: Bits
    sure: float


def read_back(untrusted_grey: Grey, middles: Points) -> Found:
    """
    Return the dots of a drawing whose corner codes are known.

    Args:
        untrusted_grey: the scan, 0 is black, 255 white.
        middles: of the four codes in the scan as (x, y), in the order of `code_middles`.

    Raises:
        PaperMalformed: the middles span no drawing, one that is too small, or one that reaches outside the scan.
    """
    plane = _plane(code_middles(), middles)
    ys, xs = np.mgrid[0:HEIGHT, 0:WIDTH]
    origin, beside = np.array([[float(_LEFT)], [_TOP]]), np.array([[_LEFT + 1.0], [_TOP]])
    step = float(np.linalg.norm(_apply(plane, beside) - _apply(plane, origin)))
    if not np.isfinite(step) or step < _STEP_PX_MIN:
        raise PaperMalformed("back: too small in the scan")
    moved_x = xs.ravel() + _LEFT + 0.5 + _comb_shift(untrusted_grey, plane)[xs.ravel()]
    value = _sample(untrusted_grey, _apply(plane, np.stack((moved_x, ys.ravel() + _TOP + 0.5)))).reshape(HEIGHT, WIDTH)
    difference = _local_mean(value) - value
    clear = np.abs(difference) > np.abs(difference).mean() / 3
    return Found((difference > 0).astype(np.uint8), float(clear.mean()))


def _plane(source: Points, target: Points) -> Points:
    """Return the projective map that takes four points to four points."""
    if target.shape != (4, 2) or not np.isfinite(target).all():
        raise PaperMalformed("back: middles of the codes")
    rows = []
    for (x, y), (u, v) in zip(source, target, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
    try:
        solved = np.linalg.solve(np.array(rows), target.ravel())
    except np.linalg.LinAlgError:
        raise PaperMalformed("back: the codes lie on a line") from None
    return np.append(solved, 1.0).reshape(3, 3)


def _apply(plane: Points, points: Points) -> Points:
    x, y, w = plane @ np.vstack((points, np.ones(points.shape[1])))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.stack((x / w, y / w))


def _sample(grey: Grey, places: Points) -> Points:
    """Return the scan's brightness between its pixels."""
    height, width = grey.shape
    x, y = places[0] - 0.5, places[1] - 0.5
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise PaperMalformed("back: middles of the codes")
    if min(x.min(), y.min()) < 0 or x.max() > width - 2 or y.max() > height - 2:
        raise PaperMalformed("back: reaches outside the scan")
    left, top = x.astype(np.intp), y.astype(np.intp)
    fx, fy = x - left, y - top
    upper = grey[top, left] * (1 - fx) + grey[top, left + 1] * fx
    lower = grey[top + 1, left] * (1 - fx) + grey[top + 1, left + 1] * fx
    return np.asarray(upper * (1 - fy) + lower * fy, np.float64)


def _comb_shift(grey: Grey, plane: Points) -> Points:
    """Return, for each column, how many dots beside its place it lies, by the combs, smoothed."""
    places = np.arange(_LEFT, _LEFT + WIDTH, _COMB) + 0.5
    tries = np.linspace(-1.5, 1.5, 25)
    dark = np.zeros((len(tries), len(places)))
    for comb in _COMBS:
        for index, offset in enumerate(tries):
            dark[index] -= _sample(grey, _apply(plane, np.stack((places + offset, np.full(len(places), comb + 0.5)))))
    window = np.ones(9) / 9
    smooth = np.stack([np.convolve(np.pad(row, 4, mode="edge"), window, mode="valid") for row in dark])
    shift: Points = np.interp(np.arange(WIDTH), np.arange(0, WIDTH, _COMB), tries[np.argmax(smooth, axis=0)])
    return shift


def _local_mean(value: Points, reach: int = 12) -> Points:
    """Return the mean brightness around each dot; half of the dots of a scrambled image are black, so it lies between the two."""
    padded = np.pad(value, reach, mode="reflect")
    total = np.pad(padded.cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    size = 2 * reach + 1
    mean: Points = (total[size:, size:] - total[:-size, size:] - total[size:, :-size] + total[:-size, :-size]) / size**2
    return mean
