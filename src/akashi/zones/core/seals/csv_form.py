"""The register's one file, seals.csv: one living registration a line, and back. Source: docs/spec/seals.md section 2."""

from __future__ import annotations

import binascii
from base64 import b64decode, b64encode
from typing import Final

from akashi.registers.csv_form import Cells, Form, parse_number, parse_written, written_cells
from akashi.registers.errors import RecordRefused
from akashi.wire.messages import SEAL_PIXELS_MAX, SEAL_PIXELS_MIN
from akashi.zones.core.seals.records import PACKED_BYTES_MAX, Registration, SealBitmap


def _parse_image(cells: Cells) -> SealBitmap:
    width_px = parse_number("width_px", cells["width_px"], low=SEAL_PIXELS_MIN, high=SEAL_PIXELS_MAX)
    height_px = parse_number("height_px", cells["height_px"], low=SEAL_PIXELS_MIN, high=SEAL_PIXELS_MAX)
    text = cells["image"]
    try:
        packed = b64decode(text.encode("ascii"), validate=True) if len(text) <= 2 * PACKED_BYTES_MAX else b""
    except (binascii.Error, UnicodeEncodeError):
        raise RecordRefused("image", "not base 64") from None
    if not packed or len(packed) > PACKED_BYTES_MAX or b64encode(packed).decode() != text:
        raise RecordRefused("image", "not base 64 of an image")
    return SealBitmap(width_px, height_px, packed)


def _parse(cells: Cells) -> Registration:
    return Registration(
        registration_no=cells["registration_no"],
        resident_no=cells["resident_no"],
        name=cells["name"],
        former_name=cells["former_name"],
        alias=cells["alias"],
        name_kana=cells["name_kana"],
        birth=parse_written(cells, "birth"),
        sex=cells["sex"],
        address=cells["address"],
        registered_on=parse_written(cells, "registered_on"),
        image=_parse_image(cells),
    )


def _cells(one: Registration) -> tuple[str, ...]:
    return (
        one.registration_no,
        one.resident_no,
        one.name,
        one.former_name,
        one.alias,
        one.name_kana,
        *written_cells(one.birth),
        one.sex,
        one.address,
        *written_cells(one.registered_on),
        str(one.image.width_px),
        str(one.image.height_px),
        b64encode(one.image.packed).decode(),
    )


SEALS: Final[Form[Registration]] = Form(
    file="seals.csv",
    columns=(
        "registration_no",
        "resident_no",
        "name",
        "former_name",
        "alias",
        "name_kana",
        "birth",
        "birth_day",
        "sex",
        "address",
        "registered_on",
        "registered_on_day",
        "width_px",
        "height_px",
        "image",
    ),
    parse=_parse,
    cells=_cells,
)
"""seals.csv: one registration a line; `image` is base 64 of the compressed rows."""
