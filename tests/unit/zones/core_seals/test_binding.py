"""What a reader of the seal register can see, whatever SQL it is given: the bound subject's living registration."""

# ruff: noqa: S608 - hand-written SQL is what is tried here

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from akashi.registers.errors import StoreFailed
from akashi.registers.stores.engine import Engine
from akashi.zones.core.seals.changes import Abolished
from akashi.zones.core.seals.records import AbolishReason
from unit.registers.asker import number
from unit.zones.core_seals.office import Office, load, registration


@pytest.mark.promise("C4")
def test_a_session_sees_its_subject_and_nobody_else(engine: Engine, tmp_path: Path) -> None:
    load(engine, tmp_path, *(registration(place) for place in range(1, 6)))
    Office(engine).feed(Abolished(registration_no="000004", reason=AbolishReason.DEATH, on=date(2026, 6, 1)))
    with engine.reading() as snapshot:
        assert snapshot.rows("SELECT name FROM registration") == []
        for place in (1, 2, 3):
            snapshot.bind_subject(number(place))
            assert snapshot.rows("SELECT name FROM registration WHERE 1 = 1 OR resident_no <> ''") == [(f"朝倉\u3000{place}",)]
        snapshot.bind_subject(number(4))
        assert snapshot.rows("SELECT name FROM registration") == []
        snapshot.bind_subject("' OR '1'='1")
        assert snapshot.rows("SELECT name FROM registration") == []
    with engine.reading() as snapshot:
        assert snapshot.rows("SELECT name FROM registration") == []


@pytest.mark.promise("C4")
@pytest.mark.parametrize(
    "sql",
    [
        "SELECT name FROM registration_rows WHERE resident_no <> ''",
        "WITH registration AS (SELECT * FROM registration_rows) SELECT name FROM registration WHERE resident_no <> ''",
        "UPDATE registration_rows SET name = ''",
        "DELETE FROM feed_rows",
        f"SELECT r.name FROM (SELECT length(set_config('akashi.subject', '{number(2)}', true))) AS b, registration AS r",
        f"SELECT name FROM registration WHERE length(set_config('akashi.subject', '{number(2)}', true)) > 0",
    ],
)
def test_no_hand_written_statement_reaches_other_rows(engine: Engine, tmp_path: Path, sql: str) -> None:
    load(engine, tmp_path, registration(1), registration(2))
    with engine.reading() as snapshot:
        snapshot.bind_subject(number(1))
        try:
            found = snapshot.rows(sql)
        except StoreFailed:
            return
        # PostgreSQL lets the table be named, and shows the subject's own row.
        assert found in ([], [("朝倉\u30001",)])
