"""The last questions of a run: do ledger, kiosks and issuer tell the same story, is anything left in a relay or a log?"""

from __future__ import annotations

import gc
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from akashi.ledger.batches import read_batches
from akashi.ledger.entries import parse_leaf
from akashi.ledger.errors import LedgerAltered
from akashi.ledger.sign import NoteSigner
from akashi.ledger.verify import ENTRIES_FILE, Expectations, verify_ledger
from akashi.simulation.errors import Violation
from akashi.simulation.hostile import HELD_SERVERS
from akashi.simulation.model import Model
from akashi.simulation.network import Network
from akashi.simulation.node import Node
from akashi.simulation.servers import LEDGER_NAME, LEDGER_SECRET
from akashi.simulation.site import Site
from akashi.wire.messages import (
    IntentEntry,
    Leaf,
    Outcome,
    OutcomeRecorded,
    ReopenEntry,
    SealedEntry,
    StopEntry,
)

TERMINAL = (Outcome.TAKEN, Outcome.VOID)
LEFT_BYTES_MAX = 8_192
"""A relay may hold a bulletin (beacon and directories, kept for seconds, public); an envelope or answer is larger."""
_GIVEN_UP = "issuer"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a run leaves behind."""

    site: Site
    model: Model
    network: Network
    servers: dict[str, Node]


def check_all(run: Evidence) -> int:
    """
    Ask everything; return the number of ledger entries.

    Raises:
        Violation: the first thing that is not in order.
    """
    if run.network.bugs:
        raise Violation("no server meets an error that it did not expect", run.network.bugs[0])
    leaves = _read_ledger(run.site.folder / "ledger")
    _check_story(run, leaves)
    _check_issuer(run, leaves)
    for server in sorted(HELD_SERVERS):
        _check_nothing_left(run, server)
    _check_logs(run)
    return len(leaves)


def _read_ledger(folder: Path) -> list[Leaf]:
    """Return the leaves of the ledger, once the verifier that stands alone has found it in order."""
    try:
        verified = verify_ledger(folder, NoteSigner(LEDGER_NAME, LEDGER_SECRET).key, Expectations(running=True))
    except LedgerAltered as altered:
        raise Violation("the ledger verifies", str(altered)) from None
    with (folder / ENTRIES_FILE).open("rb") as file:
        leaves = [parse_leaf(leaf) for batch in read_batches(file) for leaf in batch.leaves]
    if len(leaves) != verified.checkpoint.size:
        raise Violation("the verified ledger is the one that was read", str(len(leaves)))
    return leaves


def _check_story(run: Evidence, leaves: list[Leaf]) -> None:
    """Compare the ledger with what kiosks did: each number begins once, is sealed once, ends once, and in that order."""
    intents, sealed, ended = set[str](), set[str](), dict[str, OutcomeRecorded]()
    for leaf in leaves:
        match leaf.entry:
            case IntentEntry(issue_number=number):
                _once(number not in intents, "one intent", number)
                intents.add(number)
            case SealedEntry(issue_number=number):
                _once(number in intents and number not in sealed, "sealed once, after its intent", number)
                sealed.add(number)
            case OutcomeRecorded(issue_number=number):
                _once(number in intents and number not in ended, "one outcome, after its intent", number)
                ended[number] = leaf.entry
            case StopEntry() | ReopenEntry():
                raise Violation("nothing was stopped: nobody gave a reason", str(leaf.entry))
    journal = dict(_journals(run))
    for number, sheet in run.model.sheets.items():
        _once(number in sealed, "what a kiosk got was sealed", number)
        # A kiosk can crash after it wrote its journal and before it did anything else: the journal is what counts.
        written, recorded = journal.get(number), ended.get(number)
        if sheet.outcome is not None and written != (sheet.kiosk_id, sheet.outcome):
            raise Violation("a kiosk's journal loses nothing", number)
        if written != ((recorded.kiosk_id, recorded.outcome) if recorded else None):
            raise Violation("the ledger has the kiosk's outcome", number)
    for number, recorded in ended.items():
        if number not in run.model.sheets and (recorded.kiosk_id != _GIVEN_UP or recorded.outcome is not Outcome.VOID):
            raise Violation("what no kiosk got can only be given up", number)
        _once((number in sealed) is (recorded.kiosk_id != _GIVEN_UP), "given up or sealed, never both", number)


def _journals(run: Evidence) -> Iterator[tuple[str, tuple[str, Outcome]]]:
    """Yield (issue number, (kiosk, outcome)) from the kiosks' files; all lines must be acknowledged by now."""
    for keys in run.site.deployment.kiosks:
        database = sqlite3.connect(run.site.folder / f"journal-{keys.kiosk_id}.sqlite")
        try:
            rows = database.execute("SELECT issue_number, outcome, acknowledged FROM outcomes").fetchall()
        finally:
            database.close()
        for number, outcome, acknowledged in rows:
            _once(bool(acknowledged), "every journal line is acknowledged", number)
            yield number, (keys.kiosk_id, Outcome(outcome))


def _once(holds: bool, rule: str, number: str) -> None:  # noqa: FBT001 - the rule's own truth
    if not holds:
        raise Violation(rule, number)


def _check_issuer(run: Evidence, leaves: list[Leaf]) -> None:
    """Compare the issuer's memory with the ledger: the same numbers, sealed or given up alike, nothing still waiting."""
    database = sqlite3.connect(run.site.folder / "issuer.sqlite")
    try:
        states = dict(database.execute("SELECT issue_number, state FROM numbers").fetchall())
        waiting = database.execute("SELECT count(*) FROM numbers WHERE state = 'intent' OR seal_ledger = 'unknown'").fetchone()[0]
        incidents = database.execute("SELECT count(*) FROM incidents").fetchone()[0]
    finally:
        database.close()
    if waiting or incidents:
        raise Violation("nothing waits at the issuer and nothing was an incident", f"{waiting} numbers, {incidents} incidents")
    outcomes = {leaf.entry.issue_number: leaf.entry for leaf in leaves if isinstance(leaf.entry, OutcomeRecorded)}
    sealed = {leaf.entry.issue_number for leaf in leaves if isinstance(leaf.entry, SealedEntry)}
    for number, state in states.items():
        entry = outcomes.get(number)
        expected = "sealed" if entry is None and number in sealed else entry.outcome.value if entry else "void"
        if state != expected:
            raise Violation("issuer and ledger agree", f"{number} {state}, not {expected}")


def _check_nothing_left(run: Evidence, server: str) -> None:
    """Walk through everything a relay's service can reach: no envelope, no answer, no token may be left (C6)."""
    generation = run.servers[server].generation
    booted = generation.booted if generation else None
    if booted is None:
        raise Violation("every relay is up at the end", server)
    public = (run.site.city_signed, run.site.center_signed)
    for found in _reachable(booted.service):
        if isinstance(found, bytes | bytearray) and len(found) > LEFT_BYTES_MAX and found not in public:
            raise Violation("a relay keeps nothing", f"{server} holds {len(found)} bytes")


def _reachable(root: object) -> Iterator[object]:
    """Yield the plain data that the service's own attributes hold; its doors (link, clock) lead out of it and are not walked."""
    seen, waiting = set[int](), [root]
    while waiting:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        module = type(one).__module__
        if isinstance(one, dict | list | tuple | set | frozenset) or module.startswith(("akashi.zones", "akashi.wire")):
            waiting.extend(gc.get_referents(one))


def _check_logs(run: Evidence) -> None:
    """Search all servers' logs for what only a certificate may hold."""
    logged = run.site.log.getvalue()
    for visitor in run.site.visitors:
        version = run.site.register.newest(run.site.register.home_of(visitor.resident_no))
        for resident in version.residents:
            for secret in (
                resident.name,
                resident.my_number,
                resident.juminhyo_code,
                resident.resident_no,
                f"{visitor.serial:x}",
            ):
                if secret and secret in logged:
                    raise Violation("logs hold ids and codes only", "a person's data")
