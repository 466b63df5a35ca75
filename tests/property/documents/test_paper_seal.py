"""Any bytes into the parsers of the paper seal: a value that encodes to the same bytes, or a documented refusal."""

from __future__ import annotations

import cbor2
from hypothesis import given, settings
from hypothesis import strategies as st

from akashi.documents.paper_seal import PaperMalformed, SealForged, Shown, ShownItem, cbor, verify_code
from akashi.documents.paper_seal.shown import CUT, encode_word, fit_shown, parse_word
from akashi.documents.paper_seal.words import key_id_of
from unit.verifier.made_paper import MadeCity

CITY = MadeCity()
CODE = CITY.code()
TEXT = st.text(st.characters(codec="utf-8"), max_size=40)
VALUES = st.recursive(
    st.integers(-(2**32), 2**32 - 1) | st.binary(max_size=40) | TEXT,
    # Keys of one sign: for both, cbor2 sorts by length first (RFC 7049), we by bytes (RFC 8949).
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.integers(0, 300), inner, max_size=4),
    max_leaves=8,
)


@settings(max_examples=200, deadline=None)
@given(VALUES)
def test_what_is_encoded_is_what_others_encode_and_comes_back(value: cbor.Value) -> None:
    encoded = cbor.encode(value)
    assert encoded == cbor2.dumps(value, canonical=True)
    assert cbor.parse(encoded) == value


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=60))
def test_any_bytes_are_one_value_in_its_one_encoding_or_refused(untrusted: bytes) -> None:
    try:
        value = cbor.parse(untrusted)
    except PaperMalformed:
        return
    assert cbor.encode(value) == untrusted


@settings(max_examples=200, deadline=None)
@given(
    st.binary(max_size=400)
    | st.integers(0, len(CODE) - 1).flatmap(
        lambda at: st.binary(max_size=6).map(lambda cut: CODE[:at] + cut + CODE[at + len(cut) :])
    )
)
def test_any_bytes_are_this_very_code_or_refused(untrusted: bytes) -> None:
    try:
        key_id_of(untrusted)
        verify_code(untrusted, CITY.paper.public_bytes)
    except (PaperMalformed, SealForged):
        return
    assert untrusted == CODE


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(ShownItem), TEXT), max_size=12), st.integers(0, 200))
def test_shown_words_fit_and_are_beginnings(words: list[tuple[ShownItem, str]], room: int) -> None:
    shown = [Shown(*word) for word in words]
    fitted = fit_shown(shown, room)
    assert sum(len(encode_word(text)) + 1 for _, text in fitted) <= room
    for got, whole in zip(fitted, shown, strict=False):
        assert got == whole or (got.text.endswith(CUT) and whole.text.startswith(got.text.removesuffix(CUT)))


@settings(max_examples=100, deadline=None)
@given(TEXT | st.from_regex(r"(|昭和|令和)(元|[0-9]{1,4})年[0-9]{1,2}月[0-9]{1,2}日", fullmatch=True))
def test_every_text_is_one_word(text: str) -> None:
    assert parse_word(cbor.parse(encode_word(text))) == text
