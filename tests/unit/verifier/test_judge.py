"""Verdicts on files and on paper: authentic, altered (where), void, cannot tell (why)."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from PIL import Image

from akashi.documents.paper_seal.sign import PaperKey, fill_codes
from akashi.sealing.paper_trust import Voided, VoidState
from akashi.verifier import NotProven, Reason, Report, Source, Verdict, judge, parse_trust
from akashi.verifier.pdf_values import read_values
from akashi.wire.messages import DirectoryKey, KeyUse
from akashi.wire.transcript import key_id
from unit.verifier.made_paper import (
    CITY_NAME,
    DAY,
    NAMES,
    NOW_MS,
    NUMBER,
    OTHER_NUMBER,
    SALT,
    VALUES,
    YEAR_MS,
    MadeCity,
    content,
    jpeg,
    png,
    sheet,
    sign_file,
    write_file,
)

pytestmark = pytest.mark.promise("C11")
CITY = MadeCity()
TRUST = CITY.trust()
FILE = CITY.file()


def reasons(report: Report) -> set[Reason]:
    return {finding.reason for finding in (*report.findings, *(each for page in report.pages for each in page.findings))}


def scans(*codes: bytes) -> list[bytes]:
    return [jpeg(sheet(code)) for code in codes]


def test_a_city_file_is_authentic_and_says_what_that_does_not_prove() -> None:
    report = judge([FILE], TRUST)
    assert (report.verdict, report.source) == (Verdict.AUTHENTIC, Source.CITY_FILE)
    assert reasons(report) == {Reason.FILE_SIGNED, Reason.CODE_GOOD}
    assert [page.place for page in report.pages] == [1, 2]
    first = report.pages[0].items
    assert first is not None
    assert (first.issue_number, first.city_name, first.kind) == (NUMBER, CITY_NAME, "juminhyo")
    assert (first.issued_on, first.page, first.pages) == (DAY.isoformat(), 1, 2)
    assert first.shown == (("name", NAMES[0]), ("birth_date", "昭和60年5月3日"))
    assert report.trust_made_at_ms == NOW_MS
    assert report.voids.list_made_at_ms is None
    assert set(NotProven) - {NotProven.PRINTED_WORDS} == set(report.not_proven)


def test_the_words_of_a_file_are_read_to_the_letter() -> None:
    values = read_values(FILE)
    assert values is not None
    assert (values.pages, values.salt) == (VALUES, SALT)


def test_paper_is_authentic_and_asks_to_compare() -> None:
    report = judge([*scans(CITY.code(1)), png(sheet(CITY.code(2)))], TRUST)
    assert (report.verdict, report.source) == (Verdict.AUTHENTIC, Source.PAPER)
    assert NotProven.PRINTED_WORDS in report.not_proven


@pytest.mark.parametrize("degrees", [90, 180, 270, 7])
def test_paper_lies_as_it_likes(degrees: float) -> None:
    pictures = [sheet(CITY.code(page), dpi=200).rotate(degrees, expand=True, fillcolor=255) for page in (1, 2)]
    assert judge([jpeg(each) for each in pictures], TRUST).verdict is Verdict.AUTHENTIC


def test_two_sheets_in_one_photo() -> None:
    left, right = (sheet(CITY.code(page), dpi=200) for page in (2, 1))
    both = Image.new("L", (left.width * 2, left.height), 200)
    both.paste(left, (0, 0))
    both.paste(right, (left.width, 0))
    report = judge([png(both)], TRUST)
    assert report.verdict is Verdict.AUTHENTIC
    assert {page.items.page for page in report.pages if page.items} == {1, 2}


# altered


@pytest.mark.parametrize("place", [200, len(FILE) // 4, len(FILE) // 2, len(FILE) - 300])
def test_a_changed_byte_in_a_file(place: int) -> None:
    spoiled = FILE[:place] + bytes([FILE[place] ^ 1]) + FILE[place + 1 :]
    assert judge([spoiled], TRUST).verdict in {Verdict.ALTERED, Verdict.CANNOT_TELL}


def test_a_file_with_other_words_than_its_codes_signed_by_the_city_itself() -> None:
    # Even with the city's document key: the codes were made for other words.
    report = judge([CITY.file(values=((*VALUES[0][:2], "別人 太郎", VALUES[0][3]), VALUES[1]))], TRUST)
    assert report.verdict is Verdict.ALTERED
    assert {Reason.TEXT_DIFFERS, Reason.WORDS_DIFFER, Reason.FILE_SIGNED} <= reasons(report)
    assert [finding.page for finding in report.pages[0].findings if finding.reason is Reason.WORDS_DIFFER] == [1]
    assert Reason.WORDS_DIFFER not in {finding.reason for finding in report.pages[1].findings}


def test_a_file_signed_again_by_somebody_else_after_a_change() -> None:
    stranger = MadeCity()
    stranger.paper = CITY.paper
    forged = stranger.file(values=((*VALUES[0][:2], "別人 太郎", VALUES[0][3]), VALUES[1]))
    report = judge([forged], TRUST)
    assert report.verdict is Verdict.ALTERED
    assert {Reason.FILE_KEY_UNKNOWN, Reason.TEXT_DIFFERS} <= reasons(report)


def test_a_file_without_its_signature_is_like_a_scan_but_its_words_are_compared() -> None:
    plain = CITY.file(sign=False).replace(b"/ByteRange", b"/XyteRange")
    report = judge([plain], TRUST)
    assert (report.verdict, report.source) == (Verdict.AUTHENTIC, Source.PAPER)
    words = (("x", *VALUES[0][1:]), VALUES[1])
    altered = CITY.file(sign=False, values=words).replace(b"/ByteRange", b"/XyteRange")
    assert Reason.TEXT_DIFFERS in reasons(judge([altered], TRUST))
    assert judge([altered], TRUST).verdict is Verdict.ALTERED


def test_something_added_behind_a_signed_file() -> None:
    report = judge([FILE + b"\n% note\n"], TRUST)
    assert report.verdict is Verdict.ALTERED
    assert reasons(report) & {Reason.FILE_ADDED_TO, Reason.FILE_CHANGED}


def test_codes_in_the_wrong_order_in_a_signed_file() -> None:
    whole = content()
    drawn = fill_codes(whole, CITY.paper, salt=SALT, issued_on=DAY)
    swapped = sign_file(write_file([page.values for page in whole.pages], drawn[::-1]), CITY)
    report = judge([swapped], TRUST)
    assert report.verdict is Verdict.ALTERED
    assert Reason.PAGE_MISPLACED in reasons(report)


def test_a_code_that_names_the_citys_key_and_is_not_signed_by_it() -> None:
    forger = PaperKey(ec.generate_private_key(ec.SECP256R1()))
    object.__setattr__(forger, "key_id", CITY.paper.key_id)
    report = judge(scans(forger.seal(CITY.words(1)), CITY.code(2)), TRUST)
    assert report.verdict is Verdict.ALTERED
    assert [page.verdict for page in report.pages] == [Verdict.ALTERED, Verdict.AUTHENTIC]
    assert report.pages[0].items is None


def test_a_key_of_one_city_cannot_speak_for_another() -> None:
    report = judge(scans(CITY.paper.seal(replace(CITY.words(1), issue_number="131008-7ZQ2-M0KD-4T9X-HB3E", pages=1))), TRUST)
    assert reasons(report) == {Reason.CODE_FORGED}


def test_pages_of_two_certificates() -> None:
    report = judge(scans(CITY.code(1), CITY.code(2, OTHER_NUMBER)), TRUST)
    assert (report.verdict, reasons(report)) == (Verdict.ALTERED, {Reason.CODE_GOOD, Reason.PAGES_MIXED})


# cannot tell


def test_missing_and_double_pages() -> None:
    report = judge(scans(CITY.code(2), CITY.code(2)), TRUST)
    assert report.verdict is Verdict.CANNOT_TELL
    found = {finding.reason: finding.pages for finding in report.findings}
    assert found == {Reason.PAGES_MISSING: (1,), Reason.PAGE_TWICE: (2,)}


def test_no_code_another_city_and_another_code() -> None:
    blank = Image.new("L", (800, 1100), 255)
    assert reasons(judge([png(blank)], TRUST)) == {Reason.CODE_ABSENT}
    other = judge(scans(MadeCity().code()), TRUST)
    assert (other.verdict, reasons(other)) == (Verdict.CANNOT_TELL, {Reason.CODE_OTHER_CITY})
    assert (other.trust_made_at_ms, other.pages[0].items) == (None, None)
    foreign = judge(scans(b"https://example.jp/ticket"), TRUST)
    assert reasons(foreign) == {Reason.CODE_ABSENT}


@pytest.mark.parametrize("days", [-400, 400])
def test_issued_outside_the_time_of_its_key(days: int) -> None:
    words = replace(CITY.words(1), pages=1, issued_on=DAY + timedelta(days=days))
    report = judge(scans(CITY.paper.seal(words)), TRUST)
    assert (report.verdict, reasons(report)) == (Verdict.CANNOT_TELL, {Reason.CODE_OUTSIDE_TIME})


def test_a_file_by_a_city_without_a_trust_list() -> None:
    report = judge([MadeCity().file()], TRUST)
    assert report.verdict is Verdict.CANNOT_TELL
    assert reasons(report) == {Reason.FILE_KEY_UNKNOWN, Reason.CODE_OTHER_CITY}


def test_a_key_that_was_withdrawn_from_the_list() -> None:
    documents = tuple(
        DirectoryKey(key_id(public), use, public, NOW_MS - YEAR_MS, NOW_MS + YEAR_MS)
        for use, public in ((KeyUse.DOCUMENT, CITY.certificate),)
    )
    trust = parse_trust([(CITY.root.public_bytes, CITY.trust_list(keys=documents))])
    assert judge([FILE], trust).verdict is Verdict.CANNOT_TELL


def test_a_file_without_codes_is_judged_by_its_signature() -> None:
    unsigned = write_file([page.values for page in content().pages], [bytes(621)] * 2)
    report = judge([sign_file(unsigned, CITY)], TRUST)
    assert (report.verdict, reasons(report)) == (Verdict.AUTHENTIC, {Reason.FILE_SIGNED, Reason.FILE_CODE_ABSENT})


# void


def test_void_on_a_day_and_revoked() -> None:
    for state, reason in ((VoidState.VOID, Reason.VOIDED), (VoidState.REVOKED, Reason.REVOKED)):
        listed = CITY.void_list({NUMBER: Voided(state, DAY + timedelta(days=2)), OTHER_NUMBER: Voided(VoidState.VOID, DAY)})
        for handed_in in ([FILE], scans(CITY.code(1), CITY.code(2))):
            report = judge(handed_in, CITY.trust(listed))
            assert report.verdict is Verdict.VOIDED
            assert reason in reasons(report)
            assert report.voids.since == (DAY + timedelta(days=2)).isoformat()


def test_not_in_the_list_and_how_old_it_is() -> None:
    listed = CITY.void_list({OTHER_NUMBER: Voided(VoidState.VOID, DAY)})
    report = judge([FILE], CITY.trust(listed))
    assert (report.verdict, report.voids.covers, report.voids.since) == (Verdict.AUTHENTIC, True, "")
    assert report.voids.list_made_at_ms == NOW_MS + 60_000
    older = CITY.void_list({}, made_at_ms=NOW_MS - 3 * 86_400_000)
    assert not judge([FILE], CITY.trust(older)).voids.covers
    # Of two lists the newer one counts, whatever their order.
    for lists in ((older, listed), (listed, older)):
        assert judge([FILE], CITY.trust(*lists)).voids.list_made_at_ms == NOW_MS + 60_000


def test_altered_outweighs_void() -> None:
    listed = CITY.void_list({NUMBER: Voided(VoidState.VOID, DAY)})
    altered = CITY.file(values=(("x",), ("y",)))
    assert judge([altered], CITY.trust(listed)).verdict is Verdict.ALTERED


# limits


def test_hostile_sizes_are_refused_before_they_are_unpacked() -> None:
    bomb = io.BytesIO()
    Image.new("1", (30_000, 30_000)).save(bomb, "PNG")
    assert len(bomb.getvalue()) < 200_000
    for untrusted in (
        bomb.getvalue(),
        png(Image.new("L", (40, 40))),
        b"",
        b"\x89PNG\r\n\x1a\n",
        b"%PDF-1.7\n",
        bytes(33 * 1024 * 1024),
    ):
        report = judge([untrusted], TRUST)
        assert (report.verdict, reasons(report)) == (Verdict.CANNOT_TELL, {Reason.UNREADABLE})
    assert reasons(judge([], TRUST)) == reasons(judge([FILE] * 21, TRUST)) == {Reason.UNREADABLE}


def test_a_pdf_of_a_scan_is_paper() -> None:
    output = io.BytesIO()
    first, second = (sheet(CITY.code(page), dpi=200) for page in (1, 2))
    first.save(output, "PDF", resolution=200, save_all=True, append_images=[second])
    report = judge([output.getvalue()], TRUST)
    assert (report.verdict, report.source) == (Verdict.AUTHENTIC, Source.PAPER)
