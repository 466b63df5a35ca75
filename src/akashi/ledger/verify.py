"""
Checks a copy of the ledger with nothing but the ledger's public key. Stands alone: neither writer nor signer is imported.

Promises: recomputes every entry's hash and every root, checks every signature, and says at which entries the first thing that
does not hold stands. Reads the file once; memory does not grow with its size.
Finds: any edit, insertion, reordering or removal of entries, and any shortening below the newest checkpoint it is given.
Cannot find by itself: that the whole folder was put back to an earlier state. Give it checkpoints or receipts kept elsewhere.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from akashi.ledger.batches import Batch, is_unfinished, read_batches
from akashi.ledger.checkpoint import (
    NOTE_BYTES_MAX,
    Checkpoint,
    NoteKey,
    open_checkpoint,
    verify_checkpoint_signature,
)
from akashi.ledger.entries import entry_hash, parse_leaf
from akashi.ledger.errors import BatchBroken, LeafMalformed, LedgerAltered, LedgerDown, NoteMalformed, NoteUnsigned
from akashi.ledger.tree import Tree
from akashi.wire.messages.ledger import Leaf, Receipt

ENTRIES_FILE = "entries"
CHECKPOINT_FILE = "checkpoint"


class Signatures(enum.Enum):
    """Which of the batches' signatures are checked. The entries are covered either way: every root is recomputed."""

    EVERY = "every"
    LAST = "last"
    """Many times faster where batches are small; a changed signature of an older batch goes unnoticed, a changed entry not."""


@dataclass(frozen=True, slots=True)
class Verified:
    """
    A ledger in order.

    Attributes:
        checkpoint: the newest one: all entries in the file.
        batches: number of batches.
        unfinished_bytes: bytes of a write that was under way or cut by a crash; only where that was allowed.
    """

    checkpoint: Checkpoint
    batches: int
    unfinished_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Expectations:
    """
    What must hold beside the folder's own checkpoint.

    Attributes:
        checkpoints: opened checkpoints kept elsewhere, of any size.
        receipts: opened receipts: the entry with this hash and time must stand at this index.
        running: whether the recorder may be writing meanwhile, so that the file may end in an unfinished batch.
        signatures: which signatures are checked.
    """

    checkpoints: tuple[Checkpoint, ...] = ()
    receipts: tuple[Receipt, ...] = ()
    running: bool = False
    signatures: Signatures = Signatures.EVERY


def verify_ledger(folder: Path, key: NoteKey, expectations: Expectations | None = None) -> Verified:
    """
    Check the ledger in `folder` and return what it commits to.

    Raises:
        LedgerAltered: it is not what was signed; carries the first and last entry that can be affected.
        LedgerDown: the files cannot be read.
    """
    wanted = expectations or Expectations()
    try:
        # The checkpoint first: read after the entries, it could be ahead of them while the recorder runs.
        own = _read_checkpoint(folder / CHECKPOINT_FILE, key)
        with (folder / ENTRIES_FILE).open("rb") as file:
            return _Check(key, wanted, (own, *wanted.checkpoints)).run(file)
    except OSError as error:
        raise LedgerDown(f"read: {error.strerror}") from None


def _read_checkpoint(path: Path, key: NoteKey) -> Checkpoint:
    try:
        with path.open("rb") as file:
            return open_checkpoint(file.read(NOTE_BYTES_MAX + 1), key)
    except FileNotFoundError:
        raise LedgerAltered(0, None, "the checkpoint file is missing") from None
    except (NoteMalformed, NoteUnsigned) as refusal:
        raise LedgerAltered(0, None, f"the checkpoint file: {refusal.detail}") from None


class _Check:
    """One pass over the file."""

    def __init__(self, key: NoteKey, wanted: Expectations, checkpoints: Sequence[Checkpoint]) -> None:
        self._key = key
        self._wanted = wanted
        self._tree = Tree()
        self._forked: int | None = None
        self._roots: dict[int, bytes] = {}
        for checkpoint in checkpoints:
            if self._roots.setdefault(checkpoint.size, checkpoint.root) != checkpoint.root:
                raise LedgerAltered(0, checkpoint.size, "two checkpoints of one size differ")
        self._receipts: dict[int, list[Receipt]] = {}
        for receipt in wanted.receipts:
            self._receipts.setdefault(receipt.index, []).append(receipt)

    def run(self, file: BinaryIO) -> Verified:
        """1. every batch, 2. the end of the file, 3. nothing expected is beyond it, 4. the last signature."""
        count = end = unfinished = 0
        last: Batch | None = None
        self._meet_checkpoint(0)
        self._check_forked()
        batches = read_batches(file)
        try:
            while batch := next(batches, None):  # 1
                self._check_batch(batch)
                count, end, last = count + 1, batch.end, batch
        except BatchBroken as refusal:  # 2
            self._check_reached(refusal.what)
            if not self._wanted.running or not is_unfinished(file, end):
                raise LedgerAltered(self._tree.size, None, refusal.what) from None
            unfinished = file.seek(0, 2) - end
        self._check_reached("the file ends here")  # 3
        root = self._tree.root() if last is None else last.root
        checkpoint = Checkpoint(self._key.name, self._tree.size, root)
        if last is not None:  # 4
            self._check_signature(checkpoint, last, 0)
        return Verified(checkpoint, count, unfinished)

    def _check_batch(self, batch: Batch) -> None:
        first = self._tree.size
        end = first + len(batch.leaves)
        for index, untrusted_leaf in enumerate(batch.leaves, first):
            try:
                self._meet_receipts(index, parse_leaf(untrusted_leaf))
            except LeafMalformed as refusal:
                raise LedgerAltered(index, index + 1, f"not a ledger entry: {refusal.detail}") from None
            self._tree.add(untrusted_leaf)
            self._meet_checkpoint(index + 1)
        if self._tree.root() != batch.root:
            raise LedgerAltered(first, end, "the root does not fit the entries")
        self._check_forked()
        if self._wanted.signatures is Signatures.EVERY:
            self._check_signature(Checkpoint(self._key.name, end, batch.root), batch, first)

    def _check_signature(self, checkpoint: Checkpoint, batch: Batch, first: int) -> None:
        try:
            verify_checkpoint_signature(checkpoint, self._key, batch.signature)
        except NoteUnsigned:
            raise LedgerAltered(first, checkpoint.size, "not signed by the ledger's key") from None

    def _meet_checkpoint(self, size: int) -> None:
        root = self._roots.pop(size, None)
        if root is not None and root != self._tree.root() and self._forked is None:
            self._forked = size

    def _check_forked(self) -> None:
        """After the batch's own root was checked, since that one points to fewer entries."""
        if self._forked is not None:
            raise LedgerAltered(0, self._forked, f"the entries are not those of the checkpoint of size {self._forked}")

    def _meet_receipts(self, index: int, leaf: Leaf) -> None:
        for receipt in self._receipts.pop(index, ()):
            if receipt.entry_hash != entry_hash(leaf.entry) or receipt.time_ms != leaf.time_ms:
                raise LedgerAltered(index, index + 1, "the entry is not the one of the receipt")

    def _check_reached(self, why: str) -> None:
        if self._roots:
            raise LedgerAltered(self._tree.size, None, f"shorter than its checkpoint of {max(self._roots)}: {why}")
        if self._receipts:
            raise LedgerAltered(self._tree.size, None, f"shorter than a receipt of entry {max(self._receipts)}: {why}")
