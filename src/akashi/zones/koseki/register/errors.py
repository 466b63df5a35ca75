"""Every anticipated no of the family register that other registers do not have. Details name fields and codes, never a person."""

from __future__ import annotations

from akashi.wire.errors import Refused, WireCode


class LinkClosed(Refused):
    """A condition of the Legal Affairs Bureau is not attested, not yet, or not any more: nothing is answered. Operators act."""

    def __init__(self, detail: str) -> None:
        super().__init__(WireCode.KOSEKI_CLOSED, detail)


class ConditionsRefused(Refused):
    """A file of attestations that cannot be used."""

    def __init__(self, detail: str) -> None:
        super().__init__(WireCode.INTERNAL, detail)


class NotificationEntering(Refused):
    """A notification (届出) is being entered into this register: neither the old nor the half-changed record is given out."""

    def __init__(self) -> None:
        super().__init__(WireCode.KOSEKI_ENTERING)


class NotHeld(Refused):
    """The register holds nothing of that kind for the person: an old register (除籍, 改製原), or one on paper."""

    def __init__(self) -> None:
        super().__init__(WireCode.NOT_HELD)


class HonsekiElsewhere(Refused):
    """Nobody of that 宛名番号 stands in a register of this city."""

    def __init__(self) -> None:
        super().__init__(WireCode.HONSEKI_ELSEWHERE)


class PersonUnknown(Refused):
    """An order names somebody who does not stand in the register."""

    def __init__(self) -> None:
        super().__init__(WireCode.MEMBER_UNKNOWN)


class EnrolmentPending(Refused):
    """The card's 利用登録 was received; staff have not decided yet."""

    def __init__(self) -> None:
        super().__init__(WireCode.ENROL_PENDING)


class EnrolmentNeeded(Refused):
    """The card speaks for nobody here: a 利用登録 comes first."""

    def __init__(self) -> None:
        super().__init__(WireCode.ENROL_NEEDED)


class DecisionRefused(Refused):
    """A decision about a 利用登録 that must not be carried out. The staff member acts; the text says why."""
