"""
Photos and scans: open them within limits, find the codes. The only module that knows Pillow and zxing-cpp.

Codes are found at any angle, in shadows and noise; several in one picture, too. A picture is refused by its size before it is
unpacked, so that a small file cannot fill the memory.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass

import zxingcpp
from PIL import Image, ImageFilter, ImageOps

from akashi.verifier.errors import Unreadable

PICTURE_BYTES_MAX = 32 * 1024 * 1024
PIXELS_MAX = 60_000_000
"""An A4 sheet at 600 dpi has 35 million."""
_SIDE_PX_MIN = 80
_QR = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode])
_FORMATS = ("PNG", "JPEG", "WEBP", "TIFF")
_WORK_SIDE_PX = 3_600
"""Larger pictures are read smaller first: faster, and less noise."""
_SMALL_SIDE_PX = 1_400

# Pillow's own limit only warns; ours refuses, and counts before anything is unpacked.
Image.MAX_IMAGE_PIXELS = None

Picture = Image.Image
_CORNERS_MIN = 3


@dataclass(frozen=True, slots=True)
class PlacedCode:
    """
    A code and its corners as (x, y): upper left, upper right, lower left, lower right, as the code itself lies.

    Attributes:
        content: its bytes.
    """

    content: bytes
    corners: tuple[tuple[float, float], ...]


def open_picture(untrusted_bytes: bytes) -> Picture:
    """
    Return the picture in grey.

    Raises:
        Unreadable: too large, not one of the formats, or broken.
    """
    if len(untrusted_bytes) > PICTURE_BYTES_MAX:
        raise Unreadable("picture: bytes")
    try:
        with Image.open(io.BytesIO(untrusted_bytes), formats=_FORMATS) as picture:
            width, height = picture.size
            fits = width * height <= PIXELS_MAX and min(width, height) >= _SIDE_PX_MIN
            picture.draft("L", None)
            grey = picture.convert("L") if fits else None
    except Exception as error:  # noqa: BLE001 - decoders of four formats raise whatever they like on broken bytes
        raise Unreadable(f"picture: {type(error).__name__}") from None
    if grey is None:
        raise Unreadable("picture: size")
    return grey


def read_codes(picture: Picture) -> tuple[bytes, ...]:
    """Return the content of every QR code that can be read, each once, in the order in which they were found."""
    found: dict[bytes, None] = {}
    for attempt in _attempts(picture):
        for code in zxingcpp.read_barcodes(attempt, formats=_QR):
            if code.valid:
                found[bytes(code.bytes)] = None
        if found:
            break
    return tuple(found)


def read_placed_codes(picture: Picture) -> tuple[PlacedCode, ...]:
    """Return every QR code with its place in the picture."""
    for attempt in (picture, picture.filter(ImageFilter.GaussianBlur(1.0))):
        found = tuple(_placed(code) for code in zxingcpp.read_barcodes(attempt, formats=_QR) if code.valid)
        if len(found) >= _CORNERS_MIN:
            return found
    return found


def _placed(code: zxingcpp.Barcode) -> PlacedCode:
    place = code.position
    corners = (place.top_left, place.top_right, place.bottom_left, place.bottom_right)
    return PlacedCode(bytes(code.bytes), tuple((float(corner.x), float(corner.y)) for corner in corners))


def _attempts(picture: Picture) -> Iterator[Picture]:
    """Yield the picture as it is worth trying: as it came, evened out, smoothed, enlarged."""
    longest = max(picture.size)
    work = picture
    if longest > _WORK_SIDE_PX:
        scale = _WORK_SIDE_PX / longest
        work = picture.resize((round(picture.width * scale), round(picture.height * scale)), Image.Resampling.BOX)
    yield work
    if work is not picture:
        yield picture
    even = ImageOps.autocontrast(work, cutoff=2)
    yield even.filter(ImageFilter.GaussianBlur(1.0))
    yield even.filter(ImageFilter.MedianFilter(3))
    yield work.resize((work.width * 2 // 3, work.height * 2 // 3), Image.Resampling.BOX)
    if longest <= _SMALL_SIDE_PX:
        larger = even.resize((work.width * 3, work.height * 3), Image.Resampling.BICUBIC)
        yield larger
        yield larger.filter(ImageFilter.UnsharpMask(3, 200, 2))
    else:
        yield even.resize((work.width * 3 // 2, work.height * 3 // 2), Image.Resampling.BICUBIC).filter(
            ImageFilter.UnsharpMask(2, 150, 2)
        )
