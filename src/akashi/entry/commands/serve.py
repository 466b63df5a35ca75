"""`akashi serve`: one server."""

from __future__ import annotations

from pathlib import Path

import click

from akashi.entry.serving import check_config, load_program, loaded_modules
from akashi.entry.serving import serve as run_server


@click.command()
@click.argument("server", metavar="ZONE/SERVER")
@click.option("--config", type=click.Path(path_type=Path), required=True, help="The server's TOML.")
@click.option("--user", help="Operating-system user to become when started as root.")
@click.option("--check-config", "check_config_only", is_flag=True, help="Check the configuration and end.")
@click.option("--list-modules", is_flag=True, help="Build the server, print what code it has loaded, and end.")
@click.option("--with-parent", is_flag=True, help="End when the process that started this one ends.")
def serve(server: str, config: Path, user: str | None, *, check_config_only: bool, list_modules: bool, with_parent: bool) -> None:
    """Run ZONE/SERVER, such as center/relay, until it is told to end."""
    if check_config_only:
        check_config(load_program(server), config)
        click.echo(f"{config}: good for {server}")
        return
    if list_modules:
        click.echo("\n".join(loaded_modules(server, config)))
        return
    run_server(server, config, user=user, with_parent=with_parent)
