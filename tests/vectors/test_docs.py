"""What the pages about the envelope name exists: every test, every vector, every kind, every path."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from vectors.independent.vector import DATA, files, load
from vectors.runner import KINDS

ROOT = Path(__file__).parents[2]
THREATS = (ROOT / "docs/threats/envelope.md").read_text(encoding="utf-8")
VECTORS = (ROOT / "docs/spec/vectors.md").read_text(encoding="utf-8")
QUOTED = sorted(set(re.findall(r"`([^`\n]+)`", THREATS + VECTORS)))
TESTS = [text for text in QUOTED if "::" in text]
PATHS = [text for text in QUOTED if text.startswith(("tests/", "docs/", "src/")) and "::" not in text]
FAMILIES = {path.name for path in DATA.iterdir()}
NAMED_VECTORS = [text for text in QUOTED if text.split("/")[0] in FAMILIES and "/" in text]


@pytest.mark.parametrize("name", TESTS)
def test_a_named_test_exists(name: str) -> None:
    file, _, function = name.partition("::")
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    assert function in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("name", NAMED_VECTORS)
def test_a_named_vector_exists_and_fails_as_the_page_says(name: str) -> None:
    assert load(DATA / f"{name}.txt").expect != "ok"


@pytest.mark.parametrize("name", PATHS)
def test_a_named_path_exists(name: str) -> None:
    assert (ROOT / name).exists()


def test_the_pages_name_enough() -> None:
    assert len(TESTS) > 15
    assert len(NAMED_VECTORS) > 20
    assert len(PATHS) >= 4


def test_every_line_of_the_table_names_what_shows_it() -> None:
    table = THREATS.partition("| not | shown by |")[2].partition("\n## ")[0]
    rows = [line for line in table.splitlines() if line.startswith("| ") and "---" not in line]
    assert len(rows) > 15
    assert [row for row in rows if "`" not in row.split("|")[2]] == []


def table_of_kinds() -> dict[str, set[str]]:
    """Return, for each kind in the table, the names of its fields."""
    found = {}
    for kind, fields in re.findall(r"^\| `([a-z-]+)` \| ([^|]+) \|", VECTORS, re.MULTILINE):
        plain = re.sub(r"\*[nt]\*|and sometimes", "", fields).replace("→", ",")
        found[kind] = {name.strip() for name in plain.split(",") if name.strip()}
    return found


def test_the_table_of_kinds_is_complete_and_its_fields_are_those_of_the_files() -> None:
    table = table_of_kinds()
    assert set(table) == set(KINDS)
    used: dict[str, set[str]] = {}
    for file in files():
        vector = load(file)
        used.setdefault(vector.kind, set()).update(vector.fields)
    assert used == table
