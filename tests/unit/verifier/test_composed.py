"""Certificates as composer and checker finish them: every shape is authentic to the letter."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date

import pytest

from akashi.documents.paper_seal import PaperContent
from akashi.documents.paper_seal.sign import fill_codes
from akashi.verifier import Reason, Source, Verdict, judge
from akashi.verifier.pdf_values import read_values
from akashi.wire.certificates import Kind
from akashi.wire.messages import IssueOrder
from akashi.zones.issuance.checker.finishing import Filling, Prepared, finish
from akashi.zones.issuance.checker.readers import READERS
from akashi.zones.issuance.checker.signer import embed_signature
from unit.documents.people import PRINTED, SHAPES, composed
from unit.verifier.made_paper import NOW_MS, SALT, MadeCity

pytestmark = [pytest.mark.needs("fonts"), pytest.mark.promise("C11")]
CITY = MadeCity()
TRUST = CITY.trust()


@dataclass(frozen=True)
class Sealed:
    """A finished file, what it says, and where its signature is."""

    pdf: bytes
    content: PaperContent
    prepared: Prepared


def sealed(shape: str) -> Sealed:
    """Finish a composed file as the checker does, with the made-up city's keys."""
    record, choices = SHAPES[shape]
    asked: list[PaperContent] = []

    def codes(content: PaperContent, salt: bytes, issued_on: date) -> tuple[bytes, ...]:
        asked.append(content)
        return fill_codes(content, CITY.paper, salt=salt, issued_on=issued_on)

    order = IssueOrder(bytes(32), 1, Kind.JUMINHYO, (0,), choices, 0, 200, None, 1)
    unsigned = composed(shape).pdf
    read_back = READERS[Kind.JUMINHYO].read_back
    prepared = finish(read_back, unsigned, record, order, PRINTED, filling=Filling(NOW_MS, SALT, codes)).prepared
    pdf = embed_signature(prepared, CITY.document, CITY.certificate)
    assert len(pdf) == len(unsigned)
    return Sealed(pdf, asked[0], prepared)


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_is_read_to_the_letter_and_authentic(shape: str) -> None:
    made = sealed(shape)
    values = read_values(made.pdf)
    assert values is not None
    assert values.pages == tuple(page.values for page in made.content.pages)
    assert values.salt == SALT
    report = judge([made.pdf], TRUST)
    assert (report.verdict, report.source) == (Verdict.AUTHENTIC, Source.CITY_FILE)
    found = {finding.reason for finding in (*report.findings, *(each for page in report.pages for each in page.findings))}
    assert found == {Reason.FILE_SIGNED, Reason.CODE_GOOD}
    for page, expected in zip(report.pages, made.content.pages, strict=True):
        assert page.items is not None
        assert [text for _, text in page.items.shown] == [word.text for word in expected.shown]
        assert page.items.shown


def test_one_letter_of_a_value_is_found_even_under_a_good_signature() -> None:
    made = sealed(next(iter(SHAPES)))
    # A digit of the map of texts: the drawing stays, what it says to programs changes.
    at = made.pdf.rindex(b"beginbfchar\n") + len(b"beginbfchar\n")
    line = made.pdf.index(b"> <", at) + len(b"> <")
    pdf = bytearray(made.pdf)
    pdf[line + 3] = ord("1") if pdf[line + 3] != ord("1") else ord("2")
    start, end = made.prepared.room_start, made.prepared.room_end
    digest = hashlib.sha256(pdf[:start] + pdf[end:]).digest()
    again = embed_signature(Prepared(bytes(pdf), digest, start, end), CITY.document, CITY.certificate)
    report = judge([again], TRUST)
    assert report.verdict is Verdict.ALTERED
    assert Reason.FILE_SIGNED in {finding.reason for finding in report.findings}
    assert Reason.TEXT_DIFFERS in {finding.reason for finding in report.pages[0].findings}
