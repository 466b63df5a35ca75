"""`akashi city generate`: a made-up city as files that the register imports."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from akashi.entry.world import RealClock
from akashi.simulation.city import generator
from akashi.simulation.city.generator import CITY_DAY, RESIDENTS_MAX
from akashi.simulation.city.writer import PEOPLE_FILE, write_city


@click.command("generate")
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True, help="The same seed gives the same city.")
@click.option("--residents", type=click.IntRange(1, RESIDENTS_MAX), default=2000, show_default=True, help="How many people.")
@click.option(
    "--day", type=click.DateTime(["%Y-%m-%d"]), default=CITY_DAY.isoformat(), show_default=True, help="Ages count to it."
)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), required=True, help="Folder for the files.")
def generate(seed: int, residents: int, day: datetime, out: Path) -> None:
    """Write a made-up city (東京都証野市): households, residents, card links, blocks, and the list of labelled people."""
    if out.is_dir() and any(out.iterdir()):
        raise click.BadParameter(f"{out}: 空のフォルダではありません / is not empty; nothing was changed", param_hint="--out")
    stream = generator.generate(seed, residents, day=day.date())
    with click.progressbar(length=residents, label=f"{residents:,} residents") as bar:
        written = write_city(out, stream, as_of_ms=RealClock().now_ms(), progress=bar.update)
    click.echo(
        f"{written.households:,} households, {written.residents:,} residents, {written.card_links:,} user certificates, "
        f"{written.blocks:,} blocks in {out}; labelled people: {out / PEOPLE_FILE}"
    )
