"""Files and functions stay small enough to read; nobody has ever shrunk them later."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MODULE_LINES_MAX = 400
TEST_LINES_MAX = 600
FUNCTION_LINES_MAX = 60
PARAMETERS_MAX = 6
VAGUE_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "managers"}
CLICK_DECORATORS = {"command", "option", "argument"}


def _modules(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from sorted((ROOT / folder).rglob("*.py"))


def test_modules_are_short() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for folder, limit in (("src", MODULE_LINES_MAX), ("tests", TEST_LINES_MAX))
        for path in _modules(folder)
        if (lines := len(path.read_text("utf-8").splitlines())) > limit
    }
    assert long == {}


def _functions() -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for path in _modules("src"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{path.relative_to(ROOT)}:{node.name}", node


def test_functions_are_short() -> None:
    long = {
        name: lines for name, node in _functions() if (lines := (node.end_lineno or 0) - node.lineno + 1) > FUNCTION_LINES_MAX
    }
    assert long == {}


def _is_command(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    calls = [d.func for d in node.decorator_list if isinstance(d, ast.Call)]
    return any(isinstance(call, ast.Attribute) and call.attr in CLICK_DECORATORS for call in calls)


def test_functions_take_few_parameters() -> None:
    many: dict[str, int] = {}
    for name, node in _functions():
        arguments = [a.arg for a in node.args.posonlyargs + node.args.args + node.args.kwonlyargs if a.arg not in {"self", "cls"}]
        # A command's parameters are its options: the command line decides how many there are.
        if len(arguments) > PARAMETERS_MAX and not _is_command(node):
            many[name] = len(arguments)
    assert many == {}


def test_no_vague_names() -> None:
    assert [str(path) for path in _modules("src", "tests") if path.stem in VAGUE_NAMES or path.parent.name in VAGUE_NAMES] == []
