"""
What a register needs of a database: one transaction to write, one bound snapshot to read.

A `Snapshot` sees one committed version from beginning to end. Before it is bound it can read who a presented card speaks for
and how current the register is; bound, it can read what the schema gives to its subject; nothing else, whatever SQL it is given.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from akashi.registers.errors import StoreFailed

Cell = str | int | bytes | None
Row = tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Schema:
    """
    One kind of register.

    Attributes:
        name: of its schema on PostgreSQL, such as "akashi_register".
        version: of its .sql files; a database of another version is refused.
        folder: with `sqlite_tables.sql`, `sqlite_views.sql` and `postgresql.sql`. Every schema has the tables `feed_rows` (one
            row; writers lock it) and `register_version` (one row).
        views: what a reader may name.
        made_by: the command that makes a register of this kind, for the operator.
    """

    name: str
    version: int
    folder: Path
    views: frozenset[str]
    made_by: str

    @property
    def reader_role(self) -> str:
        """Role on PostgreSQL that owns nothing and cannot bypass row-level security."""
        return f"{self.name}_reader"


class Transaction(Protocol):
    """One transaction that writes. SQL has `?` where a parameter goes; it holds no other question mark and no per cent sign."""

    def rows(self, sql: str, *parameters: Cell) -> list[Row]:
        """Return all rows of a query."""
        ...

    def run(self, sql: str, *parameters: Cell) -> int:
        """Run a statement and return how many rows it changed."""
        ...

    def load(self, table: str, columns: tuple[str, ...], rows: Iterable[Row]) -> None:
        """Insert many rows in the database's quickest way."""
        ...


class Snapshot(Protocol):
    """One read-only transaction, bound to a presented card or a person named by another register, and then to one subject."""

    def bind_card(self, issuer_dn: bytes, serial: bytes) -> None:
        """Say which card was presented; only its own link can then be read."""
        ...

    def bind_resident(self, resident_no: str) -> None:
        """Say whom a ticket of the resident register names; only the link of that 宛名番号 can then be read."""
        ...

    def bind_subject(self, subject: str) -> None:
        """Say whose records this transaction may read."""
        ...

    def rows(self, sql: str, *parameters: Cell) -> list[Row]:
        """Return all rows of a query over the schema's views."""
        ...


class Engine(Protocol):
    """A database of a register."""

    def create(self) -> None:
        """Make the schema. Raises `StoreRefused` where there is one already."""
        ...

    def schema_version(self) -> int | None:
        """Return the version of the schema that is there, or None where there is none."""
        ...

    def writing(self) -> AbstractContextManager[Transaction]:
        """Begin a transaction that commits at the end of the block, or leaves nothing behind if the block raises."""
        ...

    def reading(self) -> AbstractContextManager[Snapshot]:
        """Begin a snapshot; its bindings end with the block."""
        ...

    def close(self) -> None:
        """Close all connections."""
        ...


def text(cell: Cell) -> str:
    """Return a cell that must be text."""
    if not isinstance(cell, str):
        raise StoreFailed("a cell is not text")
    return cell


def text_or_none(cell: Cell) -> str | None:
    """Return a cell that must be text or null."""
    return None if cell is None else text(cell)


def number(cell: Cell) -> int:
    """Return a cell that must be a whole number."""
    if not isinstance(cell, int):
        raise StoreFailed("a cell is not a number")
    return cell


def octets(cell: Cell) -> bytes:
    """Return a cell that must be bytes."""
    if not isinstance(cell, bytes):
        raise StoreFailed("a cell is not bytes")
    return cell
