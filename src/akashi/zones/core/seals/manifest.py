"""The folder's manifest: when the export was taken, where the feed goes on, how many lines there are."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from akashi.registers.errors import RecordRefused
from akashi.wire.messages import Municipality

MANIFEST_FILE: Final = "manifest.toml"
FORMAT: Final = 1


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """
    What the export says about itself.

    Attributes:
        format: version of the folder's form; 1.
        municipality: 全国地方公共団体コード, 6 digits.
        as_of_ms: time of the export by the source's clock, milliseconds since 1970 UTC.
        sequence: last number of the change feed that the export contains.
        seals: lines of seals.csv without the header; a file cut short is refused.
    """

    format: int = FORMAT
    municipality: Municipality
    as_of_ms: Annotated[int, Meta(ge=0, le=2**53)]
    sequence: Annotated[int, Meta(ge=0, le=2**53)]
    seals: Annotated[int, Meta(ge=0, le=100_000_000)]


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest into `folder`."""
    lines = [
        f'{name} = "{value}"' if isinstance(value, str) else f"{name} = {value}"
        for name, value in msgspec.structs.asdict(manifest).items()
    ]
    (folder / MANIFEST_FILE).write_text("\n".join(lines) + "\n", encoding="utf-8")


def parse_manifest(untrusted_text: str) -> Manifest:
    """
    Return the manifest that this TOML holds.

    Raises:
        RecordRefused: not TOML, an unknown, missing or wrong key, another format.
    """
    try:
        manifest = msgspec.convert(tomllib.loads(untrusted_text), Manifest)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, RecursionError) as error:
        raise RecordRefused(MANIFEST_FILE, type(error).__name__) from None
    if manifest.format != FORMAT:
        raise RecordRefused(MANIFEST_FILE, "another format")
    return manifest
