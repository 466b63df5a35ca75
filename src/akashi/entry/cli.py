"""
The command line `akashi`.

Exit codes: 0 done; 1 refused (the reason on standard error); 2 wrong usage; 3 a configuration that must not be run.
"""

from __future__ import annotations

import sys
from typing import NoReturn

import click

from akashi.base.config import ConfigRefused
from akashi.entry.loading import load
from akashi.wire.errors import Refused

EXIT_REFUSED = 1
EXIT_CONFIG = 3

_COMMANDS = {
    "up": ("akashi.entry.commands.up", "up"),
    "serve": ("akashi.entry.commands.serve", "serve"),
    "issue": ("akashi.entry.commands.issue", "issue"),
    "city": ("akashi.entry.commands.city", "city"),
    "koseki": ("akashi.entry.commands.koseki", "group"),
    "seals": ("akashi.entry.commands.seals", "group"),
    "taxes": ("akashi.entry.commands.taxes", "group"),
    "card": ("akashi.entry.commands.card", "group"),
    "ledger": ("akashi.entry.commands.ledger", "group"),
    "verify": ("akashi.entry.commands.verify", "verify"),
    "verify-page": ("akashi.entry.commands.verify_page", "verify_page"),
    "bench": ("akashi.entry.commands.bench", "bench"),
    "simulate": ("akashi.entry.commands.simulate", "simulate"),
    "evidence": ("akashi.entry.commands.evidence", "evidence"),
}


class _Commands(click.Group):
    """Loads a command's code when it is asked for, so that `akashi --help` and small commands start at once."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = load(*_COMMANDS[cmd_name])
        return command


@click.group(cls=_Commands)
@click.version_option(package_name="akashi")
def cli() -> None:
    """Akashi (証): official certificates through servers of which no relay can read them."""


def main() -> NoReturn:
    """Run the command line; anticipated errors end with a sentence and an exit code, never with a traceback."""
    try:
        # Outside its stand-alone mode click returns the code of an Exit that a command raised.
        code = cli(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        click.echo("interrupted", err=True)
        sys.exit(130)
    except ConfigRefused as refusal:
        click.echo(f"akashi: {refusal}", err=True)
        sys.exit(EXIT_CONFIG)
    except Refused as refusal:
        click.echo(f"akashi: {refusal}", err=True)
        sys.exit(EXIT_REFUSED)
    sys.exit(code if isinstance(code, int) else 0)
