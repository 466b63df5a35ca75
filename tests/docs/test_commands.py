"""Every command line in the documents is understood by the program, without being run; every make target exists."""

from __future__ import annotations

import re
import shlex

import click
import pytest

from akashi.entry.cli import cli
from docs.reading import ROOT, Page, pages

LINE = re.compile(r"^(?:\$ )?(?:\.venv/bin/)?akashi (.+)$", re.MULTILINE)
INLINE = re.compile(r"^(?:\.venv/bin/)?akashi ([a-z-].*)$")
MAKE = re.compile(r"\bmake ([a-z]+)\b")
TARGETS = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
LANGUAGES = ("sh", "bash", "console")


def _find(arguments: list[str]) -> tuple[click.Context, list[str]]:
    """Return the command that the words lead to, in its context, and the words that are left for it."""
    context = click.Context(cli, info_name="akashi")
    rest = list(arguments)
    while isinstance(context.command, click.Group) and rest and not rest[0].startswith("-"):
        name = rest.pop(0)
        command = context.command.get_command(context, name)
        assert command is not None, f"{context.command_path} has no command {name!r}"
        context = click.Context(command, info_name=name, parent=context)
    return context, rest


def _check(context: click.Context, words: list[str]) -> None:
    """Parse as the program would: options known, values of their type, nothing missing, nothing left. Files need not exist."""
    values, left, _ = context.command.make_parser(context).parse_args(list(words))
    assert left == []
    for parameter in context.command.params:
        assert parameter.name is not None
        value = values.get(parameter.name)
        given = isinstance(value, str | int | list | tuple) and value not in ([], ())
        assert given or not parameter.required, f"{context.command_path}: {parameter.name} is missing"
        if given and not isinstance(parameter.type, click.Path):
            parameter.type_cast_value(context, value)


@pytest.fixture(params=pages(), ids=lambda page: page.name)
def page(request: pytest.FixtureRequest) -> Page:
    found: Page = request.param
    return found


def test_command_lines_in_blocks_parse(page: Page) -> None:
    for block in page.blocks(*LANGUAGES):
        for line in LINE.findall(block.replace("\\\n", " ")):
            _check(*_find(shlex.split(line, comments=True)))


def test_commands_in_prose_exist(page: Page) -> None:
    for span in page.spans():
        match = INLINE.match(span)
        if match is None or "|" in span:
            continue
        context, left = _find(shlex.split(match[1]))
        known = {name for parameter in context.command.params for name in parameter.opts}
        assert {word for word in left if word.startswith("--")} <= known | {"--help", "--version"}


def test_make_targets_exist(page: Page) -> None:
    texts = [*page.spans(), *page.blocks(*LANGUAGES)]
    assert {target for text in texts for target in MAKE.findall(text)} <= TARGETS


@pytest.mark.parametrize("name", ["README.md", "README.ja.md"])
def test_the_front_page_shows_every_command(name: str) -> None:
    text = "\n".join(Page(ROOT / name, (ROOT / name).read_text("utf-8")).blocks(*LANGUAGES))
    shown = {shlex.split(line)[0] for line in LINE.findall(text)}
    assert shown == set(cli.list_commands(click.Context(cli)))
    assert {"run", "test"} <= set(MAKE.findall(text))


def test_wrong_lines_are_noticed() -> None:
    for line in (
        "fly",
        "serve center/relay",
        "issue --person A --kind passport --out x.pdf",
        "serve a b --config c",
        "up --warp",
    ):
        with pytest.raises((AssertionError, click.UsageError)):
            _check(*_find(shlex.split(line)))


@pytest.mark.parametrize("name", ["README.md", "README.ja.md"])
def test_the_front_page_is_one_page(name: str) -> None:
    assert len((ROOT / name).read_text("utf-8").splitlines()) <= 110
