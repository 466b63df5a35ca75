"""
The register on SQLite: a file, WAL, full synchronisation; two connections, one that writes and one that can only read views.

The reader's connection has an authorizer that denies every read of a table except through the connection's own guarded
views, every write, every pragma and every function that is not needed. Source: sqlite.org/c3ref/set_authorizer.html.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from akashi.zones.core.residents.errors import StoreFailed, StoreRefused
from akashi.zones.core.residents.stores.engine import Cell, Row, Snapshot, Transaction

_SCHEMA: Final = Path(__file__).with_name("schema")
_READER_VIEWS: Final = frozenset({"residents", "households", "card_links", "presented_card", "feed"})
_READER_FUNCTIONS: Final = frozenset({"akashi_subject", "akashi_card_issuer", "akashi_card_serial", "count", "coalesce"})


class _Transaction:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def rows(self, sql: str, *parameters: Cell) -> list[Row]:
        return self._connection.execute(sql, parameters).fetchall()

    def run(self, sql: str, *parameters: Cell) -> int:
        return self._connection.execute(sql, parameters).rowcount

    def load(self, table: str, columns: tuple[str, ...], rows: Iterable[Row]) -> None:
        marks = ", ".join("?" * len(columns))
        self._connection.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", rows)  # noqa: S608 - names are constants of ours


class _Bound:
    """What the reader's SQL functions return: the bindings of the snapshot in progress."""

    def __init__(self) -> None:
        self.subject: str | None = None
        self.card_issuer: bytes | None = None
        self.card_serial: bytes | None = None

    def clear(self) -> None:
        self.subject = self.card_issuer = self.card_serial = None


class _Snapshot:
    def __init__(self, connection: sqlite3.Connection, bound: _Bound) -> None:
        self._connection = connection
        self._bound = bound

    def bind_card(self, issuer_dn: bytes, serial: bytes) -> None:
        self._bound.card_issuer, self._bound.card_serial = issuer_dn, serial

    def bind_subject(self, resident_no: str) -> None:
        self._bound.subject = resident_no

    def rows(self, sql: str, *parameters: Cell) -> list[Row]:
        try:
            return self._connection.execute(sql, parameters).fetchall()
        except sqlite3.Error as error:
            raise StoreFailed(f"sqlite read: {type(error).__name__}") from None


class SqliteEngine:
    """
    A register in one file.

    Args:
        path: of the file, or ":memory:" for one that ends with this object.
        trace: called with every statement that the reader runs; for tests.
    """

    def __init__(self, path: str, *, trace: Callable[[str], None] | None = None) -> None:
        self._uri = (
            f"file:register-{secrets.token_hex(8)}?mode=memory&cache=shared"
            if path == ":memory:"
            else Path(path).absolute().as_uri()
        )
        self._trace = trace
        self._bound = _Bound()
        self._reader: sqlite3.Connection | None = None
        try:
            self._writer = self._connect()
            self._writer.execute("PRAGMA journal_mode = WAL")
            self._writer.execute("PRAGMA synchronous = FULL")
            self._writer.execute("PRAGMA foreign_keys = ON")
        except sqlite3.Error as error:
            raise StoreRefused(f"sqlite: the file cannot be opened ({type(error).__name__})") from None

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self._uri, uri=True, isolation_level=None, timeout=10, check_same_thread=False)

    def create(self) -> None:
        """Make the schema; see `Engine`."""
        if self.schema_version() is not None:
            raise StoreRefused("the database has a schema already")
        try:
            self._writer.executescript("BEGIN;" + (_SCHEMA / "sqlite_tables.sql").read_text(encoding="utf-8") + "COMMIT;")
        except sqlite3.Error as error:
            raise StoreFailed(f"sqlite schema: {type(error).__name__}") from None

    def schema_version(self) -> int | None:
        """Return the version that is there, or None; raises `StoreRefused` where it is no register."""
        try:
            if not self._writer.execute("SELECT 1 FROM sqlite_master WHERE type = 'table'").fetchone():
                return None
            version: int = self._writer.execute("SELECT version FROM register_version").fetchone()[0]
        except (sqlite3.Error, TypeError) as error:
            raise StoreRefused(f"sqlite: not a register ({type(error).__name__})") from None
        return version

    @contextmanager
    def writing(self) -> Iterator[Transaction]:
        """Begin a transaction that writes; see `Engine`."""
        try:
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                yield _Transaction(self._writer)
                self._writer.execute("COMMIT")
            finally:
                if self._writer.in_transaction:
                    self._writer.execute("ROLLBACK")
        except sqlite3.Error as error:
            raise StoreFailed(f"sqlite write: {type(error).__name__}") from None

    @contextmanager
    def reading(self) -> Iterator[Snapshot]:
        """Begin a bound snapshot; see `Engine`."""
        try:
            if self._reader is None:
                self._reader = self._open_reader()
            self._reader.execute("BEGIN")
            try:
                yield _Snapshot(self._reader, self._bound)
            finally:
                self._bound.clear()
                if self._reader.in_transaction:
                    self._reader.execute("ROLLBACK")
        except sqlite3.Error as error:
            raise StoreFailed(f"sqlite read: {type(error).__name__}") from None

    def _open_reader(self) -> sqlite3.Connection:
        connection = self._connect()
        guard = "guard_" + secrets.token_hex(16)
        connection.create_function("akashi_subject", 0, lambda: self._bound.subject)
        connection.create_function("akashi_card_issuer", 0, lambda: self._bound.card_issuer)
        connection.create_function("akashi_card_serial", 0, lambda: self._bound.card_serial)
        connection.execute("PRAGMA temp_store = MEMORY")
        connection.executescript((_SCHEMA / "sqlite_views.sql").read_text(encoding="utf-8").replace("GUARD", guard))
        connection.execute("PRAGMA query_only = ON")
        connection.set_authorizer(_authorizer(guard))
        connection.set_trace_callback(self._trace)
        return connection

    def close(self) -> None:
        """Close both connections."""
        for connection in (self._reader, self._writer):
            if connection is not None:
                connection.close()


def _authorizer(guard: str) -> Callable[[int, str | None, str | None, str | None, str | None], int]:
    def authorize(action: int, first: str | None, second: str | None, _database: str | None, view: str | None) -> int:
        if action in {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_TRANSACTION}:
            return sqlite3.SQLITE_OK
        if action == sqlite3.SQLITE_FUNCTION:
            return sqlite3.SQLITE_OK if second in _READER_FUNCTIONS else sqlite3.SQLITE_DENY
        if action == sqlite3.SQLITE_READ:
            inside = view is not None and (view.startswith(guard) or (first or "").startswith(guard))
            return sqlite3.SQLITE_OK if first in _READER_VIEWS or inside else sqlite3.SQLITE_DENY
        return sqlite3.SQLITE_DENY

    return authorize
