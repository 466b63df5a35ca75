"""How an import's report is told on the command line."""

from __future__ import annotations

import click

from akashi.registers.report import LinesReport


def tell_report(report: LinesReport) -> bool:
    """Write the refused lines to standard error, or the counts to standard output; return whether everything was imported."""
    for line in report.refused:
        where = f"{line.file}:{line.line}" if line.line else line.file
        click.echo(f"{where}: {line.column + ': ' if line.column else ''}{line.reason}", err=True)
    if report.refused_count:
        click.echo(f"{report.refused_count} refused; nothing was imported", err=True)
        return False
    click.echo(", ".join(f"{file}: {count}" for file, count in report.counts.items()))
    return True
