"""What sealing refuses. One error a cause class, never a cause: who attacks a seal learns nothing from how it failed."""

from __future__ import annotations

from akashi.wire.errors import Refused, WireCode


class SealBroken(Refused):
    """A sealed part did not open: wrong key, context or size, or altered bytes. Which of these is not told. Operators act."""

    def __init__(self, part: str) -> None:
        super().__init__(WireCode.SEAL_BROKEN, part)


class SignatureBad(Refused):
    """A signature does not verify under the expected key for the expected purpose. Operators act; trying again is useless."""

    def __init__(self, what: str) -> None:
        super().__init__(WireCode.SIGNATURE_BAD, what)


class Oversize(Refused):
    """A plaintext does not fit the size class that its part must have. Operators act; trying again is useless."""

    def __init__(self, what: str) -> None:
        super().__init__(WireCode.OVERSIZE, what)


class DirectoryStale(Refused):
    """A directory is too old, not yet valid, behind one already seen, or lacks the key asked for. A newer one may help."""

    def __init__(self, what: str) -> None:
        super().__init__(WireCode.DIRECTORY_STALE, what)
