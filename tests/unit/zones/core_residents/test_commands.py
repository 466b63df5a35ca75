"""`akashi city import` and `akashi city feed`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from akashi.entry.commands.city import city
from akashi.registers.errors import FeedRefused
from akashi.zones.core.residents.changes import Heartbeat, parse_line
from unit.zones.core_residents.people import number, sample_city


def test_import_tells_what_it_did(database_url: str, tmp_path: Path) -> None:
    sample_city().write(tmp_path)
    done = CliRunner().invoke(city, ["import", "--url", database_url, str(tmp_path)])
    assert done.exit_code == 0
    assert "residents.csv: 20" in done.output


def test_import_names_refused_lines_and_ends_with_1(tmp_path: Path) -> None:
    sample_city().write(tmp_path)
    path = tmp_path / "residents.csv"
    path.write_text(path.read_text("utf-8").replace("japanese", "martian", 1), "utf-8")
    done = CliRunner().invoke(city, ["import", "--url", f"sqlite:///{tmp_path}/r.db", str(tmp_path)])
    assert done.exit_code == 1
    assert "residents.csv:2: kind: not one of japanese, foreign" in done.output
    assert "nothing was imported" in done.output
    assert "証野" not in done.output


def test_feed_numbers_without_a_gap(tmp_path: Path) -> None:
    source = tmp_path / "feed.jsonl"
    change = json.dumps({"kind": "editing-begun", "household_no": number(1)})
    runner = CliRunner()
    assert runner.invoke(city, ["feed", str(source), "--heartbeat", "--after", "41"]).exit_code == 0
    assert runner.invoke(city, ["feed", str(source), "--change", change]).exit_code == 0
    lines = f"{change}\n{change}\n".encode()
    assert runner.invoke(city, ["feed", str(source), "--change", "-"], input=lines).exit_code == 0
    done = runner.invoke(city, ["feed", str(source)])
    assert "last number 45" in done.output
    records = [parse_line(line) for line in source.read_bytes().splitlines()]
    assert [one.sequence for one in records] == [42, 43, 44, 45]
    assert isinstance(records[0].change, Heartbeat)


def test_feed_refuses_what_is_no_change(tmp_path: Path) -> None:
    source = tmp_path / "feed.jsonl"
    done = CliRunner().invoke(city, ["feed", str(source), "--change", '{"kind": "nothing"}'])
    assert isinstance(done.exception, FeedRefused)
    assert not source.exists()
    source.write_bytes(b"torn")
    done = CliRunner().invoke(city, ["feed", str(source), "--heartbeat"])
    assert isinstance(done.exception, FeedRefused)
    assert source.read_bytes() == b"torn"


def test_feed_keeps_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "feed.jsonl"
    waits: list[float] = []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr("time.sleep", wait)
    CliRunner().invoke(city, ["feed", str(source), "--every", "30"])
    assert waits == [30, 30, 30]
    assert len(source.read_bytes().splitlines()) == 3
