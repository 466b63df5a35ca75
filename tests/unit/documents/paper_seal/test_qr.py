"""The drawing of codes: equal to an independent encoder's, and readable by two independent readers from bad prints."""

from __future__ import annotations

import io
import time
from random import Random

import numpy as np
import pytest
import segno
import segno.encoder
import zxingcpp
from PIL import Image, ImageFilter

from akashi.documents.paper_seal import qr
from akashi.documents.paper_seal.errors import PaperUnfit
from akashi.verifier.pictures import read_codes
from unit.verifier.made_paper import MadeCity, enlarged, modules_of, sheet

CITY = MadeCity()


def _segno(code: bytes, version: int, monkeypatch: pytest.MonkeyPatch) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    # segno 1.6 adds a byte of zeros where the bits end at a byte already; ISO/IEC 18004 section 7.4.10 adds none.
    monkeypatch.setattr(segno.encoder, "write_padding_bits", lambda buff, _version, length: buff.extend([0] * (-length % 8)))
    made = segno.make_qr(code, version=version, error="m", mode="byte", mask=3, boost_error=False)
    return np.array([list(row) for row in made.matrix], np.uint8)


@pytest.mark.parametrize("symbol", [qr.PAGE, qr.BACK], ids=lambda symbol: f"V{symbol.version}")
def test_every_length_is_what_an_independent_encoder_draws(symbol: qr.Symbol, monkeypatch: pytest.MonkeyPatch) -> None:
    random = Random(13)
    longest = 331 if symbol is qr.PAGE else 42
    for length in [*range(1, longest, 23), longest - 1, longest]:
        code = random.randbytes(length)
        expected = _segno(code, symbol.version, monkeypatch)
        assert np.array_equal(modules_of(qr.draw(code, symbol), symbol.modules), expected), length


def test_one_byte_more_than_the_room_refuses() -> None:
    assert len(qr.draw(bytes(331))) == qr.IMAGE_BYTES == 621
    for symbol, length in ((qr.PAGE, 332), (qr.BACK, 43)):
        with pytest.raises(PaperUnfit):
            qr.draw(bytes(length), symbol)


def test_bits_past_the_row_are_white() -> None:
    rows = np.unpackbits(np.frombuffer(qr.draw(bytes(331)), np.uint8).reshape(qr.MODULES, qr.ROW_BYTES), axis=1)
    assert not rows[:, qr.MODULES :].any()


def test_random_codes_are_read() -> None:
    random = Random(7)
    for _ in range(12):
        code = random.randbytes(random.randint(100, 331))
        picture = enlarged(qr.draw(code))
        (found,) = zxingcpp.read_barcodes(picture)
        assert found.bytes == code


@pytest.mark.needs("zbar")
def test_codes_are_read_by_a_second_reader() -> None:
    from pyzbar import pyzbar  # noqa: PLC0415 - fails to load where the machine has no zbar

    # It gives text; what is no UTF-8 it takes for Latin-1 or Shift JIS, so plain letters are compared.
    random = Random(8)
    letters = bytes(random.choice(b"ABCDEFGHJKLMNPQRSTUVWXYZ0123456789") for _ in range(331))
    (seen,) = pyzbar.decode(enlarged(qr.draw(letters)), symbols=[pyzbar.ZBarSymbol.QRCODE])
    assert seen.data == letters


def _spoiled(page: Image.Image, *, degrees: float, blur: float, noise: float, quality: int, seed: int) -> Image.Image:
    turned = page.rotate(degrees, Image.Resampling.BICUBIC, expand=True, fillcolor=255).filter(ImageFilter.GaussianBlur(blur))
    grey = np.asarray(turned, np.float32)
    # The light falls off to one side, as under a lamp.
    light = np.linspace(0.75, 1.0, grey.shape[1], dtype=np.float32)
    dirty = grey * light + np.random.default_rng(seed).normal(0, noise, grey.shape)
    output = io.BytesIO()
    Image.fromarray(np.clip(dirty, 0, 255).astype(np.uint8)).save(output, "JPEG", quality=quality)
    return Image.open(output)


@pytest.mark.promise("C11")
@pytest.mark.parametrize("degrees", [0.0, 2.5, 90.0, 178.0, -33.0])
def test_read_from_a_bad_scan_at_150_dpi(degrees: float) -> None:
    code = CITY.code()
    page = _spoiled(sheet(code), degrees=degrees, blur=0.6, noise=9, quality=65, seed=round(abs(degrees)))
    assert read_codes(page) == (code,)


@pytest.mark.promise("C11")
@pytest.mark.needs("zbar")
def test_a_second_reader_reads_it_from_a_scan_at_200_dpi() -> None:
    from pyzbar import pyzbar  # noqa: PLC0415 - as above

    letters = bytes(Random(3).choice(b"ABCDEFGHJKLMNPQRSTUVWXYZ0123456789") for _ in range(330))
    page = _spoiled(sheet(letters, dpi=200), degrees=1.5, blur=0.5, noise=8, quality=75, seed=5)
    (seen,) = pyzbar.decode(page, symbols=[pyzbar.ZBarSymbol.QRCODE])
    assert seen.data == letters


def test_a_torn_corner_of_the_code_is_corrected() -> None:
    code = CITY.code()
    modules = modules_of(qr.draw(code)).copy()
    modules[40:52, 20:36] = 0
    dark = np.pad(modules, 4)
    picture = Image.fromarray(np.kron(255 * (1 - dark), np.ones((4, 4), np.uint8)).astype(np.uint8))
    (found,) = zxingcpp.read_barcodes(picture)
    assert found.bytes == code


def test_drawing_is_fast_and_small() -> None:
    plan = qr._plan(qr.PAGE)
    assert plan.table.nbytes + plan.module_bits.nbytes < 1_000_000
    code = CITY.code()
    qr.draw(code)
    began = time.process_time()
    for _ in range(300):
        qr.draw(code)
    # 13 µs alone on a core; a busy machine may take ten times as long and is still far from a general encoder's 4 ms.
    assert (time.process_time() - began) / 300 < 400e-6
