"""The start: what must be there, that the feed is followed, that staff's decisions are taken, and that the gate is looked at."""

from __future__ import annotations

import asyncio
import json
from datetime import date
from pathlib import Path

import msgspec
import pytest

from akashi.base.config import ConfigRefused
from akashi.entry.start.koseki_register import start
from akashi.sealing.signing import Purpose, sign_message, verify_message
from akashi.wire import codec
from akashi.wire.kinds import Service
from akashi.wire.messages import EnrolDecision, EnrolReply, EnrolState, EnrolWord, HeldCall, HeldReply
from akashi.wire.topology import methods_of
from akashi.zones.koseki.register.config import Config
from akashi.zones.koseki.register.importing import import_registers
from akashi.zones.koseki.register.notifications import FeedRecord, format_line
from akashi.zones.koseki.register.store import KosekiStore
from akashi.zones.koseki.register.stores.opening import open_engine
from unit.zones.core_residents.counter import Made, StillClock, file_of
from unit.zones.core_residents.people import AS_OF_MS, CITY
from unit.zones.core_residents.test_start import PassingClock, _open, files, run_for, world
from unit.zones.koseki_register.families import person_no, resident_no, sample
from unit.zones.koseki_register.hall import STAFF, Hall

_CONDITION = """
[[attestation]]
condition = "{}"
attested_on = 2026-01-01
expires_on = 2026-12-31
by = "課長"
evidence = "{}"
"""
CONDITIONS = "".join(_CONDITION.format(name, "ab" * 32) for name in ("locked-room", "controlled-access", "no-meddling"))


def configured(made: Made, folder: Path, *, municipality: str = CITY, **changed: object) -> Config:
    named = files(made, folder)
    kept = {name: path for name, path in named.items() if name not in {"residents_url", "registry_key"}}
    return msgspec.convert(
        {
            "server": "koseki/register",
            "listen": "127.0.0.1:7113",
            "tls": {"certificate": "c", "key": "k", "authority": "a"},
            "service": {
                "municipality": municipality,
                "staff": {name: key.public_bytes.hex() for name, key in STAFF.items()},
                **changed,
            },
            "files": {
                **kept,
                "register_url": f"sqlite:///{folder}/koseki.db",
                "koseki_key": file_of(folder, "koseki.key", made.deployment.city.koseki.to_bytes()),
                "conditions": file_of(folder, "conditions.toml", CONDITIONS.encode()),
                "inbox": str(folder / "inbox"),
            },
        },
        Config,
    )


def imported(folder: Path) -> None:
    sample().write(folder)
    engine = open_engine(f"sqlite:///{folder}/koseki.db", create=True)
    assert import_registers(engine, folder).refused_count == 0
    engine.close()


def line(sequence: int) -> bytes:
    return format_line(FeedRecord(sequence=sequence, time_ms=AS_OF_MS, steps=()))


@pytest.mark.promise("C12")
def test_the_server_starts_answers_follows_its_feed_and_takes_decisions(
    made: Made, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    imported(tmp_path)
    started = start(configured(made, tmp_path), world(PassingClock()))
    assert set(started.endpoints) == set(methods_of("koseki/register"))
    hall = Hall(made, open_engine("sqlite:///:memory:", create=True))
    session = hall.session(made.cards[0])
    call = HeldCall(hall.ticket(session, resident_no(1)), session.secret)
    reply = codec.parse(HeldReply, asyncio.run(_open(started.endpoints["held"].handle, codec.encode(call))))
    assert reply.record
    enrolling = codec.encode(hall.enrol_call(hall.session(made.cards[0], Service.ENROL)))
    asyncio.run(_open(started.endpoints["enrol"].handle, enrolling))
    store = KosekiStore.open(f"sqlite:///{tmp_path}/koseki.db")
    (waiting,) = store.pending()
    decision = EnrolDecision(CITY, waiting.enrolment_id, waiting.statement_hash, person_no(17), (), "照合した")
    for who in ("sato", "suzuki"):
        (tmp_path / "inbox" / f"{who}.signed").write_bytes(sign_message(STAFF[who], Purpose.ENROL_DECISION, decision))
    (tmp_path / "feed.jsonl").write_bytes(line(1) + line(2))
    for task in started.background:
        asyncio.run(run_for(task, 30))
    word = codec.parse(EnrolReply, asyncio.run(_open(started.endpoints["enrol"].handle, enrolling))).word
    assert verify_message(hall.key.public_bytes, Purpose.ENROLLED, EnrolWord, word).state is EnrolState.APPROVED
    assert (store.pending(), store.feed_state().sequence) == ((), 2)
    store.close()
    started.close()
    told = [json.loads(text) for text in capsys.readouterr().err.splitlines()]
    assert [(one["condition"], one["holds"]) for one in told if one["event"] == "condition"] == [
        ("locked-room", True),
        ("controlled-access", True),
        ("no-meddling", True),
    ]


@pytest.mark.promise("C13")
def test_attestations_are_read_again_when_their_file_changes(made: Made, tmp_path: Path) -> None:
    imported(tmp_path)
    config = configured(made, tmp_path)
    path = tmp_path / "conditions.toml"
    path.write_bytes(b"")
    started = start(config, world(StillClock()))
    hall = Hall(made, open_engine("sqlite:///:memory:", create=True))
    session = hall.session(made.cards[0])
    body = codec.encode(HeldCall(hall.ticket(session, resident_no(1)), session.secret))
    from unit.zones.koseki_register.test_reads import code_of  # noqa: PLC0415 - only here

    handle = started.endpoints["held"].handle
    assert code_of(lambda: asyncio.run(_open(handle, body))) == "KOSEKI_CLOSED"
    path.write_text(CONDITIONS, "utf-8")
    assert asyncio.run(_open(handle, body))
    path.write_bytes(b"not attestations")
    assert asyncio.run(_open(handle, body))
    path.write_text(CONDITIONS.replace("2026-12-31", str(date(2026, 2, 1))), "utf-8")
    assert code_of(lambda: asyncio.run(_open(handle, body))) == "KOSEKI_CLOSED"
    started.close()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("koseki.key", b"short"),
        ("center.dir", b"x"),
        ("city.dir", b"x"),
        ("cards.toml", b"suites = []"),
        ("conditions.toml", b"x ="),
        ("conditions.toml", None),
        ("center.root", None),
    ],
)
def test_a_bad_file_refuses_the_start(made: Made, tmp_path: Path, name: str, content: bytes | None) -> None:
    imported(tmp_path)
    config = configured(made, tmp_path)
    (tmp_path / name).unlink()
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ConfigRefused):
        start(config, world(StillClock()))


def test_no_register_refuses_the_start(made: Made, tmp_path: Path) -> None:
    with pytest.raises(ConfigRefused, match="koseki import"):
        start(configured(made, tmp_path), world(StillClock()))


def test_one_person_as_two_staff_members_refuses_the_start(made: Made, tmp_path: Path) -> None:
    imported(tmp_path)
    one = STAFF["sato"].public_bytes.hex()
    with pytest.raises(ConfigRefused, match="one key under two names"):
        start(configured(made, tmp_path, staff={"sato": one, "suzuki": one}), world(StillClock()))
