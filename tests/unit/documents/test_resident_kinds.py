"""What two resident kinds have of their own: title and sentence of the 住民票記載事項証明書, and 個人票, one member a sheet."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO

import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs
from pyhanko.pdf_utils.reader import PdfFileReader

from akashi.documents.compose import RecordUnfit, TextOverflow, compose_jumin
from akashi.documents.compose.fonts import FONTS_DEBIAN, FontChain
from akashi.documents.compose.jumin import jumin_document, juminhyo_form
from akashi.documents.compose.stamp import Stamper
from akashi.documents.read import FileRefused, ReadFile, Rule, read_back_jumin
from akashi.documents.read.jumin_map import page_map
from akashi.documents.read.places import PT_PER_MM
from akashi.entry.load.whole import WholeDrawing
from akashi.rules.statements import STATEMENTS
from akashi.wire.certificates import Choice, Item, Kind
from akashi.wire.messages import IssueOrder, JuminRecord
from akashi.zones.issuance.checker.readers import READERS
from akashi.zones.issuance.issuer.composers import COMPOSERS
from unit.documents.people import ALL, CHILD, FACE, FOREIGN, HEAD, NEIGHBOUR, PRINTED, WIFE, Values, composed, record

pytestmark = pytest.mark.needs("fonts")

KISAI = Kind.JUMINHYO_KISAI
KINDS = (Kind.JUMINHYO, KISAI)
SHEETS = (*ALL, Choice.INDIVIDUAL_SHEETS)
OWN = "住民票に記録されている事項に相違ないことを、ここに証明します。"
FACES = {kind: replace(FACE, statement=STATEMENTS[kind]) for kind in KINDS}
PRINTS = {kind: replace(PRINTED, statement=STATEMENTS[kind]) for kind in KINDS}
PEOPLE = (HEAD, FOREIGN, CHILD, WIFE, NEIGHBOUR)
FOUR, FIVE = record(*PEOPLE[:4]), record(*PEOPLE)


def made(paper: JuminRecord, choices: tuple[Choice, ...], kind: Kind) -> bytes:
    return compose_jumin(paper, choices, FACES[kind], kind=kind).pdf


def read(pdf: bytes, paper: JuminRecord, choices: tuple[Choice, ...], kind: Kind) -> ReadFile:
    return read_back_jumin(pdf, paper, choices, PRINTS[kind], kind=kind)


def refused(pdf: bytes, paper: JuminRecord, choices: tuple[Choice, ...], kind: Kind) -> FileRefused:
    with pytest.raises(FileRefused) as caught:
        read(pdf, paper, choices, kind)
    return caught.value


@pytest.mark.promise("C4", "C11")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("choices", [ALL, SHEETS])
def test_both_kinds_read_back_on_shared_and_on_individual_sheets(kind: Kind, choices: tuple[Choice, ...]) -> None:
    found = read(made(FIVE, choices, kind), FIVE, choices, kind)
    assert len(found.pages) == (5 if choices is SHEETS else 2)
    assert [dict(page.words())["page"] for page in found.pages] == [
        f"{number}／{len(found.pages)}頁" for number in range(1, len(found.pages) + 1)
    ]
    last = dict(found.pages[-1].words())
    assert last["title"] == {Kind.JUMINHYO: "住　民　票", KISAI: "住民票記載事項証明書"}[kind]
    assert "全員" in last["statement"] if kind is Kind.JUMINHYO else last["statement"] == STATEMENTS[KISAI]
    for page in found.pages[:-1]:
        assert dict(page.words())["statement"] == "次葉に続く"
        assert "seal" not in dict(page.words())


@pytest.mark.promise("C11")
@pytest.mark.parametrize("kind", KINDS)
def test_an_individual_sheet_has_one_member_and_nothing_can_be_added(kind: Kind) -> None:
    found = read(made(FIVE, SHEETS, kind), FIVE, SHEETS, kind)
    for page, person in zip(found.pages, FIVE.persons, strict=True):
        words = dict(page.words())
        named = {field.item: field.value for field in person.fields}
        assert words["person-1 name"] == (named[Item.NAME] or "＊＊＊")
        assert words["rest"] == "以下余白"
        assert not [name for name in words if "person-2" in name]


@pytest.mark.promise("C4")
@pytest.mark.parametrize("kind", KINDS)
def test_members_on_one_sheet_where_individual_sheets_were_chosen_are_found(kind: Kind) -> None:
    for paper in (FOUR, FIVE):
        assert refused(made(paper, ALL, kind), paper, SHEETS, kind).rule is Rule.PAGE_COUNT
        assert refused(made(paper, SHEETS, kind), paper, ALL, kind).rule is Rule.PAGE_COUNT


@pytest.mark.promise("C4")
@pytest.mark.parametrize("kind", KINDS)
def test_a_missing_a_swapped_and_another_persons_sheet_are_found(kind: Kind) -> None:
    fewer = structs.replace(FIVE, persons=FIVE.persons[:4])
    assert refused(made(fewer, SHEETS, kind), FIVE, SHEETS, kind).rule is Rule.PAGE_COUNT
    swapped = structs.replace(FIVE, persons=(*FIVE.persons[:3], FIVE.persons[4], FIVE.persons[3]))
    assert (refused(made(swapped, SHEETS, kind), FIVE, SHEETS, kind)).page == 4
    other = structs.replace(FIVE, persons=(*FIVE.persons[:4], FOUR.persons[0]))
    assert (refused(made(other, SHEETS, kind), FIVE, SHEETS, kind)).page == 5


@pytest.mark.promise("C4")
@pytest.mark.parametrize(("drawn", "wanted"), [KINDS, KINDS[::-1]])
def test_the_other_kinds_title_is_found(drawn: Kind, wanted: Kind) -> None:
    assert refused(made(FOUR, ALL, drawn), FOUR, ALL, wanted).box == "title"


@pytest.mark.promise("C4")
def test_a_wrong_statement_is_found_and_the_citys_own_is_demanded() -> None:
    own_face, own_print = replace(FACE, statement=OWN), replace(PRINTED, statement=OWN)
    pdf = compose_jumin(FOUR, ALL, own_face, kind=KISAI).pdf
    assert read_back_jumin(pdf, FOUR, ALL, own_print, kind=KISAI).pages
    assert refused(pdf, FOUR, ALL, KISAI).box == "statement"
    some = structs.replace(FOUR, whole_household=False)
    part = compose_jumin(some, ALL, own_face).pdf
    assert dict(read_back_jumin(part, some, ALL, own_print).pages[0].words())["statement"] == OWN
    with pytest.raises(FileRefused) as caught:
        read_back_jumin(part, some, ALL, PRINTED)
    assert caught.value.box == "statement"


def test_the_citys_sentence_never_stands_for_a_whole_household() -> None:
    pdf = compose_jumin(FOUR, ALL, replace(FACE, statement=OWN)).pdf
    said = dict(read_back_jumin(pdf, FOUR, ALL, replace(PRINTED, statement=OWN)).pages[0].words())["statement"]
    assert said == "この写しは、世帯全員の住民票の原本と相違ないことを証明する。"


def test_a_long_sentence_takes_two_lines_and_a_longer_one_refuses() -> None:
    for statement in (OWN * 2, OWN[:-1] * 2):
        pdf = compose_jumin(FOUR, ALL, replace(FACE, statement=statement), kind=KISAI).pdf
        assert read_back_jumin(pdf, FOUR, ALL, replace(PRINTED, statement=statement), kind=KISAI).pages
    with pytest.raises(TextOverflow):
        compose_jumin(FOUR, ALL, replace(FACE, statement=OWN * 4), kind=KISAI)


@pytest.mark.parametrize("statement", ["", "（省略）"])
def test_a_certificate_that_certifies_nothing_refuses(statement: str) -> None:
    with pytest.raises(RecordUnfit):
        compose_jumin(FOUR, ALL, replace(FACE, statement=statement), kind=KISAI)


def test_the_title_in_the_properties_is_the_kinds() -> None:
    for kind, title in {Kind.JUMINHYO: "住民票の写し", KISAI: "住民票記載事項証明書"}.items():
        assert PdfFileReader(BytesIO(made(FOUR, ALL, kind))).trailer["/Info"]["/Title"] == title


def test_a_copy_is_the_same_file_whichever_kind_was_made_before() -> None:
    made(record(HEAD), ALL, KISAI)
    assert compose_jumin(record(HEAD), ALL, FACE).pdf == composed("one, everything").pdf


@pytest.mark.promise("C11")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("choices", [ALL, SHEETS])
def test_a_stamped_page_is_the_picture_that_the_typesetter_draws(kind: Kind, choices: tuple[Choice, ...]) -> None:
    chain = FontChain(FONTS_DEBIAN, hinted=True)
    document = jumin_document(FIVE, choices, FACES[kind], kind=kind)
    stamped = pypdfium2.PdfDocument(Stamper(juminhyo_form(), chain).stamp(document).pdf)
    drawn = pypdfium2.PdfDocument(WholeDrawing(juminhyo_form(), chain).draw(document))
    assert len(stamped) == len(drawn) == len(document.pages)
    for one, other in zip(stamped, drawn, strict=True):
        assert bytes(one.render(scale=2).buffer) == bytes(other.render(scale=2).buffer)


def test_pdfium_reads_the_title_in_its_box() -> None:
    page = pypdfium2.PdfDocument(made(FOUR, ALL, KISAI))[0]
    box = page_map(4, last=True, kind=KISAI).boxes[0]
    edges = (box.left, 297 - box.bottom, box.right, 297 - box.top)
    assert page.get_textpage().get_text_bounded(*(PT_PER_MM * edge for edge in edges)).strip() == "住民票記載事項証明書"


def test_no_two_boxes_overlap() -> None:
    for persons in range(1, 5):
        boxes = page_map(persons, last=True, kind=KISAI).boxes
        title = boxes[0]
        for other in boxes[1:]:
            assert title.right <= other.left or title.bottom <= other.top, other.name


@pytest.mark.promise("C4", "C11")
@settings(max_examples=50, deadline=None)
@given(
    people=st.lists(st.sampled_from(PEOPLE), min_size=1, max_size=9),
    chosen=st.sets(st.sampled_from(SHEETS)),
    kind=st.sampled_from(KINDS),
    whole=st.booleans(),
)
def test_any_household_goes_through_the_tables_of_issuer_and_checker(
    people: list[Values], chosen: set[Choice], kind: Kind, *, whole: bool
) -> None:
    choices = tuple(choice for choice in Choice if choice in chosen)
    paper = record(*people, choices=choices, whole=whole)
    order = IssueOrder(paper.transcript, 1, kind, tuple(range(len(people))), choices, 0, 200, None, 30_000)
    assert COMPOSERS[kind].choices == READERS[kind].choices >= chosen
    done = COMPOSERS[kind].compose(paper, order, FACES[kind], fonts=FONTS_DEBIAN)
    found = READERS[kind].read_back(done.pdf, paper, order, PRINTS[kind])
    assert len(found.pages) == (len(people) if Choice.INDIVIDUAL_SHEETS in chosen else -(-len(people) // 4))
