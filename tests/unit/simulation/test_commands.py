"""The two ways to start a run, and the command that writes a city."""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from akashi.entry.commands.city_generate import generate
from akashi.entry.commands.simulate import simulate
from akashi.simulation.__main__ import main
from akashi.simulation.errors import Violation
from akashi.simulation.run import Run, Summary

SMALL = ("--seed", "3", "--issues", "3", "--plan", "calm")


def test_simulate_prints_one_summary_a_run() -> None:
    result = CliRunner().invoke(simulate, [*SMALL, "--runs", "2", "--visitors", "60", "--residents", "200"])
    assert result.exit_code == 0, result.output
    summaries = [msgspec.json.decode(line, type=Summary) for line in result.output.splitlines()]
    assert [summary.wanted.seed for summary in summaries] == [3, 4]
    assert all(summary.delivered >= 3 for summary in summaries)


def test_simulate_ends_with_the_seed_that_shows_a_bug(monkeypatch: pytest.MonkeyPatch) -> None:
    def find(_self: Run) -> Summary:
        raise Violation("a rule", "somewhere")

    monkeypatch.setattr(Run, "execute", find)
    result = CliRunner().invoke(simulate, SMALL)
    assert result.exit_code == 1
    assert "seed 3: a rule: somewhere" in result.output
    monkeypatch.setattr(sys, "argv", ["simulation", *SMALL])
    assert main() == 1


def test_the_module_runs_by_itself(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["simulation", *SMALL])
    assert main() == 0
    assert msgspec.json.decode(capsys.readouterr().out, type=Summary).delivered >= 3


def test_a_city_is_written(tmp_path: Path) -> None:
    result = CliRunner().invoke(generate, ["--seed", "2", "--residents", "300", "--out", str(tmp_path / "city")])
    assert result.exit_code == 0, result.output
    assert "300 residents" in result.output
    names = {path.name for path in (tmp_path / "city").iterdir()}
    assert names == {"households.csv", "residents.csv", "card_links.csv", "blocks.csv", "manifest.toml", "people.json"}


def test_a_city_is_not_written_over_files(tmp_path: Path) -> None:
    (tmp_path / "letter").write_text("mine")
    result = CliRunner().invoke(generate, ["--residents", "10", "--out", str(tmp_path)])
    assert result.exit_code == 2
    assert "is not empty" in result.output
    assert [path.name for path in tmp_path.iterdir()] == ["letter"]
