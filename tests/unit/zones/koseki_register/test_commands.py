"""`akashi koseki`: generate, import, feed, pending, decide."""

from __future__ import annotations

import io
import json
from pathlib import Path

from click.testing import CliRunner

from akashi.base.inbox import Inbox
from akashi.base.log import Log
from akashi.entry.commands.koseki import group
from akashi.registers.stores.engine import Engine
from akashi.wire.kinds import Service
from akashi.zones.koseki.register.approving import Approvals
from akashi.zones.koseki.register.notifications import parse_line
from akashi.zones.koseki.register.stores.opening import open_engine
from unit.zones.core_residents.counter import Made
from unit.zones.core_residents.people import CITY
from unit.zones.koseki_register.families import person_no, register_no, sample
from unit.zones.koseki_register.hall import STAFF, Hall

RUN = CliRunner()


def test_a_made_up_city_is_written_and_imported(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/k.db"
    made = RUN.invoke(group, ["generate", "--residents", "150", "--outsiders", "3", "--out", str(tmp_path / "out")])
    assert made.exit_code == 0
    assert len(json.loads((tmp_path / "out/outsiders.json").read_text("utf-8"))) == 3
    done = RUN.invoke(group, ["import", "--url", url, str(tmp_path / "out")])
    assert (done.exit_code, "registers.jsonl: " in done.output) == (0, True)


def test_import_names_refused_lines_and_ends_with_1(tmp_path: Path) -> None:
    sample().write(tmp_path)
    path = tmp_path / "registers.jsonl"
    path.write_text(path.read_text("utf-8").replace("出生地", "産地", 1), "utf-8")
    done = RUN.invoke(group, ["import", "--url", f"sqlite:///{tmp_path}/k.db", str(tmp_path)])
    assert done.exit_code == 1
    assert "registers.jsonl:1: persons[0].matters[0].lines[1].label: not in the vocabulary" in done.output
    assert "甲野" not in done.output


def test_feed_numbers_without_a_gap(tmp_path: Path) -> None:
    source = tmp_path / "feed.jsonl"
    step = json.dumps({"step": "entering-begun", "register_no": register_no(1), "reason": "婚姻届"})
    assert RUN.invoke(group, ["feed", "--after", "41", str(source)]).output == "42\n"
    assert RUN.invoke(group, ["feed", "--step", step, str(source)]).output == "43\n"
    records = [parse_line(line) for line in source.read_bytes().splitlines()]
    assert [(one.sequence, len(one.steps)) for one in records] == [(42, 0), (43, 1)]
    assert RUN.invoke(group, ["feed", "--step", "{}", str(source)]).exit_code == 1


def test_two_people_decide_with_the_command(made: Made, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/k.db"
    engine: Engine = open_engine(url, create=True)
    sample().load(engine, tmp_path)
    hall = Hall(made, engine)
    hall.enrol(hall.session(made.cards[0], Service.ENROL))
    shown = RUN.invoke(group, ["pending", "--url", url]).output
    enrolment, statement, *_ = shown.split()
    assert f"{person_no(17)}: 辛島遠夫" in shown
    assert shown.endswith("1 wait\n")
    inbox = tmp_path / "inbox"
    opened = Inbox(inbox, Log("koseki/register", io.StringIO()))
    keys = {}
    for name in ("sato", "suzuki"):
        keys[name] = str(tmp_path / f"{name}.key")
        Path(keys[name]).write_bytes(STAFF[name].to_bytes())
    named = ["--municipality", CITY, "--enrolment", enrolment, "--statement", statement, "--reason", "照合した"]
    first = RUN.invoke(group, ["decide", "--key", keys["sato"], *named, "--person", person_no(17), str(inbox)])
    assert first.exit_code == 0
    colleague = first.output.splitlines()[-1]
    unread = RUN.invoke(group, ["decide", "--key", keys["suzuki"], "--join", colleague, str(inbox)], input="n\n")
    assert unread.exit_code == 1
    second = RUN.invoke(group, ["decide", "--key", keys["suzuki"], "--join", colleague, str(inbox)], input="y\n")
    assert second.exit_code == 0
    staff = {name: key.public_bytes for name, key in STAFF.items()}
    Approvals(hall.store, staff, municipality=CITY, clock=hall.clock, log=Log("koseki/register", io.StringIO())).take(opened)
    assert hall.store.pending() == ()
    assert RUN.invoke(group, ["pending", "--url", url]).output == "0 wait\n"
    assert RUN.invoke(group, ["decide", "--key", keys["sato"], str(inbox)]).exit_code == 2
    engine.close()
