"""What the paper seal refuses. Details name the part of the format; never a value."""

from __future__ import annotations

from akashi.wire.errors import Refused, WireCode


class PaperMalformed(Refused):
    """Bytes that are no code of ours, or not written in the one way that the format has. MALFORMED."""

    def __init__(self, what: str) -> None:
        super().__init__(WireCode.MALFORMED, what)


class SealForged(Refused):
    """A code of our form that the key does not verify. SIGNATURE_BAD."""

    def __init__(self, what: str) -> None:
        super().__init__(WireCode.SIGNATURE_BAD, what)


class PaperUnfit(Refused):
    """What was to be put onto paper does not fit the format: a bug or a broken installation. INTERNAL."""

    def __init__(self, what: str) -> None:
        super().__init__(WireCode.INTERNAL, what)
