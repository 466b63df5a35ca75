"""`akashi card`: look at readers and cards, and put a made-up city's card into a virtual reader."""

from __future__ import annotations

import signal
from pathlib import Path
from types import FrameType

import click
from cryptography import x509

from akashi.card.client import CardClient
from akashi.card.errors import CardUnreadable
from akashi.card.pcsc import Readers
from akashi.card.virtual import VirtualCard
from akashi.card.vpcd import VPCD_PORT, VirtualReaderBridge

_IMAGE = click.argument("image", type=click.Path(path_type=Path, dir_okay=False))


@click.group()
def group() -> None:
    """Cards and readers."""


@group.command()
def readers() -> None:
    """List the readers of this machine, one a line."""
    with Readers() as found:
        names = found.names()
    for name in names:
        click.echo(name)
    if not names:
        click.echo(
            "カードリーダーがありません。つなぐか、vsmartcard-vpcd を入れて pcscd を起動してください"
            " / no reader: plug one in, or start pcscd with vsmartcard-vpcd",
            err=True,
        )


@group.command()
@click.argument("image", type=click.Path(path_type=Path, dir_okay=False), required=False)
@click.option("--reader", help="Look at the card in this reader instead (`akashi card readers` lists them).")
def show(image: Path | None, reader: str | None) -> None:
    """
    Say what can be known of a card without its PIN: kind, PIN tries left, dates. Nothing about its holder.

    IMAGE is the file of a virtual card; give it, or --reader.
    """
    if (image is None) == (reader is None):
        raise click.UsageError("give either IMAGE or --reader")
    if image is not None:
        _describe(CardClient(VirtualCard.load(image)))
    if reader is not None:
        with Readers() as found, found.connect(reader) as card:
            _describe(CardClient(card))


@group.command()
@_IMAGE
@click.option("--host", default="127.0.0.1", show_default=True, help="Where vpcd, the virtual reader's driver, listens.")
@click.option("--port", default=VPCD_PORT, show_default=True, type=click.IntRange(1, 65535))
def bridge(image: Path, host: str, port: int) -> None:
    """
    Put the virtual card IMAGE into a virtual reader until this command is ended.

    Any PC/SC program can then use it. PIN tries are counted in IMAGE: a card that was blocked stays blocked.
    """
    inserted = VirtualReaderBridge(VirtualCard.load(image), host=host, port=port)

    def take_out(_number: int, _frame: FrameType | None) -> None:
        inserted.eject()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, take_out)
    click.echo(f"{image} lies in the reader at {host}:{port}; end this command to take it out")
    inserted.run()


def _describe(client: CardClient) -> None:
    suite = client.suite
    try:
        certificate = x509.load_der_x509_certificate(client.read_certificate())
    except ValueError:
        raise CardUnreadable("the file on the card is no X.509 certificate") from None
    tries = client.tries_left()
    click.echo(f"suite: {suite.name} ({suite.standing.value})")
    click.echo(f"PIN tries left: {'not said' if tries is None else tries}{' (blocked)' if tries == 0 else ''}")
    click.echo(f"certificate valid from: {certificate.not_valid_before_utc:%Y-%m-%d}")
    click.echo(f"certificate valid until: {certificate.not_valid_after_utc:%Y-%m-%d}")
