"""`akashi up`: a made-up city with all its servers on this machine."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from pathlib import Path
from types import FrameType

import click

from akashi.base.config import load_config
from akashi.entry.commands.issue import Request, issue_one
from akashi.entry.demo.city import DEMO_PIN, CityPlan
from akashi.entry.demo.configs import BASE_PORT, CHECK_PAGE
from akashi.entry.demo.layout import Layout
from akashi.entry.demo.provision import KIOSK_IDS, Progress, is_provisioned
from akashi.entry.demo.running import START_ORDER, Demonstration, Options
from akashi.wire.certificates import Choice, Kind
from akashi.wire.errors import Refused
from akashi.zones.store.kiosk.config import Config

SAMPLE_POLICY = Path(__file__).resolve().parents[4] / "docs/samples/city.toml"
DEMO_PERSON = "ivs-name"


@click.command()
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), default=Path("var/demo"), show_default=True)
@click.option("--residents", default=3000, show_default=True, help="Size of the made-up city, where it is not made yet.")
@click.option("--seed", default=20260627, show_default=True, help="The same seed makes the same people.")
@click.option("--load-cards", default=64, show_default=True, help="Cards of ordinary people, for `akashi bench route`.")
@click.option(
    "--base-port", default=BASE_PORT, show_default=True, help="Servers listen here and up to 13 above, the pages 80 and 81 above."
)
@click.option("--workers", default=0, show_default=True, help="Worker processes of the issuer; 0 is faster.")
@click.option("--key-log", is_flag=True, help="Servers write TLS session keys, so that a capture can be decrypted as a control.")
@click.option("--policy", type=click.Path(path_type=Path), default=SAMPLE_POLICY, help="The city's decisions.")
@click.option("--once", is_flag=True, help="End after the first certificate.")
def up(
    *,
    data: Path,
    residents: int,
    seed: int,
    load_cards: int,
    base_port: int,
    workers: int,
    key_log: bool,
    policy: Path,
    once: bool,
) -> None:
    """Make a city, start all servers, issue one certificate through them, stay up until Ctrl+C."""
    layout = Layout(data)
    demonstration = Demonstration(layout, Options(CityPlan(seed, residents, load_cards), base_port, key_log, workers, policy))
    _prepare(demonstration, layout, residents)
    if demonstration.users_missing:
        click.echo(f"note: {demonstration.users_missing}")
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        with click.progressbar(length=len(START_ORDER) + 1, label="starting servers", show_eta=False) as bar:
            demonstration.start(lambda _name: bar.update(1))
        _issue(layout)
        _tell(demonstration, layout)
        while not once:
            demonstration.tick()
            time.sleep(1)
    except KeyboardInterrupt:
        click.echo("ending")
    finally:
        demonstration.stop()


def _prepare(demonstration: Demonstration, layout: Layout, residents: int) -> None:
    if is_provisioned(layout):
        demonstration.prepare(Progress(lambda _step: None, lambda _count: None))
        return
    with click.progressbar(length=residents, label="making the city", item_show_func=lambda step: step or "") as bar:

        def step(name: str) -> None:
            bar.update(0, name)

        def people(count: int) -> None:
            bar.update(count)

        demonstration.prepare(Progress(step, people))


def _issue(layout: Layout) -> None:
    """Issue one certificate for a labelled person, with optional items, as a visitor at the kiosk would."""
    out = layout.root / "certificate.pdf"
    request = Request(
        card=str(layout.card(DEMO_PERSON)),
        reader="",
        pin=DEMO_PIN,
        kind=Kind.JUMINHYO,
        choices=(Choice.RELATIONSHIP, Choice.HONSEKI),
        members=(),
        out=out,
    )
    started = time.monotonic()
    try:
        issued = asyncio.run(issue_one(load_config(layout.kiosk_config(KIOSK_IDS[0]), Config), request, quiet=True))
    except Refused as refusal:
        raise click.ClickException(f"no certificate: {refusal.code}; the servers' logs are in {layout.logs}") from None
    seconds = time.monotonic() - started
    click.echo(f"issued 発行番号 {issued.certificate.issue_number} in {seconds:.2f} s: {out}")


def _tell(demonstration: Demonstration, layout: Layout) -> None:
    akashi = sys.argv[0] if Path(sys.argv[0]).name == "akashi" else "akashi"
    click.echo(f"kiosk page: http://{demonstration.addresses.of('store/kiosk')}/  (PIN of every made-up card: {DEMO_PIN})")
    check = f"--trust {layout.trust} --trust {layout.voids}"
    click.echo(f"check a certificate: http://{demonstration.addresses.of(CHECK_PAGE)}/")
    click.echo(f"  or: {akashi} verify {layout.root / 'certificate.pdf'} {check}")
    click.echo(f"another certificate: {akashi} issue --data {layout.root} --person family-head --pin {DEMO_PIN} --out family.pdf")
    click.echo(f"check the ledger: {akashi} ledger verify {layout.ledger} --running --key {layout.ledger_key}")
    click.echo(f"logs: {layout.logs}   people to try: {layout.city / 'people.json'}")
    click.echo("up; Ctrl+C ends all servers")


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
