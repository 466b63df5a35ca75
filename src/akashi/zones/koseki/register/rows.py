"""Family registers to rows of the database and back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import msgspec

from akashi.registers.errors import FeedRefused, StoreFailed
from akashi.registers.stores.engine import Cell, Row, Transaction, number, text, text_or_none
from akashi.zones.koseki.register.records import (
    Address,
    Block,
    Dated,
    FamilyRegister,
    Line,
    Matter,
    Person,
    RegisterState,
)
from akashi.zones.koseki.register.vocabulary import Sex, SpouseMark

REGISTER_PLACE = -1
"""Place of 戸籍事項 among matters; a person's matters stand at the person's reference."""
MEMBER_REF_MAX = 999
"""A reference is never given to a second person of the same register."""

REGISTER_COLUMNS = (
    "register_no",
    "state",
    "honseki",
    "surname",
    "hittosha",
    "supplement_made",
    "supplement_made_day",
    "row_version",
    "next_ref",
)
PERSON_COLUMNS = (
    "person_no",
    "register_no",
    "member_ref",
    "listed_at",
    "given_name",
    "name_kana",
    "birth_date",
    "birth_day",
    "spouse",
    "father",
    "mother",
    "relationship",
    "adoptive_father",
    "adoptive_mother",
    "adoptive_relationship",
    "removed",
    "removed_day",
    "sex",
    "overseas_voter",
    "resident_no",
)
MATTER_COLUMNS = ("register_no", "place", "position", "title", "lines")
ADDRESS_COLUMNS = ("register_no", "member_ref", "position", "address", "since", "since_day", "note")
BLOCK_COLUMNS = ("person_no", "reason", "since", "until")
ENROLLED_COLUMNS = ("issuer_dn", "serial", "person_no", "enrolled_on", "enrolment_id")

_LINES = msgspec.json.Decoder(tuple[Line, ...])
_ENCODER = msgspec.json.Encoder()


def register_row(one: FamilyRegister, *, row_version: int, next_ref: int) -> Row:
    """Return the register's cells in the order of `REGISTER_COLUMNS`."""
    return (
        one.register_no,
        one.state.value,
        one.honseki,
        one.surname,
        one.hittosha,
        *_dated(one.supplement_made),
        row_version,
        next_ref,
    )


def person_row(one: Person, register_no: str, *, member_ref: int, listed_at: int) -> Row:
    """Return the person's cells in the order of `PERSON_COLUMNS`."""
    return (
        one.person_no,
        register_no,
        member_ref,
        listed_at,
        one.given_name,
        one.name_kana,
        *_dated(one.birth),
        one.spouse.value,
        one.father,
        one.mother,
        one.relationship,
        one.adoptive_father,
        one.adoptive_mother,
        one.adoptive_relationship,
        *_dated(one.removed),
        one.sex.value,
        one.overseas_voter,
        one.resident_no,
    )


def matter_rows(matters: tuple[Matter, ...], register_no: str, *, place: int) -> Iterator[Row]:
    """Yield the cells of matters in the order of `MATTER_COLUMNS`."""
    for position, matter in enumerate(matters):
        yield (register_no, place, position, matter.title, _ENCODER.encode(matter.lines).decode())


def address_rows(addresses: tuple[Address, ...], register_no: str, *, member_ref: int) -> Iterator[Row]:
    """Yield the cells of addresses in the order of `ADDRESS_COLUMNS`."""
    for position, one in enumerate(addresses):
        yield (register_no, member_ref, position, one.address, *_dated(one.since), one.note)


def block_row(one: Block) -> Row:
    """Return the block's cells in the order of `BLOCK_COLUMNS`."""
    return (one.person_no, one.reason.value, one.since.isoformat(), None if one.until is None else one.until.isoformat())


def lines_of(cell: Cell) -> tuple[Line, ...]:
    """
    Return the lines that a stored matter holds.

    Raises:
        StoreFailed: the cell holds none.
    """
    try:
        return _LINES.decode(text(cell))
    except msgspec.MsgspecError:
        raise StoreFailed("a stored matter is not lines") from None


def load_register(transaction: Transaction, register_no: str) -> FamilyRegister:
    """
    Return the register of that number, whole.

    Raises:
        FeedRefused: there is none.
        StoreFailed: its rows hold what no register may hold.
    """
    rows = transaction.rows(f"SELECT {', '.join(REGISTER_COLUMNS)} FROM register_rows WHERE register_no = ?", register_no)  # noqa: S608 - constants
    if not rows:
        raise FeedRefused("a register that is not here")
    cells = dict(zip(REGISTER_COLUMNS, rows[0], strict=True))
    matters: dict[int, list[Matter]] = {}
    for place, title, lines in transaction.rows(
        "SELECT place, title, lines FROM matter_rows WHERE register_no = ? ORDER BY place, position", register_no
    ):
        matters.setdefault(number(place), []).append(Matter(title=text(title), lines=lines_of(lines)))
    addresses: dict[int, list[Address]] = {}
    for ref, address, since, day, note in transaction.rows(
        "SELECT member_ref, address, since, since_day, note FROM address_rows WHERE register_no = ?"
        " ORDER BY member_ref, position",
        register_no,
    ):
        one = Address(address=text(address), since=_undated(since, day), note=text(note))
        addresses.setdefault(number(ref), []).append(one)
    persons = transaction.rows(
        f"SELECT {', '.join(PERSON_COLUMNS)} FROM person_rows WHERE register_no = ? ORDER BY listed_at",  # noqa: S608 - constants
        register_no,
    )
    return FamilyRegister(
        register_no=register_no,
        state=RegisterState(text(cells["state"])),
        honseki=text(cells["honseki"]),
        surname=text(cells["surname"]),
        hittosha=text(cells["hittosha"]),
        matters=tuple(matters.get(REGISTER_PLACE, ())),
        supplement_made=_undated(cells["supplement_made"], cells["supplement_made_day"]) or Dated(written="", day=None),
        persons=tuple(_person(row, matters, addresses) for row in persons),
    )


def save_register(transaction: Transaction, one: FamilyRegister, *, sequence: int, new: bool) -> None:
    """
    Write a register, whole; people keep their references, new ones get new ones.

    Args:
        transaction: that this is part of.
        one: the register as it is from now on.
        sequence: number of the record that makes it so: its version.
        new: there must be none of that number; else there must be one.

    Raises:
        FeedRefused: another register has one of its persons, somebody else is linked to a 宛名番号, or no reference is left.
        StoreFailed: the database said no.
    """
    run = transaction.run
    refs = {
        text(person_no): (text(register_no), number(ref))
        for person_no, register_no, ref in transaction.rows(
            f"SELECT person_no, register_no, member_ref FROM person_rows WHERE person_no IN ({marks(len(one.persons))})",  # noqa: S608 - marks
            *(person.person_no for person in one.persons),
        )
    }
    if any(register_no != one.register_no for register_no, _ in refs.values()):
        raise FeedRefused("a person of another register")
    _check_residents(transaction, one)
    next_ref = 0
    if new:
        _insert(transaction, "register_rows", REGISTER_COLUMNS, register_row(one, row_version=sequence, next_ref=0))
    else:
        next_ref = number(transaction.rows("SELECT next_ref FROM register_rows WHERE register_no = ?", one.register_no)[0][0])
        for table in ("matter_rows", "address_rows"):
            run(f"DELETE FROM {table} WHERE register_no = ?", one.register_no)  # noqa: S608 - constants
        # So that a 宛名番号 can pass from one entry to another in one change.
        run("UPDATE person_rows SET resident_no = '' WHERE register_no = ?", one.register_no)
    for row in matter_rows(one.matters, one.register_no, place=REGISTER_PLACE):
        _insert(transaction, "matter_rows", MATTER_COLUMNS, row)
    for listed_at, person in enumerate(one.persons, start=1):
        if person.person_no in refs:
            ref = refs[person.person_no][1]
            row = person_row(person, one.register_no, member_ref=ref, listed_at=listed_at)
            assignments = ", ".join(f"{column} = ?" for column in PERSON_COLUMNS)
            run(f"UPDATE person_rows SET {assignments} WHERE person_no = ?", *row, person.person_no)  # noqa: S608 - constants
        else:
            ref, next_ref = next_ref, next_ref + 1
            if ref > MEMBER_REF_MAX:
                raise FeedRefused("a register that used all its references")
            _insert(
                transaction,
                "person_rows",
                PERSON_COLUMNS,
                person_row(person, one.register_no, member_ref=ref, listed_at=listed_at),
            )
        for row in matter_rows(person.matters, one.register_no, place=ref):
            _insert(transaction, "matter_rows", MATTER_COLUMNS, row)
        for row in address_rows(person.addresses, one.register_no, member_ref=ref):
            _insert(transaction, "address_rows", ADDRESS_COLUMNS, row)
    assignments = ", ".join(f"{column} = ?" for column in REGISTER_COLUMNS)
    cells = register_row(one, row_version=sequence, next_ref=next_ref)
    run(f"UPDATE register_rows SET {assignments} WHERE register_no = ?", *cells, one.register_no)  # noqa: S608 - constants


def _check_residents(transaction: Transaction, one: FamilyRegister) -> None:
    for person in one.persons:
        if (
            person.resident_no
            and person.removed is None
            and transaction.rows(
                "SELECT 1 FROM person_rows WHERE resident_no = ? AND removed = '' AND register_no <> ?",
                person.resident_no,
                one.register_no,
            )
        ):
            raise FeedRefused("a person of this city who stands in another register")


def marks(count: int) -> str:
    """Return that many parameter marks."""
    return ", ".join("?" * count)


def _insert(transaction: Transaction, table: str, columns: tuple[str, ...], row: Row) -> None:
    transaction.run(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks(len(columns))})", *row)  # noqa: S608 - constants


def _person(row: Row, matters: dict[int, list[Matter]], addresses: dict[int, list[Address]]) -> Person:
    cells = dict(zip(PERSON_COLUMNS, row, strict=True))
    ref = number(cells["member_ref"])
    texts = (
        "person_no",
        "given_name",
        "name_kana",
        "father",
        "mother",
        "relationship",
        "adoptive_father",
        "adoptive_mother",
        "adoptive_relationship",
        "overseas_voter",
        "resident_no",
    )
    return Person(
        **{column: text(cells[column]) for column in texts},
        birth=_undated(cells["birth_date"], cells["birth_day"]) or Dated(written="", day=None),
        spouse=SpouseMark(text(cells["spouse"])),
        removed=_undated(cells["removed"], cells["removed_day"]),
        matters=tuple(matters.get(ref, ())),
        sex=Sex(text(cells["sex"])),
        addresses=tuple(addresses.get(ref, ())),
    )


def _dated(value: Dated | None) -> tuple[str, str | None]:
    if value is None:
        return "", None
    return value.written, None if value.day is None else value.day.isoformat()


def _undated(written: Cell, day: Cell) -> Dated | None:
    if not text(written):
        return None
    found = text_or_none(day)
    return Dated(written=text(written), day=None if found is None else date.fromisoformat(found))
