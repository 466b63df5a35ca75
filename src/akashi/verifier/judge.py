"""
From untrusted bytes to a report.

1. What is it: a file with a signature, or pictures of paper (a scan inside a PDF is a picture, too)? 2. The codes of each page,
each under the key that it names. 3. A file: its text against the codes, and its signature. 4. The set: whole, unmixed. 5. The
void list.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from akashi.documents.paper_seal import PageWords, PaperContent, PaperPage, content_hash, verify_code
from akashi.documents.paper_seal.errors import PaperMalformed, SealForged
from akashi.documents.paper_seal.shown import CUT
from akashi.documents.paper_seal.words import key_id_of
from akashi.sealing.paper_trust import TrustList, VoidState
from akashi.verifier.errors import Unreadable
from akashi.verifier.pdf_pages import PDF_BYTES_MAX, open_pdf
from akashi.verifier.pdf_signature import FileSignature, read_signature
from akashi.verifier.pdf_values import FileValues, read_values
from akashi.verifier.pictures import open_picture, read_codes
from akashi.verifier.trust import Trust
from akashi.verifier.verdict import (
    Finding,
    Items,
    NotProven,
    PageReport,
    Reason,
    Report,
    Source,
    Voids,
    unreadable,
    verdict_of,
)

FILES_MAX = 20
_SLACK = timedelta(days=1)
"""Japanese days against moments in UTC."""
_JST = timedelta(hours=9)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class _Seen:
    """One place that was looked at: its findings, and the words of its good code where it has one."""

    place: int
    findings: tuple[Finding, ...]
    words: PageWords | None = None
    city: TrustList | None = None


def judge(untrusted_files: Sequence[bytes], trust: Trust) -> Report:
    """
    Judge what was handed in as one certificate. Never raises on untrusted bytes.

    Args:
        untrusted_files: one PDF, or pictures of the pages; at most 20.
        trust: the lists to judge by.
    """
    if not 1 <= len(untrusted_files) <= FILES_MAX:
        return unreadable()
    try:
        if len(untrusted_files) == 1 and untrusted_files[0].lstrip(b"\x00\t\n\r\f ")[:5] == b"%PDF-":
            return _judge_pdf(untrusted_files[0], trust)
        return _judge_pictures(untrusted_files, trust)
    except (Unreadable, MemoryError):
        return unreadable()


def _judge_pictures(untrusted_files: Sequence[bytes], trust: Trust) -> Report:
    seen: list[_Seen] = []
    for untrusted_bytes in untrusted_files:
        codes = _ours(read_codes(open_picture(untrusted_bytes)))
        seen += [_judge_code(code, trust, len(seen) + 1 + number) for number, code in enumerate(codes)]
        if not codes:
            seen.append(_Seen(len(seen) + 1, (Finding(Reason.CODE_ABSENT, len(seen) + 1),)))
    return _report(Source.PAPER, tuple(seen), (), trust)


def _judge_pdf(untrusted_pdf: bytes, trust: Trust) -> Report:
    signature = read_signature(untrusted_pdf) if len(untrusted_pdf) <= PDF_BYTES_MAX else None
    with open_pdf(untrusted_pdf) as pages:
        seen: list[_Seen] = []
        for index in range(pages.count):
            codes = _ours(read_codes(pages.picture(index)))
            seen += [_judge_code(code, trust, index + 1) for code in codes]
            if not codes:
                reason = Reason.CODE_ABSENT if signature is None else Reason.FILE_CODE_ABSENT
                seen.append(_Seen(index + 1, (Finding(reason, index + 1),)))
        numbers = pages.numbers() if signature is not None else set()
    values = read_values(untrusted_pdf)
    if values is not None:
        seen = [_against_text(each, values) for each in seen]
    elif signature is not None:
        seen = [_against_numbers(each, numbers) for each in seen]
    if signature is None:
        return _report(Source.PAPER, tuple(seen), (), trust)
    findings, city = _judge_signature(signature, trust)
    return _report(Source.CITY_FILE, tuple(seen), findings, trust, city=city, numbers=numbers)


def _ours(codes: Sequence[bytes]) -> list[bytes]:
    """Return the codes that have our form; other codes on a sheet are nobody's business."""
    ours = []
    for code in codes:
        try:
            key_id_of(code)
        except PaperMalformed:
            continue
        ours.append(code)
    return ours


def _judge_code(code: bytes, trust: Trust, place: int) -> _Seen:
    known = trust.paper_key(key_id_of(code))
    if known is None:
        return _Seen(place, (Finding(Reason.CODE_OTHER_CITY, place),))
    city, key = known
    try:
        words = verify_code(code, key.public).words
    except (PaperMalformed, SealForged):
        return _Seen(place, (Finding(Reason.CODE_FORGED, place),))
    if words.municipality != city.payload.municipality:
        return _Seen(place, (Finding(Reason.CODE_FORGED, place),))
    if not _day(key.not_before_ms) - _SLACK <= words.issued_on <= _day(key.not_after_ms) + _SLACK:
        return _Seen(place, (Finding(Reason.CODE_OUTSIDE_TIME, place),), words, city)
    return _Seen(place, (Finding(Reason.CODE_GOOD, place),), words, city)


def _judge_signature(signature: FileSignature, trust: Trust) -> tuple[tuple[Finding, ...], TrustList | None]:
    city = trust.document_key(signature.certificate)
    if signature.flaw is not None:
        return (Finding(signature.flaw),), city
    return (Finding(Reason.FILE_SIGNED if city else Reason.FILE_KEY_UNKNOWN),), city


def _against_text(seen: _Seen, values: FileValues) -> _Seen:
    """Compare a code with the text of the file that it stands in."""
    words, found = seen.words, list(seen.findings)
    if words is None:
        return seen
    pages = tuple(PaperPage(page) for page in values.pages)
    if content_hash(PaperContent(words.kind, words.issue_number, pages), values.salt) != words.content_hash:
        found.append(Finding(Reason.TEXT_DIFFERS, seen.place))
    if words.page != seen.place:
        found.append(Finding(Reason.PAGE_MISPLACED, seen.place))
    elif seen.place > len(pages) or not _all_shown(words, pages[seen.place - 1].values):
        found.append(Finding(Reason.WORDS_DIFFER, seen.place))
    return replace(seen, findings=tuple(found))


def _against_numbers(seen: _Seen, numbers: set[str]) -> _Seen:
    """Compare a code with the issue numbers in the text of a file whose grammar is another one."""
    found = list(seen.findings)
    if seen.words is not None and seen.words.issue_number not in numbers:
        found.append(Finding(Reason.WORDS_DIFFER, seen.place))
    if seen.words is not None and seen.words.page != seen.place:
        found.append(Finding(Reason.PAGE_MISPLACED, seen.place))
    return replace(seen, findings=tuple(found))


def _all_shown(words: PageWords, values: tuple[str, ...]) -> bool:
    return all(
        text in values or (text.endswith(CUT) and any(value.startswith(text.removesuffix(CUT)) for value in values))
        for _, text in words.shown
    )


def _report(
    source: Source,
    seen: tuple[_Seen, ...],
    findings: tuple[Finding, ...],
    trust: Trust,
    *,
    city: TrustList | None = None,
    numbers: set[str] | None = None,
) -> Report:
    all_words = [each.words for each in seen if each.words is not None]
    found = [*findings, *_set_findings(all_words)]
    if not seen:
        found.append(Finding(Reason.NOTHING_FOUND))
    city = city or next((each.city for each in seen if each.city is not None), None)
    named = {words.issue_number for words in all_words} or (numbers if city and numbers and len(numbers) == 1 else set())
    voids, void_findings = _voids(sorted(named or ()), all_words, city, trust)
    found += void_findings
    not_proven = tuple(each for each in NotProven if each is not NotProven.PRINTED_WORDS or source is Source.PAPER)
    return Report(
        verdict=verdict_of((*found, *(finding for each in seen for finding in each.findings))),
        source=source,
        findings=tuple(found),
        pages=tuple(PageReport(each.place, verdict_of(each.findings), each.findings, _items(each)) for each in seen),
        voids=voids,
        trust_made_at_ms=city.payload.made_at_ms if city else None,
        not_proven=not_proven,
    )


def _set_findings(words: Sequence[PageWords]) -> list[Finding]:
    if not words:
        return []
    sets = {(each.issue_number, each.kind, each.pages, each.content_hash) for each in words}
    if len(sets) > 1:
        return [Finding(Reason.PAGES_MIXED)]
    numbers = [each.page for each in words]
    missing = tuple(sorted(set(range(1, words[0].pages + 1)) - set(numbers)))
    twice = tuple(sorted({number for number in numbers if numbers.count(number) > 1}))
    found = [Finding(Reason.PAGES_MISSING, pages=missing)] if missing else []
    return found + ([Finding(Reason.PAGE_TWICE, pages=twice)] if twice else [])


def _voids(
    numbers: Sequence[str], words: Sequence[PageWords], city: TrustList | None, trust: Trust
) -> tuple[Voids, list[Finding]]:
    listed = trust.voids.get(city.payload.municipality) if city else None
    if listed is None:
        return Voids(None), []
    made_at_ms = listed.payload.made_at_ms
    covers = bool(words) and all(listed.complete_from() <= each.issued_on <= _day(made_at_ms) for each in words)
    hits = [hit for number in numbers if (hit := listed.find(number)) is not None]
    if not hits:
        return Voids(made_at_ms, covers), []
    first = min(hits, key=lambda hit: hit.day)
    reason = Reason.REVOKED if first.state is VoidState.REVOKED else Reason.VOIDED
    return Voids(made_at_ms, covers, first.day.isoformat()), [Finding(reason)]


def _items(seen: _Seen) -> Items | None:
    words = seen.words
    if words is None or seen.city is None:
        return None
    return Items(
        issue_number=words.issue_number,
        city_name=seen.city.payload.city_name,
        kind=words.kind,
        issued_on=words.issued_on.isoformat(),
        page=words.page,
        pages=words.pages,
        shown=tuple((item.name.lower(), text) for item, text in words.shown),
    )


def _day(moment_ms: int) -> date:
    """Return the Japanese day of a moment."""
    try:
        return (_EPOCH + timedelta(milliseconds=moment_ms) + _JST).date()
    except OverflowError:
        return date.max - _SLACK
