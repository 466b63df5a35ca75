"""戸籍全部事項証明書 and 戸籍個人事項証明書: what is composed reads back, and what is wrong is found."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from akashi.documents.compose import GlyphMissing, RecordUnfit, TextOverflow, compose_koseki
from akashi.documents.compose.errors import ComposeRefused
from akashi.documents.compose.koseki_rows import PAGES_MAX
from akashi.documents.read import FileRefused, Rule, read_back_koseki
from akashi.wire.errors import WireCode
from akashi.wire.messages import KosekiLine, KosekiMatter, KosekiPerson, KosekiRecord
from unit.documents.koseki_people import (
    BORN,
    CORRECTED,
    KOJIN_FACE,
    KOJIN_PRINTED,
    LARGE,
    MADE,
    MARRIED,
    SMALL,
    ZENBU_FACE,
    ZENBU_PRINTED,
    koseki_of,
    koseki_record,
    matter,
    person,
    registers,
)
from unit.documents.surgery import Opened, opened

pytestmark = pytest.mark.needs("fonts")
LONG = "従前戸籍の表示が長いので"


def made(record: KosekiRecord) -> bytes:
    return compose_koseki(record, ZENBU_FACE, whole=True).pdf


def refusal(pdf: bytes, record: KosekiRecord = SMALL) -> FileRefused:
    with pytest.raises(FileRefused) as caught:
        read_back_koseki(pdf, record, ZENBU_PRINTED, whole=True)
    assert caught.value.code is WireCode.CHECK_FAILED
    return caught.value


def with_person(record: KosekiRecord, index: int, **changes: object) -> KosekiRecord:
    persons = list(record.persons)
    persons[index] = structs.replace(persons[index], **changes)
    return structs.replace(record, persons=tuple(persons))


@pytest.mark.promise("C4", "C11")
def test_registers_of_the_city_read_back() -> None:
    pages = set()
    for register in registers(40):
        whole, some = koseki_of(register), koseki_of(register, whole=False)
        done = compose_koseki(whole, ZENBU_FACE, whole=True)
        found = read_back_koseki(done.pdf, whole, ZENBU_PRINTED, whole=True)
        assert len(found.pages) == done.page_count
        pages.add(done.page_count)
        part = compose_koseki(some, KOJIN_FACE, whole=False).pdf
        words = dict(read_back_koseki(part, some, KOJIN_PRINTED, whole=False).pages[-1].words())
        assert (words["title"], words["statement"]) == ("個　人　事　項　証　明", KOJIN_FACE.statement)
    assert len(pages) > 1


def test_the_same_record_gives_the_same_bytes() -> None:
    assert made(SMALL) == made(SMALL)


@pytest.mark.promise("C11")
def test_who_goes_on_on_the_next_page_is_named_there() -> None:
    done = made(LARGE)
    pages = [dict(page.words()) for page in read_back_koseki(done, LARGE, ZENBU_PRINTED, whole=True).pages]
    assert [page["sheet"] for page in pages] == [f"（{len(pages)}の{number}）" for number in range(1, len(pages) + 1)]
    assert [page["statement"] for page in pages] == ["次葉に続く"] * (len(pages) - 1) + [ZENBU_FACE.statement]
    assert {page["hittosha"] for page in pages} == {LARGE.hittosha}
    assert [("end" in page) for page in pages] == [False] * (len(pages) - 1) + [True]
    removed = {person.facts[0].value for person in LARGE.persons if person.removed}
    goes_on = 0
    for page in pages[1:]:
        assert page["row-1 left"] in ("戸籍に記録されている者", "戸籍に記録されている者（続き）")
        if page["row-1 left"].endswith("（続き）"):
            goes_on += 1
            name = page["row-1 right"].removeprefix("【名】")
            assert ("row-2 removed" in page) == (name in removed)
            section = "row-4 left" if name in removed else "row-2 left"
            assert page[section].startswith("身分事項")
    assert goes_on > 3


def test_a_record_of_what_was_before_stays_with_the_words_that_say_so() -> None:
    for count in range(1, 9):
        paper = koseki_record((MADE,), (person("髙志", *(BORN,) * count, *(CORRECTED,) * 12),))
        for page in read_back_koseki(made(paper), paper, ZENBU_PRINTED, whole=True).pages:
            shown = [words for _, words in page.words()]
            assert shown.count("【従前の記録】") == shown.count("【父】葛城　一郎")


def test_removed_persons_and_only_they_have_the_mark() -> None:
    pages = read_back_koseki(made(SMALL), SMALL, ZENBU_PRINTED, whole=True).pages
    shown = [name for page in pages for name, words in page.words() if words == "除　籍"]
    assert len(shown) == 1


def test_the_city_words_the_statement() -> None:
    own = "これは、戸籍に記録されている事項の全部を証明した書面であることを、本市が証明する。" + "ただし書きを含む。" * 4
    pdf = compose_koseki(SMALL, replace(ZENBU_FACE, statement=own), whole=True).pdf
    assert read_back_koseki(pdf, SMALL, replace(ZENBU_PRINTED, statement=own), whole=True).pages
    assert refusal(pdf).box == "statement"
    with pytest.raises(RecordUnfit):
        compose_koseki(SMALL, replace(ZENBU_FACE, statement=""), whole=True)


SWAPPED = structs.replace(BORN, lines=(BORN.lines[1], BORN.lines[0], *BORN.lines[2:]))
MORE = structs.replace(BORN, lines=(*BORN.lines, KosekiLine("受理者", "東京都証野市長")))
SHIFTED = structs.replace(CORRECTED, lines=tuple(structs.replace(line, level=0) for line in CORRECTED.lines))
NESTED = structs.replace(BORN, lines=(*BORN.lines[:3], structs.replace(BORN.lines[3], level=1)))


@pytest.mark.promise("C4", "C11")
@pytest.mark.parametrize(
    ("printed", "rule"),
    [
        (with_person(SMALL, 0, matters=(SWAPPED, MARRIED, CORRECTED)), Rule.TEXT_WORDS),
        (with_person(SMALL, 0, matters=(MARRIED, BORN, CORRECTED)), Rule.TEXT_PLACE),
        (with_person(SMALL, 0, matters=(MORE, MARRIED, CORRECTED)), Rule.FILE_FORM),
        (with_person(SMALL, 0, matters=(BORN, MARRIED)), Rule.FILE_FORM),
        (with_person(SMALL, 0, matters=(BORN, MARRIED, SHIFTED)), Rule.TEXT_PLACE),
        (with_person(SMALL, 0, matters=(NESTED, MARRIED, CORRECTED)), Rule.TEXT_PLACE),
        (with_person(SMALL, 1, removed=False), Rule.FILE_FORM),
        (with_person(SMALL, 0, removed=True), Rule.FILE_FORM),
        (with_person(with_person(SMALL, 0, removed=True), 1, removed=False), Rule.TEXT_PLACE),
        (structs.replace(SMALL, persons=SMALL.persons[:1]), Rule.FILE_FORM),
        (structs.replace(SMALL, persons=SMALL.persons[::-1]), Rule.TEXT_PLACE),
        (structs.replace(SMALL, honseki="東京都証野市緑が丘四丁目28番"), Rule.TEXT_WORDS),
        (structs.replace(SMALL, hittosha="葛城　髙志"), Rule.TEXT_WORDS),
        (structs.replace(SMALL, matters=(matter("戸籍編製", ("編製日", "平成１８年３月１１日")),)), Rule.FILE_FORM),
        (structs.replace(SMALL, matters=()), Rule.FILE_FORM),
        (LARGE, Rule.PAGE_COUNT),
    ],
)  # fmt: skip
def test_one_wrong_thing_is_found(printed: KosekiRecord, rule: Rule) -> None:
    assert refusal(made(printed)).rule is rule


@pytest.mark.promise("C4")
def test_a_neighbours_register_is_found() -> None:
    papers = [koseki_of(register) for register in registers(12)]
    for paper, neighbour in pairwise(papers):
        assert refusal(made(neighbour), paper).rule in (Rule.PAGE_COUNT, Rule.FILE_FORM, Rule.TEXT_WORDS, Rule.TEXT_PLACE)


def test_a_missing_page_and_pages_in_another_order_are_found() -> None:
    assert refusal(made(structs.replace(LARGE, persons=LARGE.persons[:8])), LARGE).rule is Rule.PAGE_COUNT
    parts = opened(made(LARGE))
    at = parts.root + 1
    kids = parts.objects[at - 1][0]
    first, second = re.findall(rb"\d+ 0 R", kids)[:2]
    swapped = kids.replace(first + b" " + second, second + b" " + first)
    assert refusal(parts.with_object(at, swapped).pdf(), LARGE).rule is Rule.FILE_FORM


@pytest.mark.promise("C4")
def test_the_other_kind_is_found() -> None:
    some = structs.replace(SMALL, whole=False)
    pdf = compose_koseki(some, ZENBU_FACE, whole=False).pdf
    assert refusal(pdf).rule is Rule.TEXT_WORDS
    assert refusal(pdf).box == "title"
    assert refusal(made(SMALL), some).rule is Rule.RECORD_ITEMS
    with pytest.raises(RecordUnfit):
        compose_koseki(some, ZENBU_FACE, whole=True)


def _edited(parts: Opened, before: bytes, after: bytes) -> FileRefused:
    number = parts.values()
    content = parts.content(number)
    assert before in content
    return refusal(parts.with_content(number, content.replace(before, after, 1)).pdf())


def test_lines_of_the_body_are_exactly_those_of_the_form() -> None:
    parts = opened(made(SMALL))
    lines = re.findall(rb"(?:\S+ \S+ m \S+ \S+ l\n)", parts.content(parts.values()))
    assert len(lines) == 4 + 4 + 1
    for line in lines:
        assert _edited(parts, line, b"").rule is Rule.DRAWING
        assert _edited(parts, line, line + line).rule is Rule.DRAWING
    assert _edited(parts, lines[0], lines[0] + b"300 640 m 300 645 l\n").rule is Rule.DRAWING
    assert _edited(parts, b"0.35 w", b"2.2677166 w").rule in (Rule.DRAWING, Rule.CONTENT)


def test_a_row_in_another_place_is_found() -> None:
    parts = opened(made(SMALL))
    for words, left in (("【改製日】平成１８年３月１１日", 30.0), ("婚姻", 30.0), ("除　籍", 20.0), ("以下余白", -30.0)):
        value = parts.value(parts.mark_of(words))
        place = re.search(rb"q 1 0 0 -1 (\S+) (\S+) cm", value)
        assert place is not None
        for right, up in ((0.0, 15.0), (0.0, -15.0), (-left, 0.0)):
            moved = b"q 1 0 0 -1 %.4g %.5g cm" % (float(place[1]) + right, float(place[2]) + up)
            assert _edited(parts, value, value.replace(place[0], moved)).rule is Rule.TEXT_PLACE


@pytest.mark.parametrize(
    "record",
    [
        structs.replace(SMALL, honseki=""),
        structs.replace(SMALL, hittosha=""),
        structs.replace(SMALL, matters=(matter("記録", ("", "")),)),
        structs.replace(SMALL, matters=(matter(""),)),
    ],
)
def test_a_record_that_no_paper_can_show_refuses_on_both_sides(record: KosekiRecord) -> None:
    with pytest.raises(RecordUnfit):
        made(record)
    assert refusal(made(SMALL), record).rule is Rule.RECORD_ITEMS


@pytest.mark.parametrize(
    "record",
    [
        structs.replace(SMALL, matters=(matter("記録", ("従前の記録", ""), *[("記録", "字" * 2000, 1)] * 2),)),
        structs.replace(SMALL, honseki="字" * 140),
        structs.replace(SMALL, matters=(matter("字" * 64, ("記録", "済み")),)),
        structs.replace(SMALL, persons=(person("一", *(matter("記録", *[("記録", LONG * 100)] * 60),) * 12),)),
        structs.replace(SMALL, matters=(matter("記録", ("記録", "　" * 60 + "字")),)),
    ],
    ids=["unit", "honseki", "title", "pages", "spaces"],
)
def test_what_is_too_long_refuses(record: KosekiRecord) -> None:
    with pytest.raises(ComposeRefused) as caught:
        made(record)
    assert caught.value.code in (WireCode.TEXT_OVERFLOW, WireCode.GLYPH_MISSING)
    assert not re.search("[字従]", str(caught.value))


def test_more_pages_than_a_certificate_can_have_refuse_on_both_sides() -> None:
    line = KosekiLine("記録", "字" * 1900)
    matters = tuple(KosekiMatter("記録", (line,) * 40) for _ in range(2))
    fitting = koseki_record((), (person("一", *matters),))
    assert compose_koseki(fitting, ZENBU_FACE, whole=True).page_count > PAGES_MAX / 2
    over = koseki_record((), (person("一", *matters, *matters),))
    with pytest.raises(TextOverflow):
        made(over)
    assert refusal(made(SMALL), over).rule is Rule.RECORD_ITEMS


@pytest.mark.parametrize(
    "value", ["葛\U000e0100城", "\ue000", "山\n田", " 山田", "山田　", "山  田", "\U0001f600", "山ﾞ"], ids=ascii
)
def test_a_character_that_cannot_be_drawn_exactly_refuses(value: str) -> None:
    for record in (
        structs.replace(SMALL, hittosha=value),
        structs.replace(SMALL, matters=(matter("記録", ("記録", value)),)),
    ):
        with pytest.raises(GlyphMissing) as caught:
            made(record)
        assert value not in caught.value.detail


@pytest.mark.parametrize("value", ["以下余白", "除　籍"])
def test_a_value_that_looks_like_a_word_of_the_form_refuses(value: str) -> None:
    with pytest.raises(RecordUnfit):
        made(structs.replace(SMALL, matters=(matter("記録", ("", value)),)))


_TEXT = st.text("一二葛\U000e0102𠮷髙Aａb1１　 、。（）「」か\u3099々〇", max_size=90)
_MATTER = st.builds(
    KosekiMatter,
    st.sampled_from(("婚姻", "出生", "", "平成１５年法律第１１１号３条")),
    st.lists(st.builds(KosekiLine, st.sampled_from(("婚姻日", "", "従前の記録")), _TEXT, st.integers(0, 1)), max_size=12).map(
        tuple
    ),
)
_PERSON = st.builds(
    KosekiPerson,
    st.just(0),
    st.booleans(),
    st.lists(st.builds(KosekiLine, st.just("名"), _TEXT), min_size=1, max_size=4).map(tuple),
    st.lists(_MATTER, max_size=4).map(tuple),
)


@settings(max_examples=120, deadline=None)
@given(st.lists(_MATTER, max_size=3).map(tuple), st.lists(_PERSON, min_size=1, max_size=6).map(tuple))
def test_whatever_is_composed_reads_back(matters: tuple[KosekiMatter, ...], persons: tuple[KosekiPerson, ...]) -> None:
    paper = koseki_record(matters, persons)
    try:
        done = compose_koseki(paper, ZENBU_FACE, whole=True)
    except ComposeRefused:
        return
    assert len(read_back_koseki(done.pdf, paper, ZENBU_PRINTED, whole=True).pages) == done.page_count
