"""Where a rule comes from: every check of this package is registered with its citation, its sentence and its refusal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from akashi.wire.errors import WireCode


@dataclass(frozen=True, slots=True)
class Rule:
    """
    Where a rule comes from.

    Attributes:
        citation: law, ordinance, minutes or section of the protocol.
        effective_from: since when it counts; None where the city's own file dates it.
        sentence: what it says, in our words.
        code: the refusal.
    """

    citation: str
    effective_from: date | None
    sentence: str
    code: WireCode


RULES: dict[str, Rule] = {}
"""Every rule by the name of its function."""

Check = TypeVar("Check", bound=Callable[..., object])


def rule(*, citation: str, sentence: str, code: WireCode, effective_from: date | None = None) -> Callable[[Check], Check]:
    """Return a decorator that registers a check in `RULES`."""

    def register(check: Check) -> Check:
        RULES[check.__name__] = Rule(citation, effective_from, sentence, code)
        return check

    return register
