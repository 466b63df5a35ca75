"""The kiosk's journal: one outcome a number, durable, content-free."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from akashi.wire.errors import WireCode
from akashi.wire.messages import Outcome, OutcomeEntry
from akashi.zones.store.kiosk.errors import JournalRefused
from akashi.zones.store.kiosk.store import Journal

NUMBERS = [f"139998-0000-0000-0000-000{n}" for n in range(3)]


def test_lines_stay_pending_until_acknowledged(journal: Journal) -> None:
    first = journal.record(NUMBERS[0], Outcome.TAKEN, None)
    second = journal.record(NUMBERS[1], Outcome.VOID, WireCode.GRANT_ENDED)
    assert journal.pending() == (
        OutcomeEntry(first, NUMBERS[0], Outcome.TAKEN, None),
        OutcomeEntry(second, NUMBERS[1], Outcome.VOID, WireCode.GRANT_ENDED),
    )
    journal.acknowledge((first,))
    assert [entry.issue_number for entry in journal.pending()] == [NUMBERS[1]]


@pytest.mark.promise("C15")
def test_a_number_has_one_outcome(journal: Journal) -> None:
    sequence = journal.record(NUMBERS[0], Outcome.TAKEN, None)
    assert journal.record(NUMBERS[0], Outcome.TAKEN, None) == sequence
    with pytest.raises(JournalRefused) as refused:
        journal.record(NUMBERS[0], Outcome.VOID, WireCode.GRANT_ENDED)
    assert refused.value.code is WireCode.CONTRADICTION


def test_a_restart_forgets_nothing(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    journal = Journal(path)
    journal.record(NUMBERS[0], Outcome.TAKEN, None)
    journal.remember_sequence("center", 7)
    journal.close()
    again = Journal(path)
    assert [entry.issue_number for entry in again.pending()] == [NUMBERS[0]]
    assert again.highest_sequence("center") == 7
    assert again.record(NUMBERS[1], Outcome.TAKEN, None) > 1
    again.close()


@pytest.mark.promise("C15")
def test_the_journal_is_durable_and_in_wal_mode(journal: Journal) -> None:
    assert journal._db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert journal._db.execute("PRAGMA synchronous").fetchone() == (2,)


def test_a_sequence_never_goes_back(journal: Journal) -> None:
    journal.remember_sequence("139998", 5)
    journal.remember_sequence("139998", 3)
    assert journal.highest_sequence("139998") == 5
    assert journal.highest_sequence("unknown") == 1


@pytest.mark.promise("C14")
def test_the_journal_has_no_place_for_content(journal: Journal, tmp_path: Path) -> None:
    journal.record(NUMBERS[0], Outcome.TAKEN, None)
    database = sqlite3.connect(tmp_path / "journal.db")
    tables = [row[0] for row in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    columns = {table: {row[1] for row in database.execute(f"PRAGMA table_info({table})")} for table in tables}
    database.close()
    assert columns == {
        "outcomes": {"sequence", "issue_number", "outcome", "cause", "acknowledged"},
        "refusals": {"sequence", "times"},
        "opened": {"issue_number", "holder"},
        "directories": {"authority", "sequence"},
        "sqlite_sequence": {"name", "seq"},
    }


def test_a_journal_that_cannot_be_opened_says_so(tmp_path: Path) -> None:
    with pytest.raises(JournalRefused):
        Journal(tmp_path / "no folder" / "journal.db")


@pytest.mark.promise("C15")
def test_what_was_opened_and_never_settled_becomes_void(journal: Journal) -> None:
    for number in NUMBERS:
        journal.note_opened(number, "one" if number != NUMBERS[2] else "another")
    journal.record(NUMBERS[0], Outcome.TAKEN, None)
    assert journal.abandon(WireCode.INTERNAL, holder="one") == 1
    assert [(line.issue_number, line.outcome, line.cause) for line in journal.pending()] == [
        (NUMBERS[0], Outcome.TAKEN, None),
        (NUMBERS[1], Outcome.VOID, WireCode.INTERNAL),
    ]
    assert journal.abandon(WireCode.INTERNAL) == 1
    assert journal.abandon(WireCode.INTERNAL) == 0
    assert journal.pending()[2].issue_number == NUMBERS[2]


@pytest.mark.promise("C15")
def test_a_power_cut_after_opening_loses_no_outcome(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    journal = Journal(path)
    journal.note_opened(NUMBERS[0], "one")
    # No close: the process is simply gone.
    again = Journal(path)
    assert again.abandon(WireCode.INTERNAL) == 1
    assert again.pending()[0].outcome is Outcome.VOID
    again.close()
    journal.close()


def test_a_number_comes_once(journal: Journal) -> None:
    journal.note_opened(NUMBERS[0], "one")
    journal.record(NUMBERS[1], Outcome.TAKEN, None)
    for number in NUMBERS[:2]:
        with pytest.raises(JournalRefused) as refused:
            journal.note_opened(number, "another")
        assert refused.value.code is WireCode.CONTRADICTION


def test_two_processes_may_write(tmp_path: Path) -> None:
    one, other = Journal(tmp_path / "journal.db"), Journal(tmp_path / "journal.db")
    one.note_opened(NUMBERS[0], "one")
    assert other.record(NUMBERS[1], Outcome.TAKEN, None) == 1
    assert one.record(NUMBERS[0], Outcome.TAKEN, None) == 2
    assert len(other.pending()) == 2
    one.close()
    other.close()


def test_a_void_needs_a_cause_and_a_taken_has_none(journal: Journal) -> None:
    for outcome, cause in ((Outcome.VOID, None), (Outcome.TAKEN, WireCode.INTERNAL)):
        with pytest.raises(JournalRefused) as refused:
            journal.record(NUMBERS[0], outcome, cause)
        assert refused.value.code is WireCode.INTERNAL
    assert journal.pending() == ()


def test_a_journal_that_fails_says_so_in_every_method(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    journal = Journal(path)
    database = sqlite3.connect(path)
    database.executescript("DROP TABLE outcomes; DROP TABLE opened; DROP TABLE directories;")
    database.close()
    calls: list[Callable[[], object]] = [
        lambda: journal.note_opened(NUMBERS[0], "one"),
        lambda: journal.record(NUMBERS[0], Outcome.TAKEN, None),
        lambda: journal.abandon(WireCode.INTERNAL),
        journal.pending,
        lambda: journal.acknowledge((1,)),
        lambda: journal.highest_sequence("center"),
        lambda: journal.remember_sequence("center", 2),
    ]
    for call in calls:
        with pytest.raises(JournalRefused) as refused:
            call()
        assert refused.value.code is WireCode.INTERNAL
    journal.close()


def test_a_line_of_another_version_is_refused_not_guessed(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.db")
    journal.record(NUMBERS[0], Outcome.VOID, WireCode.INTERNAL)
    database = sqlite3.connect(tmp_path / "journal.db")
    database.execute("UPDATE outcomes SET cause = 'NOT_A_CODE'")
    database.commit()
    database.close()
    with pytest.raises(JournalRefused):
        journal.pending()
    journal.close()
