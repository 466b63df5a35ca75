"""Wire codes: a closed list, each with facts; what a neighbour says beyond it becomes INTERNAL."""

from __future__ import annotations

import pickle

import pytest

from akashi.sealing.errors import SealBroken
from akashi.wire.codec import Malformed
from akashi.wire.errors import FACTS, Acts, Refused, WireCode, parse_code


def test_every_code_has_facts() -> None:
    assert set(FACTS) == set(WireCode)
    for code, facts in FACTS.items():
        assert code.value == code.name
        assert 400 <= facts.http_status <= 599


@pytest.mark.parametrize("code", WireCode)
def test_a_code_comes_back(code: WireCode) -> None:
    assert parse_code(str(code)) is code


@pytest.mark.parametrize("text", ["", "ok", "internal", "BUSY\n", " BUSY", "BUSY: because", "山田太郎"])
def test_anything_else_is_internal(text: str) -> None:
    assert parse_code(text) is WireCode.INTERNAL


def test_a_refusal_shows_code_and_detail() -> None:
    assert str(Refused(WireCode.BUSY)) == "BUSY"
    assert str(Refused(WireCode.BUSY, "queue full")) == "BUSY: queue full"
    assert Refused(WireCode.BUSY, "queue full").detail == "queue full"


@pytest.mark.promise("C4")
def test_blocked_unknown_and_deceased_share_one_code_and_the_counter_helps() -> None:
    facts = FACTS[WireCode.NOT_AVAILABLE]
    assert (facts.acts, facts.retry_helps) == (Acts.CLERK, False)
    assert not {"BLOCKED", "UNKNOWN", "DECEASED"} & set(WireCode)


@pytest.mark.parametrize("error", [Refused(WireCode.BUSY, "queue"), Malformed("Header: DecodeError"), SealBroken("part V")])
def test_a_refusal_comes_whole_out_of_a_worker_process(error: Refused) -> None:
    came = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert type(came) is type(error)
    assert (came.code, came.detail, str(came)) == (error.code, error.detail, str(error))
