"""
The recorder's only memory: the ledger file, and the book derived from it.

Promises: what was staged becomes durable by one `commit`, or the store is down until the process starts again; the book is
never ahead of a ledger that still accepts.
"""

from __future__ import annotations

from pathlib import Path

from akashi.ledger.append import Disk, LedgerFile, Opened, Signer
from akashi.ledger.entries import parse_leaf
from akashi.ledger.errors import LedgerDown
from akashi.wire.codec import encode
from akashi.wire.messages.ledger import Leaf
from akashi.zones.vault.recorder.book import Book, Place


class Store:
    """
    One ledger.

    Args:
        folder: where it lies; made if absent.
        signer: the note key.
        disk: for fault tests.

    Raises:
        LedgerDown: the folder cannot be used, or another process uses it.
        LedgerAltered: what is there is not what was signed.
        LeafMalformed: a signed entry is not one that this version knows.
    """

    def __init__(self, folder: Path, signer: Signer, *, disk: Disk | None = None) -> None:
        self.book = Book()
        self._staged: list[bytes] = []
        self._down = False
        self._file = LedgerFile(folder, signer, on_leaf=self._replay, disk=disk)

    @property
    def opened(self) -> Opened:
        """What opening found: the number of entries, and whether an unfinished write was cut off."""
        return self._file.opened

    @property
    def size(self) -> int:
        """Number of durable entries."""
        return self._file.size

    def check_up(self) -> None:
        """
        Accept unless something failed before.

        Raises:
            LedgerDown: something did.
        """
        if self._down or self._file.down:
            raise LedgerDown("down until restarted")

    def give_up(self) -> None:
        """Accept nothing any more: what was staged never becomes durable, and what was entered is not known to be."""
        self._down = True
        self._staged = []

    def stage(self, leaf: Leaf) -> Place:
        """Enter one leaf into the book and into the next commit; return where it will stand."""
        place = Place(self._file.size + len(self._staged), leaf.time_ms)
        self.book.enter(place.index, leaf)
        self._staged.append(encode(leaf))
        return place

    def commit(self) -> None:
        """
        Make everything staged durable, in one write.

        Raises:
            LedgerDown: it is not; nothing is accepted any more.
        """
        self.check_up()
        staged, self._staged = self._staged, []
        if staged:
            self._file.append(staged)

    def publish(self) -> None:
        """
        Replace the checkpoint file where entries came.

        Raises:
            LedgerDown: a write failed, now or before.
        """
        self.check_up()
        self._file.publish()

    def close(self) -> None:
        """Publish the last checkpoint and let go of the files."""
        self.book.close()
        self._file.close()

    def _replay(self, index: int, untrusted_leaf: bytes) -> None:
        self.book.enter(index, parse_leaf(untrusted_leaf))
