"""
The issuer's one SQLite file: WAL, deleted rows overwritten, and one wait for the disk for all that were written meanwhile.

A transaction survives the end of the process at once, and a power cut once `sync` has returned. Nothing may leave the server
before that (`journey.on_disk`). After one failed sync nothing is written any more: what the disk holds is then unknown.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path

from akashi.wire.errors import WireCode
from akashi.zones.issuance.issuer.errors import StoreRefused

WAIT_S = 10
"""How long to wait for another process that has the file, such as a backup."""


class Database:
    """
    The open file.

    Args:
        path: made where it is missing, readable by this user only.

    Raises:
        StoreRefused: it cannot be opened, is not ours, or another process has it.
    """

    def __init__(self, path: Path) -> None:
        with _refusing("open"):
            # A second process on the same file would void, as it starts, what the first is working on.
            self._lock = os.open(path.with_name(f"{path.name}.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.lockf(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.touch(mode=0o600, exist_ok=True)
            self._connection = sqlite3.connect(path, isolation_level=None, timeout=WAIT_S)
            # NORMAL: the log is synchronised by `sync`, for all transactions since the last time, not by each of them.
            for setting in ("journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON", "secure_delete = ON"):
                self._connection.execute(f"PRAGMA {setting}")
            self._connection.executescript(resources.files(__package__).joinpath("schema.sql").read_text())
            # SQLite keeps this file as long as the connection is open.
            self._log = os.open(path.with_name(f"{path.name}-wal"), os.O_RDONLY | os.O_CLOEXEC)
        # What a process before this one wrote and did not wait for is answered again from here: so it, too, must be there.
        self._written, self._synced, self._down = 1, 0, False
        self.sync()

    @contextmanager
    def durable(self) -> Iterator[sqlite3.Connection]:
        """Run one transaction, undone when the block raises. What it decided must not leave the server before a `sync`."""
        with self._writing() as connection:
            yield connection
            self._written += 1

    @contextmanager
    def lazy(self) -> Iterator[sqlite3.Connection]:
        """Run one transaction that a power cut may take back, whole: nothing waits for it."""
        with self._writing() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """Give the connection for one SELECT."""
        with _refusing("read"):
            yield self._connection

    def mark(self) -> int:
        """Return what `is_synced` is to be asked with: how many `durable` transactions there were so far."""
        return self._written

    def is_synced(self, mark: int) -> bool:
        """Return whether all transactions before the mark are on the disk."""
        return self._synced >= mark

    def sync(self) -> None:
        """
        Return when every transaction so far is on the disk.

        Raises:
            StoreRefused: the disk said no, now or before.
        """
        self._check_up()
        written = self._written
        if self._synced == written:
            return
        try:
            os.fdatasync(self._log)
        except OSError as error:
            # A failed sync may have thrown the pages away: only opening the file again tells.
            self._down = True
            raise StoreRefused(WireCode.INTERNAL, f"store sync: {type(error).__name__}") from None
        self._synced = written

    def close(self) -> None:
        """Close the file."""
        self._connection.close()
        os.close(self._log)
        os.close(self._lock)

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        self._check_up()
        with _refusing("write"), _transaction(self._connection) as connection:
            yield connection

    def _check_up(self) -> None:
        if self._down:
            raise StoreRefused(WireCode.INTERNAL, "store: down until restarted")


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield connection
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


@contextmanager
def _refusing(step: str) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        # The text of an SQLite error can quote a value; its type cannot.
        raise StoreRefused(WireCode.INTERNAL, f"store {step}: {type(error).__name__}") from None
