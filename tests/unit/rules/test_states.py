"""The life of a number: exactly the steps of the table, and the page made from it is current."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from akashi.rules.errors import RuleRefused
from akashi.rules.states import TERMINAL, TRANSITIONS, State, Step, check_transition, states_page
from akashi.wire.errors import WireCode

PAGE = Path(__file__).resolve().parents[3] / "docs/spec/states.md"

ALLOWED = {
    (None, Step.BEGIN): State.INTENT,
    (State.INTENT, Step.SEAL): State.SEALED,
    (State.INTENT, Step.GIVE_UP): State.VOID,
    (State.SEALED, Step.TAKE): State.TAKEN,
    (State.SEALED, Step.SPOIL): State.VOID,
    (State.TAKEN, Step.REVOKE): State.REVOKED,
}


@pytest.mark.promise("C15")
@pytest.mark.parametrize(("before", "step"), list(product([None, *State], Step)))
def test_every_pair_of_state_and_step(before: State | None, step: Step) -> None:
    if (before, step) in ALLOWED:
        assert check_transition(before, step) is ALLOWED[before, step]
    else:
        with pytest.raises(RuleRefused) as refused:
            check_transition(before, step)
        assert refused.value.code is WireCode.CONTRADICTION


@pytest.mark.promise("C15")
@given(st.lists(st.sampled_from(list(Step)), max_size=12))
@settings(max_examples=200, deadline=None)
def test_taken_and_void_exclude_each_other_for_ever(steps: list[Step]) -> None:
    state: State | None = None
    seen = []
    for step in steps:
        try:
            state = check_transition(state, step)
        except RuleRefused:
            continue
        seen.append(state)
    assert not {State.TAKEN, State.VOID} <= set(seen)
    assert len(seen) == len(set(seen))


def test_terminal_states_are_those_that_nothing_leaves() -> None:
    assert {state for state in State if not any(row.before is state for row in TRANSITIONS)} == TERMINAL


def test_one_owner_for_each_step() -> None:
    pairs = [(row.before, row.step) for row in TRANSITIONS]
    assert len(set(pairs)) == len(pairs)
    assert {row.step for row in TRANSITIONS} == set(Step)
    assert all(row.who for row in TRANSITIONS)


def test_the_page_is_current() -> None:
    assert PAGE.read_text("utf-8") == states_page()
