"""The scramble image: legible with the key and through print and scan, noise without; nothing of the front shows in it."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from akashi.documents.paper_seal.back import COLUMNS, ROWS, draw_back, pack_rows, read_back
from akashi.documents.paper_seal.errors import PaperMalformed, PaperUnfit
from akashi.documents.paper_seal.scramble import HEIGHT, WIDTH, Bits, ScrambleKey, label, parse_label
from akashi.verifier.back import unscramble_scan
from akashi.verifier.errors import Unreadable
from unit.verifier.made_paper import NUMBER, OTHER_NUMBER, png, sheet

pytestmark = pytest.mark.promise("C11")
KEY = ScrambleKey(bytes(range(32)))
KEYS = {KEY.key_id: KEY}
PICTURES = os.environ.get("AKASHI_PICTURES", "")  # noqa: TID251 - a test may be told where to put pictures


def front() -> Bits:
    """Return key words as dots, in a font that every machine has."""
    image = Image.new("1", (WIDTH, HEIGHT), 0)
    pen = ImageDraw.Draw(image)
    for line, words in enumerate((NUMBER, "AKASHINO TARO  S60.5.3", "AKASHINO 1-2-3", "2026-11-23  1/2")):
        pen.text((8, 8 + 38 * line), words, fill=1, font=ImageFont.load_default(28))
    return np.asarray(image, np.uint8)


FRONT = front()
DOTS = KEY.scramble(FRONT, NUMBER, 1)


def wrong(found: Bits) -> float:
    return float((found != FRONT).mean())


def test_with_the_key_the_picture_comes_back_and_without_it_is_noise() -> None:
    assert np.array_equal(KEY.unscramble(DOTS, NUMBER, 1), FRONT)
    for picture in (
        KEY.unscramble(DOTS, NUMBER, 2),
        KEY.unscramble(DOTS, OTHER_NUMBER, 1),
        ScrambleKey(bytes(32)).unscramble(DOTS, NUMBER, 1),
        DOTS,
    ):
        assert 0.45 < wrong(picture) < 0.55


def test_the_image_looks_like_noise_in_every_part() -> None:
    for dots in (DOTS, KEY.scramble(np.zeros_like(FRONT), NUMBER, 1), KEY.scramble(FRONT, NUMBER, 2)):
        blocks = dots.reshape(HEIGHT // 16, 16, WIDTH // 16, 16).mean(axis=(1, 3))
        assert 0.46 < dots.mean() < 0.54
        assert 0.3 < blocks.min() < blocks.max() < 0.7


def test_who_knows_the_front_cannot_aim_at_a_dot() -> None:
    # Dots that are flipped in one place of the back come out in places all over the picture.
    changed = DOTS.copy()
    changed[40:60, 100:160] ^= 1
    rows, columns = np.nonzero(KEY.unscramble(changed, NUMBER, 1) != FRONT)
    assert len(rows) == 20 * 60
    assert np.ptp(rows) > 120
    assert np.ptp(columns) > 400


def test_legible_with_five_of_a_hundred_dots_wrong() -> None:
    random = np.random.default_rng(5)
    dirty = DOTS ^ (random.random(DOTS.shape) < 0.05).astype(np.uint8)
    found = KEY.unscramble(dirty, NUMBER, 1)
    assert 0.04 < wrong(found) < 0.06
    # A reader sees strokes, not dots: of the strokes' own dots 95 in 100 are black, of the rest 95 in 100 white.
    assert found[FRONT == 1].mean() > 0.93
    assert found[FRONT == 0].mean() < 0.07


def _scan(*, dpi: int, degrees: float, blur: float, noise: float, stretch: float = 0.0, shade: int = 0) -> bytes:
    """Return a scan of the back as a 600 dpi printer prints it: 8 of its dots a dot (0.34 mm)."""
    drawing = draw_back(DOTS, label(NUMBER, 1, KEY.key_id))
    printed = Image.fromarray(np.kron(np.where(drawing, 20, 245).astype(np.uint8), np.ones((8, 8), np.uint8)))
    page = Image.new("L", (4961, 3000), 250)
    page.paste(printed, ((4961 - printed.width) // 2, 500))
    scale = dpi / 600
    scanned = page.filter(ImageFilter.GaussianBlur(blur / scale)).resize(
        (round(page.width * scale * (1 + stretch)), round(page.height * scale)), Image.Resampling.BOX
    )
    turned = scanned.rotate(degrees, Image.Resampling.BICUBIC, expand=True, fillcolor=250)
    grey = np.asarray(turned, np.float32) * np.linspace(1 - shade / 100, 1, turned.width, dtype=np.float32)
    dirty = grey + np.random.default_rng(3).normal(0, noise, grey.shape)
    picture = Image.fromarray(np.clip(dirty, 0, 255).astype(np.uint8))
    output = io.BytesIO()
    picture.save(output, "JPEG", quality=80)
    return output.getvalue()


@pytest.mark.parametrize(
    "scan",
    [
        {"dpi": 300, "degrees": 0.0, "blur": 0.4, "noise": 4.0},
        {"dpi": 300, "degrees": 1.3, "blur": 0.6, "noise": 8.0, "stretch": 0.004, "shade": 25},
        {"dpi": 300, "degrees": 181.0, "blur": 0.6, "noise": 8.0, "shade": 10},
        {"dpi": 400, "degrees": -2.0, "blur": 0.8, "noise": 10.0, "stretch": -0.003, "shade": 20},
    ],
    ids=str,
)
def test_printed_and_scanned(scan: dict[str, Any]) -> None:
    found = unscramble_scan(_scan(**scan), KEYS)
    assert (found.issue_number, found.page) == (NUMBER, 1)
    if PICTURES:
        Image.fromarray(255 * (1 - found.picture)).save(Path(PICTURES) / f"back-{scan['dpi']}-{scan['degrees']}.png")
    assert wrong(found.picture) < 0.05
    assert found.sure > 0.8


def test_what_is_not_there_is_said() -> None:
    for untrusted, keys in (
        (_scan(dpi=300, degrees=0, blur=0.4, noise=4), {}),
        (png(sheet(b"something else")), KEYS),
        (b"", KEYS),
    ):
        with pytest.raises(Unreadable):
            unscramble_scan(untrusted, keys)


def test_labels() -> None:
    assert parse_label(label(NUMBER, 7, KEY.key_id)) == (NUMBER, 7, KEY.key_id)
    for untrusted in (b"", label(NUMBER, 7, KEY.key_id) + b"x", b"AB" + b"\xff" * 22, b"AB" + bytes(22)):
        with pytest.raises(PaperMalformed):
            parse_label(untrusted)
    for number, page, key_id in (
        (NUMBER[:-1], 1, KEY.key_id),
        (NUMBER, 0, KEY.key_id),
        (NUMBER, 100, KEY.key_id),
        (NUMBER, 1, b""),
    ):
        with pytest.raises(PaperUnfit):
            label(number, page, key_id)


def test_sizes_and_keys_of_another_form_refuse() -> None:
    for dots in (np.zeros((HEIGHT, WIDTH + 1), np.uint8), np.full((HEIGHT, WIDTH), 2, np.uint8), np.zeros((HEIGHT, WIDTH))):
        with pytest.raises(PaperUnfit):
            KEY.scramble(dots, NUMBER, 1)  # type: ignore[arg-type]  # under test
    with pytest.raises(PaperUnfit):
        ScrambleKey(bytes(31))
    assert repr(KEY) == f"<ScrambleKey {KEY.key_id.hex()}>"


def test_the_drawing_fits_the_back_of_a_sheet() -> None:
    drawing = draw_back(DOTS, label(NUMBER, 1, KEY.key_id))
    assert drawing.shape == (ROWS, COLUMNS)
    assert COLUMNS * 8 / 600 * 25.4 < 195
    assert not drawing[:4].any()
    assert len(pack_rows(drawing)) == ROWS * ((COLUMNS + 7) // 8)
    with pytest.raises(PaperUnfit):
        draw_back(DOTS[1:], b"x")


@pytest.mark.parametrize(
    "middles",
    [
        np.zeros((4, 2)),
        np.array([(0, 0), (100, 0), (200, 0), (300, 0)], float),
        np.array([(0, 0), (100, 0), (0, 40), (100, 40)], float),
        np.array([(0, 0), (9_000, 0), (0, 3_000), (9_000, 3_000)], float),
        np.array([(0, 0), (float("nan"), 0), (0, 300), (900, 300)], float),
    ],
    ids=["point", "line", "small", "outside", "nan"],
)
def test_corners_that_span_no_image_refuse(middles: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> None:
    with pytest.raises(PaperMalformed):
        read_back(np.full((1_000, 1_000), 200, np.float32), middles)
