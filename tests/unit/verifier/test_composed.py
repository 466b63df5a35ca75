"""Certificates as the composer writes and the reader reads them, sealed and signed: every shape is authentic to the letter."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import pytest

from akashi.documents.paper_seal import PaperContent, paper_page
from akashi.documents.paper_seal.sign import fill_codes
from akashi.documents.read import read_back_jumin
from akashi.documents.read.places import Role
from akashi.verifier import Reason, Source, Verdict, judge
from akashi.verifier.pdf_values import read_values
from akashi.zones.issuance.checker.cms import signed_data
from unit.documents.people import PRINTED, SHAPES, composed
from unit.verifier.made_paper import DAY, SALT, MadeCity

pytestmark = [pytest.mark.needs("fonts"), pytest.mark.promise("C11")]
CITY = MadeCity()
TRUST = CITY.trust()
_MOMENT = b"20261123030000"
_SECOND_ID = len("/ID[<") + 32 + len("><")


@dataclass(frozen=True)
class Sealed:
    """A finished file and what it says."""

    pdf: bytes
    content: PaperContent


def sealed(shape: str) -> Sealed:
    """Fill a composed file as the checker is to: salt, codes, moment, signature; nothing else changes."""
    record, choices = SHAPES[shape]
    unsigned = composed(shape).pdf
    found = read_back_jumin(unsigned, record, choices, PRINTED)
    pages = []
    for page in found.pages:
        boxes = [box.name for box in page.shown.places.boxes if box.role is Role.VALUE]
        pages.append(paper_page("juminhyo", tuple((name, page.shown.words[name]) for name in boxes)))
    content = PaperContent("juminhyo", PRINTED.issue_number, tuple(pages))
    pdf = bytearray(unsigned)
    second = unsigned.rindex(b"/ID[<") + _SECOND_ID
    pdf[second : second + 32] = SALT.hex().upper().encode()
    images = fill_codes(content, CITY.paper, salt=SALT, issued_on=DAY)
    for page, image in zip(found.pages, images, strict=True):
        assert page.code.end - page.code.start == len(image)
        pdf[page.code.start : page.code.end] = image
    room = found.signature
    pdf[room.moment_start : room.moment_start + len(_MOMENT)] = _MOMENT
    digest = hashlib.sha256(pdf[: room.start] + pdf[room.end :]).digest()
    signature = signed_data(digest, CITY.certificate, CITY.document.sign).hex().encode()
    pdf[room.start + 1 : room.end - 1] = signature.ljust(room.end - room.start - 2, b"0")
    assert len(pdf) == len(unsigned)
    return Sealed(bytes(pdf), content)


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
    shape = next(iter(SHAPES))
    made = sealed(shape)
    record, choices = SHAPES[shape]
    found = read_back_jumin(composed(shape).pdf, record, choices, PRINTED)
    # A digit of the map of texts: the drawing stays, what it says to programs changes.
    at = made.pdf.rindex(b"beginbfchar\n") + len(b"beginbfchar\n")
    line = made.pdf.index(b"> <", at) + len(b"> <")
    pdf = bytearray(made.pdf)
    pdf[line + 3] = ord("1") if pdf[line + 3] != ord("1") else ord("2")
    room = found.signature
    digest = hashlib.sha256(pdf[: room.start] + pdf[room.end :]).digest()
    signature = signed_data(digest, CITY.certificate, CITY.document.sign).hex().encode()
    pdf[room.start + 1 : room.end - 1] = signature.ljust(room.end - room.start - 2, b"0")
    report = judge([bytes(pdf)], TRUST)
    assert report.verdict is Verdict.ALTERED
    assert Reason.FILE_SIGNED in {finding.reason for finding in report.findings}
    assert Reason.TEXT_DIFFERS in {finding.reason for finding in report.pages[0].findings}
