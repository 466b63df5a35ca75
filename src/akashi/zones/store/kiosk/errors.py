"""What the kiosk refuses on its own."""

from __future__ import annotations

from akashi.wire.errors import Refused


class SessionRefused(Refused):
    """The session cannot go on: what came back does not fit what was asked, or the route said no."""


class JournalRefused(Refused):
    """The journal cannot take this line."""
