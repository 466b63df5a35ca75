"""`akashi bench`: figures, with the command that gives them."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import click
import uvloop

from akashi.base.config import load_config
from akashi.entry.commands.up import SAMPLE_POLICY
from akashi.entry.demo.city import CityPlan
from akashi.entry.demo.configs import BASE_PORTS
from akashi.entry.demo.layout import Layout
from akashi.entry.demo.provision import LOAD_KIOSK_IDS, Progress
from akashi.entry.demo.running import Demonstration, Options
from akashi.entry.kiosk import build_kiosk
from akashi.entry.load.documents import measure_documents
from akashi.entry.load.route import Result, RouteBench
from akashi.entry.load.visitors import load_cards
from akashi.zones.store.kiosk.config import Config

BENCH_PORT = 7200


@click.group()
def bench() -> None:
    """Measure the running system."""


@bench.command()
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), default=Path("var/bench"), show_default=True)
@click.option("--seconds", type=click.FloatRange(1, 3600), default=10.0, show_default=True, help="Length of each step.")
@click.option(
    "--start",
    "start_per_s",
    type=click.FloatRange(1, 10_000),
    default=20.0,
    show_default=True,
    help="First rate, certificates a second.",
)
@click.option(
    "--workers", type=click.IntRange(0, 256), default=0, show_default=True, help="Worker processes of the issuer; 0 is faster."
)
@click.option("--base-port", type=click.IntRange(*BASE_PORTS), default=BENCH_PORT, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def route(*, data: Path, seconds: float, start_per_s: float, workers: int, base_port: int, as_json: bool) -> None:
    """
    Certificates a second over the whole route, with mutual TLS and sealing on, all servers on this machine.

    Open loop: visitors come at random moments at a given rate, and their time counts from when they were due. The rate is
    raised until the route does not keep up; then latency is measured at half of the best rate.
    """
    layout = Layout(data)
    options = Options(CityPlan(7, 2000, 200), base_port, key_log=False, workers=workers, sample_policy=SAMPLE_POLICY)
    demonstration = Demonstration(layout, options)
    demonstration.prepare(Progress(lambda step: click.echo(f"- {step}", err=True), lambda _count: None))
    try:
        demonstration.start(lambda _name: None)
        result = uvloop.run(_measure(demonstration, layout, seconds, start_per_s))
    finally:
        demonstration.stop()
    if as_json:
        click.echo(json.dumps(result.as_json(), indent=1))
    else:
        _tell(result)


@bench.command()
@click.option("--papers", default=300, show_default=True, help="Certificates in a round.")
@click.option("--others/--no-others", default=True, show_default=True, help="Also what other libraries do, where installed.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def documents(*, papers: int, others: bool, as_json: bool) -> None:
    """
    Certificates a second that one core makes, beside the typesetter and other libraries on the same records in the same run.

    Then what the checker takes to read them back and to sign them.

    Processor time, not wall time; the ways take turns, so the ratios hold on a busy machine, too.
    """
    result = measure_documents(papers=papers, others=others, on_kind=lambda kind: click.echo(kind, err=True))
    if as_json:
        click.echo(json.dumps(result.as_json(), indent=1, ensure_ascii=False))
        return
    for row in result.rows:
        rate = f"{row.per_s:9.1f}/s  {row.stamped_is:7.1f}  {row.bytes:7d} bytes" if row.per_s else f"{row.note:>36}"
        click.echo(f"{rate}  {row.way}; {row.kind}")
    for kind, checker in result.checker.items():
        click.echo(
            f"read back {checker.read_us:.0f} us ({checker.read_us_per_page:.0f} a page), signed {checker.finish_us:.0f} us, "
            f"first reading of a form part {checker.form_ms:.1f} ms; {kind}"
        )


async def _measure(demonstration: Demonstration, layout: Layout, seconds: float, start_per_s: float) -> Result:
    kiosks = tuple(build_kiosk(load_config(layout.kiosk_config(kiosk_id), Config)) for kiosk_id in LOAD_KIOSK_IDS)
    cards = load_cards(layout.load_cards)
    keeping_up = asyncio.ensure_future(_keep_up(demonstration))
    done = 0

    def count() -> None:
        nonlocal done
        done += 1
        if done % 25 == 0:
            click.echo(f"\r{done} certificates", nl=False, err=True)

    bench_run = RouteBench(
        kiosks,
        cards,
        demonstration.pids(),
        seconds=seconds,
        on_step=lambda text: click.echo(f"\r{text}", err=True),
        on_done=count,
    )
    try:
        return await bench_run.run(start_per_s=start_per_s)
    finally:
        keeping_up.cancel()
        for kiosk in kiosks:
            await kiosk.close()


async def _keep_up(demonstration: Demonstration) -> None:
    while True:
        demonstration.tick()
        await asyncio.sleep(1)


def _tell(result: Result) -> None:
    click.echo(f"sustained: {result.sustained_per_s} certificates/s on {result.cores} cores")
    click.echo(f"at {result.half_rate_per_s}/s: p50 {result.p50_ms} ms, p99 {result.p99_ms} ms, from due time")
    click.echo("CPU per certificate, ms:")
    for name, value in result.cpu_ms_per_certificate.items():
        click.echo(f"  {value:7.2f}  {name}")
