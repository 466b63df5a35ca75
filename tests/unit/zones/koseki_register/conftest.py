"""Both databases, and made keys and cards, for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from akashi.registers.stores.engine import Engine
from akashi.zones.koseki.register.stores.opening import open_engine
from unit.zones.core_residents.counter import Made
from unit.zones.core_residents.databases import cluster, database_url

__all__ = ["cluster", "database_url"]


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """An empty family register, of each kind of database in turn."""
    opened = open_engine(database_url, create=True)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def made() -> Made:
    return Made()
