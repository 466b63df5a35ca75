"""Logs hold ids and codes; whatever could be a person or a secret does not get in."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from akashi.base.log import WITHHELD, Log, Value


def _logged(value: Value) -> object:
    stream = StringIO()
    Log("center/relay", stream).event("test", value=value)
    [line] = stream.getvalue().splitlines()
    return json.loads(line)["value"]


@pytest.mark.parametrize("value", ["KIND_OFF", "hq/forwarder", "K0001", "127.0.0.1:7101", "read_record", 12, True, None])
def test_ids_and_codes_are_logged(value: Value) -> None:
    assert _logged(value) == value


@pytest.mark.promise("C6", "C14")
@pytest.mark.parametrize(
    "value",
    ["山田　花子", "Yamada Hanako", "123456789012", "a" * 81, "", "name\nline", "9284478603", "東京都", "x=1", '"quoted"'],
)
def test_what_could_be_a_person_is_withheld(value: str) -> None:
    assert _logged(value) == WITHHELD


@pytest.mark.promise("C6")
@settings(max_examples=200, deadline=None)
@given(st.text())
def test_no_text_breaks_a_line_or_brings_in_another_alphabet(value: str) -> None:
    logged = _logged(value)
    assert logged in (value, WITHHELD)
    assert isinstance(logged, str)
    assert logged.isascii()
    assert "\n" not in logged
