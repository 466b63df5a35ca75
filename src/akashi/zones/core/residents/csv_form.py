"""
One city as a folder of CSV files: the columns, and one line to one record and back.

Promises: any text of a line gives a record or `RecordRefused`; `cells` and `parse` are each other's inverse, so nothing is
lost or normalised on the way through a file. Source: docs/spec/registry.md section 2.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Generic, TypeVar

from akashi.registers.dates import WrittenDate, dated_as_entered, parse_written_date
from akashi.registers.errors import RecordRefused
from akashi.zones.core.residents.records import (
    Block,
    BlockReason,
    CardKind,
    CardLink,
    ForeignItems,
    Household,
    Resident,
    ResidentKind,
    ResidentState,
    Sex,
)

R = TypeVar("R")
E = TypeVar("E", bound=StrEnum)

UNKNOWN_DAY = "unknown"
"""In a `_day` column: the written date names no day of the calendar, as a clerk decided."""

Cells = dict[str, str]


@dataclass(frozen=True, slots=True)
class Form(Generic[R]):
    """
    One kind of file.

    Attributes:
        file: its name in the folder.
        columns: the header line; a file has exactly these columns, in any order.
        parse: cells by column to the record; raises `RecordRefused`.
        cells: the record to its cells, in the order of `columns`.
    """

    file: str
    columns: tuple[str, ...]
    parse: Callable[[Cells], R]
    cells: Callable[[R], tuple[str, ...]]


def write_rows(folder: Path, form: Form[R], rows: Iterable[R]) -> int:
    """Write all rows into the form's file in `folder` (UTF-8, header line, LF) and return their count."""
    count = 0
    with (folder / form.file).open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(form.columns)
        for row in rows:
            writer.writerow(form.cells(row))
            count += 1
    return count


def _day(column: str, text: str) -> date:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise RecordRefused(column, "not a day like 2026-04-01") from None
    if found.isoformat() != text:
        raise RecordRefused(column, "not a day like 2026-04-01")
    return found


def _day_or_none(column: str, text: str) -> date | None:
    return _day(column, text) if text else None


def _written(cells: Cells, column: str) -> WrittenDate:
    text, day = cells[column], cells[f"{column}_day"]
    if not day:
        return parse_written_date(text, column=column)
    return dated_as_entered(text, None if day == UNKNOWN_DAY else _day(f"{column}_day", day), column=column)


def _written_or_none(cells: Cells, column: str) -> WrittenDate | None:
    if cells[column]:
        return _written(cells, column)
    if cells[f"{column}_day"]:
        raise RecordRefused(f"{column}_day", "a day without its written form")
    return None


def _written_cells(value: WrittenDate | None) -> tuple[str, str]:
    # The day is always stated, so that a reader with another table of eras gets the same record.
    if value is None:
        return "", ""
    return value.written, UNKNOWN_DAY if value.internal is None else value.internal.isoformat()


def _choice(kind: type[E], column: str, text: str) -> E:
    try:
        return kind(text)
    except ValueError:
        raise RecordRefused(column, "not one of " + ", ".join(kind)) from None


def _flag(column: str, text: str) -> bool:
    if text not in {"0", "1"}:
        raise RecordRefused(column, "not 0 or 1")
    return text == "1"


def _count(column: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 3):  # noqa: PLR2004 - positions have at most 3 digits
        raise RecordRefused(column, "not a number of at most 3 digits")
    return int(text)


def _hex(column: str, text: str, *, bytes_max: int) -> bytes:
    if not text or len(text) > 2 * bytes_max or any(character not in "0123456789abcdef" for character in text) or len(text) % 2:
        raise RecordRefused(column, "not lower-case hexadecimal bytes")
    return bytes.fromhex(text)


_FOREIGN_COLUMNS = (
    "nationality",
    "status_30_45",
    "residence_status",
    "residence_period",
    "residence_expiry",
    "residence_expiry_day",
    "residence_card",
)


def _foreign(cells: Cells, kind: ResidentKind) -> ForeignItems | None:
    if kind is ResidentKind.JAPANESE:
        for column in _FOREIGN_COLUMNS:
            if cells[column]:
                raise RecordRefused(column, "a Japanese resident has none")
        return None
    return ForeignItems(
        nationality=cells["nationality"],
        status_30_45=cells["status_30_45"],
        residence_status=cells["residence_status"],
        residence_period=cells["residence_period"],
        residence_expiry=_written_or_none(cells, "residence_expiry"),
        residence_card=cells["residence_card"],
    )


def _parse_resident(cells: Cells) -> Resident:
    kind = _choice(ResidentKind, "kind", cells["kind"])
    return Resident(
        resident_no=cells["resident_no"],
        household_no=cells["household_no"],
        position=_count("position", cells["position"]),
        kind=kind,
        name=cells["name"],
        name_kana=cells["name_kana"],
        kana_confirmed=_flag("kana_confirmed", cells["kana_confirmed"]),
        name_latin=cells["name_latin"],
        former_name=cells["former_name"],
        alias=cells["alias"],
        alias_since=_written_or_none(cells, "alias_since"),
        birth=_written(cells, "birth"),
        sex=_choice(Sex, "sex", cells["sex"]),
        relationship=cells["relationship"],
        honseki=cells["honseki"],
        hittosha=cells["hittosha"],
        resident_since=_written(cells, "resident_since"),
        address_since=_written_or_none(cells, "address_since"),
        notified_on=_written_or_none(cells, "notified_on"),
        previous_address=cells["previous_address"],
        my_number=cells["my_number"],
        juminhyo_code=cells["juminhyo_code"],
        foreign=_foreign(cells, kind),
        state=_choice(ResidentState, "state", cells["state"]),
        state_on=_day_or_none("state_on", cells["state_on"]),
    )


def _resident_cells(one: Resident) -> tuple[str, ...]:
    foreign = one.foreign
    return (
        one.resident_no,
        one.household_no,
        str(one.position),
        one.kind.value,
        one.name,
        one.name_kana,
        "1" if one.kana_confirmed else "0",
        one.name_latin,
        one.former_name,
        one.alias,
        *_written_cells(one.alias_since),
        *_written_cells(one.birth),
        one.sex.value,
        one.relationship,
        one.honseki,
        one.hittosha,
        *_written_cells(one.resident_since),
        *_written_cells(one.address_since),
        *_written_cells(one.notified_on),
        one.previous_address,
        one.my_number,
        one.juminhyo_code,
        foreign.nationality if foreign else "",
        foreign.status_30_45 if foreign else "",
        foreign.residence_status if foreign else "",
        foreign.residence_period if foreign else "",
        *_written_cells(foreign.residence_expiry if foreign else None),
        foreign.residence_card if foreign else "",
        one.state.value,
        "" if one.state_on is None else one.state_on.isoformat(),
    )


RESIDENTS: Form[Resident] = Form(
    file="residents.csv",
    columns=(
        "resident_no",
        "household_no",
        "position",
        "kind",
        "name",
        "name_kana",
        "kana_confirmed",
        "name_latin",
        "former_name",
        "alias",
        "alias_since",
        "alias_since_day",
        "birth",
        "birth_day",
        "sex",
        "relationship",
        "honseki",
        "hittosha",
        "resident_since",
        "resident_since_day",
        "address_since",
        "address_since_day",
        "notified_on",
        "notified_on_day",
        "previous_address",
        "my_number",
        "juminhyo_code",
        *_FOREIGN_COLUMNS,
        "state",
        "state_on",
    ),
    parse=_parse_resident,
    cells=_resident_cells,
)
"""residents.csv: one resident a line."""

HOUSEHOLDS: Form[Household] = Form(
    file="households.csv",
    columns=("household_no", "address", "postcode", "address_code"),
    parse=lambda cells: Household(
        household_no=cells["household_no"],
        address=cells["address"],
        postcode=cells["postcode"],
        address_code=cells["address_code"],
    ),
    cells=lambda one: (one.household_no, one.address, one.postcode, one.address_code),
)
"""households.csv: one household a line."""

CARD_LINKS: Form[CardLink] = Form(
    file="card_links.csv",
    columns=("issuer_dn", "serial", "resident_no", "kind", "linked_on"),
    parse=lambda cells: CardLink(
        issuer_dn=_hex("issuer_dn", cells["issuer_dn"], bytes_max=1024),
        serial=int.from_bytes(_hex("serial", cells["serial"], bytes_max=20), "big"),
        resident_no=cells["resident_no"],
        kind=_choice(CardKind, "kind", cells["kind"]),
        linked_on=_day("linked_on", cells["linked_on"]),
    ),
    cells=lambda one: (
        one.issuer_dn.hex(),
        one.serial.to_bytes((one.serial.bit_length() + 7) // 8, "big").hex(),
        one.resident_no,
        one.kind.value,
        one.linked_on.isoformat(),
    ),
)
"""card_links.csv: one user certificate a line."""

BLOCKS: Form[Block] = Form(
    file="blocks.csv",
    columns=("resident_no", "reason", "since", "until"),
    parse=lambda cells: Block(
        resident_no=cells["resident_no"],
        reason=_choice(BlockReason, "reason", cells["reason"]),
        since=_day("since", cells["since"]),
        until=_day_or_none("until", cells["until"]),
    ),
    cells=lambda one: (
        one.resident_no,
        one.reason.value,
        one.since.isoformat(),
        "" if one.until is None else one.until.isoformat(),
    ),
)
"""blocks.csv: one block a line."""
