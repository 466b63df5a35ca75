"""`akashi seals`: a folder of registered seals into an empty register."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from akashi.entry.commands.reporting import tell_report
from akashi.zones.core.seals.importing import import_seals
from akashi.zones.core.seals.stores.opening import open_engine


@click.group("seals")
def group() -> None:
    """Import registered seals (印鑑登録)."""


@group.command("import")
@click.option("--url", required=True, help="sqlite:///path or postgresql://...; the register is made where there is none.")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False, exists=True))
def import_command(url: str, folder: Path) -> None:
    """Import FOLDER (docs/spec/seals.md section 2). Exit code 1: lines were refused, nothing was imported."""
    engine = open_engine(url, create=True)
    try:
        report = import_seals(engine, folder)
    finally:
        engine.close()
    if not tell_report(report):
        sys.exit(1)
