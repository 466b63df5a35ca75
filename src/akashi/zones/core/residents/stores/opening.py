"""From a URL in the configuration to a database."""

from __future__ import annotations

from akashi.wire.errors import Refused
from akashi.zones.core.residents.errors import StoreRefused
from akashi.zones.core.residents.stores.engine import SCHEMA_VERSION, Engine
from akashi.zones.core.residents.stores.postgresql import PostgresqlEngine
from akashi.zones.core.residents.stores.sqlite import SqliteEngine


def open_engine(url: str, *, reader_url: str = "", create: bool = False) -> Engine:
    """
    Return the database at `url`.

    Args:
        url: "sqlite:///relative/path", "sqlite:////absolute/path", "sqlite:///:memory:" or "postgresql://...".
        reader_url: PostgreSQL only: a login that can do nothing but read; empty: the same login in the reader's role.
        create: make the schema where there is none.

    Raises:
        StoreRefused: another kind of URL, not reachable, no register there, or one of another schema version.
        StoreFailed: the schema could not be made.
    """
    engine: Engine
    if url.startswith("sqlite:///"):
        engine = SqliteEngine(url.removeprefix("sqlite:///"))
    elif url.startswith(("postgresql://", "postgres://")):
        engine = PostgresqlEngine(url, reader_url=reader_url)
    else:
        raise StoreRefused("the register's URL must begin with sqlite:/// or postgresql://")
    try:
        check_schema(engine, create=create)
    except Refused:
        engine.close()
        raise
    return engine


def check_schema(engine: Engine, *, create: bool = False) -> None:
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
        raise StoreRefused("there is no register yet; `akashi city import` makes one")
    elif version != SCHEMA_VERSION:
        raise StoreRefused(f"the register has schema version {version}, this build needs {SCHEMA_VERSION}")
