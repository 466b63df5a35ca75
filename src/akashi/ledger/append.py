"""
The durable, append-only file of the ledger, and the checkpoint file beside it.

Promises: `append` returns only after the operating system reported the entries durable; after one failed write or sync
nothing more is accepted (what the disk holds is then unknown); opening checks every entry against the signed roots, cuts off
at most one unfinished batch, keeps what it cut, refuses a file that is shorter than its checkpoint or altered, and makes durable
what it accepted before it publishes or returns.
Trusts: the disk to keep what `fdatasync` reported; the signer it is given.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, Protocol

from akashi.ledger.batches import encode_batch, fits_batch
from akashi.ledger.checkpoint import (
    NOTE_BYTES_MAX,
    Checkpoint,
    NoteKey,
    assemble_note,
    open_checkpoint,
)
from akashi.ledger.errors import LedgerAltered, LedgerDown, NoteMalformed, NoteUnsigned
from akashi.ledger.opening import Found, OnLeaf, read_ledger
from akashi.ledger.tree import Tree

ENTRIES_FILE = "entries"
CHECKPOINT_FILE = "checkpoint"
_NEW_CHECKPOINT_FILE = "checkpoint.new"
_AGAIN_BYTES = 1_048_576


class Signer(Protocol):
    """Whoever holds the note key; `sign.NoteSigner` in the vault."""

    key: NoteKey

    def sign_checkpoint(self, checkpoint: Checkpoint) -> bytes:
        """Return 64 signature bytes over the checkpoint's text."""
        ...


class Disk:
    """The four calls that can fail on a dying or full disk. Fault tests pass one that does."""

    def write(self, descriptor: int, content: bytes) -> None:
        """Write all of `content`; OSError where that is not possible."""
        rest = memoryview(content)
        while rest:
            rest = rest[os.write(descriptor, rest) :]

    def sync_data(self, descriptor: int) -> None:
        """Make the file's content and length durable."""
        os.fdatasync(descriptor)

    def replace(self, source: Path, target: Path) -> None:
        """Put `source` in the place of `target` at once, and make that durable."""
        source.replace(target)
        self.sync_folder(target.parent)

    def sync_folder(self, folder: Path) -> None:
        """Make names in the folder durable."""
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@dataclass(frozen=True, slots=True)
class Opened:
    """
    What opening found.

    Attributes:
        size: number of entries.
        cut_bytes: length of the unfinished batch that was cut off; 0 where there was none.
        cut_file: name of the file that keeps what was cut; empty where nothing was.
    """

    size: int
    cut_bytes: int = 0
    cut_file: str = ""


class LedgerFile:
    """
    One ledger in one folder, open for appending by this process only.

    Args:
        folder: made if absent, readable by this user only.
        signer: signs the checkpoint of every batch.
        on_leaf: called with (index, leaf bytes) for every entry that is already there, in order, once its batch's root is
            recomputed; this is how the caller rebuilds its state in the same pass.
        disk: for fault tests.

    Raises:
        LedgerDown: the folder cannot be read or written, or another process has it open.
        LedgerAltered: what is there is not what was signed, or is shorter than the checkpoint.
    """

    def __init__(self, folder: Path, signer: Signer, *, on_leaf: OnLeaf, disk: Disk | None = None) -> None:
        self._folder = folder
        self._signer = signer
        self._disk = disk or Disk()
        self._tree = Tree()
        self._down = False
        self._published = -1
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._descriptor = os.open(folder / ENTRIES_FILE, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise LedgerDown(f"open: {error.strerror}") from None
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self.opened = self._read_all(on_leaf)
            self.publish()
        except OSError as error:
            os.close(self._descriptor)
            raise LedgerDown(f"open: {error.strerror}") from None
        except BaseException:
            os.close(self._descriptor)
            raise

    @property
    def size(self) -> int:
        """Number of durable entries."""
        return self._tree.size

    @property
    def down(self) -> bool:
        """Whether a write or sync failed; then nothing is accepted any more."""
        return self._down

    def append(self, leaves: Sequence[bytes]) -> int:
        """
        Make these leaves durable, together, and return the index of the first.

        Raises:
            LedgerDown: they do not fit one batch, or a write or sync failed now or before. What failed may or may not be on
                the disk; it was never acknowledged, and the next opening decides.
        """
        if self._down:
            raise LedgerDown("an earlier write failed")
        if not fits_batch(leaves):
            raise LedgerDown("does not fit one batch")
        grown = self._tree.copy()
        for leaf in leaves:
            grown.add(leaf)
        root = grown.root()
        signature = self._signer.sign_checkpoint(self._checkpoint(grown.size, root))
        try:
            self._disk.write(self._descriptor, encode_batch(leaves, root, signature))
            self._disk.sync_data(self._descriptor)
        except OSError as error:
            # A failed sync may have thrown the pages away: only reading the disk again tells. So: down until restarted.
            self._down = True
            raise LedgerDown(f"write: {error.strerror}") from None
        first, self._tree = self._tree.size, grown
        return first

    def publish(self) -> None:
        """
        Replace the checkpoint file, durably, where entries came since the last time.

        Raises:
            LedgerDown: a write or sync failed, now or before.
        """
        if self._down:
            raise LedgerDown("an earlier write failed")
        if self._published == self._tree.size:
            return
        checkpoint = self._checkpoint(self._tree.size, self._tree.root())
        note = assemble_note(checkpoint, self._signer.key, self._signer.sign_checkpoint(checkpoint))
        new = self._folder / _NEW_CHECKPOINT_FILE
        try:
            _write_file(self._disk, new, note)
            self._disk.replace(new, self._folder / CHECKPOINT_FILE)
        except OSError as error:
            self._down = True
            raise LedgerDown(f"checkpoint: {error.strerror}") from None
        self._published = checkpoint.size

    def close(self) -> None:
        """Publish the last checkpoint, where the disk still works, and let go of the file."""
        try:
            if not self._down:
                self.publish()
        finally:
            os.close(self._descriptor)

    def _checkpoint(self, size: int, root: bytes) -> Checkpoint:
        return Checkpoint(self._signer.key.name, size, root)

    def _read_all(self, on_leaf: OnLeaf) -> Opened:
        published = self._read_checkpoint()
        with os.fdopen(os.dup(self._descriptor), "rb") as file:
            found = read_ledger(file, key=self._signer.key, published=published, on_leaf=on_leaf)
            self._tree = found.tree
            opened = self._cut_tail(file, found.end) if found.unfinished else Opened(found.tree.size)
        self._make_durable(found)
        return opened

    def _read_checkpoint(self) -> Checkpoint:
        path = self._folder / CHECKPOINT_FILE
        try:
            with path.open("rb") as file:
                return open_checkpoint(file.read(NOTE_BYTES_MAX + 1), self._signer.key)
        except FileNotFoundError:
            if os.fstat(self._descriptor).st_size:
                raise LedgerAltered(0, None, "there are entries but no checkpoint file") from None
            return self._checkpoint(0, self._tree.root())
        except (NoteMalformed, NoteUnsigned) as refusal:
            raise LedgerAltered(0, None, f"the checkpoint file: {refusal.detail}") from None

    def _cut_tail(self, file: BinaryIO, end: int) -> Opened:
        file.seek(end)
        tail = file.read()
        # Named after its content: the same crash read twice gives the same file, and no name tells a time.
        kept = f"unfinished-{sha256(tail).hexdigest()[:16]}"
        _write_file(self._disk, self._folder / kept, tail)
        self._disk.sync_folder(self._folder)
        os.ftruncate(self._descriptor, end)
        return Opened(self._tree.size, len(tail), kept)

    def _make_durable(self, found: Found) -> None:
        """
        Write what lies behind the published checkpoint again, the same bytes, and sync; so does the new end become durable.

        What was read may stand in memory only: the process before may have died before its sync, or the sync failed. After a
        failed one the pages count as written, so that a sync alone would do nothing. What the checkpoint covers was synced
        before it was published.

        Raises:
            LedgerDown: the bytes are not those that were judged. Dropped pages come from the disk anew, perhaps as they were.
        """
        # A descriptor of its own: the other one can only append.
        descriptor = os.open(self._folder / ENTRIES_FILE, os.O_RDWR | os.O_CLOEXEC)
        try:
            written = sha256()
            for start in range(found.published_end, found.end, _AGAIN_BYTES):
                content = os.pread(descriptor, min(_AGAIN_BYTES, found.end - start), start)
                written.update(content)
                os.lseek(descriptor, start, os.SEEK_SET)
                self._disk.write(descriptor, content)
            if written.digest() != found.behind_hash:
                raise LedgerDown("the disk gives other bytes than a moment ago")
            self._disk.sync_data(descriptor)
        finally:
            os.close(descriptor)


def _write_file(disk: Disk, path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        disk.write(descriptor, content)
        disk.sync_data(descriptor)
    finally:
        os.close(descriptor)
