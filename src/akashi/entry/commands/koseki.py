"""`akashi koseki`: make, import and feed family registers, and decide about 利用登録."""

from __future__ import annotations

import secrets
import sys
from datetime import datetime
from pathlib import Path

import click

from akashi.entry.commands.reporting import tell_report
from akashi.entry.world import RealClock
from akashi.sealing.keys import SigningKey
from akashi.sealing.signing import Purpose, sign
from akashi.simulation.city.families import generate_families
from akashi.simulation.city.family_writer import OUTSIDERS_FILE, write_families
from akashi.simulation.city.generator import CITY_DAY, RESIDENTS_MAX
from akashi.simulation.city.generator import generate as generate_households
from akashi.simulation.city.outsiders import generate_outsiders
from akashi.wire.codec import encode, parse
from akashi.wire.messages import EnrolDecision, Signed, StatedField
from akashi.zones.koseki.register.importing import import_registers
from akashi.zones.koseki.register.notifications import FeedRecord, format_line, parse_line, parse_step
from akashi.zones.koseki.register.store import KosekiStore
from akashi.zones.koseki.register.stores.opening import open_engine

_FOLDER = click.Path(path_type=Path, file_okay=False)
_FILE = click.Path(path_type=Path, dir_okay=False, exists=True)


@click.group("koseki")
def group() -> None:
    """Make, import and feed family registers (戸籍, 附票); decide about 利用登録."""


@group.command("generate")
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True, help="That of the city.")
@click.option("--residents", type=click.IntRange(1, RESIDENTS_MAX), default=2000, show_default=True, help="Those of the city.")
@click.option("--outsiders", type=click.IntRange(min=0), default=20, show_default=True, help="People who live elsewhere.")
@click.option(
    "--day", type=click.DateTime(["%Y-%m-%d"]), default=CITY_DAY.isoformat(), show_default=True, help="That of the city."
)
@click.option("--out", type=_FOLDER, required=True, help="Folder for the files.")
def generate_command(seed: int, residents: int, outsiders: int, day: datetime, out: Path) -> None:
    """Write the family registers of the made-up city that `akashi city generate` writes with the same options."""
    on = day.date()
    families = generate_families(seed, generate_households(seed, residents, day=on), day=on)
    elsewhere = generate_outsiders(seed, outsiders, day=on)
    manifest = write_families(out, families, elsewhere, as_of_ms=RealClock().now_ms())
    click.echo(f"{manifest.registers:,} family registers, {manifest.blocks:,} blocks in {out}; people: {out / OUTSIDERS_FILE}")


@group.command("import")
@click.option("--url", required=True, help="sqlite:///path or postgresql://...; the register is made where there is none.")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False, exists=True))
def import_command(url: str, folder: Path) -> None:
    """Import FOLDER (docs/spec/koseki.md section 2). Exit code 1: lines were refused, nothing was imported."""
    engine = open_engine(url, create=True)
    try:
        report = import_registers(engine, folder)
    finally:
        engine.close()
    if not tell_report(report):
        sys.exit(1)


@group.command("feed")
@click.option("--after", type=click.IntRange(min=0), default=0, show_default=True, help="Where an empty file goes on.")
@click.option("--step", "steps", multiple=True, help="A step as JSON (docs/spec/koseki.md section 3); none: a heartbeat.")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def feed_command(after: int, steps: tuple[str, ...], file: Path) -> None:
    """Append one record to the feed FILE: a notification with its steps, or a heartbeat."""
    last = _last_number(file, after)
    record = FeedRecord(sequence=last + 1, time_ms=RealClock().now_ms(), steps=tuple(parse_step(step.encode()) for step in steps))
    try:
        with file.open("ab") as stream:
            stream.write(format_line(record))
    except OSError as error:
        raise click.FileError(str(file), error.strerror) from None
    click.echo(str(record.sequence))


@group.command("pending")
@click.option("--url", required=True, help="The register.")
def pending_command(url: str) -> None:
    """Show the statements that wait, with the people whose birth date is the stated one. For staff at the register only."""
    store = KosekiStore.open(url)
    try:
        waiting = store.pending()
    finally:
        store.close()
    for one in waiting:
        stated = one.statement
        click.echo(f"{one.enrolment_id.hex()} {one.statement_hash.hex()} {RealClock().now_ms() - one.received_ms} ms")
        click.echo(f"  申請: {stated.name!r} {stated.birth_date!r} 本籍 {stated.honseki!r} 筆頭者 {stated.hittosha!r}")
        click.echo(f"  住所 {stated.address!r} 電話 {stated.phone!r}")
        for candidate in one.candidates:
            differs = " ".join(candidate.differs) or "-"
            click.echo(f"  {candidate.person_no}: {candidate.name} {candidate.honseki} {candidate.hittosha} [{differs}]")
    click.echo(f"{len(waiting)} wait")


@group.command("decide")
@click.option("--key", "key_file", type=_FILE, required=True, help="Your key, 32 raw bytes.")
@click.option("--join", type=_FILE, help="The colleague's decision: sign the same. Needs none of the options below.")
@click.option("--municipality", help="Code of the city.")
@click.option("--enrolment", help="Id, as `pending` lists it.")
@click.option("--statement", help="Hash of the statement, as `pending` lists it.")
@click.option("--person", help="Number of the person; left out: refused.")
@click.option("--differs", multiple=True, type=click.Choice([field.value for field in StatedField]), help="What differs, seen.")
@click.option("--reason", help="Why, 4 to 500 characters.")
@click.argument("inbox", type=click.Path(path_type=Path, file_okay=False, exists=True))
def decide_command(  # noqa: PLR0917 - click passes them by name
    key_file: Path,
    join: Path | None,
    municipality: str | None,
    enrolment: str | None,
    statement: str | None,
    person: str | None,
    differs: tuple[str, ...],
    reason: str | None,
    inbox: Path,
) -> None:
    """
    Sign a decision about a 利用登録 and put it into INBOX of the register.

    Two different staff members sign: the first names everything, the second joins with --join, reads it and signs the same.
    """
    key = SigningKey.from_bytes(key_file.read_bytes())
    if join is not None:
        payload = parse(Signed, join.read_bytes()).payload
        decision = parse(EnrolDecision, payload)
    else:
        if municipality is None or enrolment is None or statement is None or reason is None:
            raise click.UsageError("name --municipality, --enrolment, --statement and --reason, or --join a decision")
        seen = tuple(field for field in StatedField if field.value in differs)
        try:
            ids = bytes.fromhex(enrolment), bytes.fromhex(statement)
        except ValueError:
            raise click.UsageError("--enrolment or --statement is not hexadecimal") from None
        decision = EnrolDecision(municipality, *ids, person, seen, reason)
        payload = encode(decision)
        parse(EnrolDecision, payload)  # the lengths and forms that the register will ask for
    what = f"person {decision.person_no}" if decision.person_no else "refused"
    seen_text = " ".join(decision.differs) or "nothing"
    click.echo(f"you sign: {decision.enrolment_id.hex()}: {what}, differs in {seen_text}, {decision.reason!r}")
    if join is not None:
        click.confirm("Is this what was agreed?", abort=True)
    name = secrets.token_hex(8)
    new = inbox / f"{name}.new"
    try:
        new.write_bytes(sign(key, Purpose.ENROL_DECISION, payload))
        # Renamed when whole, so that the register never reads half a decision.
        new.replace(inbox / f"{name}.signed")
    except OSError as error:
        raise click.FileError(str(inbox), error.strerror) from None
    click.echo(str(inbox / f"{name}.signed"))


def _last_number(file: Path, after: int) -> int:
    try:
        lines = [line for line in file.read_bytes().splitlines() if line.strip()] if file.exists() else []
    except OSError as error:
        raise click.FileError(str(file), error.strerror) from None
    return parse_line(lines[-1]).sequence if lines else after
