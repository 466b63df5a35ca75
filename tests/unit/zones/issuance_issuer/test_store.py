"""What the issuer keeps, and what it must never keep."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from akashi.rules.states import State
from akashi.wire.errors import WireCode
from akashi.wire.messages import CertificateAnswer, Outcome
from akashi.zones.issuance.issuer.database import Database
from akashi.zones.issuance.issuer.errors import StoreRefused
from akashi.zones.issuance.issuer.outcomes_store import OutcomesStore
from akashi.zones.issuance.issuer.store import IntentFate, Store
from unit.zones.issuance_issuer.stage import TRANSFER, Stage, card, step
from unit.zones.issuance_issuer.visitor import Visitor, frame_of


def every_byte(stage: Stage) -> bytes:
    """Return all files of the store, log of SQLite included."""
    return b"".join(path.read_bytes() for path in sorted(stage.folder.glob("issuer.sqlite*")))


def test_the_file_is_durable_and_in_wal_mode(stage: Stage) -> None:
    """Decisions wait for the disk, together; that the ledger has something, which can be asked again, does not."""
    settings = ("journal_mode", "synchronous", "foreign_keys", "secure_delete")
    with stage.database.read() as connection:
        assert [connection.execute(f"PRAGMA {setting}").fetchone()[0] for setting in settings] == ["wal", 1, 1, 1]
    for opening, waits in ((stage.database.durable, True), (stage.database.lazy, False)):
        stage.database.sync()
        with opening() as connection:
            connection.execute("UPDATE incidents SET recorded = 1")
        assert stage.database.is_synced(stage.database.mark()) is not waits
    stage.database.sync()
    assert stage.database.is_synced(stage.database.mark())


@pytest.mark.promise("C4")
def test_nothing_about_a_person_is_on_the_disk_or_in_the_log_at_any_await(stage: Stage) -> None:
    visitor = Visitor(stage, kiosk=1)
    marks = {
        "name": "朝倉氏名目印".encode(),
        "name in UTF-16": "朝倉氏名目印".encode("utf-16-le"),
        "resident number": b"0000000001",
        "address": "本町一丁目".encode(),
        "card certificate": card("朝倉").certificate_der[40:72],
        "serial": card("朝倉").serial.to_bytes(20, "big").lstrip(b"\0"),
        "session secret": visitor.request.session_secret,
        "card signature": visitor.request.card_signature[:32],
    }
    journeys = [frame_of(visitor.eligibility(), visitor.token())]
    journeys += [frame_of(visitor.order(number)) for number in (1, 2)]
    for frame in journeys:
        work = stage.issuer.forward(TRANSFER, frame)
        while True:
            try:
                step(work)
            except Exception:  # noqa: BLE001 - finished
                break
            found = {what for what, mark in marks.items() if mark in every_byte(stage)}
            assert found == set()
    visitor.tell(1, stage.rows("SELECT issue_number FROM numbers")[0][0], Outcome.TAKEN)
    stage.tick()
    assert {what for what, mark in marks.items() if mark in every_byte(stage)} == set()
    assert {what for what, mark in marks.items() if mark in stage.log.getvalue().encode()} == set()
    # the scan would find something that is there
    assert visitor.session_key.public_bytes in every_byte(stage)


@pytest.mark.promise("C6")
def test_sealed_answers_are_gone_from_the_file_when_the_grant_has_ended(stage: Stage) -> None:
    visitor = Visitor(stage, kiosk=1)
    visitor.open_grant()
    sealed = stage.forward(frame_of(visitor.order()))
    assert sealed[1000:1100] in every_byte(stage)
    stage.clock.add(31 * 60_000)
    stage.tick()
    with sqlite3.connect(stage.path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    assert sealed[1000:1100] not in every_byte(stage)
    assert visitor.kem.public_bytes[:100] not in every_byte(stage)


def test_secrets_of_a_session_leave_memory_when_the_grant_ends(stage: Stage) -> None:
    visitor = Visitor(stage, kiosk=1)
    visitor.open_grant()
    stage.tick()
    sessions = stage.issuer._sessions
    assert len(sessions) == 1
    assert visitor.request.session_secret.hex() not in repr(sessions.find(visitor.transcript))
    stage.clock.add(31 * 60_000)
    stage.tick()
    assert len(sessions) == 0


def test_an_order_in_work_keeps_its_grant(stage: Stage) -> None:
    visitor = Visitor(stage, kiosk=1)
    visitor.open_grant()
    work = stage.issuer.forward(TRANSFER, frame_of(visitor.order()))
    step(work)
    stage.clock.add(31 * 60_000)
    assert stage.store.forget_expired(stage.clock.now_ms()) == 0
    work.close()
    assert stage.store.forget_expired(stage.clock.now_ms()) == 1


FORBIDDEN = [
    "UPDATE numbers SET state = 'void'",
    "UPDATE numbers SET voided_by = 'kiosk'",
    "UPDATE numbers SET state = 'intent'",
    "UPDATE numbers SET state = 'lost'",
    "UPDATE numbers SET answer_hash = NULL, seal_ledger = NULL",
    "UPDATE numbers SET seal_ledger = NULL",
    "UPDATE orders SET state = 'refused'",
    "UPDATE orders SET answer = NULL",
    "UPDATE orders SET issue_number = NULL",
    "UPDATE orders SET number = 11",
    "UPDATE grants SET state = 'working'",
    "UPDATE grants SET refusal = 'BUSY'",
    "UPDATE grants SET next_number = 12",
    "UPDATE grants SET transcript = x'00'",
    "INSERT INTO outcomes VALUES ('K0007', 1, '139998-0000-0000-0000-0000', 'taken', NULL, NULL)",
    "INSERT INTO outcomes SELECT 'K0007', 0, issue_number, 'taken', NULL, NULL FROM numbers",
    "INSERT INTO outcomes SELECT 'K0007', 1, issue_number, 'lost', NULL, NULL FROM numbers",
]


@pytest.mark.parametrize("statement", FORBIDDEN)
def test_the_file_itself_refuses_states_that_do_not_fit(stage: Stage, statement: str) -> None:
    visitor = Visitor(stage, kiosk=1)
    visitor.open_grant()
    visitor.issue()
    with pytest.raises(StoreRefused) as refused, stage.database.durable() as connection:
        connection.execute(statement)
    assert refused.value.code is WireCode.INTERNAL
    assert stage.rows("SELECT state FROM numbers") == [("sealed",)]


def test_a_number_that_is_not_being_worked_on_cannot_be_sealed(stage: Stage) -> None:
    visitor = Visitor(stage, kiosk=1)
    visitor.open_grant()
    number = visitor.issue().issue_number
    with pytest.raises(Exception, match="CONTRADICTION"):
        stage.store.seal(number, b"other", bytes(32))
    with pytest.raises(StoreRefused):
        stage.store.seal("139998-0000-0000-0000-0000", b"", bytes(32))
    stage.store.give_up(number, WireCode.ISSUE_VOIDED, intent=IntentFate.RECORDED)
    assert stage.rows("SELECT state FROM numbers") == [(State.SEALED.value,)]


def test_a_file_that_is_not_ours_is_refused(tmp_path: Path) -> None:
    (tmp_path / "issuer.sqlite").write_bytes(b"not a database" * 100)
    with pytest.raises(StoreRefused):
        Database(tmp_path / "issuer.sqlite")
    with pytest.raises(StoreRefused):
        Database(tmp_path / "no-such-folder" / "issuer.sqlite")


def test_a_second_process_cannot_open_the_file(tmp_path: Path) -> None:
    database = Database(tmp_path / "issuer.sqlite")
    code = (
        "import sys; from pathlib import Path; from akashi.zones.issuance.issuer.database import Database\n"
        "Database(Path(sys.argv[1]))"
    )
    source = Path(__file__).resolve().parents[4] / "src"
    again = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "issuer.sqlite")],
        env={"PYTHONPATH": str(source)},
        capture_output=True,
        check=False,
        text=True,
    )
    assert "StoreRefused" in again.stderr
    database.close()


@pytest.mark.parametrize("pages_left", range(0, 80, 4))
def test_a_full_disk_never_leaves_a_number_half_way(stage: Stage, pages_left: int) -> None:
    visitor = Visitor(stage, kiosk=1)
    visitor.open_grant()
    with stage.database.read() as connection:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages + pages_left}")
    journey = visitor.order()
    try:
        answer = visitor.ask(journey)
    except StoreRefused as refused:
        assert refused.code is WireCode.INTERNAL  # noqa: PT017 - whether a signed no can be kept depends on the room left
        answer = None
    with stage.database.read() as connection:
        connection.execute("PRAGMA max_page_count = 1073741823")
    assert set(stage.rows("SELECT state FROM numbers")) <= {("void",), ("sealed",)}
    if isinstance(answer, CertificateAnswer):
        assert visitor.ask(journey) == answer
    else:
        assert stage.rows("SELECT count(*) FROM numbers WHERE state = 'sealed'") == [(0,)]
    stage.tick()
    stage.restart()
    stage.tick()
    for (number,) in stage.rows("SELECT issue_number FROM numbers"):
        assert stage.recorder.state(number) in {State.VOID, State.SEALED}


def test_an_unknown_number_has_nothing_pending(stage: Stage) -> None:
    pending = OutcomesStore(stage.database).pending_of("139998-0000-0000-0000-0000")
    assert (pending.intent, pending.answer_hash, pending.outcome) == (None, None, None)
    assert Store(stage.database).find(bytes(32)) is None
