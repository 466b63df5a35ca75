"""Registrations to rows of the database."""

from __future__ import annotations

from typing import Final

from akashi.registers.dates import WrittenDate
from akashi.registers.stores.engine import Row
from akashi.zones.core.seals.records import Registration, SealState

HELD_COLUMNS: Final = (
    "name",
    "former_name",
    "alias",
    "name_kana",
    "birth_date",
    "birth_day",
    "sex",
    "address",
    "registered_on",
    "registered_on_day",
    "width_px",
    "height_px",
    "image",
)
"""What a living registration holds of its person; all of it is erased when it ends."""

REGISTRATION_COLUMNS: Final = (
    "registration_no",
    "resident_no",
    "state",
    *HELD_COLUMNS,
    "abolished_on",
    "abolished_for",
    "row_version",
)
"""All columns of registration_rows."""

ERASED: Final[Row] = ("", "", "", "", "", None, "", "", "", None, 0, 0, b"")
"""What stands in `HELD_COLUMNS` of an abolished registration."""


def held_cells(one: Registration) -> Row:
    """Return the cells of `HELD_COLUMNS`."""
    return (
        one.name,
        one.former_name,
        one.alias,
        one.name_kana,
        *_written(one.birth),
        one.sex,
        one.address,
        *_written(one.registered_on),
        one.image.width_px,
        one.image.height_px,
        one.image.packed,
    )


def registration_row(one: Registration, *, row_version: int) -> Row:
    """Return the cells of a living registration in the order of `REGISTRATION_COLUMNS`."""
    return (one.registration_no, one.resident_no, SealState.REGISTERED.value, *held_cells(one), "", "", row_version)


def _written(value: WrittenDate) -> tuple[str, str | None]:
    return value.written, None if value.internal is None else value.internal.isoformat()
