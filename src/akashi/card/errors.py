"""
What can go wrong between a card and us. Every error carries the code that the kiosk shows a sentence for.

No error of this package ever holds a PIN, a certificate or a serial number.
"""

from __future__ import annotations

from akashi.wire.errors import Refused, WireCode


class CardUnreadable(Refused):
    """The card, or what stands between us and it, answered something that a My Number card does not answer."""

    def __init__(self, detail: str) -> None:
        super().__init__(WireCode.CARD_UNREADABLE, detail)


class ReaderUnavailable(Refused):
    """No reader can be used. `detail` says what is missing and what the operator can do."""

    def __init__(self, detail: str) -> None:
        super().__init__(WireCode.CARD_UNREADABLE, detail)


class CardAbsent(Refused):
    """No card lies in the reader, or it was taken out in the middle of a command."""

    def __init__(self, detail: str = "") -> None:
        super().__init__(WireCode.CARD_ABSENT, detail)


class PinForm(Refused):
    """The PIN has a form that no card of this suite accepts. Nothing was sent to the card; no try was used."""

    def __init__(self) -> None:
        super().__init__(WireCode.PIN_FORM)


class PinWrong(Refused):
    """
    The card refused the PIN.

    Attributes:
        tries_left: how many tries are left, 1 or more.
    """

    def __init__(self, tries_left: int) -> None:
        super().__init__(WireCode.PIN_WRONG, f"tries left: {tries_left}")
        self.tries_left = tries_left


class PinLocked(Refused):
    """No try is left. Only a municipal office can unblock the PIN."""

    def __init__(self) -> None:
        super().__init__(WireCode.PIN_LOCKED)


class SignatureRefused(Refused):
    """The card's signature does not fit the message and the key."""

    def __init__(self, detail: str) -> None:
        super().__init__(WireCode.CARD_SIGNATURE, detail)


class KeyUnsuited(Refused):
    """The certificate's key is not of the kind that the suite prescribes."""

    def __init__(self, detail: str) -> None:
        super().__init__(WireCode.CARD_UNTRUSTED, detail)


class SuiteUnknown(Refused):
    """A name that is not in the table of suites."""

    def __init__(self) -> None:
        super().__init__(WireCode.CARD_UNTRUSTED, "suite is not in the table")
