"""Every vector gives exactly its outcome, every file is run, and the maker still makes exactly these files."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from vectors import make_vectors
from vectors.independent.vector import DATA, files, load
from vectors.runner import KINDS, outcome

FILES = files()


@pytest.mark.promise("C4", "C7")
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(DATA).with_suffix("").as_posix())
def test_outcome(file: Path) -> None:
    vector = load(file)
    assert outcome(vector) == vector.expect


def test_every_file_under_data_is_a_vector_that_ran() -> None:
    everything = {path for path in DATA.rglob("*") if path.is_file()}
    assert everything == set(FILES)
    assert len(FILES) > 200


def test_every_kind_has_a_vector_that_succeeds_and_most_have_one_that_fails() -> None:
    vectors = [load(file) for file in FILES]
    assert {vector.kind for vector in vectors} == set(KINDS)
    assert {vector.kind for vector in vectors if vector.expect == "ok"} == set(KINDS)
    cannot_fail = {"key-id", "seal-key", "sign", "intent-commitment", "root", "transcript"}
    cannot_fail |= {kind for kind in KINDS if kind.endswith("-hash")}
    assert {vector.kind for vector in vectors if vector.expect != "ok"} == set(KINDS) - cannot_fail


def test_the_maker_makes_exactly_these_files() -> None:
    made = {DATA / f"{vector.path}.txt": vector.text() for vector in make_vectors.make()}
    assert set(made) == set(FILES)
    for file, text in made.items():
        assert file.read_text(encoding="utf-8") == text, file.name


def test_the_maker_shares_no_code_with_akashi() -> None:
    here = Path(__file__).parent
    sources = [here / "make_vectors.py", *(here / "makers").glob("*.py"), *(here / "independent").glob("*.py")]
    names = set()
    for source in sources:
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                names.add(node.module or "")
            elif isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
    foreign = {name for name in names if not name.startswith("vectors")}
    assert "msgpack" in foreign
    assert not [name for name in foreign if name.startswith(("akashi", "msgspec")) or "hpke" in name or "mlkem" in name]
