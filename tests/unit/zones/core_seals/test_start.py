"""The start: what must be there, that the feed is followed, and the command that imports."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from akashi.base.config import ConfigRefused
from akashi.base.ports import Endpoint
from akashi.entry.commands.seals import group
from akashi.entry.start.core_seals import start
from akashi.sealing.signing import Purpose, verify_message
from akashi.simulation.deployment import sign_center_directory, sign_city_directory
from akashi.wire import codec
from akashi.wire.errors import WireCode
from akashi.wire.messages import HeldRecord, HeldReply
from akashi.zones.core.seals.changes import EditingBegun, FeedRecord, Heartbeat, format_line
from akashi.zones.core.seals.config import Config
from unit.registers.asker import CITY, ISSUER, NOW_MS, Asker, Clock, deployment, number
from unit.zones.core_residents.test_start import run_for, world
from unit.zones.core_seals.office import registration, write_folder


def file_of(folder: Path, name: str, content: bytes) -> str:
    (folder / name).write_bytes(content)
    return str(folder / name)


def configured(folder: Path, *, municipality: str = CITY, **changed: str) -> Config:
    made = deployment()
    files = {
        "seals_url": f"sqlite:///{folder}/seals.db",
        "seals_key": file_of(folder, "seals.key", made.city.seals.to_bytes()),
        "city_directory": file_of(folder, "city.directory", sign_city_directory(made.city, sequence=1, now_ms=NOW_MS)),
        "city_root": file_of(folder, "city-root.pub", made.city.root.public_bytes),
        "center_directory": file_of(folder, "center.directory", sign_center_directory(made.center, sequence=1, now_ms=NOW_MS)),
        "center_root": file_of(folder, "center-root.pub", made.center.root.public_bytes),
        "feed_source": str(folder / "feed.jsonl"),
    }
    return msgspec.convert(
        {
            "server": "core/seals",
            "listen": "127.0.0.1:7111",
            "tls": {"certificate": "c", "key": "k", "authority": "a"},
            "service": {"municipality": municipality},
            "files": files | changed,
        },
        Config,
    )


def imported(folder: Path) -> None:
    source = write_folder(folder / "seals", registration(1))
    done = CliRunner().invoke(group, ["import", "--url", f"sqlite:///{folder}/seals.db", str(source)])
    assert done.exit_code == 0, done.output
    assert done.output == "seals.csv: 1\n"


def holding(endpoint: Endpoint) -> WireCode | None:
    asker = Asker(Clock())
    reply = codec.parse(HeldReply, asyncio.run(_handled(endpoint, codec.encode(asker.held_call()))))
    record = verify_message(deployment().city.seals.public_bytes, Purpose.HELD, HeldRecord, reply.record)
    return record.holdings[0].refusal


async def _handled(endpoint: Endpoint, body: bytes) -> bytes:
    return await endpoint.handle(ISSUER, body)


@pytest.mark.promise("C2")
def test_a_started_server_answers_and_follows_its_feed(tmp_path: Path) -> None:
    imported(tmp_path)
    started = start(configured(tmp_path), world(Clock()))
    try:
        assert holding(started.endpoints["held"]) is None
        begun = FeedRecord(sequence=6, time_ms=NOW_MS, change=EditingBegun(resident_no=number(1)))
        beat = FeedRecord(sequence=7, time_ms=NOW_MS, change=Heartbeat())
        (tmp_path / "feed.jsonl").write_bytes(format_line(begun) + format_line(beat))
        asyncio.run(run_for(started.background[0], 20))
        assert holding(started.endpoints["held"]) is WireCode.RECORD_CHANGED
    finally:
        started.close()


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"seals_key": "absent"}, "absent"),
        ({"seals_url": "sqlite:///absent/seals.db"}, "cannot be opened"),
        ({"municipality": "011002"}, "another authority"),
    ],
)
def test_what_is_missing_or_anothers_keeps_it_from_starting(tmp_path: Path, changed: dict[str, str], word: str) -> None:
    imported(tmp_path)
    with pytest.raises(ConfigRefused, match=word):
        start(configured(tmp_path, **changed), world(Clock()))


def test_a_register_that_nobody_imported_into_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigRefused, match="seals import"):
        start(configured(tmp_path), world(Clock()))


def test_refused_lines_are_told_and_nothing_is_imported(tmp_path: Path) -> None:
    source = write_folder(tmp_path / "seals", registration(1), seals=2)
    done = CliRunner().invoke(group, ["import", "--url", f"sqlite:///{tmp_path}/seals.db", str(source)])
    assert done.exit_code == 1
    assert "seals.csv: not as many lines as the manifest says" in done.output
