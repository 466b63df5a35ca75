"""`akashi ledger`: check a copy of the ledger, read it, re-open what a contradiction stopped."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

import click

from akashi.ledger.batches import read_batches
from akashi.ledger.checkpoint import NOTE_BYTES_MAX, NoteKey, checkpoint_text, open_checkpoint, parse_note_key
from akashi.ledger.entries import parse_leaf
from akashi.ledger.errors import LedgerDown
from akashi.ledger.verify import ENTRIES_FILE, Expectations, Signatures, verify_ledger
from akashi.sealing.keys import SigningKey
from akashi.sealing.signing import Purpose, sign, verify_message
from akashi.wire.codec import encode, parse
from akashi.wire.errors import Refused
from akashi.wire.messages.fields import Signed
from akashi.wire.messages.ledger import (
    IntentEntry,
    Leaf,
    OutcomeRecorded,
    Receipt,
    ReopenEntry,
    ReopenOrder,
    SealedEntry,
    StopEntry,
    StopScope,
)

INCIDENT_BYTES = 16
_FOLDER = click.Path(path_type=Path, exists=True, file_okay=False)
_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.group(name="ledger")
def group() -> None:
    """The tamper-evident ledger (台帳)."""


@group.command(name="verify")
@click.argument("folder", type=_FOLDER)
@click.option("--key", "key_text", required=True, help="The ledger's public key: name+hash+key, or a file that holds it.")
@click.option("--checkpoint", "checkpoints", type=_FILE, multiple=True, help="A checkpoint that was kept elsewhere.")
@click.option("--receipt", "receipts", type=_FILE, multiple=True, help="A receipt as the recorder signed it.")
@click.option("--receipt-key", help="Public key of the receipts, 64 hexadecimal digits.")
@click.option("--running", is_flag=True, help="The recorder may be writing: allow one unfinished batch at the end.")
@click.option("--last-signature", is_flag=True, help="Check every hash but only the last signature: faster.")
def verify_command(  # noqa: PLR0917 - click passes them by name
    folder: Path,
    key_text: str,
    checkpoints: tuple[Path, ...],
    receipts: tuple[Path, ...],
    receipt_key: str | None,
    running: bool,  # noqa: FBT001 - click's flags
    last_signature: bool,  # noqa: FBT001 - click's flags
) -> None:
    """Recompute everything in FOLDER and say whether it is what was signed; exit code 1 and the place where it is not."""
    key = _note_key(key_text)
    if receipts and receipt_key is None:
        raise click.UsageError("--receipt needs --receipt-key")
    expectations = Expectations(
        checkpoints=tuple(open_checkpoint(_read(path, NOTE_BYTES_MAX), key) for path in checkpoints),
        receipts=tuple(_receipt(path, receipt_key or "") for path in receipts),
        running=running,
        signatures=Signatures.LAST if last_signature else Signatures.EVERY,
    )
    found = verify_ledger(folder, key, expectations)
    click.echo(f"in order: {found.checkpoint.size} entries in {found.batches} batches")
    click.echo(checkpoint_text(found.checkpoint).decode(), nl=False)
    if found.unfinished_bytes:
        click.echo(f"unfinished at the end: {found.unfinished_bytes} bytes")


@group.command(name="show")
@click.argument("folder", type=_FOLDER)
@click.option("--first", type=click.IntRange(0), default=0, help="Index of the first entry to show.")
@click.option("--count", type=click.IntRange(1), default=None, help="How many; all by default.")
def show_command(folder: Path, first: int, count: int | None) -> None:
    """List the entries in FOLDER. Checks nothing: use `verify` first."""
    for index, leaf in _leaves(folder):
        if index < first:
            continue
        if count is not None and index >= first + count:
            break
        click.echo(f"{index} {leaf.time_ms} {leaf.caller} {_describe(leaf)}")


@group.command(name="reopen")
@click.argument("inbox", type=_FOLDER)
@click.option("--key", "key_file", type=_FILE, required=True, help="Your key, 32 raw bytes.")
@click.option("--join", type=_FILE, help="The colleague's request: sign the same order. Needs none of the options below.")
@click.option("--incident", help="Id of the incident, 32 hexadecimal digits, as `show` lists it.")
@click.option("--scope", type=click.Choice([scope.value for scope in StopScope]))
@click.option("--municipality", help="Code of the city.")
@click.option("--kiosk", default="-", help="Id of the kiosk, where the scope is a kiosk.")
@click.option("--reason", help="Why it may go on, 4 to 500 plain characters; goes into the ledger: no personal data.")
@click.option("--yes", is_flag=True, help="Sign without asking. Only where the order was read before.")
def reopen_command(  # noqa: PLR0917 - click passes them by name
    inbox: Path,
    key_file: Path,
    join: Path | None,
    incident: str | None,
    scope: str | None,
    municipality: str | None,
    kiosk: str,
    reason: str | None,
    yes: bool,  # noqa: FBT001 - click's flags
) -> None:
    """
    Sign a re-opening and put it into INBOX, the vault's folder for requests.

    Two different operators sign: the first names the incident and the reason, the second joins with --join, reads the order and
    says yes or no. The recorder re-opens when both files are there.
    """
    key = SigningKey.from_bytes(_read(key_file, 64))
    if join is not None:
        payload = parse(Signed, _read(join, 16_384)).payload
        order = parse(ReopenOrder, payload)
    else:
        if incident is None or scope is None or municipality is None or reason is None:
            raise click.UsageError("name --incident, --scope, --municipality and --reason, or --join a request")
        order = ReopenOrder(StopScope(scope), municipality, kiosk, _incident_id(incident), reason)
        payload = encode(order)
        try:
            parse(ReopenOrder, payload)  # the lengths and forms that the recorder will ask for
        except Refused as refusal:
            raise click.UsageError(f"この形では出せません / the recorder would not take it: {refusal.detail}") from None
    click.echo(f"you sign: {_describe_order(order)}")
    if join is not None and not yes:
        click.confirm("Is this what was agreed?", abort=True)
    name = secrets.token_hex(8)
    new = inbox / f"{name}.new"
    try:
        new.write_bytes(sign(key, Purpose.REOPEN, payload))
        # Renamed when whole, so that the recorder never reads half a request.
        new.replace(inbox / f"{name}.signed")
    except OSError as error:
        raise click.FileError(str(inbox), error.strerror) from None
    click.echo(str(inbox / f"{name}.signed"))


def _note_key(text: str) -> NoteKey:
    path = Path(text)
    if text.count("+") < 2 and not path.is_file():  # noqa: PLR2004 - name, key hash, key
        raise click.BadParameter(
            f"{text}: そのようなファイルはなく、鍵（名前+ハッシュ+鍵）でもありません"
            " / is no file, and no key of the form name+hash+key",
            param_hint="--key",
        )
    return parse_note_key(_read(path, 1024).decode(errors="replace") if path.is_file() else text)


def _incident_id(text: str) -> bytes:
    """Return the id. Raises click.BadParameter where it is not 32 hexadecimal digits."""
    try:
        incident_id = bytes.fromhex(text)
    except ValueError:
        incident_id = b""
    if len(incident_id) != INCIDENT_BYTES:
        raise click.BadParameter(
            "`akashi ledger show` にある16進32けたです / is 32 hexadecimal digits, as `akashi ledger show` lists it",
            param_hint="--incident",
        )
    return incident_id


def _receipt(path: Path, receipt_key: str) -> Receipt:
    try:
        public = bytes.fromhex(receipt_key)
    except ValueError:
        raise click.UsageError("--receipt-key is not hexadecimal") from None
    return verify_message(public, Purpose.RECEIPT, Receipt, _read(path, 16_384))


def _read(path: Path, bytes_max: int) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(bytes_max + 1)
    except OSError as error:
        raise click.FileError(str(path), error.strerror) from None


def _leaves(folder: Path) -> Iterator[tuple[int, Leaf]]:
    try:
        with (folder / ENTRIES_FILE).open("rb") as file:
            index = 0
            for batch in read_batches(file):
                for untrusted_leaf in batch.leaves:
                    yield index, parse_leaf(untrusted_leaf)
                    index += 1
    except OSError as error:
        raise LedgerDown(f"read: {error.strerror}") from None


def _describe(leaf: Leaf) -> str:
    match leaf.entry:
        case IntentEntry(issue_number=number, kiosk_id=kiosk):
            return f"intent {number} kiosk {kiosk}"
        case SealedEntry(issue_number=number):
            return f"sealed {number}"
        case OutcomeRecorded(issue_number=number, outcome=outcome, kiosk_id=kiosk, cause=cause):
            return f"{outcome} {number} by {kiosk}{f' because {cause}' if cause else ''}"
        case StopEntry(scope=scope, municipality=city, kiosk_id=kiosk, cause=cause, incident_id=incident):
            return f"STOP {scope} {city} kiosk {kiosk} because {cause} incident {incident.hex()}"
        case ReopenEntry(first=first):
            try:
                return f"REOPEN {_describe_order(parse(ReopenOrder, parse(Signed, first).payload))}"
            except Refused:
                return "REOPEN with an order that cannot be read"


def _describe_order(order: ReopenOrder) -> str:
    # `repr`, although the field takes plain text only: what is printed here is what somebody signs, so it shows where the
    # reason begins and ends, and a character that a terminal would obey or hide as an escape.
    what = f"{order.scope} {order.municipality} kiosk {order.kiosk_id} incident {order.incident_id.hex()}"
    return f"{what}: {order.reason!r}"
