"""What import contracts cannot see: names that load, run or write behind their back."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

SRC = Path(__file__).resolve().parents[2] / "src/akashi"
RELAYS = ("zones/hq", "zones/center/relay", "zones/lgwan", "zones/dmz", "wire")
EVERYWHERE = {"__import__", "eval", "exec", "compile"}


def _called_names(path: Path) -> set[str]:
    tree = ast.parse(path.read_text("utf-8"))
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


@pytest.mark.promise("C6")
@pytest.mark.parametrize("folder", RELAYS)
def test_relays_never_name_open(folder: str) -> None:
    paths = sorted((SRC / folder).rglob("*.py"))
    assert paths
    assert [str(path) for path in paths if "open" in _called_names(path)] == []


def test_nobody_names_what_hides_imports() -> None:
    assert [str(path) for path in sorted(SRC.rglob("*.py")) if _called_names(path) & EVERYWHERE] == []
