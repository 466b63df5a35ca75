"""
The issuer's one SQLite file: WAL, every transaction durable when it returns, deleted rows overwritten.

A second connection writes what a power cut may take back without harm (that the ledger has an entry); it waits for no disk.
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
            self._durable = _connect(path, "FULL")
            self._durable.executescript(resources.files(__package__).joinpath("schema.sql").read_text())
            self._lazy = _connect(path, "NORMAL")

    @contextmanager
    def durable(self) -> Iterator[sqlite3.Connection]:
        """Run one transaction; on the disk when the block has ended, undone when it raised."""
        with _refusing("write"), _transaction(self._durable) as connection:
            yield connection

    @contextmanager
    def lazy(self) -> Iterator[sqlite3.Connection]:
        """Run one transaction that a power cut may take back, whole; a killed process does not."""
        with _refusing("write"), _transaction(self._lazy) as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """Give a connection for one SELECT."""
        with _refusing("read"):
            yield self._durable

    def close(self) -> None:
        """Close the file."""
        self._lazy.close()
        self._durable.close()
        os.close(self._lock)


def _connect(path: Path, synchronous: str) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, timeout=WAIT_S)
    for setting in ("journal_mode = WAL", f"synchronous = {synchronous}", "foreign_keys = ON", "secure_delete = ON"):
        connection.execute(f"PRAGMA {setting}")
    return connection


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
