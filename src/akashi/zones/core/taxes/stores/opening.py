"""The tax records' schema, and the databases that have it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from akashi.registers.stores.engine import Engine, Schema
from akashi.registers.stores.opening import open_register

SCHEMA: Final = Schema(
    name="akashi_taxes",
    version=1,
    folder=Path(__file__).with_name("schema"),
    views=frozenset({"tax", "day"}),
    made_by="akashi serve core/taxes",
)


def open_engine(url: str, *, reader_url: str = "", create: bool = False) -> Engine:
    """Return the tax records at `url`; see `open_register` for the forms of a URL and what it raises."""
    return open_register(url, SCHEMA, reader_url=reader_url, create=create)
