"""
The conditions under which a family register may be connected to an issuing server outside: dated attestations with evidence.

The Legal Affairs Bureau lets the data be connected only while the conditions hold. Each is attested by somebody, on a day, until
a day, with evidence; the link refuses to answer while one is missing, not yet begun or over. Promise: any bytes give
attestations or `ConditionsRefused`; no date is ever extended by itself. Source: requirements C13; 戸籍法施行規則 第68条.
"""

from __future__ import annotations

import enum
import tomllib
from dataclasses import dataclass
from datetime import date
from typing import Annotated

import msgspec
from msgspec import Meta

from akashi.zones.koseki.register.errors import ConditionsRefused, LinkClosed

DAYS_MAX = 400
"""An attestation counts for a year and some days of grace; a longer one is a mistake."""


class Condition(enum.StrEnum):
    """What must hold. All of them, always."""

    LOCKED_ROOM = "locked-room"
    """The servers stand in a room that is locked (施錠)."""
    CONTROLLED_ACCESS = "controlled-access"
    """Who enters the room is decided and recorded (入退室管理)."""
    NO_MEDDLING = "no-meddling"
    """Nobody but the named administrators can operate the servers, on the spot or from elsewhere."""


class Attestation(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """
    One condition, attested.

    Attributes:
        condition: which.
        attested_on: first day on which it counts.
        expires_on: last day on which it counts.
        by: office and post of who attests, such as 市民部市民課長; no name of a person is needed.
        evidence: SHA-256 of the evidence, 64 lower-case hexadecimal digits: report, photo, list of entries, contract.
        note: what the evidence is, and where it is kept.
    """

    condition: Condition
    attested_on: date
    expires_on: date
    by: Annotated[str, Meta(min_length=1, max_length=100)]
    evidence: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
    note: Annotated[str, Meta(max_length=500)] = ""


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    attestation: list[Attestation] = []


@dataclass(frozen=True, slots=True)
class ConditionState:
    """
    How one condition stands on a day.

    Attributes:
        condition: which.
        holds: whether it is attested for that day.
        expires_on: last day of the attestation that counts, or None.
    """

    condition: Condition
    holds: bool
    expires_on: date | None


@dataclass(frozen=True, slots=True)
class Conditions:
    """All attestations of a city."""

    attestations: tuple[Attestation, ...]

    def states(self, today: date) -> tuple[ConditionState, ...]:
        """Return how each condition stands today, in the order of `Condition`."""
        return tuple(self._state(condition, today) for condition in Condition)

    def check(self, today: date) -> None:
        """
        Check that every condition is attested for today.

        Raises:
            LinkClosed: one is not; the detail names which.
        """
        lacking = [state.condition for state in self.states(today) if not state.holds]
        if lacking:
            raise LinkClosed("not attested: " + ", ".join(lacking))

    def _state(self, condition: Condition, today: date) -> ConditionState:
        ends = [
            one.expires_on
            for one in self.attestations
            if one.condition is condition and one.attested_on <= today <= one.expires_on
        ]
        return ConditionState(condition, bool(ends), max(ends, default=None))


def parse_conditions(untrusted_content: bytes) -> Conditions:
    """
    Return the attestations that this TOML holds; docs/samples/koseki-conditions.toml explains it.

    Raises:
        ConditionsRefused: not TOML, an unknown, missing or wrong key, a period that ends before it begins or is too long.
    """
    try:
        file = msgspec.convert(tomllib.loads(untrusted_content.decode()), _File)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError, RecursionError, ValueError) as error:
        raise ConditionsRefused(f"attestations: {type(error).__name__}") from None
    for one in file.attestation:
        if not 0 <= (one.expires_on - one.attested_on).days <= DAYS_MAX:
            raise ConditionsRefused(f"attestation of {one.condition}: a period that cannot be")
    return Conditions(tuple(file.attestation))
