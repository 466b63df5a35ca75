"""What the verifier says, as data; the sentences for people are in `locale/verify.*.toml`, by these names."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Verdict(enum.StrEnum):
    """The answer, best first; of several the last in this order counts for the whole."""

    AUTHENTIC = "authentic"
    """The city issued this content."""
    CANNOT_TELL = "cannot-tell"
    """It may be genuine or not: something that is needed is missing or cannot be read."""
    VOIDED = "voided"
    """The city issued it, and it counts no more."""
    ALTERED = "altered"
    """It is not what the city signed."""


class Source(enum.StrEnum):
    """What was judged."""

    CITY_FILE = "city-file"
    """A file with a signature: every byte counts."""
    PAPER = "paper"
    """Photos or scans, also inside a PDF: only the codes count; the printed words are for the eye."""


class Reason(enum.StrEnum):
    """Why; each leads to one verdict (`VERDICT_OF`)."""

    CODE_GOOD = "code-good"
    """The page's code is signed by the city."""
    FILE_SIGNED = "file-signed"
    """The whole file is signed by the city."""
    CODE_ABSENT = "code-absent"
    """No code of ours can be seen: there is none, or the picture is too poor."""
    CODE_OTHER_CITY = "code-other-city"
    """The key is not in the trust lists at hand: another city, or an older list."""
    CODE_OUTSIDE_TIME = "code-outside-time"
    """Issued at a time for which the trust list does not name this key."""
    CODE_FORGED = "code-forged"
    """The code says that the city's key signed it; it did not."""
    FILE_KEY_UNKNOWN = "file-key-unknown"
    """Signed by a key that is not in the trust lists at hand."""
    FILE_CHANGED = "file-changed"
    """Its signature does not fit: changed after it was signed."""
    FILE_ADDED_TO = "file-added-to"
    """Something stands outside what was signed."""
    FILE_CODE_ABSENT = "file-code-absent"
    """A signed file without a code on this page."""
    TEXT_DIFFERS = "text-differs"
    """The file's text is not the content that the code was made for."""
    WORDS_DIFFER = "words-differ"
    """What the code shows does not stand on this page."""
    PAGES_MISSING = "pages-missing"
    """Not all pages are here."""
    PAGES_MIXED = "pages-mixed"
    """Pages of different certificates."""
    PAGE_MISPLACED = "page-misplaced"
    """The code of another page stands here."""
    PAGE_TWICE = "page-twice"
    """The same page more than once."""
    VOIDED = "voided"
    """In the city's void list: never became valid."""
    REVOKED = "revoked"
    """In the city's void list: withdrawn."""
    NOTHING_FOUND = "nothing-found"
    """No page at all."""
    UNREADABLE = "unreadable"
    """No picture and no PDF that can be opened, too large, or one that needs too much to open."""


VERDICT_OF: dict[Reason, Verdict] = {
    Reason.CODE_GOOD: Verdict.AUTHENTIC,
    Reason.FILE_SIGNED: Verdict.AUTHENTIC,
    Reason.CODE_ABSENT: Verdict.CANNOT_TELL,
    Reason.CODE_OTHER_CITY: Verdict.CANNOT_TELL,
    Reason.CODE_OUTSIDE_TIME: Verdict.CANNOT_TELL,
    Reason.CODE_FORGED: Verdict.ALTERED,
    Reason.FILE_KEY_UNKNOWN: Verdict.CANNOT_TELL,
    Reason.FILE_CHANGED: Verdict.ALTERED,
    Reason.FILE_ADDED_TO: Verdict.ALTERED,
    Reason.FILE_CODE_ABSENT: Verdict.AUTHENTIC,
    Reason.TEXT_DIFFERS: Verdict.ALTERED,
    Reason.WORDS_DIFFER: Verdict.ALTERED,
    Reason.PAGES_MISSING: Verdict.CANNOT_TELL,
    Reason.PAGES_MIXED: Verdict.ALTERED,
    Reason.PAGE_MISPLACED: Verdict.ALTERED,
    Reason.PAGE_TWICE: Verdict.AUTHENTIC,
    Reason.VOIDED: Verdict.VOIDED,
    Reason.REVOKED: Verdict.VOIDED,
    Reason.NOTHING_FOUND: Verdict.CANNOT_TELL,
    Reason.UNREADABLE: Verdict.CANNOT_TELL,
}
_ORDER = list(Verdict)


class NotProven(enum.StrEnum):
    """What no answer of this program proves."""

    ORIGINAL_SHEET = "original-sheet"
    """A good copy carries the same code."""
    STILL_TRUE = "still-true"
    """What is certified was so at the record's moment; it can have changed since."""
    PRINTED_WORDS = "printed-words"
    """Of paper only the code was checked, not what is printed around it."""
    NOT_VOID_SINCE = "not-void-since"
    """Whether it became void after the void list was made, or at all where no list was at hand."""
    BEARER = "bearer"
    """That whoever shows it is the person named."""


@dataclass(frozen=True, slots=True)
class Finding:
    """
    One thing that was found.

    Attributes:
        reason: what.
        page: on which page as it was handed in, from 1; 0 for the whole.
        pages: page numbers that it is about, such as those that are missing.
    """

    reason: Reason
    page: int = 0
    pages: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Items:
    """
    What a signed code says, for comparing by eye.

    Attributes:
        issued_on: ISO day.
        shown: name of the item and its text.
    """

    issue_number: str
    city_name: str
    kind: str
    issued_on: str
    page: int
    pages: int
    shown: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class PageReport:
    """
    One page, or one picture without a code.

    Attributes:
        place: as it was handed in, from 1.
        verdict: of this page alone.
        items: what its code says; None where there is no good code.
    """

    place: int
    verdict: Verdict
    findings: tuple[Finding, ...]
    items: Items | None


@dataclass(frozen=True, slots=True)
class Voids:
    """
    What is known of being void.

    Attributes:
        list_made_at_ms: when the void list was made; None where none of this city was at hand.
        covers: whether the list is complete for the day of issue.
        since: ISO day since which it is void or revoked; empty where it is not in the list.
    """

    list_made_at_ms: int | None
    covers: bool = False
    since: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """
    The whole answer.

    Attributes:
        verdict: of all that was handed in, taken as one certificate.
        findings: about the whole.
        trust_made_at_ms: when the trust list that was used was made; None where none fitted.
    """

    verdict: Verdict
    source: Source
    findings: tuple[Finding, ...]
    pages: tuple[PageReport, ...]
    voids: Voids
    trust_made_at_ms: int | None
    not_proven: tuple[NotProven, ...]


def verdict_of(findings: tuple[Finding, ...]) -> Verdict:
    """Return the verdict that findings lead to: the gravest one; CANNOT_TELL where nothing was found."""
    if not findings:
        return Verdict.CANNOT_TELL
    return max((VERDICT_OF[finding.reason] for finding in findings), key=_ORDER.index)


def unreadable() -> Report:
    """Return the answer to bytes of which nothing can be said."""
    return Report(Verdict.CANNOT_TELL, Source.PAPER, (Finding(Reason.UNREADABLE),), (), Voids(None), None, tuple(NotProven))
