"""A bound session reads one household, whatever SQL it is given; an unbound one reads nothing."""

# ruff: noqa: S608 - hand-written SQL is what is tried here

from __future__ import annotations

import sqlite3
from pathlib import Path

import psycopg
import pytest

from akashi.registers.errors import StoreFailed
from akashi.registers.stores.engine import Engine, Row, Snapshot
from akashi.registers.stores.postgresql import PostgresqlEngine
from akashi.registers.stores.sqlite import SqliteEngine
from akashi.zones.core.residents.reading import COLUMN_OF
from akashi.zones.core.residents.records import Block, BlockReason
from akashi.zones.core.residents.stores.opening import SCHEMA, open_engine
from unit.zones.core_residents.clusters import Cluster
from unit.zones.core_residents.people import ISSUER_DN, LINKED_ON, City, number, sample_city, serial_of

VIEWS = ("residents", "households", "card_links", "presented_card")
TABLES = ("resident_rows", "household_rows", "card_link_rows", "block_rows")
OTHERS = (number(5), number(9), number(17))


def rebinding(resident_no: str) -> str:
    """An expression that sets the binding anew on PostgreSQL, as any role may; its value does not show to what."""
    return f"length(set_config('akashi.subject', '{resident_no}', true))"


PRESENTING_5 = (
    f"length(set_config('akashi.card_issuer', '{ISSUER_DN.hex()}', true) "
    f"|| set_config('akashi.card_serial', '{serial_of(5).to_bytes(6, 'big').hex()}', true))"
)


def attempts() -> list[str]:
    """SQL that somebody who got hold of a reader's session might write."""
    reads = [f"SELECT * FROM {name}" for name in (*VIEWS, *TABLES, "main.resident_rows", "akashi_register.resident_rows")]
    return [
        *reads,
        f"SELECT * FROM residents WHERE resident_no = '{number(5)}'",
        f"SELECT * FROM residents WHERE household_no = '{number(2)}' OR 1 = 1",
        "SELECT r.* FROM resident_rows AS r, residents",
        "SELECT * FROM residents UNION ALL SELECT * FROM resident_rows",
        "WITH residents AS (SELECT * FROM resident_rows) SELECT * FROM residents",
        "WITH households AS (SELECT * FROM resident_rows) SELECT * FROM households",
        "SELECT (SELECT name FROM resident_rows LIMIT 1 OFFSET 6)",
        "SELECT name FROM resident_rows ORDER BY name DESC",
        "SELECT COUNT(*) FROM resident_rows WHERE name LIKE '証野5%'",
        "SELECT * FROM residents AS guard_residents",
        "SELECT * FROM sqlite_master",
        "SELECT * FROM sqlite_temp_master",
        "SELECT * FROM pg_stats WHERE tablename = 'resident_rows'",
        "SELECT * FROM pg_stats_ext",
        "TABLE resident_rows",
        "PRAGMA query_only = OFF",
        "ATTACH DATABASE 'x.db' AS x",
        "COPY resident_rows TO STDOUT",
        "UPDATE resident_rows SET name = name RETURNING name",
        "DELETE FROM block_rows RETURNING resident_no",
        "CREATE TEMP VIEW stolen AS SELECT * FROM resident_rows",
        "SET row_security = off",
        "SELECT bound_household(), * FROM resident_rows",
        "SELECT * FROM binding_keys",
        *(f"SELECT {rebinding(other)}, r.* FROM {name} AS r" for other in OTHERS for name in ("residents", "resident_rows")),
        *(f"SELECT r.* FROM (SELECT {rebinding(other)}) AS bound, residents AS r" for other in OTHERS),
        *(f"WITH bound AS MATERIALIZED (SELECT {rebinding(other)}) SELECT l.* FROM bound, card_links AS l" for other in OTHERS),
        f"SELECT {PRESENTING_5}, * FROM presented_card",
        f"WITH bound AS MATERIALIZED (SELECT {PRESENTING_5}) SELECT l.* FROM bound, card_link_rows AS l",
        f"SELECT * FROM card_link_rows WHERE ({PRESENTING_5}) IS NOT NULL",
    ]


def attempt(snapshot: Snapshot, sql: str) -> list[Row]:
    try:
        return snapshot.rows(sql)
    except StoreFailed:
        return []


def words(rows: list[Row]) -> str:
    return repr(rows)


def seen_by(engine: Engine, sql: str, *, subject: str | None) -> str:
    with engine.reading() as snapshot:
        if subject is not None:
            snapshot.bind_subject(subject)
        return words(attempt(snapshot, sql))


@pytest.mark.promise("C4")
def test_hand_written_sql_in_a_bound_session_sees_nobody_else(engine: Engine, tmp_path: Path) -> None:
    sample_city().load(engine, tmp_path)
    leaks = {
        sql: seen
        for sql in attempts()
        if any(other in (seen := seen_by(engine, sql, subject=number(1))) for other in (*OTHERS, "証野5", "証野17"))
    }
    assert leaks == {}


@pytest.mark.promise("C4")
def test_an_unbound_session_reads_nobody(engine: Engine, tmp_path: Path) -> None:
    sample_city().load(engine, tmp_path)
    leaks = {sql: seen for sql in attempts() if "証野" in (seen := seen_by(engine, sql, subject=None)) or number(1) in seen}
    assert leaks == {}


@pytest.mark.needs("postgresql")
@pytest.mark.promise("C4")
def test_a_binding_made_by_a_statement_does_not_count_afterwards(cluster: Cluster, tmp_path: Path) -> None:
    """Also not with the tag of another name, of another transaction, or with none."""
    engine = open_engine(cluster.create("rebinding"), create=True)
    try:
        sample_city().load(engine, tmp_path)
        with engine.reading() as snapshot:
            snapshot.bind_subject(number(5))
            ((old_tag,),) = snapshot.rows("SELECT current_setting('akashi.subject_tag')")
            assert snapshot.rows(f"SELECT COUNT(*) FROM residents WHERE resident_no = '{number(5)}'") == [(1,)]
        for tag in (str(old_tag), "", "0" * 64):
            with engine.reading() as snapshot:
                snapshot.bind_subject(number(1))
                snapshot.rows(f"SELECT set_config('akashi.subject', '{number(5)}', true)")
                snapshot.rows(f"SELECT set_config('akashi.subject_tag', '{tag}', true)")
                assert snapshot.rows("SELECT COUNT(*) FROM residents") == [(0,)]
                assert snapshot.rows("SELECT bound('subject')") == [(None,)]
        with engine.reading() as snapshot:
            snapshot.bind_card(number(5).encode(), b"")
            snapshot.rows("SELECT set_config('akashi.subject', current_setting('akashi.card_issuer'), true)")
            snapshot.rows("SELECT set_config('akashi.subject_tag', current_setting('akashi.card_issuer_tag'), true)")
            assert snapshot.rows("SELECT bound('subject')") == [(None,)]
            assert snapshot.rows("SELECT bound('card_issuer')") == [(number(5).encode().hex(),)]
    finally:
        engine.close()
        cluster.drop("rebinding")


@pytest.mark.promise("C4")
def test_a_bound_session_reads_its_own_household(engine: Engine, tmp_path: Path) -> None:
    sample_city().load(engine, tmp_path)
    with engine.reading() as snapshot:
        snapshot.bind_subject(number(1))
        rows = snapshot.rows("SELECT resident_no FROM residents ORDER BY listed_at")
        links = snapshot.rows("SELECT resident_no FROM card_links")
        households = snapshot.rows("SELECT household_no FROM households")
    assert [row[0] for row in rows] == [number(one) for one in (1, 2, 4, 3)]
    assert links == [(number(1),)]
    assert households == [(number(1),)]


@pytest.mark.promise("C4")
def test_the_binding_ends_with_its_transaction(engine: Engine, tmp_path: Path) -> None:
    sample_city().load(engine, tmp_path)
    with engine.reading() as snapshot:
        snapshot.bind_card(ISSUER_DN, serial_of(1).to_bytes(6, "big"))
        snapshot.bind_subject(number(1))
        assert snapshot.rows("SELECT COUNT(*) FROM residents") == [(4,)]
    with engine.reading() as snapshot:
        assert snapshot.rows("SELECT COUNT(*) FROM residents") == [(0,)]
        assert snapshot.rows("SELECT COUNT(*) FROM presented_card") == [(0,)]


@pytest.mark.promise("C4")
def test_a_presented_card_shows_only_its_own_link(engine: Engine, tmp_path: Path) -> None:
    sample_city().load(engine, tmp_path)
    with engine.reading() as snapshot:
        snapshot.bind_card(ISSUER_DN, serial_of(5).to_bytes(6, "big"))
        assert snapshot.rows("SELECT resident_no FROM presented_card") == [(number(5),)]
        assert snapshot.rows("SELECT COUNT(*) FROM card_links") == [(0,)]
        assert snapshot.rows("SELECT COUNT(*) FROM residents") == [(0,)]


@pytest.mark.promise("C4")
@pytest.mark.parametrize("subject", [6, 7, 8, 10])
def test_blocked_dead_and_gone_have_nothing_to_read(engine: Engine, tmp_path: Path, subject: int) -> None:
    city = sample_city()
    city.blocks.append(Block(resident_no=number(7), reason=BlockReason.SUPPORT_MEASURE, since=LINKED_ON))
    city.load(engine, tmp_path)
    with engine.reading() as snapshot:
        snapshot.bind_subject(number(subject))
        for view in VIEWS:
            assert snapshot.rows(f"SELECT COUNT(*) FROM {view}") == [(0,)]


def test_every_item_has_a_column(engine: Engine, tmp_path: Path) -> None:
    sample_city().load(engine, tmp_path)
    with engine.reading() as snapshot:
        snapshot.bind_subject(number(1))
        assert len(snapshot.rows(f"SELECT {', '.join(COLUMN_OF.values())} FROM residents")) == 4


@pytest.mark.needs("postgresql")
@pytest.mark.promise("C4", "C12")
def test_a_reader_login_of_its_own_cannot_become_the_owner(cluster: Cluster, tmp_path: Path) -> None:
    url = cluster.create("reader_login")
    writer = open_engine(url, create=True)
    try:
        sample_city().load(writer, tmp_path)
        with psycopg.connect(cluster.url("reader_login", user="boss"), autocommit=True) as boss:
            boss.execute("CREATE ROLE clerk LOGIN NOINHERIT IN ROLE akashi_register_reader")
        reader = PostgresqlEngine(url, SCHEMA, reader_url=cluster.url("reader_login", user="clerk"))
        with reader.reading() as snapshot:
            snapshot.bind_subject(number(1))
            assert snapshot.rows("SELECT COUNT(*) FROM residents") == [(4,)]
            with pytest.raises(StoreFailed):
                snapshot.rows("SET ROLE owner")
        with reader.reading() as snapshot:
            snapshot.rows("SELECT set_config('role', 'none', true)")
            with pytest.raises(StoreFailed):
                snapshot.rows("SELECT COUNT(*) FROM akashi_register.resident_rows")
        reader.close()
    finally:
        writer.close()
        cluster.drop("reader_login")


def test_the_sqlite_file_is_durable_and_in_wal_mode(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/register.db", create=True)
    assert isinstance(engine, SqliteEngine)
    assert engine._writer.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert engine._writer.execute("PRAGMA synchronous").fetchone() == (2,)
    engine.close()


def test_a_writer_that_fails_leaves_nothing(engine: Engine, tmp_path: Path) -> None:
    City().load(engine, tmp_path)

    def fail_half_way() -> None:
        with engine.writing() as transaction:
            transaction.run("UPDATE feed_rows SET sequence = 7")
            transaction.run("INSERT INTO no_such_table VALUES (1)")

    with pytest.raises(StoreFailed):
        fail_half_way()
    with engine.reading() as snapshot:
        assert snapshot.rows("SELECT sequence FROM feed") == [(0,)]


def test_sqlite_is_new_enough() -> None:
    assert sqlite3.sqlite_version_info >= (3, 37)  # STRICT tables, UPDATE ... FROM
