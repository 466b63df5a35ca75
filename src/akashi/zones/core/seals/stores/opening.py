"""The seal register's schema, and the databases that have it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from akashi.registers.stores.engine import Engine, Schema
from akashi.registers.stores.opening import open_register

SCHEMA: Final = Schema(
    name="akashi_seals",
    version=1,
    folder=Path(__file__).with_name("schema"),
    views=frozenset({"registration", "editing", "feed"}),
    made_by="akashi seals import",
)


def open_engine(url: str, *, reader_url: str = "", create: bool = False) -> Engine:
    """Return the seal register at `url`; see `open_register` for the forms of a URL and what it raises."""
    return open_register(url, SCHEMA, reader_url=reader_url, create=create)
