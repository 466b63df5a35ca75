"""`akashi simulate`: the whole route in one process, with faults, from a seed."""

from __future__ import annotations

import click
import msgspec

from akashi.simulation.errors import Violation
from akashi.simulation.faults import PLANS
from akashi.simulation.run import Wanted, run_once

EXIT_VIOLATED = 1


@click.command("simulate")
@click.option(
    "--seed", type=click.IntRange(min=0), default=1, show_default=True, help="Decides everything; the same one replays."
)
@click.option("--issues", type=click.IntRange(min=1), default=200, show_default=True, help="Certificates to deliver, at least.")
@click.option("--plan", type=click.Choice(sorted(PLANS)), default="siege", show_default=True, help="What goes wrong.")
@click.option("--kiosks", type=click.IntRange(1, 200), default=8, show_default=True, help="How many kiosks.")
@click.option("--residents", type=click.IntRange(100, 100_000), default=500, show_default=True, help="Size of the city.")
@click.option("--visitors", type=click.IntRange(10, 20_000), default=120, show_default=True, help="People whose card works.")
@click.option("--real-files", type=click.IntRange(min=0), default=0, show_default=True, help="Certificates composed for real.")
@click.option("--runs", type=click.IntRange(min=1), default=1, show_default=True, help="Runs, each with the next seed.")
def simulate(runs: int, **wanted: int | str) -> None:
    """
    Run the real servers on a simulated network, with crashes, losses, wrong clocks and hostile relays.

    Prints one JSON summary a run. Ends at the first rule that does not hold, with the seed that shows it.
    """
    first = msgspec.convert(wanted, Wanted)
    for number in range(runs):
        one = msgspec.structs.replace(first, seed=first.seed + number)
        try:
            summary = run_once(one)
        except Violation as violation:
            click.echo(f"akashi: seed {one.seed}: {violation}", err=True)
            raise click.exceptions.Exit(EXIT_VIOLATED) from None
        click.echo(msgspec.json.encode(summary).decode())
