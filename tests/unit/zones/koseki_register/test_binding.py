"""A bound session reads one register, whatever SQL it is given; an unbound one reads nothing."""

# ruff: noqa: S608 - hand-written SQL is what is tried here

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from akashi.registers.errors import StoreFailed, StoreRefused
from akashi.registers.stores.engine import Engine, Row, Snapshot
from akashi.registers.stores.postgresql import PostgresqlEngine
from akashi.wire.topology import SERVERS, callees_of, callers_of, server
from akashi.zones.koseki.register.stores.opening import SCHEMA, open_engine
from unit.zones.core_residents.clusters import Cluster
from unit.zones.koseki_register.families import person_no, register_no, resident_no, sample

VIEWS = ("registers", "entering", "persons", "matters", "addresses", "card_links", "enrolments", "presented")
TABLES = (
    "register_rows",
    "person_rows",
    "matter_rows",
    "address_rows",
    "block_rows",
    "enrolment_rows",
    "enrolled_rows",
    "entering_rows",
)
STRANGERS = ("乙川", "丁田", "辛島", person_no(10), person_no(12), register_no(2), "東京都証野市中町一丁目10番1号")


def rebinding(name: str, value: str) -> str:
    """An expression that sets a binding anew on PostgreSQL, as any role may; its value does not show to what."""
    return f"length(set_config('akashi.{name}', '{value}', true))"


def attempts() -> list[str]:
    """SQL that somebody who got hold of a reader's session might write."""
    reads = [f"SELECT * FROM {name}" for name in (*VIEWS, *TABLES, "main.person_rows", "akashi_koseki.person_rows")]
    return [
        *reads,
        f"SELECT * FROM persons WHERE register_no = '{register_no(2)}' OR 1 = 1",
        "SELECT p.* FROM person_rows AS p, persons",
        "SELECT * FROM persons UNION ALL SELECT * FROM person_rows",
        "WITH persons AS (SELECT * FROM person_rows) SELECT * FROM persons",
        "WITH guard_current AS (SELECT * FROM register_rows) SELECT * FROM guard_current",
        "SELECT (SELECT surname FROM register_rows LIMIT 1 OFFSET 2)",
        "SELECT * FROM sqlite_master",
        "TABLE person_rows",
        "PRAGMA query_only = OFF",
        "ATTACH DATABASE 'x.db' AS x",
        "COPY person_rows TO STDOUT",
        "UPDATE person_rows SET given_name = given_name RETURNING given_name",
        "DELETE FROM block_rows RETURNING person_no",
        "SET row_security = off",
        "SELECT statement FROM enrolment_rows",
        "SELECT bound_register(), * FROM register_rows",
        "SELECT * FROM binding_keys",
        *(f"SELECT t.* FROM (SELECT {rebinding('subject', person_no(10))}) AS b, {name} AS t" for name in (*VIEWS, *TABLES)),
        f"SELECT p.* FROM (SELECT {rebinding('resident', resident_no(10))}) AS b, presented AS p",
    ]


def attempt(snapshot: Snapshot, sql: str) -> list[Row]:
    try:
        return snapshot.rows(sql)
    except StoreFailed:
        return []


def seen_by(engine: Engine, sql: str, subject: str | None) -> str:
    with engine.reading() as snapshot:
        if subject is not None:
            snapshot.bind_subject(subject)
        return repr(attempt(snapshot, sql))


@pytest.mark.promise("C4")
def test_hand_written_sql_in_a_bound_session_sees_nobody_else(engine: Engine, tmp_path: Path) -> None:
    sample().load(engine, tmp_path)
    own = seen_by(engine, "SELECT * FROM persons", person_no(1))
    assert "義太郎" in own
    leaks = {sql for sql in attempts() if any(word in seen_by(engine, sql, person_no(1)) for word in STRANGERS)}
    assert leaks == set()


@pytest.mark.promise("C4")
@pytest.mark.parametrize("subject", [None, person_no(3), person_no(11), person_no(12), "x"])
def test_an_unbound_session_reads_nobody_nor_one_of_who_left_or_is_protected(
    engine: Engine, tmp_path: Path, subject: str | None
) -> None:
    sample().load(engine, tmp_path)
    words = ("甲野", "義太郎", *STRANGERS)
    assert [sql for sql in attempts() if any(word in seen_by(engine, sql, subject) for word in words)] == []


@pytest.mark.parametrize("serial", [13, 14, 15])
def test_of_a_register_that_is_not_given_out_only_its_kind_is_seen(engine: Engine, tmp_path: Path, serial: int) -> None:
    sample().load(engine, tmp_path)
    assert seen_by(engine, "SELECT COUNT(*) FROM registers", person_no(serial)) == "[(1,)]"
    for view in ("persons", "matters", "addresses"):
        assert seen_by(engine, f"SELECT COUNT(*) FROM {view}", person_no(serial)) == "[(0,)]"


def test_a_binding_ends_with_its_snapshot(engine: Engine, tmp_path: Path) -> None:
    sample().load(engine, tmp_path)
    assert seen_by(engine, "SELECT COUNT(*) FROM persons", person_no(1)) == "[(4,)]"
    assert seen_by(engine, "SELECT COUNT(*) FROM persons", None) == "[(0,)]"


def test_the_reader_writes_nothing(engine: Engine, tmp_path: Path) -> None:
    sample().load(engine, tmp_path)
    with engine.reading() as snapshot:
        snapshot.bind_subject(person_no(1))
        attempt(snapshot, "UPDATE person_rows SET given_name = 'x'")
        attempt(snapshot, "DELETE FROM entering_rows")
    assert "義太郎" in seen_by(engine, "SELECT given_name FROM persons", person_no(1))


@pytest.mark.needs("postgresql")
@pytest.mark.promise("C12")
def test_a_login_of_the_readers_own_can_do_nothing_else(cluster: Cluster, tmp_path: Path) -> None:
    url = cluster.create("koseki_reader_login")
    writer = open_engine(url, create=True)
    try:
        sample().load(writer, tmp_path)
        with psycopg.connect(cluster.url("postgres", user="boss"), autocommit=True) as boss:
            boss.execute("CREATE ROLE koseki_clerk LOGIN NOINHERIT IN ROLE akashi_koseki_reader")
        reader = PostgresqlEngine(url, SCHEMA, reader_url=cluster.url("koseki_reader_login", user="koseki_clerk"))
        assert "義太郎" in seen_by(reader, "SELECT given_name FROM persons", person_no(1))
        assert seen_by(reader, "SELECT COUNT(*) FROM person_rows", None) == "[(0,)]"
        assert seen_by(reader, "SELECT * FROM block_rows", person_no(1)) == "[]"
        reader.close()
    finally:
        writer.close()
        cluster.drop("koseki_reader_login")


def test_another_kind_of_register_is_not_opened_as_this_one(tmp_path: Path) -> None:
    with pytest.raises(StoreRefused, match="koseki import"):
        open_engine(f"sqlite:///{tmp_path}/x.db")


@pytest.mark.promise("C12")
def test_the_family_register_stands_in_a_segment_of_its_own_that_only_the_issuer_reaches() -> None:
    register = server("koseki/register")
    assert [one.name for one in SERVERS if one.segment == register.segment] == [register.name]
    assert callers_of(register.name) == ("issuance/issuer",)
    assert callees_of(register.name) == ()
