"""`akashi evidence`: capture one certificate's whole way, and say per link who could read it."""

from __future__ import annotations

import asyncio
import json
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click

from akashi.base.config import ConfigRefused, load_config
from akashi.entry.commands.issue import Request, issue_one
from akashi.entry.commands.up import SAMPLE_POLICY
from akashi.entry.demo.city import DEMO_PIN, CityPlan
from akashi.entry.demo.configs import BASE_PORT, BASE_PORTS
from akashi.entry.demo.layout import Layout
from akashi.entry.demo.provision import KIOSK_IDS, Progress
from akashi.entry.demo.running import Demonstration, Options
from akashi.evidence.capturing import capturing
from akashi.evidence.control import send_unprotected_copy
from akashi.evidence.errors import MeasurementFailed
from akashi.evidence.needles import is_telling
from akashi.evidence.reading import Captured, Evidence, read_evidence
from akashi.simulation.city.generator import RESIDENTS_MAX
from akashi.wire import topology
from akashi.wire.certificates import Choice, Kind
from akashi.zones.store.kiosk.config import Config

EVIDENCE_BASE_PORT = BASE_PORT + 300
CONTROL_OFFSET = 90
"""The unprotected copy is sent this far above the base port."""


@dataclass(frozen=True, slots=True)
class Plan:
    """
    What to measure.

    Attributes:
        data: folder of the demonstration; made where it is missing.
        city: the made-up city, where it is not made yet.
        base_port: servers listen here and up to 10 above, the control 90 above.
        person: label of the person whose name is looked for; empty for the first whose name is long enough.
        policy: the city's decisions.
    """

    data: Path
    city: CityPlan
    base_port: int
    person: str
    policy: Path = SAMPLE_POLICY


@click.command()
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), default=Path("var/evidence"), show_default=True)
@click.option(
    "--residents",
    type=click.IntRange(100, RESIDENTS_MAX),
    default=400,
    show_default=True,
    help="Size of the made-up city, where it is not made yet.",
)
@click.option(
    "--base-port",
    type=click.IntRange(*BASE_PORTS),
    default=EVIDENCE_BASE_PORT,
    show_default=True,
    help="Away from a running `akashi up`.",
)
@click.option("--person", default="", help="Whose certificate is issued; by default the first whose name is long enough.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Where the result goes as JSON.")
def evidence(*, data: Path, residents: int, base_port: int, person: str, out: Path | None) -> None:
    """
    Start all servers, issue one certificate, and measure who could read it.

    Needs tshark, poppler-utils and the right to capture. Exit code 1 where anything is against the promise, or where the
    measurement proves nothing.
    """
    found = measure(Plan(data, CityPlan(20260627, residents, 0), base_port, person))
    if out is not None:
        out.write_bytes(found.to_json())
    for line in report_lines(found):
        click.echo(line)
    if found.problems:
        raise click.exceptions.Exit(1)


def measure(plan: Plan) -> Evidence:
    """
    Issue one certificate on servers of its own, capturing from before they start, and read the capture.

    The capture and the TLS secrets that open it are thrown away together. What the servers keep stays in the plan's folder.

    Raises:
        ConfigRefused: the servers cannot be started.
        Refused: no certificate, or the measurement could not be made.
    """
    layout = Layout(plan.data)
    options = Options(plan.city, plan.base_port, key_log=True, workers=0, sample_policy=plan.policy)
    demonstration = Demonstration(layout, options)
    demonstration.prepare(Progress(lambda step: click.echo(f"- {step}", err=True), lambda _count: None))
    label, marker = _choose(layout, plan.person)
    ports = {server.name: int(demonstration.addresses.of(server.name).rpartition(":")[2]) for server in topology.SERVERS}
    del ports["store/kiosk"]  # its page is the screen, not a link
    control_port = plan.base_port + CONTROL_OFFSET
    with tempfile.TemporaryDirectory(prefix="akashi-evidence-") as name:
        capture, certificate, key_log = (Path(name) / part for part in ("capture.pcapng", "certificate.pdf", "tls-keys.log"))
        # From before the start: a connection whose beginning is not in the capture cannot be decrypted.
        with capturing(capture, [*ports.values(), control_port]):
            with _running(demonstration):
                request = Request(
                    card=str(layout.card(label)),
                    reader="",
                    pin=DEMO_PIN,
                    kind=Kind.JUMINHYO,
                    choices=(Choice.RELATIONSHIP, Choice.HONSEKI),
                    members=(),
                    out=certificate,
                )
                asyncio.run(issue_one(load_config(layout.kiosk_config(KIOSK_IDS[0]), Config), request, quiet=True))
            send_unprotected_copy(control_port, marker, certificate.read_bytes())
        key_log.write_bytes(b"".join(_take_key_logs(layout)))
        return read_evidence(Captured(capture, key_log, ports, control_port), marker)


def report_lines(found: Evidence) -> Iterator[str]:
    """Yield the measurement as people read it: a line a link, then what is wrong."""
    yield f"looked for: {found.marker}"
    for link in found.links:
        wire = ", ".join(link.found_on_wire) or "nothing"
        opened = ", ".join(link.found_opened) or "nothing"
        tls = "TLS 1.3" if link.all_tls_1_3 else "NOT TLS 1.3"
        name = f"{link.caller or 'unknown'} → {link.callee}"
        yield f"{name}: {link.wire_bytes} bytes, {tls}; on the wire: {wire}; for {link.callee}: {opened}"
    yield f"control (unprotected copy): {', '.join(found.control_found) or 'nothing'}"
    for problem in found.problems:
        yield f"PROBLEM: {problem}"
    if not found.problems:
        yield "as promised: no eavesdropper and no relay can read it; the controls were found"


@contextmanager
def _running(demonstration: Demonstration) -> Iterator[None]:
    ended = threading.Event()

    def keep_up() -> None:
        while not ended.wait(1):
            demonstration.tick()

    keeper = threading.Thread(target=keep_up, name="demonstration")
    try:
        demonstration.start(lambda _name: None)
        keeper.start()
        yield
    finally:
        ended.set()
        if keeper.is_alive():
            keeper.join()
        demonstration.stop()


def _choose(layout: Layout, label: str) -> tuple[str, str]:
    """Return label and name of the person to issue for."""
    people = json.loads((layout.city / "people.json").read_text("utf-8"))["people"]
    for person in people:
        if person["label"] == label or (not label and person["expected"] == "issued" and is_telling(person["name"])):
            return person["label"], person["name"]
    raise ConfigRefused(f"nobody is labelled {label!r}, or nobody's name is long enough; see {layout.city / 'people.json'}")


def _take_key_logs(layout: Layout) -> Iterator[bytes]:
    """Yield the servers' TLS key logs and remove them: nothing that opens a capture is left."""
    logs = sorted(layout.root.glob("*/*/tls-keys.log"))
    if not logs:
        raise MeasurementFailed("no server wrote a TLS key log")
    for log in logs:
        yield log.read_bytes() + b"\n"
        log.unlink()
