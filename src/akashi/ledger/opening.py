"""
Reads the ledger's file at start: checks it against the signed roots and hands out every entry that counts.

Promises: no entry is handed out before its batch's root was recomputed; what counts lies under a good signature and reaches at
least the published checkpoint; at most one unfinished batch is left over. Only the last signature is checked: it covers all
entries. `verify` checks every one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import BinaryIO

from akashi.ledger.batches import Batch, encode_batch, is_unfinished, read_batches
from akashi.ledger.checkpoint import Checkpoint, NoteKey, verify_checkpoint_signature
from akashi.ledger.errors import BatchBroken, LedgerAltered, NoteUnsigned
from akashi.ledger.tree import Tree

OnLeaf = Callable[[int, bytes], None]


@dataclass(frozen=True, slots=True)
class Found:
    """
    What the file holds.

    Attributes:
        tree: over all entries that count.
        end: where they end in the file, in bytes.
        published_end: where those end that the published checkpoint covers, in bytes.
        behind_hash: SHA-256 of the file from there to `end`, as it was read here.
        unfinished: why the rest does not count; empty where there is no rest.
    """

    tree: Tree
    end: int
    published_end: int
    behind_hash: bytes
    unfinished: str


def read_ledger(file: BinaryIO, *, key: NoteKey, published: Checkpoint, on_leaf: OnLeaf) -> Found:
    """
    Read the whole file from its beginning.

    Raises:
        LedgerAltered: it is not what was signed, or is shorter than `published`.
    """
    return _Reading(key, published, on_leaf).run(file)


class _Reading:
    """
    One pass. `_candidate` is the batch that was read last and is handed out one step late.

    A crash can leave the last batch with its root and without its signature, so the last one counts only once its signature
    was checked, and the one before it is then the last.
    """

    def __init__(self, key: NoteKey, published: Checkpoint, on_leaf: OnLeaf) -> None:
        self._key = key
        self._published = published
        self._on_leaf = on_leaf
        self._tree = Tree()
        self._end = 0
        self._published_end = 0
        self._behind = sha256()
        self._accepted: Batch | None = None
        self._candidate: Batch | None = None
        self._grown = Tree()

    def run(self, file: BinaryIO) -> Found:
        file.seek(0)
        self._check_published()
        broken = ""
        try:
            for batch in read_batches(file):
                self._accept_candidate()
                self._consider(batch)
        except BatchBroken as refusal:
            broken = refusal.what
        broken = self._settle_last(broken)
        if self._published.size > self._tree.size:
            what = f"shorter than its checkpoint of {self._published.size}: {broken or 'the file ends here'}"
            raise LedgerAltered(self._tree.size, None, what)
        if broken and not is_unfinished(file, self._end):
            raise LedgerAltered(self._tree.size, None, broken)
        return Found(self._tree, self._end, self._published_end, self._behind.digest(), broken)

    def _consider(self, batch: Batch) -> None:
        grown = self._tree.copy()
        for leaf in batch.leaves:
            grown.add(leaf)
        if grown.root() != batch.root:
            raise BatchBroken(self._end, "the root does not fit the entries")
        self._candidate, self._grown = batch, grown

    def _accept_candidate(self) -> None:
        batch, self._candidate = self._candidate, None
        if batch is None:
            return
        if self._tree.size < self._published.size < self._grown.size:
            raise LedgerAltered(self._tree.size, self._grown.size, "the checkpoint falls inside a batch")
        for index, leaf in enumerate(batch.leaves, self._tree.size):
            self._on_leaf(index, leaf)
        if self._tree.size < self._published.size:
            self._published_end = batch.end
        else:
            self._behind.update(encode_batch(batch.leaves, batch.root, batch.signature))
        self._tree, self._end, self._accepted = self._grown, batch.end, batch
        self._check_published()

    def _settle_last(self, broken: str) -> str:
        """Accept the candidate if it is signed; else the batch before it must be. Return why the rest does not count."""
        if self._candidate is not None:
            if self._is_signed(self._candidate, self._grown.size):
                self._accept_candidate()
                return broken
            broken = "the last batch is not signed"
        if self._accepted is not None and not self._is_signed(self._accepted, self._tree.size):
            raise LedgerAltered(0, None, "not signed by this ledger's key")
        return broken

    def _is_signed(self, batch: Batch, size: int) -> bool:
        try:
            verify_checkpoint_signature(Checkpoint(self._key.name, size, batch.root), self._key, batch.signature)
        except NoteUnsigned:
            return False
        return True

    def _check_published(self) -> None:
        if self._published.size == self._tree.size and self._published.root != self._tree.root():
            raise LedgerAltered(0, self._published.size, "the entries are not those of the checkpoint")
