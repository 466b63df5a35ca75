"""Every path, module and test that a document names exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from akashi.wire import topology
from docs.reading import ROOT, Page, pages, sources

PACKAGE = ROOT / "src/akashi"
SUFFIXES = (".py", ".md", ".toml", ".sql", ".typ", ".csv", ".html", ".css", ".txt")
# What is written at run time, by the register's export or by a city; it is in no checkout.
AT_RUN_TIME = re.compile(
    r"^(var/|\.cache/|\.venv|/|households\.csv|residents\.csv|card_links\.csv|blocks\.csv|seals\.csv|taxes\.csv|manifest\.toml|people\.json|cards/"
    r"|config\.toml|running\.json|store/kiosk/|sqlite:|postgresql:|\w+/\w+\.(pem|key|json)$)"
)
OWN_PATH = re.compile(r"(?<![\w/.-])(?:docs|src|tests|tools|requirements)/[\w./-]*\w")
MODULE = re.compile(r"^akashi(\.\w+)+$")
TEST_NAME = re.compile(r"(tests/[\w/]+\.py)::(\w+)")

BASENAMES = {path.name for folder in ("src", "tests", "docs", "tools", "requirements") for path in (ROOT / folder).rglob("*")}
BASENAMES |= {path.name for path in ROOT.iterdir()}


def _looks_like_a_path(span: str) -> bool:
    if not re.fullmatch(r"[\w./-]+", span) or AT_RUN_TIME.match(span):
        return False
    return span.endswith(SUFFIXES) or ("/" in span.rstrip("/") and span[0].isalpha())


def _exists(name: str, beside: Path) -> bool:
    """A path counts from the root, the package, zones/, docs/, tests/ or the document's folder; a vector by its name."""
    places = (ROOT, PACKAGE, PACKAGE / "zones", ROOT / "docs", ROOT / "tests", beside)
    vector = ROOT / "tests/vectors/data" / f"{name}.txt"
    return any((place / name).exists() for place in places) or vector.is_file() or ("/" not in name and name in BASENAMES)


def _has_module(dotted: str) -> bool:
    """Whether a dotted name is a module of ours, or a public name in one."""
    parts = dotted.split(".")
    for end in range(len(parts), 0, -1):
        base = ROOT / "src" / "/".join(parts[:end])
        file = base.with_suffix(".py") if base.with_suffix(".py").is_file() else base / "__init__.py"
        if file.is_file():
            rest = parts[end:]
            return (
                not rest
                or re.search(rf"^\s*(def|class|async def)? ?{rest[0]}\b", file.read_text("utf-8"), re.MULTILINE) is not None
            )
    return False


@pytest.fixture(params=pages(), ids=lambda page: page.name)
def page(request: pytest.FixtureRequest) -> Page:
    found: Page = request.param
    return found


def test_paths_in_code_spans_exist(page: Page) -> None:
    named = [span for span in page.spans() if _looks_like_a_path(span)]
    assert [span for span in named if not _exists(span, page.path.parent)] == []


def test_modules_in_code_spans_exist(page: Page) -> None:
    assert [span for span in page.spans() if MODULE.match(span) and not _has_module(span)] == []


def test_links_lead_somewhere(page: Page) -> None:
    dead = []
    for link in page.links():
        if re.match(r"[a-z]+:", link):
            continue
        file, _, anchor = link.partition("#")
        target = (page.path.parent / file).resolve() if file else page.path
        if not target.exists() or (anchor and anchor not in Page(target, target.read_text("utf-8")).anchors()):
            dead.append(link)
    assert dead == []


def test_tests_named_in_documents_exist(page: Page) -> None:
    missing = []
    for file, test in TEST_NAME.findall(page.text):
        path = ROOT / file
        if not path.is_file() or f"def {test}(" not in path.read_text("utf-8"):
            missing.append(f"{file}::{test}")
    assert missing == []


def _stem_exists(named: str) -> bool:
    """A path may stand without its ending: docs/decisions/0003 names the record that begins so."""
    path = ROOT / named
    return path.exists() or (path.parent.is_dir() and any(path.parent.glob(path.name + "*")))


def test_paths_in_prose_exist(page: Page) -> None:
    assert [named for named in OWN_PATH.findall(page.prose) if not _stem_exists(named)] == []


@pytest.mark.parametrize("path", sources(), ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_paths_in_docstrings_exist(path: Path) -> None:
    texts = [
        node.value
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    named = [name for text in texts for name in OWN_PATH.findall(text) if name.startswith(("docs/", "tests/"))]
    assert [name for name in named if not _stem_exists(name)] == []


def test_there_is_something_to_check() -> None:
    names = {page.name for page in pages()}
    assert {"README.md", "README.ja.md", "docs/ARCHITECTURE.md", "docs/spec/protocol.md"} <= names
    assert sum(_looks_like_a_path(span) for page in pages() for span in page.spans()) > 50
    assert all(_exists(server.name, ROOT) for server in topology.SERVERS)
    assert not _exists("zones/center/backdoor", ROOT)
    assert not _has_module("akashi.sealing.opened_by_relay")
    assert not _stem_exists("docs/spec/imagined.md")
