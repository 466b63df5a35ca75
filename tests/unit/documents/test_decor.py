"""The anti-copy ground: even to the eye, and 複写 on a copy. The copier is simulated: blur, 200 dots an inch, black or white."""

from __future__ import annotations

import io
import shutil
from functools import cache
from importlib.resources import files
from pathlib import Path

import numpy as np
import pypdfium2 as pdfium
import pytest
import typst
from numpy.typing import NDArray
from PIL import Image, ImageFilter
from pyhanko.pdf_utils.reader import PdfFileReader

pytestmark = pytest.mark.promise("C11")
WIDTH, HEIGHT = "105mm", "148mm"
COPIER_DPI = 200
Shares = NDArray[np.float64]


@cache
def _folder() -> Path:
    import tempfile  # noqa: PLC0415

    folder = Path(tempfile.mkdtemp())
    shutil.copy(str(files("akashi.documents.compose").joinpath("decor.typ")), folder)
    return folder


@cache
def _pdf(body: str) -> bytes:
    path = _folder() / f"{abs(hash(body))}.typ"
    path.write_text(
        f'#import "decor.typ": *\n#set page(width: {WIDTH}, height: {HEIGHT}, margin: 0mm)\n'
        f'#set document(title: "ground", date: datetime(year: 2026, month: 1, day: 1))\n{body}\n'
    )
    return bytes(typst.compile(str(path), format="pdf", pdf_standards=["a-2a", "ua-1"]))


def _dark(body: str) -> NDArray[np.bool_]:
    """Return the page as a 600 dpi printer puts it down: dots that are dark."""
    page = pdfium.PdfDocument(_pdf(body))[0]
    return np.asarray(page.render(scale=600 / 72, grayscale=True).to_pil().convert("L")) < 128


def _copied(dark: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return what a copier makes of it, in the printer's dots."""
    print_ = Image.fromarray(np.where(dark, 0, 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(2.4))
    seen = print_.resize((print_.width // 3, print_.height // 3), Image.Resampling.BOX)
    black = seen.point(lambda value: 255 if value > 150 else 0)
    return np.asarray(black.resize((dark.shape[1], dark.shape[0]), Image.Resampling.NEAREST)) < 128


def _inside(words: NDArray[np.bool_], *, far: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return the middle of the words' strokes, and what is well outside of them."""
    picture = Image.fromarray(np.where(words, 255, 0).astype(np.uint8))
    inner = np.asarray(picture.filter(ImageFilter.MinFilter(far))) > 128
    outer = np.asarray(picture.filter(ImageFilter.MaxFilter(far))) < 128
    return inner, outer


def _ground(settings: str = "settings") -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]]:
    dark = _dark(f"#pdf.artifact(latent({WIDTH}, {HEIGHT}, {settings}))")
    inner, outer = _inside(_dark(f"#pdf.artifact(words({WIDTH}, {HEIGHT}, {settings}, black))"), far=9)
    assert 0.03 < inner.mean() < 0.4
    return dark, inner, outer


def test_to_the_eye_the_ink_is_even_and_on_a_copy_the_word_stands() -> None:
    dark, inner, outer = _ground()
    inside, outside = dark[inner].mean(), dark[outer].mean()
    assert 0.06 < outside < 0.16
    assert abs(inside - outside) < 0.25 * outside
    copied = _copied(dark)
    assert copied[inner].mean() > 0.05
    assert copied[outer].mean() < 0.002


def test_a_dot_that_the_printer_prints_well_hides_less_and_one_too_large_hides_nothing() -> None:
    # Why the dot must be tried on the city's own printer: four dots wide, the fine ground survives the copier as well.
    dark, _, outer = _ground("settings + (dot: 0.6pt)")
    assert _copied(dark)[outer].mean() > 0.01


def test_the_whole_ground_is_static_small_and_says_nothing() -> None:
    whole = _pdf(f"#ground({WIDTH}, {HEIGHT})")
    bare = _pdf("#pdf.artifact(rect(width: 1mm, height: 1mm))")
    assert len(whole) - len(bare) < 40_000
    assert pdfium.PdfDocument(whole)[0].get_textpage().get_text_range() == ""
    root = PdfFileReader(io.BytesIO(whole)).root
    assert b"/MCID" not in whole
    page = root["/Pages"]["/Kids"][0]
    assert "/Font" not in page["/Resources"]


def test_micro_lettering_is_there_for_a_glass_and_a_line_for_the_eye() -> None:
    line = _dark(f"#pdf.artifact(micro-line({WIDTH}, settings))")
    rows = np.flatnonzero(line.any(axis=1))
    height_mm = (rows[-1] - rows[0]) * 25.4 / 600
    assert 0.3 < height_mm < 0.6
    assert 0.1 < line[rows[0] : rows[-1]].mean() < 0.6
