"""What people ask for wrongly on the command line: the right cause, in a sentence, before anything is touched."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Self

import click
import pytest

from akashi.base.config import ConfigRefused
from akashi.card.errors import PinWrong, ReaderUnavailable
from akashi.entry.commands.asking import check_out, choose_card, choose_kiosk, parse_members, tell_refusal
from akashi.entry.demo.layout import Layout
from akashi.evidence import programs
from akashi.evidence.errors import MeasurementFailed
from akashi.wire.errors import Refused, WireCode


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    layout = Layout(tmp_path / "city")
    layout.cards.mkdir(parents=True)
    layout.card("single").touch()
    layout.kiosk("K0101").mkdir(parents=True)
    layout.kiosk_config("K0101").touch()
    return layout


def _akashi(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "akashi", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, stdin=subprocess.DEVNULL)


def test_one_card_is_chosen(layout: Layout) -> None:
    assert choose_card(layout, person="single", card=None, reader="") == str(layout.card("single"))
    assert choose_card(layout, person=None, card="x.json", reader="") == "x.json"
    for person, card, reader in (
        (None, None, ""),
        ("single", "x.json", ""),
        ("single", None, "r"),
        (None, "x", "r"),
        ("", "", ""),
    ):
        with pytest.raises(click.UsageError, match="exactly one"):
            choose_card(layout, person=person, card=card, reader=reader)


@pytest.mark.parametrize("person", ["nobody", "../cards/single", "/etc/passwd"])
def test_a_label_that_nobody_has(layout: Layout, person: str) -> None:
    with pytest.raises(click.UsageError, match="nobody has that label"):
        choose_card(layout, person=person, card=None, reader="")


def test_where_no_city_is(tmp_path: Path) -> None:
    nowhere = Layout(tmp_path / "nowhere")
    with pytest.raises(ConfigRefused, match="akashi up --data"):
        choose_card(nowhere, person="single", card=None, reader="")
    with pytest.raises(ConfigRefused, match="akashi up --data"):
        choose_kiosk(nowhere, "K0101")


def test_a_kiosk_that_is_not_there(layout: Layout) -> None:
    assert choose_kiosk(layout, "K0101") == layout.kiosk_config("K0101")
    for kiosk in ("K9999", "../kiosks/K0101"):
        with pytest.raises(click.UsageError, match="no such kiosk: K0101"):
            choose_kiosk(layout, kiosk)


def test_a_reader_without_pyscard_or_of_no_name(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setitem(sys.modules, "smartcard", None)
        with pytest.raises(ReaderUnavailable, match=sys.prefix):
            choose_card(layout, person=None, card=None, reader="foo")

    class NoReaders:
        def __enter__(self) -> Self:
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def names(self) -> tuple[str, ...]:
            return ("Contact 00",)

    monkeypatch.setattr("akashi.entry.commands.asking.Readers", NoReaders)
    with pytest.raises(ReaderUnavailable, match="Contact 00"):
        choose_card(layout, person=None, card=None, reader="foo")
    assert choose_card(layout, person=None, card=None, reader="Contact 00") == ""


def test_where_the_file_goes_is_checked_first(tmp_path: Path) -> None:
    check_out(tmp_path / "x.pdf")
    for out in (tmp_path / "no/x.pdf", None):
        with pytest.raises(click.UsageError):
            check_out(out)
    if os.geteuid():
        with pytest.raises(click.UsageError):
            check_out(Path("/x.pdf"))


def test_members() -> None:
    assert parse_members("all") == ()
    assert parse_members("2, 0,2") == (0, 2)
    for wrong in ("-1", "", "1,", "x", "1000", "٣"):
        with pytest.raises(click.UsageError):
            parse_members(wrong)


def test_a_refusal_says_who_can_act_in_japanese_first(layout: Layout, capsys: pytest.CaptureFixture[str]) -> None:
    tell_refusal(PinWrong(2), layout, as_json=False)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith("PIN_WRONG: ")
    assert not lines[0].isascii()
    assert lines[1].isascii()
    assert lines[2].startswith("対応できる人: ご本人。")
    assert "あと 2 回" in lines[3]


def test_a_city_that_is_not_up_is_named(layout: Layout, capsys: pytest.CaptureFixture[str]) -> None:
    tell_refusal(Refused(WireCode.RELAY_DOWN), layout, as_json=False)
    assert f"akashi up --data {layout.root}" in capsys.readouterr().err
    layout.state.touch()
    tell_refusal(Refused(WireCode.RELAY_DOWN), layout, as_json=False)
    assert "akashi up" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("city", "feed", "/proc/x", "--heartbeat"), 1, "/proc/x"),
        (("city", "import", "--url", "foo", "/proc"), 1, "sqlite:///"),
        (("up", "--data", "/proc/z"), 3, "/proc/z"),
        (("up", "--base-port", "65500"), 2, "--base-port"),
        (("up", "--base-port", "-5"), 2, "--base-port"),
        (("up", "--residents", "-1"), 2, "--residents"),
        (("bench", "route", "--seconds", "0"), 2, "--seconds"),
        (("bench", "route", "--start", "0"), 2, "--start"),
        (("evidence", "--base-port", "70000"), 2, "--base-port"),
        (("ledger", "verify", "/proc", "--key", "/nope"), 2, "/nope"),
        (("issue", "--data", "/proc/z", "--person", "single", "--out", "x.pdf"), 3, "/proc/z"),
    ],
)
def test_a_sentence_and_no_traceback(arguments: tuple[str, ...], code: int, said: str) -> None:
    done = _akashi(*arguments)
    assert (done.returncode, "Traceback" in done.stderr) == (code, False), done.stderr
    assert said in done.stderr
    assert "INTERNAL" not in done.stderr


def test_an_incident_of_another_form_is_named(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"k" * 32)
    common = ("ledger", "reopen", str(tmp_path), "--key", str(tmp_path / "key"), "--scope", "city", "--municipality", "139998")
    for incident, reason, said in (
        ("00", "checked", "--incident"),
        ("zz", "checked", "--incident"),
        ("00" * 16, "x", "recorder"),
    ):
        done = _akashi(*common, "--incident", incident, "--reason", reason)
        assert done.returncode == 2, done.stderr
        assert said in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["key"]


def test_a_missing_program_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _name: None)
    with pytest.raises(MeasurementFailed, match="apt-get install tshark"):
        programs.find_program("dumpcap")


def test_output_that_nobody_reads_ends_quietly() -> None:
    command = f"{sys.executable} -m akashi simulate --help | true"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60, check=False)
    assert "Traceback" not in done.stderr
