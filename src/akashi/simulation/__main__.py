"""`python -m akashi.simulation --seed N --issues M [--plan siege]`: one run without the command line's other parts."""

from __future__ import annotations

import argparse
import sys

import msgspec

from akashi.simulation.errors import SimulationRefused, Violation
from akashi.simulation.run import Wanted, run_once


def main() -> int:
    """Do one run; print its summary as JSON, or the rule that did not hold; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m akashi.simulation")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--issues", type=int, required=True)
    parser.add_argument("--plan", default="siege")
    parser.add_argument("--real-files", type=int, default=0)
    given = parser.parse_args()
    try:
        summary = run_once(Wanted(seed=given.seed, issues=given.issues, plan=given.plan, real_files=given.real_files))
    except (Violation, SimulationRefused) as found:
        sys.stderr.write(f"seed {given.seed}: {found}\n")
        return 1
    sys.stdout.write(msgspec.json.encode(summary).decode() + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
