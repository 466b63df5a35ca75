"""
What the register reads: one snapshot, bound to one subject, exactly the persons and columns that were asked for.

Promises: what was not chosen stands in no statement; a refusal runs the very same statements as an answer, on the made-up
register where there is no real one, so that neither code nor time tells why.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from akashi.registers.following import FeedState
from akashi.registers.stores.engine import Engine, Row, Snapshot, number, octets, text, text_or_none
from akashi.wire.messages import EnrolState
from akashi.wire.transcript import card_link
from akashi.zones.koseki.register.records import DECOY_NO, Line
from akashi.zones.koseki.register.rows import REGISTER_PLACE, lines_of, marks

SURNAME_AND_GIVEN: Final = "\u3000"
"""Between 氏 and 名 where a full name is written, as in a resident record."""

_LINKS: Final = "SELECT issuer_dn, serial FROM card_links"

KOSEKI_COLUMNS: Final = (
    "given_name",
    "name_kana",
    "birth_date",
    "spouse",
    "father",
    "mother",
    "relationship",
    "adoptive_father",
    "adoptive_mother",
    "adoptive_relationship",
)
"""What a 戸籍証明書 prints of a person beside the matters, in the order of the form."""


@dataclass(frozen=True, slots=True, repr=False)
class SubjectRead:
    """
    The bound subject and the state of the register, or the made-up one.

    Attributes:
        known: whether somebody who stands in a register is meant.
        found: whether the register is the subject's; it is not where somebody in it is protected.
        current: the register is one that is given out.
        entering: a notification is being entered.
        row_version: number of the last change to the register.
        person_no: the register's number of the subject's entry.
        resident_no: 宛名番号 stored with it.
        name: full name.
        birth_date: as written.
        birth_day: the day that it means, or None.
    """

    known: bool
    found: bool
    current: bool
    entering: bool
    row_version: int
    person_no: str
    resident_no: str
    name: str
    birth_date: str
    birth_day: str | None


@dataclass(frozen=True, slots=True, repr=False)
class MemberRead:
    """One person of the register, for the choice on the screen."""

    member_ref: int
    name: str
    removed: bool
    is_subject: bool


@dataclass(frozen=True, slots=True, repr=False)
class HeldRead:
    """All that `held` and `open_grant` read. `enrolment`: state of the presented card's newest statement, or None."""

    feed: FeedState
    subject: SubjectRead
    members: tuple[MemberRead, ...]
    enrolment: EnrolState | None


@dataclass(frozen=True, slots=True, repr=False)
class MatterRead:
    """One matter."""

    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True, repr=False)
class PersonRead:
    """A person of a 戸籍証明書: `facts` are the cells of `KOSEKI_COLUMNS`."""

    member_ref: int
    removed: bool
    facts: tuple[str, ...]
    matters: tuple[MatterRead, ...]


@dataclass(frozen=True, slots=True, repr=False)
class KosekiRead:
    """What a 戸籍証明書 is made of. `everybody`: as many persons as the register has."""

    feed: FeedState
    subject: SubjectRead
    honseki: str
    hittosha: str
    matters: tuple[MatterRead, ...]
    persons: tuple[PersonRead, ...]
    everybody: int


@dataclass(frozen=True, slots=True, repr=False)
class SupplementPersonRead:
    """A person of a 附票: each address is (住所, 住所を定めた年月日, 備考)."""

    member_ref: int
    removed: bool
    head: bool
    given_name: str
    birth_date: str
    sex: str
    overseas_voter: str
    addresses: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True, repr=False)
class SupplementRead:
    """What a 附票の写し is made of. Empty where it was not asked for."""

    feed: FeedState
    subject: SubjectRead
    honseki: str
    hittosha: str
    surname: str
    made_on: str
    persons: tuple[SupplementPersonRead, ...]
    everybody: int


@dataclass(frozen=True, slots=True, repr=False)
class ByResident:
    """Whom a ticket of the resident register names."""

    resident_no: str


@dataclass(frozen=True, slots=True, repr=False)
class ByCard:
    """Whose card was presented: issuer DN in DER, serial number as it is stored."""

    issuer_dn: bytes
    serial: bytes


@dataclass(frozen=True, slots=True, repr=False)
class ByTicket:
    """Whom this register's own ticket names, and the hash of the link under which it was given; the link must still be there."""

    person_no: str
    link: bytes


_BY_WHAT: Final[dict[type[object], str]] = {ByResident: "resident", ByCard: "card", ByTicket: "ticket"}

Meant = ByResident | ByCard | ByTicket
"""How somebody is meant."""


def read_feed(engine: Engine) -> FeedState:
    """Return how current the register is."""
    with engine.reading() as snapshot:
        return _feed(snapshot)


def read_held(engine: Engine, meant: Meant) -> HeldRead:
    """Return who is meant and who stands in the register, of one committed version."""
    with engine.reading() as snapshot:
        feed = _feed(snapshot)
        subject = _bind(snapshot, meant)
        members = snapshot.rows(
            "SELECT member_ref, given_name, removed, person_no, (SELECT surname FROM registers) FROM persons ORDER BY listed_at"
        )
        return HeldRead(
            feed=feed,
            subject=subject,
            members=tuple(_member(row, subject.person_no) for row in members),
            enrolment=_enrolment(snapshot),
        )


def read_koseki(engine: Engine, meant: Meant, members: tuple[int, ...]) -> KosekiRead:
    """
    Return what a 戸籍証明書 is made of, of one committed version.

    Args:
        engine: the database.
        meant: who asks, from a card or a ticket that was verified.
        members: references of the chosen persons; none: everybody.
    """
    only = f"WHERE member_ref IN ({marks(len(members))})" if members else ""
    places = f"WHERE place IN ({marks(len(members) + 1)})" if members else ""
    with engine.reading() as snapshot:
        feed = _feed(snapshot)
        subject = _bind(snapshot, meant)
        register = snapshot.rows("SELECT honseki, hittosha, (SELECT COUNT(*) FROM persons) FROM registers")[0]
        persons = snapshot.rows(
            f"SELECT member_ref, removed, {', '.join(KOSEKI_COLUMNS)} FROM persons {only} ORDER BY listed_at",  # noqa: S608 - constants and marks
            *members,
        )
        matters: dict[int, list[MatterRead]] = {}
        for place, title, lines in snapshot.rows(
            f"SELECT place, title, lines FROM matters {places} ORDER BY place, position",  # noqa: S608 - constants and marks
            *((REGISTER_PLACE, *members) if members else ()),
        ):
            matters.setdefault(number(place), []).append(MatterRead(text(title), lines_of(lines)))
        return KosekiRead(
            feed=feed,
            subject=subject,
            honseki=text(register[0]),
            hittosha=text(register[1]),
            matters=tuple(matters.get(REGISTER_PLACE, ())),
            persons=tuple(
                PersonRead(
                    number(row[0]), bool(row[1]), tuple(text(cell) for cell in row[2:]), tuple(matters.get(number(row[0]), ()))
                )
                for row in persons
            ),
            everybody=number(register[2]),
        )


def read_supplement(
    engine: Engine, meant: Meant, members: tuple[int, ...], *, honseki: bool, overseas_voter: bool
) -> SupplementRead:
    """
    Return what a 附票の写し is made of, of one committed version.

    Args:
        engine: the database.
        meant: who asks, from a card or a ticket that was verified.
        members: references of the chosen persons.
        honseki: 本籍・筆頭者 were chosen; else they are not fetched.
        overseas_voter: 在外選挙人名簿等への登録 was chosen; else it is not fetched.
    """
    head_columns = ", honseki, hittosha" if honseki else ""
    person_columns = ", overseas_voter" if overseas_voter else ""
    only = f"WHERE member_ref IN ({marks(len(members))})"
    with engine.reading() as snapshot:
        feed = _feed(snapshot)
        subject = _bind(snapshot, meant)
        register = snapshot.rows(
            f"SELECT surname, supplement_made, (SELECT COUNT(*) FROM persons){head_columns} FROM registers"  # noqa: S608 - constants
        )[0]
        persons = snapshot.rows(
            f"SELECT member_ref, removed, listed_at, given_name, birth_date, sex{person_columns} FROM persons {only}"  # noqa: S608 - constants and marks
            " ORDER BY listed_at",
            *members,
        )
        addresses: dict[int, list[tuple[str, str, str]]] = {}
        for ref, address, since, note in snapshot.rows(
            f"SELECT member_ref, address, since, note FROM addresses {only} ORDER BY member_ref, position",  # noqa: S608 - constants and marks
            *members,
        ):
            addresses.setdefault(number(ref), []).append((text(address), text(since), text(note)))
        return SupplementRead(
            feed=feed,
            subject=subject,
            surname=text(register[0]),
            made_on=text(register[1]),
            everybody=number(register[2]),
            honseki=text(register[3]) if honseki else "",
            hittosha=text(register[4]) if honseki else "",
            persons=tuple(
                SupplementPersonRead(
                    member_ref=number(row[0]),
                    removed=bool(row[1]),
                    head=row[2] == 1,
                    given_name=text(row[3]),
                    birth_date=text(row[4]),
                    sex=text(row[5]),
                    overseas_voter=text(row[6]) if overseas_voter else "",
                    addresses=tuple(addresses.get(number(row[0]), ())),
                )
                for row in persons
            ),
        )


def _feed(snapshot: Snapshot) -> FeedState:
    municipality, sequence, as_of_ms, stopped = snapshot.rows("SELECT municipality, sequence, as_of_ms, stopped FROM feed")[0]
    return FeedState(text(municipality), number(sequence), number(as_of_ms), text(stopped))


def _bind(snapshot: Snapshot, meant: Meant) -> SubjectRead:
    """Bind the subject, or the made-up one where there is no register to read; the same statements either way."""
    match meant:
        case ByResident(resident_no):
            snapshot.bind_resident(resident_no)
        case ByCard(issuer_dn, serial):
            snapshot.bind_card(issuer_dn, serial)
        case ByTicket():
            pass
    rows = snapshot.rows("SELECT person_no FROM presented WHERE by_what = ?", _BY_WHAT[type(meant)])
    person_no = text(rows[0][0]) if rows else DECOY_NO
    if isinstance(meant, ByTicket):
        person_no = meant.person_no
    snapshot.bind_subject(person_no)
    found = bool(snapshot.rows("SELECT register_no FROM registers")) and person_no != DECOY_NO
    current = bool(snapshot.rows("SELECT register_no FROM registers WHERE state = 'current'"))
    links = [card_link(octets(issuer), int.from_bytes(octets(stored), "big")) for issuer, stored in snapshot.rows(_LINKS)]
    if isinstance(meant, ByTicket) and meant.link not in links:
        found = False  # the card speaks for somebody else now, or for nobody
    subject = person_no if found and current else DECOY_NO
    row_version = snapshot.rows("SELECT row_version FROM registers") if found else [(0,)]
    entering = bool(snapshot.rows("SELECT register_no FROM entering"))
    snapshot.bind_subject(subject)
    stored_resident_no, given_name, birth_date, birth_day, surname = snapshot.rows(
        "SELECT resident_no, given_name, birth_date, birth_day, (SELECT surname FROM registers) FROM persons WHERE person_no = ?",
        subject,
    )[0]
    return SubjectRead(
        known=person_no != DECOY_NO,
        found=found,
        current=current,
        entering=entering,
        row_version=number(row_version[0][0]),
        person_no=subject,
        resident_no=text(stored_resident_no),
        name=text(surname) + SURNAME_AND_GIVEN + text(given_name),
        birth_date=text(birth_date),
        birth_day=text_or_none(birth_day),
    )


def _member(row: Row, subject: str) -> MemberRead:
    member_ref, given_name, removed, person_no, surname = row
    name = text(surname) + SURNAME_AND_GIVEN + text(given_name)
    return MemberRead(number(member_ref), name, bool(removed), person_no == subject)


def _enrolment(snapshot: Snapshot) -> EnrolState | None:
    states = snapshot.rows("SELECT state FROM enrolments ORDER BY received_ms DESC, state LIMIT 1")
    return EnrolState(text(states[0][0])) if states else None
