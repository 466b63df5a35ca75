"""`akashi city import`: a city's folder of CSV files into an empty register, all of it or nothing."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from akashi.entry.commands.reporting import tell_report
from akashi.zones.core.residents.importing import import_city
from akashi.zones.core.residents.stores.opening import open_engine


@click.command("import")
@click.option("--url", required=True, help="sqlite:///path or postgresql://...; the register is made where there is none.")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False, exists=True))
def import_(url: str, folder: Path) -> None:
    """Import FOLDER (docs/spec/registry.md section 2). Exit code 1: lines were refused, nothing was imported."""
    engine = open_engine(url, create=True)
    try:
        report = import_city(engine, folder, progress=_tell)
    finally:
        engine.close()
    if not tell_report(report):
        sys.exit(1)
    if report.unsettled_households:
        click.echo(f"{report.unsettled_households} households without exactly one head: kiosks will refuse them")


def _tell(file: str, lines: int) -> None:
    if sys.stderr.isatty():
        click.echo(f"\r{file}: {lines}", nl=False, err=True)
