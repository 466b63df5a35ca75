"""
What the register reads: one snapshot, bound to one subject, exactly the columns that are printed.

Source: docs/spec/seals.md section 4; requirements C2, C3.
"""

from __future__ import annotations

from dataclasses import dataclass

from akashi.registers.following import FeedState
from akashi.registers.stores.engine import Engine, Row, Snapshot, number, octets, text
from akashi.zones.core.seals.records import SealBitmap


@dataclass(frozen=True, slots=True, repr=False)
class HeldRead:
    """Whether the subject has a living registration, and whether a change to it is being entered."""

    feed: FeedState
    editing: bool
    registered: bool


@dataclass(frozen=True, slots=True, repr=False)
class SealRead:
    """A living registration. `sex` is empty where it was not asked for; `resident_no` is the one stored with the row."""

    resident_no: str
    row_version: int
    name: str
    former_name: str
    alias: str
    name_kana: str
    birth_date: str
    sex: str
    address: str
    registered_on: str
    image: SealBitmap


@dataclass(frozen=True, slots=True, repr=False)
class RecordRead:
    """All that `read_record` reads; `seal` is None where there is no living registration."""

    feed: FeedState
    editing: bool
    seal: SealRead | None


def read_feed(engine: Engine) -> FeedState:
    """Return how current the register is."""
    with engine.reading() as snapshot:
        return _feed(snapshot)


def read_held(engine: Engine, resident_no: str) -> HeldRead:
    """Return whether the person has a living registration, of one committed version."""
    with engine.reading() as snapshot:
        feed = _feed(snapshot)
        snapshot.bind_subject(resident_no)
        registered = bool(snapshot.rows("SELECT registration_no FROM registration"))
        return HeldRead(feed, _editing(snapshot), registered)


def read_seal(engine: Engine, resident_no: str, *, with_sex: bool) -> RecordRead:
    """
    Return the person's living registration, of one committed version.

    Args:
        engine: the database.
        resident_no: the subject, from a ticket that was verified.
        with_sex: whether the city prints it; else it is not fetched.
    """
    sex = "sex" if with_sex else "''"
    with engine.reading() as snapshot:
        feed = _feed(snapshot)
        snapshot.bind_subject(resident_no)
        rows = snapshot.rows(
            "SELECT resident_no, row_version, name, former_name, alias, name_kana, birth_date, "  # noqa: S608 - constants
            f"{sex}, address, registered_on, width_px, height_px, image FROM registration"
        )
        seal = None
        if rows:
            seal = _seal(rows[0])
        return RecordRead(feed, _editing(snapshot), seal)


def _seal(row: Row) -> SealRead:
    no, version, name, former, alias, kana, birth, sex, address, registered, width, height, image = row
    return SealRead(
        resident_no=text(no),
        row_version=number(version),
        name=text(name),
        former_name=text(former),
        alias=text(alias),
        name_kana=text(kana),
        birth_date=text(birth),
        sex=text(sex),
        address=text(address),
        registered_on=text(registered),
        image=SealBitmap(number(width), number(height), octets(image)),
    )


def _feed(snapshot: Snapshot) -> FeedState:
    municipality, sequence, as_of_ms, stopped = snapshot.rows("SELECT municipality, sequence, as_of_ms, stopped FROM feed")[0]
    return FeedState(text(municipality), number(sequence), number(as_of_ms), text(stopped))


def _editing(snapshot: Snapshot) -> bool:
    return bool(snapshot.rows("SELECT resident_no FROM editing"))
