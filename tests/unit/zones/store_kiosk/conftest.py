from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from akashi.zones.store.kiosk.store import Journal


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    journal = Journal(tmp_path / "journal.db")
    yield journal
    journal.close()
