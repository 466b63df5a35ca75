"""Sample entries and ledgers, the same in every test that needs them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from akashi.ledger.append import LedgerFile
from akashi.ledger.sign import NoteSigner
from akashi.wire.codec import encode
from akashi.wire.messages.ledger import IntentEntry, Leaf

CITY = "139998"
SIGNER = NoteSigner("akashino.example/ledger", bytes(range(32)))
OTHER_SIGNER = NoteSigner("akashino.example/ledger", bytes(32))
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def issue_number(which: int) -> str:
    """Return a well-formed number; `which` only tells them apart."""
    digits = "".join(_ALPHABET[(which >> 5 * place) & 31] for place in range(16))
    return f"{CITY}-{digits[0:4]}-{digits[4:8]}-{digits[8:12]}-{digits[12:16]}"


def intent(which: int, kiosk_id: str = "K0001") -> IntentEntry:
    return IntentEntry(CITY, kiosk_id, issue_number(which), which.to_bytes(32, "big"))


def leaf(which: int) -> bytes:
    return encode(Leaf(1_764_000_000_000 + which, "issuance/issuer", intent(which)))


def ignore_leaf(_index: int, _leaf: bytes) -> None:
    """For openings whose replay does not matter."""


def open_ledger(folder: Path) -> LedgerFile:
    return LedgerFile(folder, SIGNER, on_leaf=ignore_leaf)


def build_ledger(folder: Path, batch_sizes: Sequence[int]) -> None:
    """Write a ledger with batches of these sizes and close it in order."""
    ledger = open_ledger(folder)
    which = 0
    for size in batch_sizes:
        ledger.append([leaf(which + place) for place in range(size)])
        which += size
    ledger.close()
