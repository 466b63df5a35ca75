"""
What each step of a notification does to the registers, inside one transaction.

Promise: a step that does not fit what the register holds refuses the whole notification, so that register and source never drift
apart unseen. Nobody is ever deleted: who leaves is marked 除籍.
Source: 戸籍法 第15条 to 第23条, 第77条の2, 第107条, 第108条; 住民基本台帳法 第17条 to 第20条.
"""

from __future__ import annotations

from msgspec.structs import replace

from akashi.registers.errors import FeedRefused
from akashi.registers.stores.engine import Transaction
from akashi.zones.koseki.register.notifications import (
    AddressNotified,
    BlockCleared,
    BlockSet,
    EnteringBegun,
    EnteringEnded,
    FeedRecord,
    PersonCorrected,
    PersonEntered,
    PersonMatter,
    PersonRemoved,
    RegisterClosed,
    RegisterMade,
    RegisterMatter,
    ResidentLinked,
    Step,
    VoterNotified,
)
from akashi.zones.koseki.register.records import FamilyRegister, Person, RegisterState
from akashi.zones.koseki.register.rows import BLOCK_COLUMNS, block_row, load_register, marks, save_register
from akashi.zones.koseki.register.vocabulary import SpouseMark


class Applying:
    """
    One notification being applied.

    Args:
        transaction: that it is; the caller commits or drops it.
        record: what it says; its number becomes the version of every register that it touches.
    """

    def __init__(self, transaction: Transaction, record: FeedRecord) -> None:
        self._transaction = transaction
        self._record = record

    def apply(self) -> None:
        """
        Apply all steps in order.

        Raises:
            FeedRefused: a step does not fit what the registers hold.
            RecordRefused: it would make a register that cannot be.
            StoreFailed: the database said no.
        """
        for step in self._record.steps:
            self._apply(step)

    def _apply(self, step: Step) -> None:
        match step:
            case RegisterMade():
                self._make(step.register)
            case RegisterClosed() | RegisterMatter():
                self._change_register(step)
            case PersonEntered():
                self._enter(step)
            case PersonMatter() | PersonRemoved() | PersonCorrected() | AddressNotified() | VoterNotified() | ResidentLinked():
                self._change_person(step)
            case BlockSet() | BlockCleared():
                self._block(step)
            case EnteringBegun() | EnteringEnded():
                self._mark_entering(step)

    def _make(self, register: FamilyRegister) -> None:
        if self._transaction.rows("SELECT 1 FROM register_rows WHERE register_no = ?", register.register_no):
            raise FeedRefused("a register under a number that was given before")
        self._save(register, new=True)

    def _current(self, register_no: str) -> FamilyRegister:
        register = load_register(self._transaction, register_no)
        if register.state is not RegisterState.CURRENT:
            raise FeedRefused("a change to a register that is not current")
        return register

    def _save(self, register: FamilyRegister, *, new: bool = False) -> None:
        save_register(self._transaction, register, sequence=self._record.sequence, new=new)

    def _change_register(self, step: RegisterClosed | RegisterMatter) -> None:
        register = self._current(step.register_no)
        if isinstance(step, RegisterClosed):
            self._save(replace(register, state=RegisterState.CLOSED))
            return
        self._save(
            replace(
                register,
                matters=(*register.matters, step.matter),
                honseki=step.honseki or register.honseki,
                surname=step.surname or register.surname,
                hittosha=step.hittosha or register.hittosha,
            )
        )

    def _enter(self, step: PersonEntered) -> None:
        register = self._current(step.register_no)
        if step.person.removed is not None:
            raise FeedRefused("somebody enters a register and has left it")
        if self._transaction.rows("SELECT 1 FROM person_rows WHERE person_no = ?", step.person.person_no):
            raise FeedRefused("an entry under a number that was given before")
        self._save(replace(register, persons=(*register.persons, step.person)))

    def _change_person(
        self, step: PersonMatter | PersonRemoved | PersonCorrected | AddressNotified | VoterNotified | ResidentLinked
    ) -> None:
        register = self._current(step.register_no)
        number = step.person.person_no if isinstance(step, PersonCorrected) else step.person_no
        before = next((one for one in register.persons if one.person_no == number), None)
        if before is None:
            raise FeedRefused("somebody who does not stand in that register")
        after = _changed(before, step)
        self._save(replace(register, persons=tuple(after if one is before else one for one in register.persons)))

    def _block(self, step: BlockSet | BlockCleared) -> None:
        run = self._transaction.run
        if isinstance(step, BlockCleared):
            if not run("DELETE FROM block_rows WHERE person_no = ? AND reason = ?", step.person_no, step.reason.value):
                raise FeedRefused("a block that is not there ends")
            return
        if not self._transaction.rows("SELECT 1 FROM person_rows WHERE person_no = ?", step.block.person_no):
            raise FeedRefused("a person who is not here")
        run(
            f"INSERT INTO block_rows ({', '.join(BLOCK_COLUMNS)}) VALUES ({marks(len(BLOCK_COLUMNS))})"  # noqa: S608 - constants
            " ON CONFLICT (person_no, reason) DO UPDATE SET since = excluded.since, until = excluded.until",
            *block_row(step.block),
        )

    def _mark_entering(self, step: EnteringBegun | EnteringEnded) -> None:
        run = self._transaction.run
        if isinstance(step, EnteringEnded):
            if not run("DELETE FROM entering_rows WHERE register_no = ?", step.register_no):
                raise FeedRefused("an entering that did not begin ends")
            return
        load_register(self._transaction, step.register_no)
        run(
            "INSERT INTO entering_rows (register_no, since_ms, reason) VALUES (?, ?, ?)"
            " ON CONFLICT (register_no) DO UPDATE SET reason = excluded.reason",
            step.register_no,
            self._record.time_ms,
            step.reason,
        )


def _changed(
    before: Person, step: PersonMatter | PersonRemoved | PersonCorrected | AddressNotified | VoterNotified | ResidentLinked
) -> Person:
    match step:
        case PersonCorrected():
            if (before.removed is None) != (step.person.removed is None):
                raise FeedRefused("a correction that removes somebody or brings somebody back")
            return step.person
        case ResidentLinked():
            return replace(before, resident_no=step.resident_no)
        case PersonMatter():
            spouse = before.spouse if step.spouse is None else step.spouse
            return replace(before, matters=(*before.matters, step.matter), spouse=spouse)
    if before.removed is not None:
        raise FeedRefused("somebody who has left the register")
    match step:
        case PersonRemoved():
            matters = before.matters if step.matter is None else (*before.matters, step.matter)
            # The mark is struck off with the person (戸籍法施行規則 第40条).
            return replace(before, matters=matters, removed=step.removed, spouse=SpouseMark.NONE)
        case AddressNotified():
            return replace(before, addresses=(*before.addresses, step.address))
        case VoterNotified():
            return replace(before, overseas_voter=step.overseas_voter)
