"""Both databases, and made keys and cards, for the properties of the register."""

from __future__ import annotations

import pytest

from unit.zones.core_residents.counter import Made
from unit.zones.core_residents.databases import cluster, database_url, engine

__all__ = ["cluster", "database_url", "engine"]


@pytest.fixture(scope="session")
def made() -> Made:
    return Made()
