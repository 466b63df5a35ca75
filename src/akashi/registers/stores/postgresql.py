"""
A register on PostgreSQL: row-level security decides what a reader sees.

The reader's connection runs as the schema's reader role, which owns nothing and cannot bypass row-level security; the
binding is a setting local to the transaction. Source: PostgreSQL 15, chapter 5.8 (row security policies).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import sql

from akashi.registers.errors import StoreFailed, StoreRefused
from akashi.registers.stores.engine import Cell, Row, Schema, Snapshot, Transaction

_Connection = psycopg.Connection[tuple[Any, ...]]


def _query(statement: str) -> bytes:
    return statement.replace("?", "%s").encode()


class _Transaction:
    def __init__(self, connection: _Connection) -> None:
        self._connection = connection

    def rows(self, statement: str, *parameters: Cell) -> list[Row]:
        return self._connection.execute(_query(statement), parameters).fetchall()

    def run(self, statement: str, *parameters: Cell) -> int:
        return self._connection.execute(_query(statement), parameters).rowcount

    def load(self, table: str, columns: tuple[str, ...], rows: Iterable[Row]) -> None:
        names = sql.SQL(", ").join(map(sql.Identifier, columns))
        with self._connection.cursor().copy(sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), names)) as copy:
            for row in rows:
                copy.write_row(row)


class _Snapshot:
    def __init__(self, connection: _Connection) -> None:
        self._connection = connection

    def bind_card(self, issuer_dn: bytes, serial: bytes) -> None:
        self._set("akashi.card_issuer", issuer_dn.hex())
        self._set("akashi.card_serial", serial.hex())

    def bind_resident(self, resident_no: str) -> None:
        self._set("akashi.resident", resident_no)

    def bind_subject(self, subject: str) -> None:
        self._set("akashi.subject", subject)

    def _set(self, name: str, value: str) -> None:
        self.rows("SELECT set_config(?, ?, true)", name, value)

    def rows(self, statement: str, *parameters: Cell) -> list[Row]:
        try:
            return self._connection.execute(_query(statement), parameters).fetchall()
        except psycopg.Error as error:
            raise StoreFailed(f"postgresql read: {type(error).__name__}") from None


def _end(connection: _Connection) -> None:
    """End the transaction and with it the binding; a connection that cannot do that is not used again."""
    try:
        connection.execute("ROLLBACK")
    except psycopg.Error:
        connection.close()


class PostgresqlEngine:
    """
    A register in a PostgreSQL database, in the schema of its kind.

    Args:
        url: "postgresql://..." of the owner of the schema.
        schema: of which kind.
        reader_url: of a login that is a member of the reader role only; empty: the owner's, with that role set.
    """

    def __init__(self, url: str, schema: Schema, *, reader_url: str = "") -> None:
        self._url = url
        self._schema = schema
        self._reader_url = reader_url or url
        self._reader: _Connection | None = None
        self._writer: _Connection | None = None
        self.schema_version()

    def _connect(self, url: str, *, role: str) -> _Connection:
        options = f"-c search_path={self._schema.name},pg_temp" + (f" -c role={role}" if role else "")
        return psycopg.connect(url, autocommit=True, options=options)

    def _writing(self) -> _Connection:
        if self._writer is None or self._writer.closed:
            self._writer = self._connect(self._url, role="")
        return self._writer

    def create(self) -> None:
        """Make the schema; see `Engine`."""
        if self.schema_version() is not None:
            raise StoreRefused("the database has a schema already")
        try:
            connection = self._writing()
            with connection.transaction():
                connection.execute((self._schema.folder / "postgresql.sql").read_bytes())
        except psycopg.Error as error:
            raise StoreFailed(f"postgresql schema: {type(error).__name__}") from None

    def schema_version(self) -> int | None:
        """Return the version that is there, or None; raises `StoreRefused` where it is no register."""
        try:
            connection = self._writing()
            if connection.execute("SELECT to_regclass(%s)", (f"{self._schema.name}.register_version",)).fetchone() == (None,):
                return None
            row = connection.execute("SELECT version FROM register_version").fetchone()
        except psycopg.Error as error:
            raise StoreRefused(f"postgresql: not reachable, or not a register ({type(error).__name__})") from None
        return int(row[0]) if row else 0

    @contextmanager
    def writing(self) -> Iterator[Transaction]:
        """Begin a transaction that writes; see `Engine`."""
        try:
            connection = self._writing()
            with connection.transaction():
                # One writer at a time; readers are not held up by this lock.
                connection.execute("LOCK TABLE feed_rows IN EXCLUSIVE MODE")
                yield _Transaction(connection)
        except psycopg.Error as error:
            raise StoreFailed(f"postgresql write: {type(error).__name__}") from None

    @contextmanager
    def reading(self) -> Iterator[Snapshot]:
        """Begin a bound snapshot; see `Engine`."""
        try:
            if self._reader is None or self._reader.closed:
                self._reader = self._connect(self._reader_url, role=self._schema.reader_role)
            self._reader.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            try:
                yield _Snapshot(self._reader)
            finally:
                _end(self._reader)
        except psycopg.Error as error:
            raise StoreFailed(f"postgresql read: {type(error).__name__}") from None

    def close(self) -> None:
        """Close both connections."""
        for connection in (self._reader, self._writer):
            if connection is not None:
                connection.close()
