"""Anticipated refusals of the ledger. Details hold indexes and offsets, never the content of an entry."""

from __future__ import annotations

from akashi.wire.errors import Refused, WireCode


class LedgerDown(Refused):
    """The file cannot be written durably; nothing is accepted until the recorder is restarted on a sound disk."""

    def __init__(self, detail: str) -> None:
        super().__init__(WireCode.LEDGER_DOWN, detail)


class LedgerAltered(Refused):
    """
    The ledger is not what was signed.

    Args:
        first: index of the first entry that can be affected.
        end: index after the last entry that can be affected; None where it is everything from `first` on.
        what: what does not hold, in a few words.
    """

    def __init__(self, first: int, end: int | None, what: str) -> None:
        reach = f"entry {first}" if end == first + 1 else f"entries {first} to {'the end' if end is None else end - 1}"
        super().__init__(WireCode.LEDGER_DOWN, f"{reach}: {what}")
        self.first = first
        self.end = end
        self.what = what


class NoteMalformed(Refused):
    """The bytes are not a signed note with a checkpoint, or not a note key."""

    def __init__(self, detail: str) -> None:
        super().__init__(WireCode.MALFORMED, detail)


class NoteUnsigned(Refused):
    """The note carries no good signature by the expected key."""

    def __init__(self, detail: str) -> None:
        super().__init__(WireCode.SIGNATURE_BAD, detail)


class BatchBroken(Refused):
    """
    The file does not continue with a whole batch at `offset`: an unfinished write, or damage.

    Args:
        offset: where in the file the batch should begin, in bytes.
        what: what is wrong with it.
    """

    def __init__(self, offset: int, what: str) -> None:
        super().__init__(WireCode.MALFORMED, f"byte {offset}: {what}")
        self.offset = offset
        self.what = what


class LeafMalformed(Refused):
    """A leaf is not exactly the bytes of one `Leaf` message."""

    def __init__(self, detail: str) -> None:
        super().__init__(WireCode.MALFORMED, detail)
