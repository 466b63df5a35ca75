"""
A register on PostgreSQL: row-level security decides what a reader sees.

The reader's connection runs as the schema's reader role, which owns nothing and cannot bypass row-level security. The binding is
a setting local to the transaction, with a tag (HMAC-SHA256 of transaction, name and value) under a key that this server and the
schema's owner have: any role may set any setting, also in the middle of a statement, so a setting alone would bind nobody.
Source: PostgreSQL 15, chapter 5.8 (row security policies).
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg import sql

from akashi.registers.errors import StoreFailed, StoreRefused
from akashi.registers.stores.engine import Cell, Row, Schema, Snapshot, Transaction

_BEGIN: Final = Path(__file__).with_name("postgresql_begin.sql")
_PAD_BYTES: Final = 64
_INNER_PAD: Final = 0x36
_OUTER_PAD: Final = 0x5C
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


@dataclass(frozen=True, slots=True, repr=False)
class _BindingKeys:
    """The two padded keys of HMAC-SHA256, as the database keeps them."""

    inner: bytes
    outer: bytes

    @classmethod
    def generate(cls) -> _BindingKeys:
        key = secrets.token_bytes(sha256().digest_size).ljust(_PAD_BYTES, b"\0")
        return cls(bytes(octet ^ _INNER_PAD for octet in key), bytes(octet ^ _OUTER_PAD for octet in key))

    def tag(self, transaction: str, name: str, value: str) -> str:
        """Return the tag that `bound()` in postgresql_begin.sql expects."""
        words = f"{transaction} {name} {value}".encode()
        return sha256(self.outer + sha256(self.inner + words).digest()).hexdigest()


class _Snapshot:
    def __init__(self, connection: _Connection, keys: _BindingKeys, transaction: str) -> None:
        self._connection = connection
        self._keys = keys
        self._transaction = transaction

    def bind_card(self, issuer_dn: bytes, serial: bytes) -> None:
        self._bind(card_issuer=issuer_dn.hex(), card_serial=serial.hex())

    def bind_resident(self, resident_no: str) -> None:
        self._bind(resident=resident_no)

    def bind_subject(self, subject: str) -> None:
        self._bind(subject=subject)

    def _bind(self, **values: str) -> None:
        settings: list[str] = []
        for name, value in values.items():
            tag = self._keys.tag(self._transaction, name, value)
            settings += f"akashi.{name}", value, f"akashi.{name}_tag", tag
        calls = ", ".join(["set_config(?, ?, true)"] * (len(settings) // 2))
        self.rows(f"SELECT {calls}", *settings)

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
        self._keys: _BindingKeys | None = None
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
            role = self._schema.reader_role
            begin = sql.SQL(_BEGIN.read_text(encoding="utf-8")).format(
                schema=sql.Identifier(self._schema.name), role=sql.Identifier(role), role_text=sql.Literal(role)
            )
            keys = _BindingKeys.generate()
            with connection.transaction():
                connection.execute(begin)
                connection.execute("INSERT INTO binding_keys VALUES (1, %s, %s)", (keys.inner, keys.outer))
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

    def _binding_keys(self) -> _BindingKeys:
        if self._keys is None:
            row = self._writing().execute("SELECT inner_key, outer_key FROM binding_keys").fetchone()
            if row is None:
                raise StoreFailed("postgresql: no binding keys")
            self._keys = _BindingKeys(*row)
        return self._keys

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
            keys = self._binding_keys()
            self._reader.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            try:
                (transaction,) = self._reader.execute("SELECT this_transaction()").fetchone() or ("",)
                yield _Snapshot(self._reader, keys, transaction)
            finally:
                _end(self._reader)
        except psycopg.Error as error:
            raise StoreFailed(f"postgresql read: {type(error).__name__}") from None

    def close(self) -> None:
        """Close both connections."""
        for connection in (self._reader, self._writer):
            if connection is not None:
                connection.close()
