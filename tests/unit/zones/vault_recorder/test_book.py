"""The derived book: what restarts rebuild, and that a long ledger stays fast."""

from __future__ import annotations

from akashi.wire.messages.ledger import Leaf
from akashi.zones.vault.recorder.book import Book
from unit.ledger.samples import intent


def test_a_long_ledger_stays_in_one_transaction() -> None:
    """
    One open transaction: with a commit for each entry, SQLite walks all pages it holds each time (measured: 8 times slower at
    300,000 entries, 50 times at 600,000).
    """
    book = Book()
    for index in range(100):
        book.enter(index, Leaf(index, "issuance/issuer", intent(index)))
    assert book._database.in_transaction
    assert book.place(intent(99)) is not None
    book.close()


def test_nothing_of_it_has_a_name_on_disk() -> None:
    book = Book()
    assert [row[2] for row in book._database.execute("PRAGMA database_list")] == [""]
    book.close()
