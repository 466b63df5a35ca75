"""When tickets end: once, and not anew."""

from __future__ import annotations

import pytest

from akashi.registers.ends import REMEMBERED_MS, TicketEnds
from akashi.registers.errors import CallRefused
from akashi.wire.errors import WireCode

A, B = b"a" * 32, b"b" * 32


@pytest.mark.promise("C4")
def test_the_first_end_stays_and_an_ended_session_gets_no_other() -> None:
    ends = TicketEnds(2)
    assert ends.end_ms(A, now_ms=0) is None
    ends.keep(A, 1_000, now_ms=0)
    ends.keep(A, 9_000, now_ms=500)
    assert ends.end_ms(A, now_ms=999) == 1_000
    with pytest.raises(CallRefused) as caught:
        ends.end_ms(A, now_ms=1_000)
    assert caught.value.code is WireCode.GRANT_ENDED


@pytest.mark.promise("C4")
def test_an_end_is_remembered_longer_than_any_token_could_open_the_session_again() -> None:
    ends = TicketEnds(1)
    ends.keep(A, 1_000, now_ms=0)
    for now_ms in (0, 1_000, REMEMBERED_MS - 1):
        with pytest.raises(CallRefused) as caught:
            ends.keep(B, 2_000, now_ms=now_ms)
        assert caught.value.code is WireCode.BUSY
    ends.keep(B, REMEMBERED_MS + 10, now_ms=REMEMBERED_MS)
    assert ends.end_ms(A, now_ms=REMEMBERED_MS) is None
