"""What every register says no with. Details name columns, kinds and codes, never a person or a value."""

from __future__ import annotations

from akashi.wire.errors import Refused, WireCode


class RecordRefused(Refused, ValueError):  # noqa: N818 - named like every refusal; ValueError is how parsers of structs take it
    """
    A value that no record of this kind can hold.

    Args:
        column: which column or field, by its documented name.
        reason: what is wrong with it, in fixed words; the value itself is never part of it.
    """

    def __init__(self, column: str, reason: str) -> None:
        super().__init__(WireCode.MALFORMED, f"{column}: {reason}")
        self.column = column
        self.reason = reason


class StoreFailed(Refused):
    """The database did not do what it was asked: not reachable, denied, or a row that the schema should not allow."""

    def __init__(self, detail: str) -> None:
        super().__init__(WireCode.INTERNAL, detail)


class StoreRefused(Refused):
    """A database that must not be used: none, another schema version, another city. The operator acts; the text says how."""

    def __init__(self, detail: str) -> None:
        super().__init__(WireCode.INTERNAL, detail)


class FeedRefused(Refused):
    """A feed record that cannot be applied: a gap, not a record, or against what the register holds. The feed stands still."""

    def __init__(self, detail: str, *, code: WireCode = WireCode.CONTRADICTION) -> None:
        super().__init__(code, detail)


class RegistryStale(Refused):
    """The feed stands still or its last record is too old: nothing is read. The operator acts; later it may work again."""

    def __init__(self, detail: str) -> None:
        super().__init__(WireCode.REGISTRY_STALE, detail)


class NotAvailable(Refused):
    """Blocked, unknown, deceased, moved out, about to move, too young, card linked too late: one code, no reason, for all."""

    def __init__(self) -> None:
        super().__init__(WireCode.NOT_AVAILABLE)


class CallRefused(Refused):
    """A call that does not fit: not from the issuer, another city, another session's order, a grant that has ended."""


class RecordChanging(Refused):
    """A change is being entered, or two registers disagree about a person: neither old nor half-changed is given out."""

    def __init__(self) -> None:
        super().__init__(WireCode.RECORD_CHANGED)
