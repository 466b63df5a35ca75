"""
The page `docs/promises.md`: what is promised, how far it is built, and the tests that back it.

The promises are written in `promises.toml`; the tests are found by their markers, so that a test that goes away takes its line
with it. A promise that is said to stand needs tests; one that has tests cannot be said to be for later.
"""

from __future__ import annotations

import ast
import enum
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import msgspec

from akashi.evidence.page_errors import PageRefused


class Standing(enum.StrEnum):
    """How far a promise is built."""

    STANDS = "stands"
    """All of it, in this version; its tests are listed."""
    PART = "in part"
    """Some of it; what is missing is said, with the part of the product that brings it."""
    LATER = "later"
    """Not built yet; the part of the product that brings it is said."""


_STANDING_JA = {Standing.STANDS: "できている", Standing.PART: "一部", Standing.LATER: "これから"}


class Promise(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """
    One promise.

    Attributes:
        id: stable, such as "C4".
        ja, en: what is promised.
        standing: how far it is built.
        missing_ja, missing_en: what is not built yet and which part of the product brings it; empty where all stands.
    """

    id: str
    ja: str
    en: str
    standing: Standing
    missing_ja: str = ""
    missing_en: str = ""


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    promises: list[Promise]


@dataclass(frozen=True, slots=True, order=True)
class Backing:
    """
    A test that backs a promise.

    Attributes:
        path: of the file, relative to the repository.
        test: name of the function or class, or empty where the whole file does.
    """

    path: str
    test: str


def read_promises() -> tuple[Promise, ...]:
    """
    Return the promises in their order.

    Raises:
        PageRefused: the file does not have their form, an id is given twice, or what is missing does not fit the standing.
    """
    text = files("akashi.evidence").joinpath("promises.toml").read_text("utf-8")
    return parse_promises(text)


def parse_promises(untrusted_toml: str) -> tuple[Promise, ...]:
    """Return the promises of a TOML text. Raises PageRefused as `read_promises` does."""
    try:
        promises = msgspec.convert(tomllib.loads(untrusted_toml), _File).promises
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise PageRefused(f"promises.toml: {error}") from None
    ids = [promise.id for promise in promises]
    if len(set(ids)) != len(ids):
        raise PageRefused("promises.toml: an id is given twice")
    for promise in promises:
        stands = promise.standing is Standing.STANDS
        if stands == bool(promise.missing_ja) or stands == bool(promise.missing_en):
            raise PageRefused(f"promises.toml: {promise.id}: say what is missing, exactly where something is")
    return tuple(promises)


def find_backing(root: Path) -> dict[str, tuple[Backing, ...]]:
    """
    Return the tests under `root/tests` that carry `@pytest.mark.promise`, by promise.

    Raises:
        PageRefused: a marker names something else than literal ids, so that nobody can list it.
    """
    found: dict[str, set[Backing]] = defaultdict(set)
    for path in sorted((root / "tests").rglob("test_*.py")):
        name = path.relative_to(root).as_posix()
        for test, marker in _markers(ast.parse(path.read_text("utf-8"))):
            for argument in marker.args:
                if not (isinstance(argument, ast.Constant) and isinstance(argument.value, str)):
                    raise PageRefused(f"{name}: promise() takes literal ids")
                found[argument.value].add(Backing(name, test))
    return {promise: tuple(sorted(tests)) for promise, tests in found.items()}


def promises_page(promises: tuple[Promise, ...], backing: Mapping[str, tuple[Backing, ...]]) -> str:
    """
    Return the text of `docs/promises.md`.

    Raises:
        PageRefused: a test backs a promise that is not in the list, or tests and standing contradict each other.
    """
    unknown = sorted(set(backing) - {promise.id for promise in promises})
    if unknown:
        raise PageRefused(f"tests back promises that promises.toml does not have: {', '.join(unknown)}")
    lines = [
        "# Promises (約束) and the tests that back them",
        "",
        "Made from `src/akashi/evidence/promises.toml` and the markers of the tests; do not edit.",
        "Each answers something that a city's council was told, asked or worried about. `C` is the part about certificates.",
        "",
        "| id | 約束 | promise | standing | tests |",
        "|---|---|---|---|---|",
    ]
    lines += [_row(promise, backing.get(promise.id, ())) for promise in promises]
    for promise in promises:
        lines += _section(promise, backing.get(promise.id, ()))
    return "\n".join([*lines, ""])


def _row(promise: Promise, tests: tuple[Backing, ...]) -> str:
    if (promise.standing is Standing.LATER) == bool(tests):
        raise PageRefused(f"{promise.id} is said to be {promise.standing!r} and has {len(tests)} tests")
    standing = f"{_STANDING_JA[promise.standing]} {promise.standing}"
    return f"| [{promise.id}](#{promise.id.lower()}) | {promise.ja} | {promise.en} | {standing} | {len(tests)} |"


def _section(promise: Promise, tests: tuple[Backing, ...]) -> list[str]:
    lines = ["", f"## {promise.id}", "", f"{promise.ja}  ", promise.en]
    if promise.missing_en:
        lines += ["", f"まだの分：{promise.missing_ja}  ", f"Not yet: {promise.missing_en}"]
    by_path: dict[str, list[str]] = defaultdict(list)
    for one in tests:
        by_path[one.path].append(one.test)
    if by_path:
        lines.append("")
    for path, names in by_path.items():
        listed = ", ".join(f"`{name}`" for name in names if name) or "the whole file"
        lines.append(f"- [`{path}`](../{path}): {listed}")
    return lines


def _markers(tree: ast.Module) -> Iterator[tuple[str, ast.Call]]:
    """Give (name of the test, marker) for decorators, and ("", marker) for a module's `pytestmark`."""
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                for decorator in node.decorator_list:
                    yield from ((node.name, call) for call in _promise_calls(decorator))
            case ast.Assign(targets=[ast.Name(id="pytestmark")]):
                yield from (("", call) for call in _promise_calls(node.value))


def _promise_calls(expression: ast.expr) -> Iterator[ast.Call]:
    for node in ast.walk(expression):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.promise":
            yield node
