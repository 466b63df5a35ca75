"""
The manifest of a day's folder: written last, so that a folder without it is still being written.

Source: docs/spec/taxes.md section 2.
"""

from __future__ import annotations

import hashlib
import tomllib
from datetime import date
from pathlib import Path
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from akashi.wire.messages import Municipality
from akashi.zones.core.taxes.csv_form import TAXES
from akashi.zones.core.taxes.errors import DayRefused

MANIFEST_FILE: Final = "manifest.toml"
MANIFEST_BYTES_MAX: Final = 4096
FORMAT: Final = 1
_CHUNK: Final = 1 << 20


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """
    What a day's file says about itself.

    Attributes:
        format: version of the folder's form; 1.
        municipality: 全国地方公共団体コード, 6 digits.
        data_on: the day, Japan Standard Time, to whose end the data go.
        as_of_ms: moment of the export by the source's clock, milliseconds since 1970 UTC.
        count: lines of taxes.csv without the header.
        sha256: of taxes.csv, lower-case hexadecimal.
    """

    format: int = FORMAT
    municipality: Municipality
    data_on: date
    as_of_ms: Annotated[int, Meta(ge=0, le=2**53)]
    count: Annotated[int, Meta(ge=0, le=100_000_000)]
    sha256: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]


def write_manifest(folder: Path, *, municipality: str, data_on: date, as_of_ms: int, count: int) -> None:
    """Write the manifest of the taxes.csv that lies in `folder`."""
    lines = (
        f"format = {FORMAT}",
        f'municipality = "{municipality}"',
        f"data_on = {data_on.isoformat()}",
        f"as_of_ms = {as_of_ms}",
        f"count = {count}",
        f'sha256 = "{file_digest(folder)}"',
    )
    (folder / MANIFEST_FILE).write_text("\n".join(lines) + "\n", encoding="utf-8")


def file_digest(folder: Path) -> str:
    """Return the SHA-256 of the folder's taxes.csv, lower-case hexadecimal. Raises OSError."""
    digest = hashlib.sha256()
    with (folder / TAXES.file).open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def parse_manifest(untrusted_bytes: bytes) -> Manifest:
    """
    Return the manifest that this TOML holds.

    Raises:
        DayRefused: too long, not TOML, an unknown, missing or wrong key, another format.
    """
    if len(untrusted_bytes) > MANIFEST_BYTES_MAX:
        raise DayRefused("the manifest is too long")
    try:
        manifest = msgspec.convert(tomllib.loads(untrusted_bytes.decode("utf-8")), Manifest)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, UnicodeDecodeError, RecursionError) as error:
        raise DayRefused(f"not a manifest: {type(error).__name__}") from None
    if manifest.format != FORMAT:
        raise DayRefused("a manifest of another format")
    return manifest
