"""`akashi up`: a made-up city with all its servers on this machine."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import click

from akashi.base.config import load_config
from akashi.base.locale import texts
from akashi.entry.commands.issue import Request, issue_one
from akashi.entry.demo.city import DEMO_PIN, CityPlan
from akashi.entry.demo.configs import BASE_PORT, BASE_PORTS, CHECK_PAGE
from akashi.entry.demo.layout import Layout
from akashi.entry.demo.provision import KIOSK_IDS, Progress
from akashi.entry.demo.running import START_ORDER, Demonstration, Options
from akashi.simulation.city.generator import RESIDENTS_MAX
from akashi.wire.certificates import Choice, Kind
from akashi.wire.errors import Refused
from akashi.zones.store.kiosk.config import Config

if TYPE_CHECKING:
    from click._termui_impl import ProgressBar

SAMPLE_POLICY = Path(__file__).resolve().parents[4] / "docs/samples/city.toml"
DEMO_PERSON = "ivs-name"


@click.command()
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), default=Path("var/demo"), show_default=True)
@click.option(
    "--residents",
    type=click.IntRange(100, RESIDENTS_MAX),
    default=3000,
    show_default=True,
    help="Size of the made-up city, where it is not made yet.",
)
@click.option(
    "--seed", type=click.IntRange(min=0), default=20260627, show_default=True, help="The same seed makes the same people."
)
@click.option(
    "--load-cards",
    type=click.IntRange(min=0),
    default=64,
    show_default=True,
    help="Cards of ordinary people, for `akashi bench route`.",
)
@click.option(
    "--base-port",
    type=click.IntRange(*BASE_PORTS),
    default=BASE_PORT,
    show_default=True,
    help="Servers listen here and up to 13 above, the pages 80 and 81 above.",
)
@click.option(
    "--workers", type=click.IntRange(0, 256), default=0, show_default=True, help="Worker processes of the issuer; 0 is faster."
)
@click.option("--key-log", is_flag=True, help="Servers write TLS session keys, so that a capture can be decrypted as a control.")
@click.option(
    "--policy", type=click.Path(path_type=Path), default=SAMPLE_POLICY, help="The city's decisions, read at each start."
)
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
    _prepare(demonstration, residents)
    if demonstration.users_missing:
        click.echo(f"注意 / note: {demonstration.users_missing}")
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        with click.progressbar(length=len(START_ORDER) + 1, label="サーバを起動します / starting servers", show_eta=False) as bar:
            demonstration.start(lambda _name: bar.update(1))
        _issue(layout)
        if once:
            return
        _tell(demonstration, layout)
        click.echo("動いています。Ctrl+C ですべて終わります / up; Ctrl+C ends all servers")
        while True:
            demonstration.tick()
            time.sleep(1)
    except KeyboardInterrupt:
        click.echo("終わります / ending")
    finally:
        demonstration.stop()


def _prepare(demonstration: Demonstration, residents: int) -> None:
    with ExitStack() as shown:
        bars: list[ProgressBar[int]] = []

        def people(count: int) -> None:
            if not bars:
                bars.append(shown.enter_context(click.progressbar(length=residents, label="住民 / residents", show_eta=False)))
            bars[0].update(count)

        def step(name: str) -> None:
            shown.close()  # ends the bar's line
            click.echo(f"- {name}")

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
        raise click.ClickException(
            f"証明書が出ませんでした / no certificate: {refusal.code}: {texts('codes', 'ja')[refusal.code]}"
            f" 記録 / logs: {layout.logs}"
        ) from None
    seconds = time.monotonic() - started
    click.echo(f"1通発行しました / issued: 発行番号 {issued.certificate.issue_number}, {seconds:.2f} s: {out}")


def _tell(demonstration: Demonstration, layout: Layout) -> None:
    akashi = sys.argv[0] if Path(sys.argv[0]).name == "akashi" else "akashi"
    page = demonstration.addresses.of("store/kiosk")
    click.echo(f"キオスク画面 / kiosk page: http://{page}/  （架空のカードの暗証番号 / PIN of every made-up card: {DEMO_PIN}）")
    check = f"{layout.root / 'certificate.pdf'} --trust {layout.trust} --trust {layout.voids}"
    click.echo(f"証明書を確かめる画面 / check a certificate: http://{demonstration.addresses.of(CHECK_PAGE)}/")
    click.echo(f"または / or: {akashi} verify {check}")
    again = f"{akashi} issue --data {layout.root} --person family-head --pin {DEMO_PIN} --out family.pdf"
    click.echo(f"もう1通 / another certificate: {again}")
    click.echo(f"台帳の検査 / check the ledger: {akashi} ledger verify {layout.ledger} --running --key {layout.ledger_key}")
    click.echo(f"記録 / logs: {layout.logs}   試せる人 / people to try: {layout.city / 'people.json'}")


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
