"""
How many certificates a second one core makes, beside other ways to make the same file, in the same run.

Every row is measured with the processor time of this one process, in turns with the others, so that what else runs on the machine
slows all of them alike: trust the ratios. Records are made before the clock starts; no two are the same person.
"""

from __future__ import annotations

import gc
import os
import platform
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from statistics import median

from akashi.documents.compose import FONTS_DEBIAN, compose_jumin
from akashi.documents.compose.fonts import FontChain
from akashi.documents.compose.jumin import jumin_document, juminhyo_form
from akashi.documents.compose.model import Document
from akashi.entry.load.checking import CheckerFigures, Sealing, measure_checker
from akashi.entry.load.others import OTHERS, Missing
from akashi.entry.load.papers import Paper, jumin_papers
from akashi.entry.load.whole import WholeDrawing

ROUNDS = 7
STAMPED = "stamped, unsigned"
CODED = "stamped, with 2D codes"
SIGNED = "stamped, with 2D codes and PAdES signature"
TYPST = "Typst, unsigned"
ONE = "住民票, one person, every item"
HOUSEHOLDS = "住民票, households as they come"


@dataclass(frozen=True, slots=True)
class Row:
    """
    One way to make one sort of certificate.

    Attributes:
        kind: what is made.
        way: how.
        per_s: certificates a second on one core, the median of all rounds.
        spread_per_s: slowest and fastest round.
        stamped_is: how many times as many the stamper makes of the same records.
        bytes: of a file, on average.
        note: why there is no figure, or what limits it.
    """

    kind: str
    way: str
    per_s: float | None
    spread_per_s: tuple[float, float] | None
    stamped_is: float | None
    bytes: int | None
    note: str = ""


@dataclass(slots=True)
class DocumentsResult:
    """What the benchmark found: the ways to make a file, and by kind what it costs to check and sign one."""

    rows: list[Row] = field(default_factory=list)
    checker: dict[str, CheckerFigures] = field(default_factory=dict)
    cores: int = os.cpu_count() or 0
    processor: str = platform.processor() or platform.machine()
    load_average: float = 0.0

    def as_json(self) -> dict[str, object]:
        """Return plain values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class _Way:
    """A way to make a file of a paper, and which share of the papers a round takes, evenly from all of them."""

    name: str
    make: Callable[[Paper], bytes]
    share: float
    note: str = ""


def measure_documents(*, papers: int, others: bool, on_kind: Callable[[str], None]) -> DocumentsResult:
    """
    Return the rows, and the checker's figures.

    Args:
        papers: certificates in a round of the stamper; slow ways make fewer of them.
        others: also measure what other libraries do, where they are installed.
        on_kind: called with each kind before it is measured.
    """
    result = DocumentsResult(load_average=os.getloadavg()[0])
    whole = WholeDrawing(juminhyo_form(), FontChain(FONTS_DEBIAN))
    ours = [
        _Way(STAMPED, _stamped, 1.0),
        _Way(TYPST, lambda paper: whole.draw(_document(paper)), 0.05),
    ]
    kinds = {
        ONE: jumin_papers(papers, persons_max=1, full=True, fonts=FONTS_DEBIAN),
        HOUSEHOLDS: jumin_papers(papers, fonts=FONTS_DEBIAN),
    }
    for kind, made in kinds.items():
        on_kind(kind)
        ways, absent = _others() if others and kind == ONE else ([], [])
        sealing = Sealing(made, fonts=FONTS_DEBIAN)
        result.rows += [
            *_rows(kind, made, [*ours, *_sealed_ways(sealing), *ways]),
            *(Row(kind, name, None, None, None, None, why) for name, why in absent),
        ]
        result.checker[kind] = measure_checker(made, fonts=FONTS_DEBIAN)
    return result


def _document(paper: Paper) -> Document:
    return jumin_document(paper.record, paper.choices, paper.face)


def _sealed_ways(sealing: Sealing) -> list[_Way]:
    note = "reading back is measured apart"
    return [
        _Way(CODED, lambda paper: sealing.coded(paper, _stamped(paper)), 1.0, note),
        _Way(SIGNED, lambda paper: sealing.signed(paper, _stamped(paper)), 1.0, note),
    ]


def _stamped(paper: Paper) -> bytes:
    return compose_jumin(paper.record, paper.choices, paper.face).pdf


def _others() -> tuple[list[_Way], list[tuple[str, str]]]:
    """Return the other libraries that are installed, and names of those that are not."""
    ways: list[_Way] = []
    absent: list[tuple[str, str]] = []
    for other in OTHERS:
        try:
            make = other.load(FONTS_DEBIAN[0])
        except Missing as missing:
            absent.append((other.name, str(missing)))
            continue
        ways.append(_Way(other.name, lambda paper, make=make: make(_document(paper)), other.share, other.note))  # type: ignore[misc]  # bound now
    return ways, absent


def _rows(kind: str, papers: Sequence[Paper], ways: Sequence[_Way]) -> list[Row]:
    """Measure the ways in turns."""
    rates: dict[str, list[float]] = {way.name: [] for way in ways}
    sizes: dict[str, int] = {}
    for way in ways:
        sizes[way.name] = len(way.make(papers[0]))
    for _ in range(ROUNDS):
        for way in ways:
            some = papers[:: round(1 / way.share)]
            gc.collect()
            start = time.process_time()
            total = sum([len(way.make(paper)) for paper in some])
            rates[way.name].append(len(some) / (time.process_time() - start))
            sizes[way.name] = total // len(some)
    ours = median(rates[STAMPED])
    return [
        Row(
            kind,
            way.name,
            round(median(rates[way.name]), 1),
            (round(min(rates[way.name]), 1), round(max(rates[way.name]), 1)),
            round(ours / median(rates[way.name]), 1),
            sizes[way.name],
            way.note,
        )
        for way in ways
    ]
