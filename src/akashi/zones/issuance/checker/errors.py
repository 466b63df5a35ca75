"""What the checker refuses. Details name a rule, a page or a box of the form; never a value, a person or a secret."""

from __future__ import annotations

from typing import Self

from akashi.wire.errors import Refused, WireCode


class CheckerRefused(Refused):
    """A call that the checker says no to, and that stops nothing: out of date, not authenticated, or not by the city's rules."""


class Contradiction(CheckerRefused):
    """
    Signed words or a finished file that contradict each other: CHECK_FAILED, and the city stops.

    Args:
        detail: which comparison.
    """

    def __init__(self, detail: str) -> None:
        super().__init__(WireCode.CHECK_FAILED, detail)


class SigningFailed(Refused):
    """The file cannot be signed: a bug or a broken installation. Crosses process boundaries."""

    def __init__(self, detail: str) -> None:
        super().__init__(WireCode.INTERNAL, detail)

    def __reduce__(self) -> tuple[type[Self], tuple[str]]:
        return type(self), (self.detail,)


class StopsUnfit(Refused):
    """The file of stops cannot be read or written. The operator acts; without it the server does not start."""

    def __init__(self, detail: str) -> None:
        super().__init__(WireCode.INTERNAL, f"stops: {detail}")


class KeyUnfit(Refused):
    """A private key that is not what it must be, or that the city's directory does not name."""

    def __init__(self, detail: str) -> None:
        super().__init__(WireCode.DIRECTORY_STALE, detail)
