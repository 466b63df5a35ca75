"""One PC/SC service for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from card.made_cards import make_card
from card.reader_lab import ReaderLab, running_lab


@pytest.fixture(scope="module", name="lab")
def _lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReaderLab]:
    with running_lab(tmp_path_factory.mktemp("pcscd")) as lab:
        yield lab


@pytest.fixture(name="image")
def _image(tmp_path: Path) -> Path:
    path = tmp_path / "card.json"
    make_card().save(path)
    return path
