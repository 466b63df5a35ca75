"""What `akashi bench documents` measures is what residents get; each row says of whom it speaks."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from akashi.documents.compose import FONTS_DEBIAN, compose_jumin
from akashi.documents.compose.jumin import jumin_document
from akashi.entry.commands.bench import bench
from akashi.entry.load.documents import CODED, HOUSEHOLDS, ONE, SIGNED, STAMPED, TYPST, measure_documents
from akashi.entry.load.others import OTHERS, Missing, Other, words
from akashi.entry.load.papers import jumin_papers

pytestmark = pytest.mark.needs("fonts")


def test_each_row_compares_ways_on_the_same_records() -> None:
    kinds: list[str] = []
    result = measure_documents(papers=20, others=False, on_kind=kinds.append)
    assert kinds == [ONE, HOUSEHOLDS]
    by_name = {(row.kind, row.way): row for row in result.rows}
    assert {(ONE, STAMPED), (ONE, TYPST), (HOUSEHOLDS, STAMPED), (HOUSEHOLDS, TYPST)} <= set(by_name)
    for kind in kinds:
        stamped, typst = by_name[kind, STAMPED], by_name[kind, TYPST]
        assert stamped.per_s is not None
        assert typst.per_s is not None
        assert stamped.stamped_is == 1
        assert typst.stamped_is == pytest.approx(stamped.per_s / typst.per_s, rel=0.05)
        # The very reason for stamping. Far below what is measured, so that a busy machine does not matter.
        assert stamped.per_s > 8 * typst.per_s
        # What a receiver needs costs more, and never what the typesetter does.
        coded, signed = by_name[kind, CODED], by_name[kind, SIGNED]
        assert coded.per_s is not None
        assert signed.per_s is not None
        assert 2 * typst.per_s < signed.per_s < stamped.per_s
        assert 2 * typst.per_s < coded.per_s < stamped.per_s
        assert coded.bytes == signed.bytes == stamped.bytes
        checker = result.checker[kind]
        assert checker.certificates == 20 <= checker.pages
        # Far above what is measured: reading back without another program is the very reason for the make of the file.
        assert 0 < checker.read_us <= checker.finish_us < 10_000


def test_the_records_are_all_different_people_and_whole_certificates() -> None:
    papers = jumin_papers(30, fonts=FONTS_DEBIAN)
    assert len({paper.record.persons for paper in papers}) == len({paper.face.issue_number for paper in papers}) == 30
    assert len({len(paper.record.persons) for paper in papers}) >= 3
    assert len({paper.choices for paper in papers}) >= 3
    single = jumin_papers(5, persons_max=1, full=True, fonts=FONTS_DEBIAN)
    assert {len(paper.record.persons) for paper in single} == {1}
    for paper in single:
        assert compose_jumin(paper.record, paper.choices, paper.face).page_count == 1


def test_what_is_not_installed_is_said_and_not_measured() -> None:
    def start(_font: str) -> None:
        raise ImportError

    absent = Other("no-such-library", 1.0, "", start)  # type: ignore[arg-type]  # it never returns
    assert absent.name == "no-such-library"
    with pytest.raises(Missing):
        absent.load(FONTS_DEBIAN[0])


@pytest.mark.parametrize("other", OTHERS, ids=lambda other: other.package)
def test_another_library_makes_a_file_of_every_word(other: Other) -> None:
    (paper,) = jumin_papers(1, persons_max=1, full=True, fonts=FONTS_DEBIAN)
    document = jumin_document(paper.record, paper.choices, paper.face)
    texts = [word.text for word in words(document.pages[0])]
    assert set(document.pages[0].values) <= set(texts)
    try:
        make = other.load(FONTS_DEBIAN[0])
    except Missing:
        pytest.skip("not run: this library is not installed")
    assert make(document).startswith(b"%PDF-")


def test_the_command_prints_what_was_found() -> None:
    done = CliRunner().invoke(bench, ["documents", "--papers", "20", "--no-others", "--json"])
    assert done.exit_code == 0
    found = json.loads(done.stdout)
    assert {row["kind"] for row in found["rows"]} == {ONE, HOUSEHOLDS} == set(found["checker"])
    plain = CliRunner().invoke(bench, ["documents", "--papers", "20", "--no-others"])
    assert STAMPED in plain.stdout
    assert plain.stdout.count("read back") == 2
