"""A report in words of one language, for the command line and the page alike."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from akashi.base.locale import say
from akashi.rules.eras import DateRefused, format_wareki, format_wareki_minute, jst_datetime
from akashi.verifier import Finding, Items, Report, Source, Verdict


@dataclass(frozen=True, slots=True)
class Told:
    """
    A report in words.

    Attributes:
        verdict: name of the verdict, for programs and style sheets.
        headline: the answer in one sentence.
        found: what was found, sentence by sentence.
        pages: heading of each page and its lines (label, value).
        compare: asks to compare by eye; empty where there is nothing to compare.
        lists: how old keys and void list are.
        not_proven: what the answer does not tell.
    """

    verdict: str
    headline: str
    found: tuple[str, ...]
    pages: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    compare: str
    lists: tuple[str, ...]
    not_proven: tuple[str, ...]


def tell(report: Report, language: str) -> Told:
    """Return the report in words."""
    word = _Words(language)
    paper = report.verdict is Verdict.AUTHENTIC and report.source is Source.PAPER
    whole = tuple(word.finding(finding) for finding in report.findings)
    found = [f"{word.place(report, page.place)}: {word.finding(finding)}" for page in report.pages for finding in page.findings]
    since = (word("voided_since", day=word.day(report.voids.since)),) if report.voids.since else ()
    pages = tuple((word("page_of", page=each.page, pages=each.pages), word.items(each)) for each in _items(report))
    return Told(
        verdict=report.verdict,
        headline=word(f"verdict_{report.verdict}{'_paper' if paper else ''}"),
        found=(*since, *whole, *found),
        pages=pages,
        compare=word("compare") if pages and report.source is Source.PAPER else "",
        lists=word.lists(report),
        not_proven=tuple(word(f"not_{each}") for each in report.not_proven),
    )


def _items(report: Report) -> list[Items]:
    return [page.items for page in report.pages if page.items is not None]


class _Words:
    """Sentences of one language with their values filled in."""

    def __init__(self, language: str) -> None:
        self._language = language

    def __call__(self, key: str, **values: object) -> str:
        text = say("verify", key, self._language)
        for name, value in values.items():
            text = text.replace(f"{{{name}}}", str(value))
        return text

    def finding(self, finding: Finding) -> str:
        sentence = self(f"reason_{finding.reason}")
        return f"{sentence} ({self('which_pages', pages=', '.join(map(str, finding.pages)))})" if finding.pages else sentence

    def place(self, report: Report, place: int) -> str:
        count = max(page.place for page in report.pages)
        return self("page_of", page=place, pages=count) if report.source is Source.CITY_FILE else self("picture", place=place)

    def items(self, items: Items) -> tuple[tuple[str, str], ...]:
        named = {
            "issue_number": items.issue_number,
            "city": items.city_name,
            "kind": say("certificates", items.kind, self._language),
            "issued_on": self.day(items.issued_on),
        }
        return (
            *((self(key), value) for key, value in named.items()),
            *((self(f"item_{key}"), value) for key, value in items.shown),
        )

    def lists(self, report: Report) -> tuple[str, ...]:
        made = report.trust_made_at_ms
        keys = self("trust_none") if made is None else self("trust_made", moment=self.moment(made))
        listed = report.voids.list_made_at_ms
        if listed is None:
            return keys, self("voids_none")
        known = report.voids.covers or report.voids.since
        return keys, self("voids_made" if known else "voids_uncovered", moment=self.moment(listed))

    def day(self, iso: str) -> str:
        try:
            return format_wareki(date.fromisoformat(iso)) if self._language == "ja" else iso
        except (DateRefused, ValueError):
            return iso

    def moment(self, moment_ms: int) -> str:
        try:
            if self._language == "ja":
                return format_wareki_minute(moment_ms)
            return f"{jst_datetime(moment_ms):%Y-%m-%d %H:%M} JST"
        except DateRefused:
            return str(moment_ms)
