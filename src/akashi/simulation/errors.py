"""Every anticipated no of the simulation."""

from __future__ import annotations

from akashi.wire.errors import Refused, WireCode


class SimulationRefused(Refused):
    """A run that cannot be set up; the text says why."""

    def __init__(self, reason: str) -> None:
        super().__init__(WireCode.INTERNAL, reason)


class Violation(Exception):  # noqa: N818 - what must hold was violated; no refusal, so that nothing of ours catches it
    """
    What must hold does not: the run has found a bug.

    Args:
        rule: what must hold.
        where: by ids and codes.
    """

    def __init__(self, rule: str, where: str) -> None:
        super().__init__(f"{rule}: {where}")
        self.rule = rule
