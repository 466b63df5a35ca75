"""What checking and signing a certificate costs: the checker's own functions over many files, in CPU time of one process."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import date

from akashi.documents.compose import compose_jumin
from akashi.documents.paper_seal import SALT_BYTES, PaperContent
from akashi.documents.paper_seal.sign import PaperKey, fill_codes
from akashi.documents.read import PrintedFace, ReadFile, read_back_jumin
from akashi.documents.read.forms import FormMemory
from akashi.documents.read.jumin_words import expected_jumin
from akashi.documents.read.reader import read_file
from akashi.entry.load.papers import Paper
from akashi.simulation.deployment import CityKeys, make_deployment
from akashi.wire.certificates import Kind
from akashi.zones.issuance.checker.finishing import Filling, fill_rooms, prepare
from akashi.zones.issuance.checker.finishing import finish as finish_file
from akashi.zones.issuance.checker.readers import READERS
from akashi.zones.issuance.checker.signer import DocumentKey, embed_signature

_NOW_MS = 1_795_410_300_000
_TIMES = 5


@dataclass(frozen=True, slots=True)
class CheckerFigures:
    """
    CPU time of the checker, the best of a few rounds over all files.

    Attributes:
        certificates, pages: how many were read.
        form_ms: reading a form part for the first time.
        read_us: reading a certificate back whose form part is known.
        read_us_per_page: the same by page.
        finish_us: the same with salt, 2D codes, moment, digest and signature.
    """

    certificates: int
    pages: int
    form_ms: float
    read_us: float
    read_us_per_page: float
    finish_us: float


def measure_checker(papers: list[Paper], *, fonts: tuple[str, ...]) -> CheckerFigures:
    """
    Compose each paper, then read them back, first and again, and sign them.

    Raises:
        FileRefused: composer and reader disagree.
    """
    cases = [
        (compose_jumin(paper.record, paper.choices, paper.face, fonts=fonts), paper, _printed(paper, fonts)) for paper in papers
    ]
    pages = sum(done.page_count for done, _, _ in cases)
    city = _city()
    key, filling = DocumentKey(city.document_key), _filling(city)
    memories = [FormMemory() for _ in cases]

    def first() -> None:
        for (done, paper, face), memory in zip(cases, memories, strict=True):
            memory.forget()
            read_file(done.pdf, expected_jumin(paper.record, paper.choices, face), fonts, memory)

    def read() -> None:
        for done, paper, face in cases:
            read_back_jumin(done.pdf, paper.record, paper.choices, face)

    def finish() -> None:
        for done, paper, face in cases:
            finished = finish_file(READERS[Kind.JUMINHYO].read_back, done.pdf, paper.record, paper.order, face, filling=filling)
            embed_signature(finished.prepared, key, city.document_certificate)

    read_s, finish_s = _best_s(read), _best_s(finish)
    return CheckerFigures(
        certificates=len(cases),
        pages=pages,
        form_ms=round(1e3 * (_best_s(first) - read_s) / len(cases), 2),
        read_us=round(1e6 * read_s / len(cases), 1),
        read_us_per_page=round(1e6 * read_s / pages, 1),
        finish_us=round(1e6 * finish_s / len(cases), 1),
    )


class Sealing:
    """
    What the checker adds to a certificate, without reading it back: each was read once, before anything is measured.

    Args:
        papers: the certificates; no others can be sealed.
        fonts: of the city.

    Raises:
        FileRefused: composer and reader disagree.
    """

    def __init__(self, papers: list[Paper], *, fonts: tuple[str, ...]) -> None:
        city = _city()
        self._key, self._certificate = DocumentKey(city.document_key), city.document_certificate
        self._filling = _filling(city)
        self._read: dict[str, tuple[ReadFile, PrintedFace]] = {}
        for paper in papers:
            face = _printed(paper, fonts)
            pdf = compose_jumin(paper.record, paper.choices, paper.face, fonts=fonts).pdf
            self._read[face.issue_number] = read_back_jumin(pdf, paper.record, paper.choices, face), face

    def coded(self, paper: Paper, pdf: bytes) -> bytes:
        """Return the file of this paper with salt, 2D codes and moment."""
        found, face = self._read[paper.face.issue_number]
        return fill_rooms(pdf, found, paper.order.kind, face, self._filling)

    def signed(self, paper: Paper, pdf: bytes) -> bytes:
        """Return the same with its signature."""
        found, _ = self._read[paper.face.issue_number]
        return embed_signature(prepare(self.coded(paper, pdf), found), self._key, self._certificate)


def _city() -> CityKeys:
    return make_deployment(municipality="139998", city_name="東京都証野市", kiosk_ids=("K0001",), now_ms=_NOW_MS).city


def _filling(city: CityKeys) -> Filling:
    key = PaperKey(city.paper_key)

    def codes(content: PaperContent, salt: bytes, issued_on: date) -> tuple[bytes, ...]:
        return fill_codes(content, key, salt=salt, issued_on=issued_on)

    return Filling(_NOW_MS, bytes(SALT_BYTES), codes)


def _printed(paper: Paper, fonts: tuple[str, ...]) -> PrintedFace:
    """Return what the checker expects beside the record: the same face, by the names that both know."""
    face = {each.name: getattr(paper.face, each.name) for each in fields(paper.face)}
    return PrintedFace(**face, fonts=fonts)


def _best_s(work: Callable[[], None]) -> float:
    """Return the CPU time of the fastest of a few rounds, after one that warms up."""
    work()
    times_s: list[float] = []
    for _ in range(_TIMES):
        start = time.process_time()
        work()
        times_s.append(time.process_time() - start)
    return min(times_s)
