"""
What each change does to the register, inside one transaction.

Promise: a change that does not fit what the register holds is refused whole, so that register and source never drift apart
unseen. Nothing is kept of what was before: history stays in the resident-record system.
Source: 住民基本台帳法 第22条 to 第25条 (notifications), 第8条; 住民記録システム標準仕様書 3.1 (blocks), 5.2 (order).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Final

from akashi.registers.dates import WrittenDate, dated_as_entered, parse_written_date
from akashi.registers.errors import FeedRefused
from akashi.registers.serials import serial_octets
from akashi.registers.stores.engine import Transaction, number, text
from akashi.zones.core.residents.changes import (
    AddressCorrection,
    Birth,
    BlockCleared,
    BlockSet,
    CardLinked,
    CardUnlinked,
    Change,
    Correction,
    Death,
    EditingBegun,
    EditingEnded,
    HeadChange,
    Heartbeat,
    MoveIn,
    MoveOut,
    Mover,
    MoveWithin,
    NameCorrection,
    Relation,
    RelationshipCorrection,
)
from akashi.zones.core.residents.records import Household, Resident, ResidentState
from akashi.zones.core.residents.relationships import rank
from akashi.zones.core.residents.rows import (
    BLOCK_COLUMNS,
    CARD_LINK_COLUMNS,
    CURRENT,
    HOUSEHOLD_COLUMNS,
    RECORD_COLUMNS,
    RESIDENT_COLUMNS,
    block_row,
    card_link_row,
    household_row,
    record_row,
    resident_of,
    resident_row,
)

MEMBER_REF_MAX: Final = 999
"""A reference is never given to a second person of the same household; a household that used all of them is for the counter."""

_SORTED = """
UPDATE resident_rows SET listed_at = sorted.listed_at
FROM (
  SELECT resident_no, ROW_NUMBER() OVER (
    PARTITION BY household_no
    ORDER BY CASE WHEN least > 0 THEN position ELSE 0 END, place, COALESCE(birth_day, '9999-12-31'), resident_no
  ) AS listed_at
  FROM (
    SELECT resident_no, household_no, position, place, birth_day, MIN(position) OVER (PARTITION BY household_no) AS least
    FROM resident_rows
    WHERE state IN ('resident', 'move-out-planned') {only}
  ) AS members
) AS sorted
WHERE sorted.resident_no = resident_rows.resident_no
"""
SORT_ALL: Final = _SORTED.format(only="")
"""Works out the order on paper of every household. Source: 住民記録システム標準仕様書 5.2."""
_SORT_ONE: Final = _SORTED.format(only="AND household_no = ?")


def marks(columns: tuple[str, ...]) -> str:
    """Return as many parameter marks as there are columns."""
    return ", ".join("?" * len(columns))


class Applying:
    """
    One change being applied.

    Args:
        transaction: that the change is; the caller commits or drops it.
        sequence: the record's number: the version of every household it touches.
    """

    def __init__(self, transaction: Transaction, sequence: int) -> None:
        self._transaction = transaction
        self._sequence = sequence
        self._touched: set[str] = set()

    def apply(self, change: Change) -> None:
        """
        Apply the change.

        Raises:
            FeedRefused: it does not fit what the register holds.
            RecordRefused: it would make a record that cannot be.
            StoreFailed: the database said no.
        """
        match change:
            case Heartbeat():
                pass
            case MoveIn():
                self._move_in(change)
            case MoveWithin():
                self._move_within(change)
            case MoveOut():
                self._move_out(change)
            case Birth():
                self._birth(change)
            case Death():
                self._save(replace(self._resident(change.resident_no), state=ResidentState.DECEASED, state_on=change.on))
                self._relate(change.relations)
            case NameCorrection():
                self._rename(change)
            case Correction():
                self._correct(change.resident.record)
            case AddressCorrection():
                self._household(change.household.record.household_no)
                self._write_household(change.household.record)
            case RelationshipCorrection() | HeadChange():
                self._household(change.household_no)
                self._relate(change.relations)
            case CardLinked() | CardUnlinked():
                self._link(change)
            case BlockSet() | BlockCleared():
                self._block(change)
            case EditingBegun() | EditingEnded():
                self._household(change.household_no)
                editing = int(isinstance(change, EditingBegun))
                self._transaction.run(
                    "UPDATE household_rows SET editing = ? WHERE household_no = ?", editing, change.household_no
                )
        self._settle()

    def _resident(self, resident_no: str) -> Resident:
        names = ", ".join(RECORD_COLUMNS)
        rows = self._transaction.rows(f"SELECT {names} FROM resident_rows WHERE resident_no = ?", resident_no)  # noqa: S608 - constants
        if not rows:
            raise FeedRefused("a resident that the register does not know")
        one = resident_of(rows[0])
        self._touched.add(one.household_no)
        return one

    def _save(self, one: Resident) -> None:
        columns = (*RECORD_COLUMNS, "place")
        assignments = ", ".join(f"{column} = ?" for column in columns)
        cells = (*record_row(one), int(rank(one.relationship)))
        self._transaction.run(f"UPDATE resident_rows SET {assignments} WHERE resident_no = ?", *cells, one.resident_no)  # noqa: S608 - constants
        self._touched.add(one.household_no)

    def _household(self, household_no: str) -> str:
        """Return the address of a household that must exist."""
        rows = self._transaction.rows("SELECT address FROM household_rows WHERE household_no = ?", household_no)
        if not rows:
            raise FeedRefused("a household that the register does not know")
        self._touched.add(household_no)
        return text(rows[0][0])

    def _write_household(self, one: Household) -> None:
        self._transaction.run(
            f"INSERT INTO household_rows ({', '.join(HOUSEHOLD_COLUMNS)}) VALUES ({marks(HOUSEHOLD_COLUMNS)})"  # noqa: S608 - constants
            " ON CONFLICT (household_no) DO UPDATE SET address = excluded.address, postcode = excluded.postcode,"
            " address_code = excluded.address_code",
            *household_row(one, row_version=self._sequence),
        )
        self._touched.add(one.household_no)

    def _come_to(self, one: Household, comers: frozenset[str]) -> None:
        """Make the household that people come to. It cannot take an address from those who live there and do not come."""
        rows = self._transaction.rows("SELECT address FROM household_rows WHERE household_no = ?", one.household_no)
        if rows and rows[0][0] != one.address and self._members(one.household_no) - comers:
            raise FeedRefused("a household with two addresses")
        self._write_household(one)

    def _members(self, household_no: str) -> set[str]:
        rows = self._transaction.rows(
            "SELECT resident_no FROM resident_rows WHERE household_no = ? AND state IN ('resident', 'move-out-planned')",
            household_no,
        )
        return {text(row[0]) for row in rows}

    def _next_ref(self, household_no: str) -> int:
        rows = self._transaction.rows("SELECT next_ref FROM household_rows WHERE household_no = ?", household_no)
        ref = number(rows[0][0])
        if ref > MEMBER_REF_MAX:
            raise FeedRefused("a household that used all its references")
        self._transaction.run("UPDATE household_rows SET next_ref = ? WHERE household_no = ?", ref + 1, household_no)
        return ref

    def _insert(self, one: Resident) -> None:
        self._transaction.run(
            f"INSERT INTO resident_rows ({', '.join(RESIDENT_COLUMNS)}) VALUES ({marks(RESIDENT_COLUMNS)})",  # noqa: S608 - constants
            *resident_row(one, member_ref=self._next_ref(one.household_no)),
        )
        self._touched.add(one.household_no)

    def _move_in(self, change: MoveIn) -> None:
        household = change.household.record
        comers = [row.record for row in change.members]
        self._come_to(household, frozenset(one.resident_no for one in comers))
        for one in comers:
            if one.household_no != household.household_no or one.state is not ResidentState.RESIDENT:
                raise FeedRefused("a member who does not come to that household")
            known = self._transaction.rows("SELECT state FROM resident_rows WHERE resident_no = ?", one.resident_no)
            if not known:
                self._insert(one)
            elif known[0][0] == ResidentState.MOVED_OUT.value:
                self._save(one)  # who comes back keeps the number, and the blocks and cards that are linked to it
                self._give_ref(one)
            else:
                raise FeedRefused("somebody who lives here, or is dead, moves in")
        self._relate(change.relations)

    def _give_ref(self, one: Resident) -> None:
        ref = self._next_ref(one.household_no)
        self._transaction.run("UPDATE resident_rows SET member_ref = ? WHERE resident_no = ?", ref, one.resident_no)

    def _move_within(self, change: MoveWithin) -> None:
        household = change.household.record
        self._come_to(household, frozenset(mover.resident_no for mover in change.movers))
        for mover in change.movers:
            before = self._resident(mover.resident_no)
            if before.state not in CURRENT:
                raise FeedRefused("somebody who does not live here moves within")
            after = replace(
                before,
                household_no=household.household_no,
                position=mover.position,
                relationship=mover.relationship,
                address_since=_date(mover.address_since, mover.address_since_day, "address_since"),
                notified_on=_notified(mover) or before.notified_on,
            )
            self._save(after)
            if after.household_no != before.household_no:
                self._give_ref(after)
        self._relate(change.relations)

    def _move_out(self, change: MoveOut) -> None:
        if change.state is ResidentState.DECEASED:
            raise FeedRefused("a move out that is a death")
        for resident_no in change.resident_nos:
            one = self._resident(resident_no)
            if one.state not in CURRENT:
                raise FeedRefused("somebody who does not live here moves out")
            self._save(replace(one, state=change.state, state_on=change.on))
        self._relate(change.relations)

    def _birth(self, change: Birth) -> None:
        one = change.resident.record
        self._household(one.household_no)
        if one.state is not ResidentState.RESIDENT:
            raise FeedRefused("a birth into another state")
        if self._transaction.rows("SELECT 1 FROM resident_rows WHERE resident_no = ?", one.resident_no):
            raise FeedRefused("a birth under a number that was given before")
        self._insert(one)
        self._relate(change.relations)

    def _rename(self, change: NameCorrection) -> None:
        alias_since = _date(change.alias_since, change.alias_since_day, "alias_since") if change.alias_since else None
        self._save(
            replace(
                self._resident(change.resident_no),
                name=change.name,
                name_kana=change.name_kana,
                kana_confirmed=change.kana_confirmed,
                name_latin=change.name_latin,
                former_name=change.former_name,
                alias=change.alias,
                alias_since=alias_since,
            )
        )

    def _correct(self, after: Resident) -> None:
        before = self._resident(after.resident_no)
        if (before.household_no, before.state) != (after.household_no, after.state):
            raise FeedRefused("a correction that moves somebody")
        self._save(after)

    def _relate(self, relations: tuple[Relation, ...]) -> None:
        for relation in relations:
            touched = frozenset(self._touched)
            one = self._resident(relation.resident_no)
            if one.household_no not in touched or one.state not in CURRENT:
                raise FeedRefused("a relationship outside the household of the change")
            self._save(replace(one, relationship=relation.relationship))

    def _link(self, change: CardLinked | CardUnlinked) -> None:
        link = change.link.record
        self._resident(link.resident_no)
        key = (serial_octets(link.serial), link.issuer_dn)
        rows = self._transaction.rows("SELECT resident_no FROM card_link_rows WHERE serial = ? AND issuer_dn = ?", *key)
        if rows and rows[0][0] != link.resident_no:
            raise FeedRefused("a card that speaks for somebody else")
        if isinstance(change, CardUnlinked):
            if not rows:
                raise FeedRefused("a card that speaks for nobody")
            self._transaction.run("DELETE FROM card_link_rows WHERE serial = ? AND issuer_dn = ?", *key)
            return
        self._transaction.run(
            f"INSERT INTO card_link_rows ({', '.join(CARD_LINK_COLUMNS)}) VALUES ({marks(CARD_LINK_COLUMNS)})"  # noqa: S608 - constants
            " ON CONFLICT (serial, issuer_dn) DO UPDATE SET kind = excluded.kind, linked_on = excluded.linked_on",
            *card_link_row(link),
        )

    def _block(self, change: BlockSet | BlockCleared) -> None:
        if isinstance(change, BlockSet):
            self._resident(change.block.record.resident_no)
            self._transaction.run(
                f"INSERT INTO block_rows ({', '.join(BLOCK_COLUMNS)}) VALUES ({marks(BLOCK_COLUMNS)})"  # noqa: S608 - constants
                " ON CONFLICT (resident_no, reason) DO UPDATE SET since = excluded.since, until = excluded.until",
                *block_row(change.block.record),
            )
            return
        self._resident(change.resident_no)
        if change.temporary:
            return
        if not self._transaction.run(
            "DELETE FROM block_rows WHERE resident_no = ? AND reason = ?", change.resident_no, change.reason.value
        ):
            raise FeedRefused("a block that is not there ends")

    def _settle(self) -> None:
        for household_no in sorted(self._touched):
            self._transaction.run(
                "UPDATE household_rows SET row_version = ? WHERE household_no = ?", self._sequence, household_no
            )
            self._transaction.run(_SORT_ONE, household_no)


def _date(written: str, day: date | None, column: str) -> WrittenDate:
    return parse_written_date(written, column=column) if day is None else dated_as_entered(written, day, column=column)


def _notified(mover: Mover) -> WrittenDate | None:
    return _date(mover.notified_on, mover.notified_on_day, "notified_on") if mover.notified_on else None
