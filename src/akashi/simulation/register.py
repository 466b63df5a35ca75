"""
The register as it truly is, version by version, and the changes that happen to it while certificates are issued.

This is the source's side of the change feed: the simulated servers learn of a change only through the feed's lines. The model
compares what was printed with the version that the record claims.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from random import Random

from akashi.simulation.city import names
from akashi.simulation.city.household import GeneratedHousehold
from akashi.wire.certificates import Item
from akashi.zones.core.residents.changes import (
    AddressCorrection,
    BlockCleared,
    BlockRow,
    BlockSet,
    Change,
    EditingBegun,
    EditingEnded,
    FeedRecord,
    Heartbeat,
    HouseholdRow,
    NameCorrection,
    format_line,
)
from akashi.zones.core.residents.records import Block, BlockReason, Household, Resident, ResidentKind, ResidentState

AGE_MIN = 15
LIVING = frozenset({ResidentState.RESIDENT, ResidentState.MOVE_OUT_PLANNED})


@dataclass(frozen=True, slots=True)
class Version:
    """
    One household at one committed version.

    Attributes:
        household, residents: as the register holds them; a resident's place is the member reference.
        blocked: 宛名番号 of people with a block.
        editing: a change is being keyed in.
    """

    household: Household
    residents: tuple[Resident, ...]
    blocked: frozenset[str]
    editing: bool = False

    @property
    def living(self) -> dict[int, Resident]:
        """Members who live there, by member reference."""
        return {place: one for place, one in enumerate(self.residents) if one.state in LIVING}

    def may_use(self, resident_no: str, day: date) -> bool:
        """Return whether this person may have certificates at a kiosk (domain facts 1.2)."""
        person = next(one for one in self.residents if one.resident_no == resident_no)
        born = person.birth.internal
        if born is None or person.state is not ResidentState.RESIDENT:
            return False
        if any(one.resident_no in self.blocked for one in self.living.values()):
            return False
        return (day.year - born.year) - ((day.month, day.day) < (born.month, born.day)) >= AGE_MIN


class Register:
    """
    The truth.

    Args:
        households: the city at the start (feed sequence 0).
    """

    def __init__(self, households: Iterable[GeneratedHousehold]) -> None:
        self.lines: list[bytes] = []
        self.times_ms: list[int] = []
        self._history: dict[str, list[tuple[int, Version]]] = {}
        self._home: dict[str, str] = {}
        self._set_here: set[str] = set()
        for one in households:
            number = one.household.household_no
            blocked = frozenset(block.resident_no for block in one.blocks)
            self._history[number] = [(0, Version(one.household, one.residents, blocked))]
            self._home.update((resident.resident_no, number) for resident in one.residents)

    @property
    def sequence(self) -> int:
        """Number of the last record of the feed."""
        return len(self.lines)

    def home_of(self, resident_no: str) -> str:
        """Return the 世帯番号 of a person."""
        return self._home[resident_no]

    def version(self, household_no: str, row_version: int) -> Version | None:
        """Return the household as it was committed by exactly that record of the feed; None where none changed it then."""
        return next((version for at, version in self._history[household_no] if at == row_version), None)

    def newest(self, household_no: str) -> Version:
        """Return the household as it is now."""
        return self._history[household_no][-1][1]

    def versions_until(self, household_no: str, since: int) -> list[Version]:
        """Return every version that was in force at or after record `since` of the feed."""
        history = self._history[household_no]
        first = max(index for index, (at, _) in enumerate(history) if at <= since)
        return [version for _, version in history[first:]]

    def heartbeat(self, now_ms: int) -> None:
        """Append a record that says only that the source lives."""
        self._append(Heartbeat(), now_ms)

    def change(self, rng: Random, resident_no: str, now_ms: int) -> bool:
        """
        Let something happen to this person's household: a new name, a corrected address, a block, a change being keyed in.

        Returns:
            Whether it keeps the household from being served until the next change to the same person.
        """
        now = self.newest(self._home[resident_no])
        if now.editing:
            self.end_editing((resident_no,), now_ms)
        elif resident_no in self._set_here:
            self.unblock(resident_no, now_ms)
        else:
            drawn = rng.random()
            if drawn < 0.12 and resident_no not in now.blocked:  # noqa: PLR2004 - share of blocks
                self.block(resident_no, now_ms)
            elif drawn < 0.3:  # noqa: PLR2004 - share of changes that take a while to key in
                self.begin_editing(resident_no, now_ms)
            elif drawn < 0.55 or self._person(resident_no).kind is ResidentKind.FOREIGN:  # noqa: PLR2004 - share of addresses
                self.correct_address(rng, resident_no, now_ms)
            else:
                self.rename(rng, resident_no, now_ms)
        return self.newest(self._home[resident_no]).editing or resident_no in self._set_here

    def block(self, resident_no: str, now_ms: int) -> None:
        """Protect this person: nothing is issued for the household any more."""
        number = self._home[resident_no]
        now = self.newest(number)
        self._set_here.add(resident_no)
        block = Block(resident_no=resident_no, reason=BlockReason.SUPPORT_MEASURE, since=date(2026, 11, 24))
        self._commit(number, replace(now, blocked=now.blocked | {resident_no}), BlockSet(block=BlockRow(block)), now_ms)

    def unblock(self, resident_no: str, now_ms: int) -> None:
        """End what `block` began."""
        number = self._home[resident_no]
        now = self.newest(number)
        self._set_here.remove(resident_no)
        cleared = BlockCleared(resident_no=resident_no, reason=BlockReason.SUPPORT_MEASURE, temporary=False)
        self._commit(number, replace(now, blocked=now.blocked - {resident_no}), cleared, now_ms)

    def begin_editing(self, resident_no: str, now_ms: int) -> None:
        """Begin to key in a change to this person's household."""
        number = self._home[resident_no]
        self._commit(number, replace(self.newest(number), editing=True), EditingBegun(household_no=number), now_ms)

    def end_editing(self, resident_nos: Iterable[str], now_ms: int) -> None:
        """End what is still being keyed in, so that a run can end."""
        for number in {self._home[resident_no] for resident_no in resident_nos}:
            now = self.newest(number)
            if now.editing:
                self._commit(number, replace(now, editing=False), EditingEnded(household_no=number), now_ms)

    def rename(self, rng: Random, resident_no: str, now_ms: int) -> None:
        """Give this person (a Japanese resident) another name."""
        person = self._person(resident_no)
        new = names.japanese(names.draw_surname(rng), names.draw_given(rng, person.sex, 1980))
        renamed = replace(
            person, name=new.name, name_kana=new.kana, kana_confirmed=True, former_name=person.name.split("\u3000")[0]
        )
        now = self.newest(person.household_no)
        residents = tuple(renamed if one.resident_no == person.resident_no else one for one in now.residents)
        change = NameCorrection(
            resident_no=person.resident_no,
            name=renamed.name,
            name_kana=renamed.name_kana,
            kana_confirmed=True,
            former_name=renamed.former_name,
        )
        self._commit(person.household_no, replace(now, residents=residents), change, now_ms)

    def correct_address(self, rng: Random, resident_no: str, now_ms: int) -> None:
        """Write the address of this person's household in another way."""
        number = self._home[resident_no]
        now = self.newest(number)
        corrected = replace(now.household, address=f"{now.household.address.split('（')[0]}（{rng.randint(1, 9999)}）")
        change = AddressCorrection(household=HouseholdRow(corrected))
        self._commit(number, replace(now, household=corrected), change, now_ms)

    def _person(self, resident_no: str) -> Resident:
        residents = self.newest(self._home[resident_no]).residents
        return next(one for one in residents if one.resident_no == resident_no)

    def _commit(self, number: str, version: Version, change: Change, now_ms: int) -> None:
        self._append(change, now_ms)
        self._history[number].append((self.sequence, version))

    def _append(self, change: Change, now_ms: int) -> None:
        self.lines.append(format_line(FeedRecord(sequence=self.sequence + 1, time_ms=now_ms, change=change)))
        self.times_ms.append(now_ms)


def written_item(resident: Resident, item: Item) -> str:
    """Return what a certificate must say for one item: the model's own reading of the record."""
    foreign = resident.foreign
    dates = {
        Item.BIRTH_DATE: resident.birth,
        Item.RESIDENT_SINCE: resident.resident_since,
        Item.ADDRESS_SINCE: resident.address_since,
        Item.NOTIFIED_ON: resident.notified_on,
        Item.RESIDENCE_EXPIRY: foreign.residence_expiry if foreign else None,
    }
    if item in dates:
        written = dates[item]
        return written.written if written else ""
    texts = {
        Item.NAME: resident.name,
        Item.NAME_KANA: resident.name_kana if resident.kana_confirmed else "",
        Item.NAME_LATIN: resident.name_latin,
        Item.FORMER_NAME: resident.former_name,
        Item.ALIAS: resident.alias,
        Item.SEX: resident.sex.value,
        Item.PREVIOUS_ADDRESS: resident.previous_address,
        Item.RELATIONSHIP: resident.relationship,
        Item.HONSEKI: resident.honseki,
        Item.HITTOSHA: resident.hittosha,
        Item.MY_NUMBER: resident.my_number,
        Item.JUMINHYO_CODE: resident.juminhyo_code,
        Item.NATIONALITY: foreign.nationality if foreign else "",
        Item.STATUS_30_45: foreign.status_30_45 if foreign else "",
        Item.RESIDENCE_STATUS: foreign.residence_status if foreign else "",
        Item.RESIDENCE_PERIOD: foreign.residence_period if foreign else "",
        Item.RESIDENCE_CARD: foreign.residence_card if foreign else "",
    }
    return texts[item]
