"""One bit changed anywhere in a session is refused; any bytes as header or token give a documented refusal."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from akashi.admission import parse_card_trust
from akashi.admission.errors import TrustUnfit
from akashi.wire.errors import Refused, WireCode
from akashi.wire.messages import EligibilityRequest, Header
from unit.admission.made_session import Session, session

FEW = settings(max_examples=150, deadline=None)
SESSION = session()
NOT_SIGNED = {"deadline_ms"}
"""The inner deadline is an upper bound for the issuer; changing it gains nothing that changing the frame's does not."""
BOUND_ELSEWHERE = {"request_id"}
"""The request id is bound by the seal (it is in the header, and the header is in the seal's info), not by the card."""
CODES = {
    WireCode.MALFORMED,
    WireCode.SIGNATURE_BAD,
    WireCode.KIOSK_UNTRUSTED,
    WireCode.TOKEN_BAD,
    WireCode.CARD_UNTRUSTED,
    WireCode.CARD_SIGNATURE,
}


def flipped(value: object, data: st.DataObject) -> object:
    if isinstance(value, bytes):
        bit = data.draw(st.integers(0, len(value) * 8 - 1))
        changed = bytearray(value)
        changed[bit // 8] ^= 1 << bit % 8
        return bytes(changed)
    if isinstance(value, int):
        return value ^ (1 << data.draw(st.integers(0, 30)))
    assert isinstance(value, str)
    return data.draw(st.text(alphabet="abcK0123456789/-.", min_size=1, max_size=40).filter(lambda other: other != value))


def test_the_session_that_is_changed_below_is_admitted() -> None:
    SESSION.admit()


@pytest.mark.promise("C4")
@pytest.mark.parametrize("name", [name for name in EligibilityRequest.__struct_fields__ if name not in NOT_SIGNED])
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_every_field_of_the_request_is_under_a_signature(name: str, data: st.DataObject) -> None:
    refuse(SESSION.with_request(**{name: flipped(getattr(SESSION.request, name), data)}))


@pytest.mark.promise("C4")
@pytest.mark.parametrize("name", [name for name in Header.__struct_fields__ if name not in BOUND_ELSEWHERE | {"journey"}])
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_every_field_of_the_header_counts(name: str, data: st.DataObject) -> None:
    refuse(SESSION.with_header(**{name: flipped(getattr(SESSION.header, name), data)}))


@FEW
@given(data=st.data())
def test_every_bit_of_the_token_counts(data: st.DataObject) -> None:
    changed = flipped(SESSION.validity_token, data)
    assert isinstance(changed, bytes)
    refuse(replace(SESSION, validity_token=changed), WireCode.TOKEN_BAD)


@FEW
@given(st.binary(max_size=120))
def test_any_bytes_as_token_are_no_token(token: bytes) -> None:
    refuse(replace(SESSION, validity_token=token), WireCode.TOKEN_BAD)


@FEW
@given(st.binary(max_size=120))
def test_any_bytes_as_header_are_not_this_header(header: bytes) -> None:
    refuse(replace(SESSION, header_bytes=header), WireCode.MALFORMED)


@FEW
@given(st.binary(max_size=300), st.binary(max_size=300))
def test_any_bytes_as_table_give_a_documented_refusal(table: bytes, authorities: bytes) -> None:
    with pytest.raises(TrustUnfit):
        parse_card_trust(table, authorities)


def refuse(changed: Session, *codes: WireCode) -> None:
    with pytest.raises(Refused) as refusal:
        changed.admit()
    assert refusal.value.code in (codes or CODES)


def test_the_exceptions_above_are_the_only_fields_left_out() -> None:
    for name in NOT_SIGNED:
        SESSION.with_request(**{name: 1}).admit()
    for name in BOUND_ELSEWHERE:
        SESSION.with_header(**{name: b"\x01" * 16}).admit()
