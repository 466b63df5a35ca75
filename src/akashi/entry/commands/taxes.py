"""`akashi taxes`: look at a day's folder before the tax system delivers it."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from akashi.entry.commands.reporting import tell_report
from akashi.registers.errors import StoreRefused
from akashi.zones.core.taxes.loading import load_day, read_manifest
from akashi.zones.core.taxes.stores.opening import open_engine


@click.group("taxes")
def group() -> None:
    """Check a day's tax data."""


@group.command("check")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False, exists=True))
def check_command(folder: Path) -> None:
    """
    Check FOLDER (docs/spec/taxes.md section 2) as core/taxes would, without keeping anything.

    Exit code 1: core/taxes would refuse it.
    """
    manifest = read_manifest(folder)
    engine = open_engine("sqlite:///:memory:", create=True)
    try:
        report = load_day(engine, folder, municipality=manifest.municipality)
    finally:
        engine.close()
    if report is None:
        raise StoreRefused("an empty register has a day already")
    if not tell_report(report):
        sys.exit(1)
    click.echo(f"municipality {manifest.municipality}, data of {manifest.data_on}")
