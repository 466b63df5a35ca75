"""The fixtures that run a test on both databases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from akashi.registers.stores.engine import Engine
from akashi.zones.core.residents.stores.opening import open_engine
from unit.zones.core_residents.clusters import Cluster, running_cluster

KINDS = ("sqlite", pytest.param("postgresql", marks=pytest.mark.needs("postgresql")))


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    with running_cluster() as running:
        yield running


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """URL of an empty database, of each kind in turn."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/register.db"
        return
    running: Cluster = request.getfixturevalue("cluster")
    name = tmp_path.name[-50:].lower()
    yield running.create(name)
    running.drop(name)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """An empty register, of each kind in turn."""
    opened = open_engine(database_url, create=True)
    yield opened
    opened.close()


EngineMaker = Callable[[], Engine]
