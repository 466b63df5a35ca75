"""What the kiosk refuses on its own, and how it tells a proven no from a claimed one."""

from __future__ import annotations

from akashi.wire.errors import Refused


class SessionRefused(Refused):
    """The session cannot go on: what came back does not fit what was asked, or a step is out of turn."""


class SealedRefusal(SessionRefused):
    """
    The city's signed no to this very envelope. Any other refusal of a journey is only what somebody on the way said.

    A relay can make up a plain code, so only this one tells what became of an order.
    """


class NobodyChosen(SessionRefused):
    """An order without anybody on it: nothing was sent."""


class JournalRefused(Refused):
    """The journal cannot take this line, or cannot be read or written."""
