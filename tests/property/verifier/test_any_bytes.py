"""Any bytes handed in give a verdict, and never "authentic" unless the city signed them."""

from __future__ import annotations

import random
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from akashi.documents.paper_seal import PaperPage
from akashi.verifier import Report, Verdict, judge
from akashi.verifier.pdf_signature import read_signature
from akashi.verifier.pdf_values import read_values
from unit.verifier.made_paper import MadeCity, content, jpeg, png, sheet

CITY = MadeCity()
TRUST = CITY.trust()
FILE = CITY.file()
SHEET = sheet(CITY.code(1)).crop((700, 1350, 1240, 1754))
SAMPLES = (FILE, png(SHEET), jpeg(SHEET))


def spoiled(sample: bytes, seed: int) -> bytes:
    """Return the sample with some bytes changed, cut out or doubled."""
    chance = random.Random(seed)
    whole = bytearray(sample)
    for _ in range(chance.choice((1, 1, 2, 8))):
        at, length = chance.randrange(len(whole)), chance.choice((1, 1, 4, 100))
        kind = chance.randrange(3)
        piece = chance.randbytes(length) if kind == 0 else bytes(whole[at : at + length]) * 2 if kind == 1 else b""
        whole[at : at + length] = piece
    return bytes(whole)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(SAMPLES), st.integers(0, 2**32))
def test_spoiled_files_and_pictures_give_a_report(sample: bytes, seed: int) -> None:
    untrusted = spoiled(sample, seed)
    report = judge([untrusted], TRUST)
    assert isinstance(report, Report)
    if sample is FILE and untrusted != FILE:
        assert report.verdict is not Verdict.AUTHENTIC or read_values(untrusted) == read_values(FILE)


STARTS = [b"", b"%PDF-1.7\n", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"RIFF0000WEBP", b"II*\x00"]


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(STARTS), st.binary(max_size=400))
def test_any_bytes_give_cannot_tell(start: bytes, rest: bytes) -> None:
    report = judge([start + rest], TRUST)
    assert report.verdict is Verdict.CANNOT_TELL


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32))
def test_the_readers_of_files_never_raise(seed: int) -> None:
    untrusted = spoiled(FILE, seed)
    values = read_values(untrusted)
    assert values is None or len(values.pages) <= 99
    signature = read_signature(untrusted)
    # Whatever was changed was signed: what still counts as signed is the file itself.
    assert signature is None or signature.flaw is not None or untrusted == FILE


VALUE = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")), min_size=1, max_size=12)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.lists(VALUE, min_size=1, max_size=6), min_size=1, max_size=3))
def test_values_of_every_kind_come_back_to_the_letter(pages: list[list[str]]) -> None:
    whole = replace(content(), pages=tuple(PaperPage(tuple(page)) for page in pages))
    values = read_values(CITY.file(whole, sign=False))
    assert values is not None
    assert [list(page) for page in values.pages] == pages
