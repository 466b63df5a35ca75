"""Keys and cards, made once, for the properties of the family register."""

from __future__ import annotations

import pytest

from unit.zones.core_residents.counter import Made


@pytest.fixture(scope="session")
def made() -> Made:
    return Made()
