"""`akashi verify`: is this certificate, on paper or in a file, what the city issued?"""

from __future__ import annotations

import asyncio
from pathlib import Path

import click
import msgspec

from akashi.base.locale import LANGUAGES, say
from akashi.entry.verifying.judging import Bench
from akashi.entry.verifying.lists import read_lists
from akashi.entry.verifying.words import Told, tell
from akashi.verifier import Verdict
from akashi.verifier.pictures import PICTURE_BYTES_MAX

EXIT_CODES = {Verdict.AUTHENTIC: 0, Verdict.ALTERED: 4, Verdict.VOIDED: 5, Verdict.CANNOT_TELL: 6}
_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.command()
@click.argument("files", type=_FILE, nargs=-1, required=True)
@click.option(
    "--trust", type=click.Path(path_type=Path, exists=True), multiple=True, required=True,
    help="Folder with trust lists (NAME.trust beside NAME.root) and void lists (*.voids), or one trust list.",
)  # fmt: skip
@click.option("--voids", type=_FILE, multiple=True, help="A city's void list.")
@click.option("--json", "as_json", is_flag=True, help="The whole report as JSON.")
@click.option("--language", type=click.Choice(LANGUAGES), default=LANGUAGES[0], show_default=True)
@click.pass_context
def verify(
    context: click.Context,
    files: tuple[Path, ...],
    *,
    trust: tuple[Path, ...],
    voids: tuple[Path, ...],
    as_json: bool,
    language: str,
) -> None:
    """
    Judge FILES as one certificate: the city's PDF, or photos or scans of all its pages. Works off line, keeps nothing.

    Exit code 0: authentic; 4: altered; 5: void; 6: cannot tell.
    """
    lists = read_lists(trust, voids)
    lists.parsed()
    report = asyncio.run(Bench().judge([_read(path) for path in files], lists))
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(report)).decode())
    else:
        click.echo("\n".join(_lines(tell(report, language), language)))
    context.exit(EXIT_CODES[report.verdict])


def _lines(told: Told, language: str) -> list[str]:
    def heading(key: str) -> str:
        return f"\n{say('verify', key, language)}"

    lines = [told.headline, heading("why"), *(f"  {sentence}" for sentence in told.found)]
    for title, items in told.pages:
        lines += [heading("content") + f" {title}", *(f"  {label}: {value}" for label, value in items)]
    if told.compare:
        lines.append(f"\n{told.compare}")
    lines += [heading("lists"), *(f"  {sentence}" for sentence in told.lists)]
    return [*lines, heading("not_proven"), *(f"  {sentence}" for sentence in told.not_proven)]


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(PICTURE_BYTES_MAX + 1)
    except OSError as error:
        raise click.FileError(str(path), error.strerror) from None
