"""Wire codes, sections of the specifications and terms of the glossary that are named anywhere do exist."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from akashi.wire.errors import WireCode
from docs.reading import ROOT, Page, pages, sources

# A word in capitals with an underscore, or one alone in brackets, is a name of ours.
CODE = re.compile(r"(?<![\w/`=.])([A-Z]{2,}(?:_[A-Z]+)+)(?![\w(=/])|\(([A-Z]{6,})\)")
SECTION = re.compile(r"docs/spec/(\w+)\.md,? sections? ((?:[\d.]*\d)(?:(?:, | and | to )[\d.]*\d)*)")
GLOSSARY = ROOT / "docs/glossary.md"
TERM_COLUMN = 2
JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")


@cache
def _source_words() -> frozenset[str]:
    texts = [path.read_text("utf-8") for path in sources()]
    return frozenset(word for text in texts for word in re.findall(r"\w+", text))


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_codes_exist(page: Page) -> None:
    named = {one or two for one, two in CODE.findall(page.prose)}
    assert {name for name in named if name not in WireCode.__members__ and name not in _source_words()} == set()


@cache
def _sections(name: str) -> frozenset[str]:
    """
    Return the section numbers of a specification: "## 4." and, in section 4, "4.5 " where a line or a sentence begins.
    """
    text = (ROOT / "docs/spec" / f"{name}.md").read_text("utf-8")
    chapters = re.split(r"^## (\d+)\. .*$", text, flags=re.MULTILINE)[1:]
    found = set(chapters[::2])
    for number, body in zip(chapters[::2], chapters[1::2], strict=True):
        found |= set(re.findall(rf"^(?:###+ )?({number}\.\d+) ", body, flags=re.MULTILINE))
        found |= set(re.findall(rf"(?<=[.;] )({number}\.\d+) (?=[A-Z*`])", body))
    return frozenset(found)


def _cited(text: str) -> list[tuple[str, str]]:
    flat = re.sub(r"\s+", " ", text)
    return [(name, number) for name, numbers in SECTION.findall(flat) for number in re.findall(r"[\d.]*\d", numbers)]


@pytest.mark.parametrize("path", sources(), ids=lambda path: path.relative_to(ROOT / "src/akashi").as_posix())
def test_sections_cited_in_code_exist(path: Path) -> None:
    cited = _cited(path.read_text("utf-8"))
    assert [f"{name} {number}" for name, number in cited if number not in _sections(name)] == []


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_sections_cited_in_documents_exist(page: Page) -> None:
    assert [f"{name} {number}" for name, number in _cited(page.prose) if number not in _sections(name)] == []


def test_sections_are_found() -> None:
    assert {"1", "2.4", "3.5", "4.3", "4.5", "5.6", "8"} <= _sections("protocol")
    assert not {"0", "3.9", "10", "1.3"} & _sections("protocol")
    assert _cited("docs/spec/protocol.md sections 2.4, 4 to\n    8.") == [
        ("protocol", "2.4"),
        ("protocol", "4"),
        ("protocol", "8"),
    ]
    assert sum(len(_cited(path.read_text("utf-8"))) for path in sources()) > 50


def _glossary_rows() -> list[list[str]]:
    rows = [line for line in GLOSSARY.read_text("utf-8").splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
    return [row for row in cells if JAPANESE.search(row[0]) and row[0] != "日本語"]


def test_glossary_terms_stand_in_the_code() -> None:
    missing = []
    for row in _glossary_rows():
        for term in re.findall(r"`([^`]+)`", row[TERM_COLUMN]):
            words = re.findall(r"\w+", term)
            if not set(words) <= _source_words():
                missing.append(term)
    assert missing == []


def test_glossary_has_one_line_a_term() -> None:
    rows = _glossary_rows()
    terms = [row[0] for row in rows]
    assert len(rows) > 60
    assert len(set(terms)) == len(terms)
    assert all(len(row) == 5 and all(row) for row in rows)


def _classes() -> dict[str, str]:
    """Return class name to the source of its body, bodies of one name joined."""
    bodies: dict[str, str] = {}
    for path in sources():
        parts = re.split(r"^class (\w+)", path.read_text("utf-8"), flags=re.MULTILINE)
        for name, body in zip(parts[1::2], parts[2::2], strict=True):
            bodies[name] = bodies.get(name, "") + body
    return bodies


def test_functions_named_in_the_architecture_exist() -> None:
    page = ROOT / "docs/ARCHITECTURE.md"
    spans = Page(page, page.read_text("utf-8")).spans()
    methods = [match.groups() for span in spans if (match := re.fullmatch(r"([A-Z]\w+)\.(?!md$)(\w+)", span))]
    functions = [match[1] for span in spans if (match := re.fullmatch(r"(\w+)\(\)", span))]
    classes = _classes()
    text = "\n".join(path.read_text("utf-8") for path in sources())
    assert [f"{name}.{method}" for name, method in methods if f"def {method}(" not in classes.get(name, "")] == []
    assert [name for name in functions if not re.search(rf"^def {name}\(", text, re.MULTILINE)] == []
    assert len(methods) > 10
    assert len(functions) > 5
