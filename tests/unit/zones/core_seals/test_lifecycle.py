"""Registrations live once: every sequence of what can happen, against a model of forty lines (incident T5)."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import date

import pytest

from akashi.registers.errors import FeedRefused
from akashi.registers.stores.engine import Engine
from akashi.wire.errors import Refused
from akashi.zones.core.seals.changes import Abolished, Change, Corrected, Heartbeat, Registered, cells_of
from akashi.zones.core.seals.records import AbolishReason
from akashi.zones.core.seals.stores.opening import open_engine
from unit.registers.asker import Asker, number
from unit.zones.core_seals.office import Office, registration, square

DAY = date(2026, 6, 1)
STEPS = ("register", "again", "abolish", "abolish-again", "correct", "take")
"""`again`: under a number that was used; `abolish-again`: an older number; `take`: give the seal to somebody else."""


@dataclass
class Model:
    """Who is alive, and which numbers were ever given."""

    living: dict[str, str] = field(default_factory=dict)
    given: list[str] = field(default_factory=list)

    def apply(self, step: str, person: str, fresh: str) -> bool:
        """Return whether the register must take the step."""
        current = self.living.get(person)
        if step == "register":
            if current is not None:
                return False
            self.living[person] = fresh
            self.given.append(fresh)
            return True
        if step == "abolish" and current is not None:
            del self.living[person]
            return True
        return step == "correct" and current is not None


def change_of(step: str, person: int, model: Model, fresh: str) -> Change:
    current = model.living.get(number(person), "NONE")
    first = model.given[0] if model.given else "NONE"
    match step:
        case "register":
            return Registered(registration=cells_of(registration(person, no=fresh)))
        case "again" if model.given:
            return Registered(registration=cells_of(registration(person, no=first)))
        case "abolish":
            return Abolished(registration_no=current, reason=AbolishReason.REQUEST, on=DAY)
        case "abolish-again" | "again":
            dead = next((one for one in model.given if one not in model.living.values()), "NONE")
            return Abolished(registration_no=dead, reason=AbolishReason.EX_OFFICIO, on=DAY)
        case "correct":
            return Corrected(registration=cells_of(registration(person, no=current, address="新しい住所")))
        case _:
            return Corrected(registration=cells_of(registration(person % 2 + 1, no=current)))


@pytest.mark.promise("C2", "C4")
@pytest.mark.parametrize("length", [1, 2, 3, 4])
def test_a_seal_is_issued_exactly_where_the_model_says_that_it_lives(length: int) -> None:
    engine = open_engine("sqlite:///:memory:", create=True)
    _begin(engine)
    office = Office(engine)
    people = itertools.count(1)
    for steps in itertools.product(STEPS, repeat=length):
        place, model = next(people), Model()
        for order, step in enumerate(steps):
            fresh = f"{place}-{order}"
            change = change_of(step, place, model, fresh)
            must = model.apply(step, number(place), fresh)
            try:
                office.feed(change)
                taken = True
            except FeedRefused:
                taken = False
            assert taken == must, (steps, step)
        office.feed(Heartbeat())
        asker = Asker(office.clock, place=place, tag=1)
        assert (office.held(asker).holdings[0].refusal is None) == (number(place) in model.living), steps
    engine.close()


def test_nothing_is_left_of_an_abolished_registration(engine: Engine) -> None:
    _begin(engine)
    office = Office(engine)
    office.feed(Registered(registration=cells_of(registration(1, former_name="旧", alias="通", name_kana="カナ"))))
    office.feed(Abolished(registration_no="000001", reason=AbolishReason.NAME_CHANGED, on=DAY))
    with engine.writing() as transaction:
        (row,) = transaction.rows("SELECT * FROM registration_rows")
    kept = [cell for cell in row if cell not in ("", None, b"", 0)]
    assert kept == ["000001", number(1), "abolished", "2026-06-01", "name-changed", 2]


@pytest.mark.promise("C2")
def test_a_correction_cannot_change_the_seal_or_its_holder(engine: Engine) -> None:
    _begin(engine)
    office = Office(engine)
    office.feed(Registered(registration=cells_of(registration(1))))
    for changed in (registration(1, image=square()), registration(2, no="000001")):
        with pytest.raises(Refused, match="correction"):
            office.feed(Corrected(registration=cells_of(changed)))


def _begin(engine: Engine) -> None:
    with engine.writing() as transaction:
        transaction.run("UPDATE feed_rows SET municipality = '139998', as_of_ms = 1781578800000")
