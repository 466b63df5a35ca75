"""Numbers that come in by a message fit what keeps them: SQLite's integers are signed and have 64 bits."""

from __future__ import annotations

import sqlite3

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from akashi.wire.certificates import Choice, Kind
from akashi.wire.codec import Malformed, encode, parse
from akashi.wire.messages import IssueOrder, Message, Outcome, OutcomeEntry, OutcomeReport, Predecessor
from akashi.wire.messages.ledger import AppendCall, OutcomeRecorded, Receipt
from unit.ledger.samples import CITY, issue_number

NUMBER = issue_number(0)


def with_number(kind: type[Message], number: int) -> Message:
    """Return a message of that kind with this number where a sequence or an index stands."""
    match kind.__name__:
        case "AppendCall":
            return AppendCall(OutcomeRecorded(CITY, NUMBER, "K0001", number, Outcome.TAKEN, None))
        case "Receipt":
            return Receipt(bytes(32), number, 1)
        case "OutcomeReport":
            return OutcomeReport("K0001", (OutcomeEntry(number, NUMBER, Outcome.TAKEN, None),))
    before = Predecessor(NUMBER, number)
    return IssueOrder(bytes(32), 1, Kind.JUMINHYO, (0,), (Choice.RELATIONSHIP,), 0, 200, before, 1_000)


@pytest.mark.parametrize("kind", [AppendCall, Receipt, OutcomeReport, IssueOrder])
@given(number=st.one_of(st.integers(-(2**63), 2**64 - 1), st.integers(2**63 - 2, 2**63 + 2), st.integers(-2, 2)))
@settings(max_examples=100, deadline=None)
def test_a_number_is_refused_or_can_be_kept(kind: type[Message], number: int) -> None:
    message = with_number(kind, number)
    smallest = 1 if kind in {OutcomeReport, IssueOrder} else 0
    if smallest <= number < 2**63:
        assert parse(kind, encode(message)) == message
        connection = sqlite3.connect(":memory:")
        assert connection.execute("SELECT ?", (number,)).fetchone() == (number,)
        connection.close()
    else:
        with pytest.raises(Malformed):
            parse(kind, encode(message))
