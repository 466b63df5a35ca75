"""How many certificates a second the whole route sustains on this machine, and how long one takes at half of that."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable
from dataclasses import asdict, dataclass, field

from akashi.card.virtual import VirtualCard
from akashi.entry.kiosk import Kiosk
from akashi.entry.load.cpu import cpu_ms, memory_mib
from akashi.entry.load.visitors import Tally, run_step

SUSTAINED_SHARE = 0.95
"""A rate is sustained where at least this share of the arrivals was served within the step and nobody was refused."""
P99_MS_MAX = 5_000
GROWTH = 1.25


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the search."""

    rate_per_s: float
    served: int
    served_per_s: float
    p50_ms: float
    p99_ms: float
    refused: dict[str, int]
    cpu_ms_per_certificate: dict[str, float]

    @property
    def sustained(self) -> bool:
        """Whether the route kept up."""
        return not self.refused and self.served_per_s >= SUSTAINED_SHARE * self.rate_per_s and self.p99_ms <= P99_MS_MAX


@dataclass(slots=True)
class Result:
    """What the benchmark found; times in milliseconds."""

    sustained_per_s: float = 0.0
    half_rate_per_s: float = 0.0
    p50_ms: float = 0.0
    p99_ms: float = 0.0
    cpu_ms_per_certificate: dict[str, float] = field(default_factory=dict)
    memory_mib: dict[str, float] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    cores: int = os.cpu_count() or 0
    processor: str = platform.processor() or platform.machine()

    def as_json(self) -> dict[str, object]:
        """Return plain values."""
        return asdict(self)


class RouteBench:
    """
    The benchmark.

    Args:
        kiosks: through which visitors come, in turn.
        cards: theirs.
        pids: server processes, and "load" for this one.
        seconds: length of each step.
        on_step: called before each step with its rate and number of arrivals.
        on_done: called after each visitor.
    """

    def __init__(
        self,
        kiosks: tuple[Kiosk, ...],
        cards: tuple[VirtualCard, ...],
        pids: dict[str, int],
        *,
        seconds: float,
        on_step: Callable[[str], None],
        on_done: Callable[[], None],
    ) -> None:
        self._kiosks = kiosks
        self._cards = cards
        self._pids = {**pids, "load generator": os.getpid()}
        self._seconds = seconds
        self._on_step = on_step
        self._on_done = on_done

    async def run(self, *, start_per_s: float) -> Result:
        """Raise the rate until it is not sustained, halve in between once, then measure latency at half of the best."""
        result = Result()
        await self._step(start_per_s / 2, "warm-up")
        rate, best, ceiling = start_per_s, 0.0, 0.0
        while True:
            step = await self._step(rate, "search")
            result.steps.append(step)
            if step.sustained:
                best = max(best, rate)
                result.cpu_ms_per_certificate = step.cpu_ms_per_certificate
            else:
                ceiling = rate
            if best and ceiling and ceiling / best <= 1 + (GROWTH - 1) / 2:
                break
            rate = (best + ceiling) / 2 if best and ceiling else rate * GROWTH if best else rate / 2
            if rate < 1:
                break
        result.sustained_per_s = round(best, 1)
        if best:
            half = await self._step(best / 2, "half")
            result.half_rate_per_s, result.p50_ms, result.p99_ms = half.rate_per_s, half.p50_ms, half.p99_ms
        result.memory_mib = {name: round(value, 1) for name, value in memory_mib(self._pids).items()}
        return result

    async def _step(self, rate_per_s: float, what: str) -> Step:
        self._on_step(f"{what}: {rate_per_s:.1f}/s for {self._seconds:.0f} s")
        before = cpu_ms(self._pids)
        tally = await run_step(self._kiosks, self._cards, rate_per_s=rate_per_s, seconds=self._seconds, on_done=self._on_done)
        after = cpu_ms(self._pids)
        served = len(tally.latencies_ms)
        per = {name: round((after[name] - before[name]) / max(1, served), 2) for name in self._pids}
        return Step(
            round(rate_per_s, 1),
            served,
            round(_served_per_s(tally, self._seconds), 1),
            round(tally.quantile(0.5), 1),
            round(tally.quantile(0.99), 1),
            dict(tally.refused),
            dict(sorted(per.items(), key=lambda item: -item[1])),
        )


def _served_per_s(tally: Tally, seconds: float) -> float:
    """Return how many a second came out; where the last ones came late, over the longer time."""
    if len(tally.done_at) < 2:  # noqa: PLR2004 - a rate needs two
        return 0.0
    return len(tally.done_at) / max(seconds, max(tally.done_at) - min(tally.done_at))
