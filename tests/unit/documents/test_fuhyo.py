"""戸籍の附票の写し: what is composed reads back, and what is wrong is found."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from akashi.documents.compose import GlyphMissing, RecordUnfit, TextOverflow, compose_fuhyo
from akashi.documents.compose.errors import ComposeRefused
from akashi.documents.read import FileRefused, Rule, read_back_fuhyo
from akashi.wire.certificates import Choice
from akashi.wire.messages import FuhyoAddress, FuhyoPerson, FuhyoRecord
from unit.documents.koseki_people import FUHYO_FACE, FUHYO_PRINTED, ZENBU_FACE, fuhyo_of, registers

pytestmark = pytest.mark.needs("fonts")
BOTH = (Choice.HONSEKI, Choice.OVERSEAS_VOTER)
VOTER = "在外選挙人名簿登録市区町村名　東京都証野市"


def person(name: str, *addresses: str, removed: bool = False, voter: str = "", note: str = "") -> FuhyoPerson:
    found = tuple(FuhyoAddress(address, "令和3年6月1日", note) for address in addresses)
    return FuhyoPerson(0, removed, name, "昭和60年4月12日", "男", found, voter)


PAPER = structs.replace(
    fuhyo_of(registers(1)[0], chosen=True),
    honseki="東京都証野市緑が丘四丁目27番",
    hittosha="葛\U000e0102城　髙志",
    persons=(
        person("葛\U000e0102城　髙志", "東京都証野市緑が丘四丁目27番2号", "福岡県北九州市小倉北区城内1番1号", voter=VOTER),
        person("𠮷子", "東京都証野市緑が丘四丁目27番2号", removed=True, note="職権消除"),
        person("光"),
    ),
)


def made(record: FuhyoRecord, choices: tuple[Choice, ...] = BOTH) -> bytes:
    return compose_fuhyo(record, choices, FUHYO_FACE).pdf


def refusal(pdf: bytes, record: FuhyoRecord = PAPER, choices: tuple[Choice, ...] = BOTH) -> FileRefused:
    with pytest.raises(FileRefused) as caught:
        read_back_fuhyo(pdf, record, choices, FUHYO_PRINTED)
    return caught.value


def with_person(index: int, **changes: object) -> FuhyoRecord:
    persons = list(PAPER.persons)
    persons[index] = structs.replace(persons[index], **changes)
    return structs.replace(PAPER, persons=tuple(persons))


@pytest.mark.promise("C4", "C11")
@pytest.mark.parametrize("chosen", [True, False])
@pytest.mark.parametrize("whole", [True, False])
def test_supplements_of_the_city_read_back(chosen: bool, whole: bool) -> None:  # noqa: FBT001 - of the test
    choices = BOTH if chosen else ()
    for register in registers(25):
        paper = fuhyo_of(register, chosen=chosen, whole=whole)
        done = compose_fuhyo(paper, choices, FUHYO_FACE)
        words = dict(read_back_fuhyo(done.pdf, paper, choices, FUHYO_PRINTED).pages[0].words())
        assert words["title"] == f"戸籍の附票の写し（{'全部' if whole else '一部'}）"
        assert ("honseki" in words) == chosen


def test_given_names_only_where_the_head_is_named_above() -> None:
    shown = dict(read_back_fuhyo(made(PAPER), PAPER, BOTH, FUHYO_PRINTED).pages[0].words()).values()
    assert {
        "【氏名】葛\U000e0102城　髙志",
        "【名】𠮷子",
        "【名】光",
        "【備考】職権消除",
        f"【在外選挙人名簿等への登録】{VOTER}",
    } <= set(shown)
    plain = structs.replace(PAPER, honseki="", hittosha="", persons=(person("葛\U000e0102城　𠮷子", "緑が丘"),))
    shown = dict(read_back_fuhyo(made(plain, ()), plain, (), FUHYO_PRINTED).pages[0].words()).values()
    assert "【氏名】葛\U000e0102城　𠮷子" in shown


def test_many_addresses_go_on_and_name_whose_they_are() -> None:
    many = with_person(1, addresses=tuple(FuhyoAddress(f"東京都証野市{at}番", "", "") for at in range(60)))
    pages = [dict(page.words()) for page in read_back_fuhyo(made(many), many, BOTH, FUHYO_PRINTED).pages]
    assert len(pages) > 2
    for page in pages[1:-1]:
        assert (page["row-1 left"], page["row-1 right"]) == ("附票に記録されている者（続き）", "【名】𠮷子")
        assert page["row-2 removed"] == "除　籍"
    for page in pages:
        shown = list(page.values())
        assert sum(words.startswith("【住所】") for words in shown) == sum(
            words.startswith("【住所を定めた年月日】") for words in shown
        )


@pytest.mark.promise("C4", "C11")
@pytest.mark.parametrize(
    ("printed", "rule"),
    [
        (with_person(0, addresses=PAPER.persons[0].addresses[::-1]), Rule.TEXT_WORDS),
        (with_person(0, addresses=PAPER.persons[0].addresses[:1]), Rule.FILE_FORM),
        (with_person(1, removed=False), Rule.FILE_FORM),
        (with_person(1, name="吉子"), Rule.TEXT_WORDS),
        (with_person(1, sex=""), Rule.FILE_FORM),
        (with_person(0, overseas_voter=""), Rule.FILE_FORM),
        (structs.replace(PAPER, whole=False), Rule.TEXT_WORDS),
        (structs.replace(PAPER, made_on="平成28年4月2日"), Rule.TEXT_WORDS),
        (structs.replace(PAPER, honseki="東京都証野市緑が丘四丁目28番"), Rule.TEXT_WORDS),
        (structs.replace(PAPER, persons=PAPER.persons[:2]), Rule.FILE_FORM),
    ],
)  # fmt: skip
def test_one_wrong_thing_is_found(printed: FuhyoRecord, rule: Rule) -> None:
    assert refusal(made(printed)).rule is rule


def test_a_neighbours_supplement_and_another_sentence_are_found() -> None:
    neighbour = fuhyo_of(registers(2)[1], chosen=True)
    assert refusal(made(neighbour)).rule in (Rule.PAGE_COUNT, Rule.FILE_FORM, Rule.TEXT_WORDS)
    assert refusal(compose_fuhyo(PAPER, BOTH, ZENBU_FACE).pdf).box == "statement"


@pytest.mark.promise("C3")
@pytest.mark.parametrize(
    ("record", "choices"),
    [
        (PAPER, (Choice.OVERSEAS_VOTER,)),
        (PAPER, (Choice.HONSEKI,)),
        (structs.replace(PAPER, honseki=""), BOTH),
        (structs.replace(PAPER, honseki="", hittosha=""), BOTH),
        (structs.replace(PAPER, hittosha=""), (Choice.OVERSEAS_VOTER,)),
    ],
)
def test_a_record_with_other_items_than_the_choices_refuses_on_both_sides(
    record: FuhyoRecord, choices: tuple[Choice, ...]
) -> None:
    with pytest.raises(RecordUnfit):
        made(record, choices)
    assert refusal(b"", record, choices).rule is Rule.RECORD_ITEMS


def test_what_does_not_fit_or_cannot_be_drawn_refuses() -> None:
    with pytest.raises(TextOverflow):
        made(structs.replace(PAPER, honseki="字" * 140))
    with pytest.raises(TextOverflow):
        made(with_person(0, addresses=tuple(FuhyoAddress("字" * 500, "字" * 500, "字" * 500) for _ in range(200))))
    with pytest.raises(GlyphMissing):
        made(with_person(0, name="葛\U000e0100城"))


_TEXT = st.text("一二葛\U000e0102𠮷髙Aaｂ1１　 、（）か\u3099〇", max_size=60)
_ADDRESS = st.builds(FuhyoAddress, _TEXT, _TEXT, _TEXT)
_PERSON = st.builds(
    FuhyoPerson, st.just(0), st.booleans(), _TEXT, _TEXT, _TEXT, st.lists(_ADDRESS, max_size=20).map(tuple), st.just("")
)


@settings(max_examples=80, deadline=None)
@given(st.lists(_PERSON, min_size=1, max_size=4).map(tuple), st.booleans())
def test_whatever_is_composed_reads_back(persons: tuple[FuhyoPerson, ...], whole: bool) -> None:  # noqa: FBT001 - drawn
    paper = structs.replace(PAPER, persons=persons, whole=whole)
    try:
        done = compose_fuhyo(paper, BOTH, FUHYO_FACE)
    except ComposeRefused:
        return
    assert len(read_back_fuhyo(done.pdf, paper, BOTH, FUHYO_PRINTED).pages) == done.page_count
