"""
A register on SQLite: a file, WAL, full synchronisation; two connections, one that writes and one that can only read views.

The reader's connection has an authorizer that denies every read of a table except through the connection's own guarded
views, every write, every pragma and every function that is not needed. Source: sqlite.org/c3ref/set_authorizer.html.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final

from akashi.registers.errors import StoreFailed, StoreRefused
from akashi.registers.stores.engine import Cell, Row, Schema, Snapshot, Transaction

_BINDINGS: Final = ("subject", "resident", "card_issuer", "card_serial")
_READER_FUNCTIONS: Final = frozenset({*(f"akashi_{name}" for name in _BINDINGS), "count", "coalesce"})


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
        self.values: dict[str, str | bytes] = {}

    def clear(self) -> None:
        self.values = {}


class _Snapshot:
    def __init__(self, connection: sqlite3.Connection, bound: _Bound) -> None:
        self._connection = connection
        self._bound = bound

    def bind_card(self, issuer_dn: bytes, serial: bytes) -> None:
        self._bound.values |= {"card_issuer": issuer_dn, "card_serial": serial}

    def bind_resident(self, resident_no: str) -> None:
        self._bound.values["resident"] = resident_no

    def bind_subject(self, subject: str) -> None:
        self._bound.values["subject"] = subject

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
        schema: of which kind.
        trace: called with every statement that the reader runs; for tests.
    """

    def __init__(self, path: str, schema: Schema, *, trace: Callable[[str], None] | None = None) -> None:
        self._uri = (
            f"file:register-{secrets.token_hex(8)}?mode=memory&cache=shared"
            if path == ":memory:"
            else Path(path).absolute().as_uri()
        )
        self._schema = schema
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
            self._writer.executescript(
                "BEGIN;" + (self._schema.folder / "sqlite_tables.sql").read_text(encoding="utf-8") + "COMMIT;"
            )
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
        for name in _BINDINGS:
            connection.create_function(f"akashi_{name}", 0, partial(self._bound_value, name))
        connection.execute("PRAGMA temp_store = MEMORY")
        connection.executescript((self._schema.folder / "sqlite_views.sql").read_text(encoding="utf-8").replace("GUARD", guard))
        connection.execute("PRAGMA query_only = ON")
        connection.set_authorizer(_authorizer(guard, self._schema.views))
        connection.set_trace_callback(self._trace)
        return connection

    def _bound_value(self, name: str) -> str | bytes | None:
        return self._bound.values.get(name)

    def close(self) -> None:
        """Close both connections."""
        for connection in (self._reader, self._writer):
            if connection is not None:
                connection.close()


def _authorizer(guard: str, views: frozenset[str]) -> Callable[[int, str | None, str | None, str | None, str | None], int]:
    def authorize(action: int, first: str | None, second: str | None, _database: str | None, view: str | None) -> int:
        if action in {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_TRANSACTION}:
            return sqlite3.SQLITE_OK
        if action == sqlite3.SQLITE_FUNCTION:
            return sqlite3.SQLITE_OK if second in _READER_FUNCTIONS else sqlite3.SQLITE_DENY
        if action == sqlite3.SQLITE_READ:
            inside = view is not None and (view.startswith(guard) or (first or "").startswith(guard))
            return sqlite3.SQLITE_OK if first in views or inside else sqlite3.SQLITE_DENY
        return sqlite3.SQLITE_DENY

    return authorize
