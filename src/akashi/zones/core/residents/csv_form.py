"""
One city as a folder of CSV files: the columns, and one line to one record and back.

Promises: any text of a line gives a record or `RecordRefused`; `cells` and `parse` are each other's inverse, so nothing is
lost or normalised on the way through a file. Source: docs/spec/registry.md section 2.
"""

from __future__ import annotations

from akashi.registers.csv_form import (
    Cells,
    Form,
    parse_choice,
    parse_day,
    parse_day_or_none,
    parse_flag,
    parse_hex,
    parse_written,
    parse_written_or_none,
    written_cells,
)
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


def _count(column: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 3):  # noqa: PLR2004 - positions have at most 3 digits
        raise RecordRefused(column, "not a number of at most 3 digits")
    return int(text)


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
        residence_expiry=parse_written_or_none(cells, "residence_expiry"),
        residence_card=cells["residence_card"],
    )


def _parse_resident(cells: Cells) -> Resident:
    kind = parse_choice(ResidentKind, "kind", cells["kind"])
    return Resident(
        resident_no=cells["resident_no"],
        household_no=cells["household_no"],
        position=_count("position", cells["position"]),
        kind=kind,
        name=cells["name"],
        name_kana=cells["name_kana"],
        kana_confirmed=parse_flag("kana_confirmed", cells["kana_confirmed"]),
        name_latin=cells["name_latin"],
        former_name=cells["former_name"],
        alias=cells["alias"],
        alias_since=parse_written_or_none(cells, "alias_since"),
        birth=parse_written(cells, "birth"),
        sex=parse_choice(Sex, "sex", cells["sex"]),
        relationship=cells["relationship"],
        honseki=cells["honseki"],
        hittosha=cells["hittosha"],
        resident_since=parse_written(cells, "resident_since"),
        address_since=parse_written_or_none(cells, "address_since"),
        notified_on=parse_written_or_none(cells, "notified_on"),
        previous_address=cells["previous_address"],
        my_number=cells["my_number"],
        juminhyo_code=cells["juminhyo_code"],
        foreign=_foreign(cells, kind),
        state=parse_choice(ResidentState, "state", cells["state"]),
        state_on=parse_day_or_none("state_on", cells["state_on"]),
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
        *written_cells(one.alias_since),
        *written_cells(one.birth),
        one.sex.value,
        one.relationship,
        one.honseki,
        one.hittosha,
        *written_cells(one.resident_since),
        *written_cells(one.address_since),
        *written_cells(one.notified_on),
        one.previous_address,
        one.my_number,
        one.juminhyo_code,
        foreign.nationality if foreign else "",
        foreign.status_30_45 if foreign else "",
        foreign.residence_status if foreign else "",
        foreign.residence_period if foreign else "",
        *written_cells(foreign.residence_expiry if foreign else None),
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
        issuer_dn=parse_hex("issuer_dn", cells["issuer_dn"], bytes_max=1024),
        serial=int.from_bytes(parse_hex("serial", cells["serial"], bytes_max=20), "big"),
        resident_no=cells["resident_no"],
        kind=parse_choice(CardKind, "kind", cells["kind"]),
        linked_on=parse_day("linked_on", cells["linked_on"]),
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
        reason=parse_choice(BlockReason, "reason", cells["reason"]),
        since=parse_day("since", cells["since"]),
        until=parse_day_or_none("until", cells["until"]),
    ),
    cells=lambda one: (
        one.resident_no,
        one.reason.value,
        one.since.isoformat(),
        "" if one.until is None else one.until.isoformat(),
    ),
)
"""blocks.csv: one block a line."""
