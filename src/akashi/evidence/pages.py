"""
The pages of `docs/` that are made from code: `python -m akashi.evidence.pages [--write]`.

Without `--write` it says which pages are out of date and ends with 1. Pages are made from what is checked out, never from a
running system, so that the same tree always gives the same text.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import click

from akashi.evidence.page_errors import PageRefused
from akashi.evidence.page_hops import hops_page, read_hop_words
from akashi.evidence.page_promises import find_backing, promises_page, read_promises


def _hops(_root: Path) -> str:
    return hops_page(read_hop_words())


def _promises(root: Path) -> str:
    return promises_page(read_promises(), find_backing(root))


PAGES: dict[str, Callable[[Path], str]] = {"docs/hops.md": _hops, "docs/promises.md": _promises}
"""Every made page, relative to the repository, and how it is made from the checkout's root."""


def stale_pages(root: Path) -> dict[str, str]:
    """
    Return the text that each page under `root` should have and has not.

    Raises:
        PageRefused: a page cannot be made; the text says what does not fit.
    """
    made = {name: make(root) for name, make in PAGES.items()}
    return {name: text for name, text in made.items() if not _holds(root / name, text)}


def _holds(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text("utf-8") == text


@click.command()
@click.option("--write", is_flag=True, help="Write what is out of date.")
@click.option(
    "--root", type=click.Path(path_type=Path, exists=True, file_okay=False), default=Path(), help="The checkout; default: here."
)
def main(root: Path, *, write: bool) -> None:
    """Check or write the pages of docs/ that are made from code."""
    try:
        stale = stale_pages(root)
    except PageRefused as refusal:
        raise click.ClickException(str(refusal)) from None
    for name, text in stale.items():
        click.echo(f"{name}: {'written' if write else 'out of date'}")
        if write:
            (root / name).write_text(text, "utf-8")
    if stale and not write:
        sys.exit(1)


if __name__ == "__main__":
    main()
