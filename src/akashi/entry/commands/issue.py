"""`akashi issue`: the kiosk without a screen, on the running route."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

import click

from akashi.base.config import load_config
from akashi.base.locale import texts
from akashi.card.errors import PinWrong
from akashi.entry.commands.offering import tell_offers
from akashi.entry.demo.layout import Layout
from akashi.entry.kiosk import Kiosk, build_kiosk, card_present
from akashi.wire.certificates import Choice, Kind
from akashi.wire.errors import FACTS, Refused, WireCode
from akashi.wire.messages import CertificateAnswer, EligibilityAnswer, Outcome
from akashi.zones.store.kiosk.config import Config
from akashi.zones.store.kiosk.forms import members_of
from akashi.zones.store.kiosk.service import Wish


@dataclass(frozen=True, slots=True)
class Request:
    """What the command line asked for. `members` is empty for all that the kind can name."""

    card: str
    reader: str
    pin: str
    kind: Kind
    choices: tuple[Choice, ...]
    members: tuple[int, ...]
    out: Path


@dataclass(frozen=True, slots=True)
class Issued:
    """What came of it."""

    certificate: CertificateAnswer
    acknowledged: int


@click.command()
@click.option(
    "--data", type=click.Path(path_type=Path), default=Path("var/demo"), show_default=True, help="Folder of `akashi up`."
)
@click.option("--kiosk", default="K0101", show_default=True, help="Which kiosk.")
@click.option("--person", help="A card of the made-up city, by its label in cards/ (see people.json).")
@click.option("--card", type=click.Path(exists=True, dir_okay=False), help="A card image file.")
@click.option("--reader", default="", help="Name of a PC/SC reader with the card on it.")
@click.option("--pin", prompt=True, hide_input=True, help="4-digit PIN of the user-authentication certificate.")
@click.option("--kind", type=click.Choice([kind.value for kind in Kind]), default=Kind.JUMINHYO.value, show_default=True)
@click.option(
    "--with", "choices", default="", help="Optional items, comma-separated: " + ", ".join(choice.value for choice in Choice)
)
@click.option(
    "--members", default="all", show_default=True, help="Members of household or family register, such as 0,2, or 'all'."
)
@click.option("--list", "list_only", is_flag=True, help="Only list what this person can get, with the reasons; issue nothing.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Where the PDF goes.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def issue(
    *,
    data: Path,
    kiosk: str,
    person: str | None,
    card: str | None,
    reader: str,
    pin: str,
    kind: str,
    choices: str,
    members: str,
    list_only: bool,
    out: Path | None,
    as_json: bool,
) -> None:
    """Put a card on a kiosk, enter the PIN, get one certificate through all servers."""
    layout = Layout(data)
    image = card or (str(layout.card(person)) if person else "")
    if not image and not reader:
        raise click.UsageError("which card? give --person, --card or --reader")
    config = load_config(layout.kiosk_config(kiosk), Config)
    try:
        if list_only:
            tell_offers(asyncio.run(ask_only(config, image, reader, pin)), as_json=as_json)
            return
        if out is None:
            raise click.UsageError("where to? give --out, or --list")
        request = Request(image, reader, pin, Kind(kind), _parse_choices(choices), _parse_members(members), out)
        issued = asyncio.run(issue_one(config, request, quiet=as_json))
    except Refused as refusal:
        _tell_refusal(refusal, as_json=as_json)
        raise click.exceptions.Exit(1) from None
    certificate = issued.certificate
    if as_json:
        facts = {
            "issue_number": certificate.issue_number,
            "pages": certificate.page_count,
            "fee_yen": certificate.fee_yen,
            "file": str(request.out),
            "outcome_acknowledged": issued.acknowledged > 0,
        }
        click.echo(json.dumps(facts))
        return
    click.echo(f"発行番号 {certificate.issue_number}: {certificate.page_count} page(s), {certificate.fee_yen} yen, {request.out}")


async def ask_only(config: Config, image: str, reader: str, pin: str) -> EligibilityAnswer:
    """Return what the card's holder can get from the running route. Raises Refused."""
    kiosk = build_kiosk(config)
    try:
        session = kiosk.session()
        await session.prepare(config.service.municipality)
        with card_present(config, image=image, reader=reader) as card:
            return await session.open_grant(card, pin)
    finally:
        await kiosk.close()


async def issue_one(config: Config, request: Request, *, quiet: bool) -> Issued:
    """Return one certificate from the running route, written to its file and settled. Raises Refused."""

    def tell(text: str) -> None:
        if not quiet:
            click.echo(text, err=True)

    kiosk = build_kiosk(config)
    try:
        session = kiosk.session()
        await session.prepare(config.service.municipality)
        tell("beacon and key directories checked")
        with card_present(config, image=request.card, reader=request.reader) as card:
            answer = await session.open_grant(card, request.pin)
        tell("card checked, signed and taken out; grant open")
        certificate = await session.order(_wish(answer, request))
        kiosk.journal.note_opened(certificate.issue_number, holder=secrets.token_hex(16))
        tell("sealed answer opened, signature and subject checked")
        acknowledged = await _settle(kiosk, certificate, request.out)
        tell("outcome TAKEN acknowledged by the city's ledger")
        return Issued(certificate, acknowledged)
    finally:
        await kiosk.close()


def _wish(answer: EligibilityAnswer, request: Request) -> Wish:
    offers = {offer.kind: offer for offer in answer.offers}
    offer = offers.get(request.kind)
    if offer is None:
        raise Refused(WireCode.KIND_OFF)
    if offer.refusal is not None:
        raise Refused(offer.refusal)
    everybody = tuple(member.member_ref for member in members_of(request.kind, answer))
    members = (request.members or everybody) if everybody else ()
    return Wish(request.kind, tuple(sorted(members)), request.choices, offer.fee_yen, year=offer.year)


async def _settle(kiosk: Kiosk, certificate: CertificateAnswer, out: Path) -> int:
    """Write the file as the printer would lay down the paper, note the outcome, tell the city."""
    try:
        descriptor = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(certificate.pdf)
    except OSError as error:
        kiosk.journal.record(certificate.issue_number, Outcome.VOID, WireCode.INTERNAL)
        await kiosk.reporter().report()
        raise click.ClickException(f"{out}: {error.strerror}; the certificate is void and nothing is charged") from None
    kiosk.journal.record(certificate.issue_number, Outcome.TAKEN, None)
    return await kiosk.reporter().report()


def _parse_choices(text: str) -> tuple[Choice, ...]:
    try:
        named = {Choice(name.strip()) for name in text.split(",") if name.strip()}
    except ValueError:
        raise click.UsageError("--with takes " + ", ".join(choice.value for choice in Choice)) from None
    return tuple(choice for choice in Choice if choice in named)


def _parse_members(text: str) -> tuple[int, ...]:
    if text.strip() == "all":
        return ()
    try:
        return tuple(sorted({int(number) for number in text.split(",")}))
    except ValueError:
        raise click.UsageError("--members takes numbers, such as 0,2, or 'all'") from None


def _tell_refusal(refusal: Refused, *, as_json: bool) -> None:
    tries = refusal.tries_left if isinstance(refusal, PinWrong) else None
    if as_json:
        click.echo(json.dumps({"refused": refusal.code.value, "tries_left": tries}))
        return
    for language in ("ja", "en"):
        click.echo(f"{refusal.code}: {texts('codes', language)[refusal.code]}", err=True)
    facts = FACTS[refusal.code]
    click.echo(f"who can act: {facts.acts.value}; trying again {'may help' if facts.retry_helps else 'does not help'}", err=True)
    if tries is not None:
        click.echo(f"tries left: {tries}", err=True)
