"""Records to rows of the database and back."""

from __future__ import annotations

from datetime import date

from akashi.registers.dates import WrittenDate
from akashi.registers.serials import serial_octets
from akashi.registers.stores.engine import Cell, Row, number, text, text_or_none
from akashi.zones.core.residents.records import (
    Block,
    CardLink,
    ForeignItems,
    Household,
    Resident,
    ResidentKind,
    ResidentState,
    Sex,
)
from akashi.zones.core.residents.relationships import rank

CURRENT = frozenset({ResidentState.RESIDENT, ResidentState.MOVE_OUT_PLANNED})
"""States of a person who is of the household today."""

RECORD_COLUMNS = (
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
    "birth_date",
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
    "nationality",
    "status_30_45",
    "residence_status",
    "residence_period",
    "residence_expiry",
    "residence_expiry_day",
    "residence_card",
    "state",
    "state_on",
)
"""Columns of resident_rows that hold a `Resident`."""

RESIDENT_COLUMNS = (*RECORD_COLUMNS, "place", "member_ref", "listed_at")
"""All columns: also the place that the relationship gives, the reference inside the household, the order on paper."""

HOUSEHOLD_COLUMNS = ("household_no", "address", "postcode", "address_code", "row_version", "editing", "next_ref")
CARD_LINK_COLUMNS = ("issuer_dn", "serial", "resident_no", "kind", "linked_on")
BLOCK_COLUMNS = ("resident_no", "reason", "since", "until")


def record_row(one: Resident) -> Row:
    """Return the record's cells in the order of `RECORD_COLUMNS`."""
    foreign = one.foreign
    return (
        one.resident_no,
        one.household_no,
        one.position,
        one.kind.value,
        one.name,
        one.name_kana,
        int(one.kana_confirmed),
        one.name_latin,
        one.former_name,
        one.alias,
        *_written(one.alias_since),
        *_written(one.birth),
        one.sex.value,
        one.relationship,
        one.honseki,
        one.hittosha,
        *_written(one.resident_since),
        *_written(one.address_since),
        *_written(one.notified_on),
        one.previous_address,
        one.my_number,
        one.juminhyo_code,
        foreign.nationality if foreign else "",
        foreign.status_30_45 if foreign else "",
        foreign.residence_status if foreign else "",
        foreign.residence_period if foreign else "",
        *_written(foreign.residence_expiry if foreign else None),
        foreign.residence_card if foreign else "",
        one.state.value,
        None if one.state_on is None else one.state_on.isoformat(),
    )


def resident_row(one: Resident, *, member_ref: int) -> Row:
    """Return the record's cells in the order of `RESIDENT_COLUMNS`; the order on paper is worked out when all are there."""
    return (*record_row(one), int(rank(one.relationship)), member_ref, 0)


def resident_of(row: Row) -> Resident:
    """Return the record that cells in the order of `RECORD_COLUMNS` hold."""
    cells = dict(zip(RECORD_COLUMNS, row, strict=True))
    kind = ResidentKind(text(cells["kind"]))
    birth, since = _date(cells, "birth_date", "birth_day"), _date(cells, "resident_since", "resident_since_day")
    return Resident(
        resident_no=text(cells["resident_no"]),
        household_no=text(cells["household_no"]),
        position=number(cells["position"]),
        kind=kind,
        name=text(cells["name"]),
        name_kana=text(cells["name_kana"]),
        kana_confirmed=bool(cells["kana_confirmed"]),
        name_latin=text(cells["name_latin"]),
        former_name=text(cells["former_name"]),
        alias=text(cells["alias"]),
        alias_since=_date(cells, "alias_since", "alias_since_day"),
        birth=birth or WrittenDate("", None),
        sex=Sex(text(cells["sex"])),
        relationship=text(cells["relationship"]),
        honseki=text(cells["honseki"]),
        hittosha=text(cells["hittosha"]),
        resident_since=since or WrittenDate("", None),
        address_since=_date(cells, "address_since", "address_since_day"),
        notified_on=_date(cells, "notified_on", "notified_on_day"),
        previous_address=text(cells["previous_address"]),
        my_number=text(cells["my_number"]),
        juminhyo_code=text(cells["juminhyo_code"]),
        foreign=_foreign(cells) if kind is ResidentKind.FOREIGN else None,
        state=ResidentState(text(cells["state"])),
        state_on=_day(cells["state_on"]),
    )


def household_row(one: Household, *, row_version: int) -> Row:
    """Return the household's cells in the order of `HOUSEHOLD_COLUMNS`."""
    return (one.household_no, one.address, one.postcode, one.address_code, row_version, 0, 0)


def card_link_row(one: CardLink) -> Row:
    """Return the link's cells in the order of `CARD_LINK_COLUMNS`."""
    return (one.issuer_dn, serial_octets(one.serial), one.resident_no, one.kind.value, one.linked_on.isoformat())


def block_row(one: Block) -> Row:
    """Return the block's cells in the order of `BLOCK_COLUMNS`."""
    return (one.resident_no, one.reason.value, one.since.isoformat(), None if one.until is None else one.until.isoformat())


def _written(value: WrittenDate | None) -> tuple[str, str | None]:
    if value is None:
        return "", None
    return value.written, None if value.internal is None else value.internal.isoformat()


def _day(cell: Cell) -> date | None:
    day = text_or_none(cell)
    return None if day is None else date.fromisoformat(day)


def _date(cells: dict[str, Cell], written: str, day: str) -> WrittenDate | None:
    value = text(cells[written])
    return WrittenDate(value, _day(cells[day])) if value else None


def _foreign(cells: dict[str, Cell]) -> ForeignItems:
    return ForeignItems(
        nationality=text(cells["nationality"]),
        status_30_45=text(cells["status_30_45"]),
        residence_status=text(cells["residence_status"]),
        residence_period=text(cells["residence_period"]),
        residence_expiry=_date(cells, "residence_expiry", "residence_expiry_day"),
        residence_card=text(cells["residence_card"]),
    )
