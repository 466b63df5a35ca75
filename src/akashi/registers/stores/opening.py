"""From a URL in the configuration to a database of one kind of register."""

from __future__ import annotations

from akashi.registers.errors import StoreRefused
from akashi.registers.stores.engine import Engine, Schema
from akashi.registers.stores.postgresql import PostgresqlEngine
from akashi.registers.stores.sqlite import SqliteEngine
from akashi.wire.errors import Refused


def open_register(url: str, schema: Schema, *, reader_url: str = "", create: bool = False) -> Engine:
    """
    Return the database at `url`.

    Args:
        url: "sqlite:///relative/path", "sqlite:////absolute/path", "sqlite:///:memory:" or "postgresql://...".
        schema: which kind of register.
        reader_url: PostgreSQL only: a login that can do nothing but read; empty: the same login in the reader's role.
        create: make the schema where there is none.

    Raises:
        StoreRefused: another kind of URL, not reachable, no register there, or one of another schema version.
        StoreFailed: the schema could not be made.
    """
    engine: Engine
    if url.startswith("sqlite:///"):
        engine = SqliteEngine(url.removeprefix("sqlite:///"), schema)
    elif url.startswith(("postgresql://", "postgres://")):
        engine = PostgresqlEngine(url, schema, reader_url=reader_url)
    else:
        raise StoreRefused("the register's URL must begin with sqlite:/// or postgresql://")
    try:
        check_schema(engine, schema, create=create)
    except Refused:
        engine.close()
        raise
    return engine


def check_schema(engine: Engine, schema: Schema, *, create: bool = False) -> None:
    """
    Refuse a database that this build must not use; make the schema where there is none and `create` is set.

    Raises:
        StoreRefused: no register there, or one of another schema version.
        StoreFailed: the schema could not be made.
    """
    version = engine.schema_version()
    if version is None and create:
        engine.create()
    elif version is None:
        raise StoreRefused(f"there is no register yet; `{schema.made_by}` makes one")
    elif version != schema.version:
        raise StoreRefused(f"the register has schema version {version}, this build needs {schema.version}")
