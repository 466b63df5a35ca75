"""`akashi verify-page`: the page on which a receiver checks certificates, for this machine's own screen."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import click

from akashi.entry.identity import become
from akashi.entry.kiosk_session import page_hosts
from akashi.entry.verifying.lists import read_lists
from akashi.entry.verifying.serving import serve_check_page
from akashi.entry.world import end_with_parent


@click.command(name="verify-page")
@click.option(
    "--trust", type=click.Path(path_type=Path, exists=True), multiple=True, required=True,
    help="Folder with trust lists (NAME.trust beside NAME.root) and void lists (*.voids), or one trust list.",
)  # fmt: skip
@click.option("--listen", default="127.0.0.1:7181", show_default=True, help="On loopback: the page is for this machine's screen.")
@click.option("--user", help="Operating-system user to become when started as root.")
@click.option("--with-parent", is_flag=True, help="End when the process that started this one ends.")
def verify_page(*, trust: tuple[Path, ...], listen: str, user: str | None, with_parent: bool) -> None:
    """Serve the page until told to end. The lists are read again for every check."""
    if user is not None:
        become(user)
    if with_parent:
        end_with_parent(signal.SIGTERM)
    read_lists(trust).parsed()
    asyncio.run(serve_check_page(trust, listen, hosts=page_hosts(listen)))
