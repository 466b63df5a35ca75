"""
The life of an 発行番号: five states, and every step between them as data.

The issuer's store, the ledger's readers and `docs/spec/states.md` all use this one table. What is not in it does not happen: a
step that the table lacks is a contradiction, and contradictions stop the kiosk or the city.
Source: docs/spec/protocol.md section 5.6; requirements C15.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from akashi.rules.errors import RuleRefused
from akashi.wire.errors import WireCode


class State(enum.StrEnum):
    """Where a number stands."""

    INTENT = "intent"
    """The number is given and is being worked on; nothing has left."""
    SEALED = "sealed"
    """The sealed answer exists. Whether paper exists is not known here: "delivery unconfirmed"."""
    TAKEN = "taken"
    """The kiosk said that the paper was taken. The fee is the city's."""
    VOID = "void"
    """No valid paper: nothing was printed, or what was printed is void. The fee is given back."""
    REVOKED = "revoked"
    """The city withdrew a certificate that had been taken."""


class Step(enum.StrEnum):
    """What moves a number."""

    BEGIN = "begin"
    """An accepted order gets a number."""
    SEAL = "seal"
    """Checked, signed and sealed."""
    GIVE_UP = "give up"
    """No answer came to be: refused, too late, checker's no, restart."""
    TAKE = "take"
    """The kiosk reports that the paper was taken."""
    SPOIL = "spoil"
    """The kiosk reports a jam, an empty tray, a power cut, a sheet that nobody took."""
    REVOKE = "revoke"
    """The city withdraws the certificate."""


@dataclass(frozen=True, slots=True)
class Transition:
    """
    One allowed step.

    Attributes:
        before: None for a number that does not exist yet.
        who: who alone can cause it.
        ledger: what the ledger gets.
    """

    before: State | None
    step: Step
    after: State
    who: str
    ledger: str


TRANSITIONS: tuple[Transition, ...] = (
    Transition(None, Step.BEGIN, State.INTENT, "issuance/issuer", "IntentEntry, before anything is read"),
    Transition(State.INTENT, Step.SEAL, State.SEALED, "issuance/issuer", "SealedEntry"),
    Transition(State.INTENT, Step.GIVE_UP, State.VOID, "issuance/issuer", 'OutcomeRecorded VOID by "issuer"'),
    Transition(State.SEALED, Step.TAKE, State.TAKEN, "store/kiosk", "OutcomeRecorded TAKEN"),
    Transition(State.SEALED, Step.SPOIL, State.VOID, "store/kiosk", "OutcomeRecorded VOID"),
    Transition(State.TAKEN, Step.REVOKE, State.REVOKED, "the city", "not in version 1 of the protocol"),
)
"""Every step there is."""

TERMINAL: frozenset[State] = frozenset({State.VOID, State.REVOKED})
"""States that no step leaves."""

_AFTER = {(transition.before, transition.step): transition.after for transition in TRANSITIONS}


def check_transition(before: State | None, step: Step) -> State:
    """
    Return the state after the step.

    Raises:
        RuleRefused: CONTRADICTION, where the table has no such step.
    """
    after = _AFTER.get((before, step))
    if after is None:
        raise RuleRefused(WireCode.CONTRADICTION, f"no step {step!r} from {before or 'nothing'}")
    return after


def states_page() -> str:
    """Return the text of `docs/spec/states.md`: the table and its diagram."""
    lines = [
        "# States of an issue number (発行番号)",
        "",
        "Made from `src/akashi/rules/states.py` by `states_page()`; a test compares the two.",
        "",
        "```mermaid",
        "stateDiagram-v2",
        *(f"  {(row.before or '[*]')} --> {row.after}: {row.step}" for row in TRANSITIONS),
        "```",
        "",
        "| from | step | to | who alone | ledger |",
        "|---|---|---|---|---|",
        *(f"| {row.before or '(none)'} | {row.step} | {row.after} | {row.who} | {row.ledger} |" for row in TRANSITIONS),
        "",
        "| state | meaning |",
        "|---|---|",
        *(f"| {state} | {_MEANINGS[state]} |" for state in State),
        "",
        "Every other step is a CONTRADICTION: it is refused and stops the kiosk or the city. Time alone moves nothing.",
        "",
    ]
    return "\n".join(lines)


_MEANINGS = {
    State.INTENT: "being worked on; nothing has left",
    State.SEALED: "sealed answer exists; delivery unconfirmed until the kiosk reports",
    State.TAKEN: "the paper was taken; the fee is the city's",
    State.VOID: "no valid paper; the fee is given back",
    State.REVOKED: "withdrawn by the city after it was taken",
}
