"""Refusals of the recorder. Details name rules and states, never a person; entries hold no personal data anyway."""

from __future__ import annotations

from akashi.wire.errors import Refused, WireCode
from akashi.wire.messages.ledger import StopScope


class AppendRefused(Refused):
    """An entry that this caller may not append, or not now."""


class Contradicts(Refused):
    """
    The entry contradicts the ledger; something must stop.

    Args:
        scope: what stops: the kiosk where only the kiosk's own words are at odds, else the city.
        what: the rule that does not hold.
    """

    def __init__(self, scope: StopScope, what: str) -> None:
        super().__init__(WireCode.CONTRADICTION, what)
        self.scope = scope


class ReopenRefused(Refused):
    """A request to re-open that is not two operators' signature under one order for an open incident."""

    def __init__(self, code: WireCode, what: str) -> None:
        super().__init__(code, what)
