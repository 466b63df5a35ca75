"""`akashi city`: make, import and feed a city's register."""

from __future__ import annotations

import click

from akashi.entry.commands.city_feed import feed
from akashi.entry.commands.city_generate import generate
from akashi.entry.commands.city_import import import_


@click.group()
def city() -> None:
    """Make, import and feed a city's register."""


for command in (generate, import_, feed):
    city.add_command(command)
