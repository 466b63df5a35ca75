"""Whole runs: thousands of certificates under siege, replay by seed, seeds that once found a bug."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from akashi.simulation.errors import SimulationRefused
from akashi.simulation.faults import PLANS, Fault
from akashi.simulation.run import Summary, Wanted, run_once

FOUND = Path(__file__).parent / "found"


class FoundCase(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A run that found a bug: what it was, and how to run it again."""

    what: str
    wanted: Wanted


def check_faults_happened(summary: Summary) -> None:
    """A green run in which nothing went wrong proves nothing."""
    plan = PLANS[summary.wanted.plan]
    expected = [fault for fault in Fault if not fault.value.startswith("hostile") or plan.hostile]
    missing = [fault.value for fault in expected if not summary.faults.get(fault.value)]
    assert missing == []
    assert summary.faults[Fault.CRASH.value] >= summary.wanted.issues / 50
    assert sum(summary.faults.values()) > summary.wanted.issues


@pytest.mark.promise("C4", "C6", "C15", "C23")
@pytest.mark.parametrize(("seed", "issues", "plan"), [(1, 700, "siege"), (2, 700, "weather"), (3, 600, "siege")])
def test_two_thousand_certificates_in_three_runs(seed: int, issues: int, plan: str) -> None:
    summary = run_once(Wanted(seed=seed, issues=issues, plan=plan))
    assert summary.delivered >= issues
    assert summary.checked_files == summary.delivered
    assert summary.taken + summary.voided + summary.unsettled == summary.delivered
    assert summary.unsettled <= summary.faults[Fault.CRASH.value]
    check_faults_happened(summary)


@pytest.mark.needs("fonts")
def test_a_calm_run_with_real_files_serves_everybody_who_may_be_served() -> None:
    summary = run_once(Wanted(seed=4, issues=60, plan="calm", real_files=25, visitors=60))
    assert summary.real_files == 25
    assert summary.faults == {}
    allowed = {"eligibility NOT_AVAILABLE", "issue GLYPH_MISSING", "issue TEXT_OVERFLOW"}
    assert set(summary.refusals) <= allowed
    assert summary.ledger_entries >= 3 * summary.delivered


def test_the_same_seed_takes_the_same_steps() -> None:
    wanted = Wanted(seed=21, issues=40, plan="siege", residents=300, visitors=80)
    first, second = (msgspec.structs.replace(run_once(wanted), real_s=0.0) for _ in range(2))
    assert first == second


def test_an_unknown_plan_is_refused() -> None:
    with pytest.raises(SimulationRefused, match="no plan"):
        run_once(Wanted(seed=1, issues=1, plan="sunshine"))


@pytest.mark.nightly
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("seed", range(1000, 1020))
def test_many_seeds(seed: int) -> None:
    check_faults_happened(run_once(Wanted(seed=seed, issues=1500, plan="siege" if seed % 2 else "weather")))


@pytest.mark.parametrize("path", sorted(FOUND.glob("*.json")), ids=lambda path: path.stem)
def test_a_bug_that_was_found_stays_away(path: Path) -> None:
    case = msgspec.json.decode(path.read_bytes(), type=FoundCase)
    assert run_once(case.wanted).delivered >= case.wanted.issues
