"""
What the register reads for the two methods: one snapshot, bound to one subject, exactly the columns that were asked for.

Promises: an item that was not chosen stands in no statement; a refusal runs the very same statements as an answer, on the
made-up household where there is no real one, so that neither code nor time tells why.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from akashi.registers.following import FeedState
from akashi.registers.serials import serial_octets
from akashi.registers.stores.engine import Engine, Row, Snapshot, number, octets, text, text_or_none
from akashi.wire.certificates import Item
from akashi.wire.transcript import card_link
from akashi.zones.core.residents.records import DECOY_NO

COLUMN_OF: Final[dict[Item, str]] = {
    **{item: item.value for item in Item},
    # Kana that nobody confirmed are no item of the record (住民基本台帳法 第7条 第1号の2).
    Item.NAME_KANA: "CASE WHEN kana_confirmed = 1 THEN name_kana ELSE '' END",
}
"""What to select for each item: the column of its name."""

_NAME = "CASE WHEN name <> '' THEN name ELSE name_latin END"


@dataclass(frozen=True, slots=True, repr=False)
class HouseholdRead:
    """
    The bound household, or the made-up one.

    Attributes:
        found: whether it is the subject's.
        address: as printed.
        row_version: number of the last change to it.
        editing: a change to it is being entered.
        heads: how many heads it has; 1 unless a change is half-done at the source.
        members: how many people live in it.
        planned: how many of them have filed a move out.
    """

    found: bool
    address: str
    row_version: int
    editing: bool
    heads: int
    members: int
    planned: int


@dataclass(frozen=True, slots=True, repr=False)
class MemberRead:
    """A member for the choice on the screen."""

    member_ref: int
    name: str
    relationship: str
    is_applicant: bool
    foreign: bool


@dataclass(frozen=True, slots=True, repr=False)
class LinkRead:
    """The stored link of the card: what the subject token is made from. None of it is taken from the request."""

    issuer_dn: bytes
    serial: int
    linked_on: str

    @property
    def hash(self) -> bytes:
        """The link as tickets name it (`card_link`)."""
        return card_link(self.issuer_dn, self.serial)


@dataclass(frozen=True, slots=True, repr=False)
class GrantRead:
    """All that `open_grant` reads. `link` and `birth_day` are None where there is nobody."""

    feed: FeedState
    household: HouseholdRead
    resident_no: str
    link: LinkRead | None
    birth_day: str | None
    members: tuple[MemberRead, ...]


@dataclass(frozen=True, slots=True, repr=False)
class StandingRead:
    """All that `confirm` reads. `name` and `birth_date` are empty where there is nobody."""

    feed: FeedState
    household: HouseholdRead
    link: LinkRead | None
    name: str
    birth_date: str


@dataclass(frozen=True, slots=True, repr=False)
class PersonRead:
    """A chosen member's chosen items, in the order they were asked for."""

    member_ref: int
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True, repr=False)
class RecordRead:
    """All that `read_record` reads. `head_name` is empty where 続柄 was not chosen."""

    feed: FeedState
    household: HouseholdRead
    link: LinkRead | None
    head_name: str
    persons: tuple[PersonRead, ...]


def read_feed(engine: Engine) -> FeedState:
    """Return how current the register is."""
    with engine.reading() as snapshot:
        return _feed(snapshot)


def read_grant(engine: Engine, issuer_dn: bytes, serial: int) -> GrantRead:
    """Return who the card speaks for and the household, of one committed version."""
    octet_serial = serial_octets(serial)
    with engine.reading() as snapshot:
        feed = _feed(snapshot)
        snapshot.bind_card(issuer_dn, octet_serial)
        rows = snapshot.rows("SELECT resident_no FROM presented_card")
        subject = text(rows[0][0]) if rows else DECOY_NO
        household, subject = _bind(snapshot, subject)
        members = snapshot.rows(
            f"SELECT member_ref, {_NAME}, relationship, resident_no, kind FROM residents ORDER BY listed_at"  # noqa: S608 - constant
        )
        return GrantRead(
            feed=feed,
            household=household,
            resident_no=subject,
            link=_link(snapshot, issuer_dn, octet_serial),
            birth_day=_birth_day(snapshot, subject),
            members=tuple(_member(row, subject) for row in members),
        )


def read_record(
    engine: Engine,
    resident_no: str,
    *,
    card_link: bytes,
    members: tuple[int, ...],
    items: tuple[Item, ...],
) -> RecordRead:
    """
    Return the chosen items of the chosen members, of one committed version.

    Args:
        engine: the database.
        resident_no: the subject, from a ticket that was verified.
        card_link: hash of the link under which the ticket was given; the link must still be there.
        members: references of the chosen members.
        items: exactly what may be fetched.
    """
    columns = ", ".join(COLUMN_OF[item] for item in items)
    places = ", ".join("?" * len(members))
    with engine.reading() as snapshot:
        feed = _feed(snapshot)
        household, _ = _bind(snapshot, resident_no)
        persons = snapshot.rows(
            f"SELECT member_ref, {columns} FROM residents WHERE member_ref IN ({places}) ORDER BY listed_at",  # noqa: S608 - constants and marks
            *members,
        )
        head_name = ""
        if Item.RELATIONSHIP in items:
            heads = snapshot.rows(f"SELECT {_NAME} FROM residents WHERE place = 0")  # noqa: S608 - constant
            head_name = text(heads[0][0]) if heads else ""
        return RecordRead(
            feed=feed,
            household=household,
            link=_own_link(snapshot, card_link),
            head_name=head_name,
            persons=tuple(PersonRead(number(row[0]), tuple(text(cell) for cell in row[1:])) for row in persons),
        )


def read_standing(engine: Engine, resident_no: str, *, card_link: bytes) -> StandingRead:
    """
    Return whether the subject is still here, and as whom, of one committed version.

    Args:
        engine: the database.
        resident_no: the subject, from a ticket that was verified.
        card_link: hash of the link under which the ticket was given; the link must still be there.
    """
    with engine.reading() as snapshot:
        feed = _feed(snapshot)
        household, subject = _bind(snapshot, resident_no)
        rows = snapshot.rows(f"SELECT {_NAME}, birth_date FROM residents WHERE resident_no = ?", subject)  # noqa: S608 - constant
        return StandingRead(
            feed=feed,
            household=household,
            link=_own_link(snapshot, card_link),
            name=text(rows[0][0]) if rows else "",
            birth_date=text(rows[0][1]) if rows else "",
        )


def _feed(snapshot: Snapshot) -> FeedState:
    municipality, sequence, as_of_ms, stopped = snapshot.rows("SELECT municipality, sequence, as_of_ms, stopped FROM feed")[0]
    return FeedState(text(municipality), number(sequence), number(as_of_ms), text(stopped))


def _bind(snapshot: Snapshot, resident_no: str) -> tuple[HouseholdRead, str]:
    """Bind the subject, or the made-up one where the subject has no household to read; the same statements either way."""
    snapshot.bind_subject(resident_no)
    found = bool(snapshot.rows("SELECT household_no FROM households")) and resident_no != DECOY_NO
    subject = resident_no if found else DECOY_NO
    snapshot.bind_subject(subject)
    address, row_version, editing = snapshot.rows("SELECT address, row_version, editing FROM households")[0]
    heads, members, planned = snapshot.rows(
        "SELECT COUNT(CASE WHEN place = 0 THEN 1 END), COUNT(*), COUNT(CASE WHEN state = 'move-out-planned' THEN 1 END)"
        " FROM residents"
    )[0]
    household = HouseholdRead(
        found=found,
        address=text(address),
        row_version=number(row_version),
        editing=bool(editing),
        heads=number(heads),
        members=number(members),
        planned=number(planned),
    )
    return household, subject


_LINKS = "SELECT issuer_dn, serial, linked_on FROM card_links"


def _link(snapshot: Snapshot, issuer_dn: bytes, serial: bytes) -> LinkRead | None:
    rows = snapshot.rows(f"{_LINKS} WHERE serial = ? AND issuer_dn = ?", serial, issuer_dn)
    return _link_of(rows[0]) if rows else None


def _own_link(snapshot: Snapshot, hashed: bytes) -> LinkRead | None:
    """Return the bound subject's link of that hash; one person has a few links at most."""
    return next((link for link in map(_link_of, snapshot.rows(_LINKS)) if link.hash == hashed), None)


def _link_of(row: Row) -> LinkRead:
    issuer_dn, serial, linked_on = row
    return LinkRead(octets(issuer_dn), int.from_bytes(octets(serial), "big"), text(linked_on))


def _birth_day(snapshot: Snapshot, resident_no: str) -> str | None:
    rows = snapshot.rows("SELECT birth_day FROM residents WHERE resident_no = ?", resident_no)
    return text_or_none(rows[0][0]) if rows else None


def _member(row: Row, subject: str) -> MemberRead:
    member_ref, name, relationship, resident_no, kind = row
    return MemberRead(number(member_ref), text(name), text(relationship), resident_no == subject, kind == "foreign")
