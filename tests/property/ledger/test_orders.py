"""What two people sign to re-open reads as it is: no character of the reason can hide, turn or forge a part of the line."""

from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from akashi.entry.commands.ledger import _describe_order
from akashi.sealing.signing import Purpose, sign_message
from akashi.wire.codec import Malformed, encode, parse
from akashi.wire.messages.ledger import ReopenOrder, StopScope
from akashi.zones.vault.recorder.errors import ReopenRefused
from akashi.zones.vault.recorder.reopening import read_request
from unit.ledger.samples import CITY
from unit.zones.vault_recorder.desk import OPERATORS, SETTINGS

NEVER = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp", "Mn", "Mc", "Me"}
BIDI = {"R", "AL", "AN", "LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI", "B", "BN", "S"}


def order(reason: str) -> ReopenOrder:
    return ReopenOrder(StopScope.CITY, CITY, "-", b"i" * 16, reason)


def accepted(reason: str) -> bool:
    try:
        parse(ReopenOrder, encode(order(reason)))
    except Malformed:
        return False
    return True


def test_every_character_that_is_accepted_is_one_that_shows() -> None:
    ideographs = ("\U00020000", "\U0002ebe0")
    shown = 0
    for code in range(sys.maxunicode + 1):
        character = chr(code)
        if 0xD800 <= code <= 0xDFFF or not accepted(f"open{character}"):
            continue
        shown += 1
        category = unicodedata.category(character)
        assert category not in NEVER, hex(code)
        assert unicodedata.bidirectional(character) not in BIDI, hex(code)
        assert category != "Zs" or character in " \u3000", hex(code)
        assert category != "Cn" or ideographs[0] <= character <= ideographs[1], hex(code)
    assert shown > 80_000
    assert accepted("端末の部品を交換し、試し刷りで確かめた（点検票７号・１１月２３日）。①～③ ※ OK 100% ｶﾅ 髙﨑")


@settings(max_examples=200, deadline=None)
@given(st.text(min_size=4, max_size=60))
def test_what_is_accepted_stays_one_line_of_its_own(reason: str) -> None:
    line = _describe_order(order(reason))
    assert len(line.splitlines()) == 1
    assert all(character.isprintable() for character in line)
    if accepted(reason):
        head, _, said = line.partition(": ")
        assert head == f"city {CITY} kiosk - incident {'69' * 16}"
        assert said[1:-1].replace("\\u3000", "\u3000").replace("\\'", "'").replace("\\\\", "\\") == reason


hostile = st.characters(categories=("Cc", "Cf", "Zl", "Zp", "Mn", "Co"))


@settings(max_examples=200, deadline=None)
@given(st.text(" abc", min_size=4, max_size=20), hostile, st.integers(0, 20))
def test_one_hidden_character_anywhere_is_refused_by_everybody(text: str, character: str, place: int) -> None:
    reason = text[:place] + character + text[place:]
    assert not accepted(reason)
    with pytest.raises(ReopenRefused):
        read_request("x.signed", sign_message(OPERATORS["aoki"], Purpose.REOPEN, order(reason)), SETTINGS.operators)
