"""The kiosk's journal: one outcome a number, durable, content-free."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from akashi.wire.errors import WireCode
from akashi.wire.messages import Outcome, OutcomeEntry
from akashi.zones.store.kiosk.errors import JournalRefused
from akashi.zones.store.kiosk.store import Journal

NUMBERS = [f"139998-0000-0000-0000-000{n}" for n in range(3)]


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    journal = Journal(tmp_path / "journal.db")
    yield journal
    journal.close()


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


def test_a_sequence_never_goes_back(journal: Journal) -> None:
    journal.remember_sequence("139998", 5)
    journal.remember_sequence("139998", 3)
    assert journal.highest_sequence("139998") == 5
    assert journal.highest_sequence("unknown") == 1


@pytest.mark.promise("C14")
def test_the_journal_has_no_place_for_content(journal: Journal, tmp_path: Path) -> None:
    journal.record(NUMBERS[0], Outcome.TAKEN, None)
    database = sqlite3.connect(tmp_path / "journal.db")
    columns = {row[1] for row in database.execute("PRAGMA table_info(outcomes)")}
    database.close()
    assert columns == {"sequence", "issue_number", "outcome", "cause", "acknowledged"}


def test_a_journal_that_cannot_be_opened_says_so(tmp_path: Path) -> None:
    with pytest.raises(JournalRefused):
        Journal(tmp_path / "no folder" / "journal.db")
