"""What the issuing server refuses. Details name a rule or a step, never a person, a number of a person or a secret."""

from __future__ import annotations

from akashi.wire.errors import Refused, WireCode


class IssuerRefused(Refused):
    """A request that the issuer says no to by its own rules; the code says who can act."""


class StoreRefused(Refused):
    """The store cannot be used, or a write contradicts what it holds."""


class Incident(IssuerRefused):
    """
    A contradiction in authenticated messages: it is refused, and it stops a kiosk or the city until two people re-open.

    Args:
        code: what is refused with.
        key: names the contradiction, the same each time it is met, so that a resend is not a second incident.
        kiosk_id: the kiosk that is stopped; empty: the city is.
    """

    def __init__(self, code: WireCode, key: str, *, kiosk_id: str) -> None:
        super().__init__(code, key)
        self.key = key
        self.kiosk_id = kiosk_id
