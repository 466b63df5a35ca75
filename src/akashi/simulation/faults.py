"""What may go wrong in a run, how often, and how often it really did."""

from __future__ import annotations

import enum
from collections import Counter
from dataclasses import dataclass


class Fault(enum.StrEnum):
    """Every kind of misfortune and malice that the simulator brings about; the summary counts each."""

    REQUEST_LOST = "request lost"
    """The call never arrives; the caller waits until its deadline."""
    ANSWER_LOST = "answer lost"
    """The callee has done its work; the answer never arrives."""
    UNREACHABLE = "unreachable"
    """The connection is refused at once."""
    DUPLICATE = "duplicate"
    """The same call arrives twice; the first answer counts."""
    SLOW = "slow"
    """The call or its answer takes far longer than usual, perhaps past the deadline; later ones overtake it."""
    CRASH = "crash"
    """A machine stops at an await or beside a store call, and starts again."""
    SLOW_COMPOSER = "slow composer"
    """Work in `Compute` takes 10 to 100 times as long."""
    CLOCK_FROZEN = "clock frozen"
    """A machine's wall clock stands still for a while."""
    CLOCK_BACK = "clock stepped back"
    """A machine's wall clock jumps back."""
    REGISTER_CHANGED = "register changed"
    """A record changes while certificates are being issued."""
    PRINT_FAILED = "print failed"
    """Jam, no paper, paper not taken: the kiosk voids the number."""
    KIOSK_LEFT = "kiosk left"
    """The applicant walks away, or the kiosk's session ends, at any step."""
    BIT_FLIPPED = "hostile: bit flipped"
    REPLAYED = "hostile: replayed"
    SWAPPED = "hostile: answer swapped"
    HELD = "hostile: held back"
    DROPPED = "hostile: dropped"
    REWRAPPED = "hostile: parts rearranged"
    WORD_SWAPPED = "hostile: token of another journey"
    CODE_FORGED = "hostile: false refusal"


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultPlan:
    """
    How often each thing happens: shares (0 to 1) per call, or mean counts over a run.

    Attributes:
        request_lost, answer_lost, unreachable, duplicate, slow: shares of calls on any link.
        delay_ms: shortest and longest ordinary delay of one way.
        slow_ms: longest delay of a slow one.
        hostile: share of calls at relays that are tampered with.
        crashes: mean number of crashes in 100 sessions.
        slow_composer: share of pieces of work that are slow.
        compute_ms: ordinary time of one piece of work in `Compute`.
        clock_faults: mean number of clock faults in 100 sessions.
        register_changes: mean number of changed records in 100 sessions.
        print_failed, kiosk_left: shares of certificates and of sessions.
    """

    request_lost: float = 0.0
    answer_lost: float = 0.0
    unreachable: float = 0.0
    duplicate: float = 0.0
    slow: float = 0.0
    delay_ms: tuple[int, int] = (1, 12)
    slow_ms: int = 45_000
    hostile: float = 0.0
    crashes: float = 0.0
    slow_composer: float = 0.0
    compute_ms: int = 20
    clock_faults: float = 0.0
    register_changes: float = 0.0
    print_failed: float = 0.0
    kiosk_left: float = 0.0


CALM = FaultPlan()
"""Nothing goes wrong."""

WEATHER = FaultPlan(
    request_lost=0.006,
    answer_lost=0.006,
    unreachable=0.006,
    duplicate=0.01,
    slow=0.008,
    crashes=12,
    slow_composer=0.05,
    clock_faults=6,
    register_changes=30,
    print_failed=0.08,
    kiosk_left=0.05,
)
"""Misfortune without malice."""

SIEGE = FaultPlan(
    request_lost=0.004,
    answer_lost=0.004,
    unreachable=0.004,
    duplicate=0.01,
    slow=0.006,
    hostile=0.03,
    crashes=8,
    slow_composer=0.03,
    clock_faults=4,
    register_changes=20,
    print_failed=0.08,
    kiosk_left=0.05,
)
"""Misfortune, and every relay is in hostile hands."""

STORM = FaultPlan(
    request_lost=0.01,
    answer_lost=0.02,
    unreachable=0.01,
    duplicate=0.1,
    slow=0.02,
    crashes=25,
    slow_composer=0.2,
    clock_faults=5,
    register_changes=60,
    print_failed=0.4,
    kiosk_left=0.1,
)
"""Misfortune so heavy that many a visit fails."""

PLANS = {"calm": CALM, "weather": WEATHER, "storm": STORM, "siege": SIEGE}

FaultCounts = Counter[Fault]
"""How often each fault was really brought about."""
