"""Any text, any bytes: a certificate that reads back as what it is, or a documented refusal."""

from __future__ import annotations

from functools import cache

import pytest
from fontTools.ttLib import TTFont
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from akashi.documents.compose import GlyphMissing, RecordUnfit, TextOverflow, compose_jumin
from akashi.documents.compose.fonts import FONTS_DEBIAN, FontChain
from akashi.documents.read import FileRefused, read_back_jumin
from akashi.documents.read.sfnt import Sfnt, SfntRefused, without_instructions
from akashi.wire.certificates import Choice, Item, items_for
from unit.documents.people import ALL, FACE, FOREIGN, HEAD, PRINTED, SHAPES, WIFE, composed, record

pytestmark = pytest.mark.needs("fonts")

KANJI = st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF)
WRITTEN = st.text(
    st.one_of(KANJI, st.sampled_from("葛辻邉斉﨑𠮷髙 　-・（）「」、。ーァｱ゛゜ABCxyz0123１２々〆ヶéÄ")),
    min_size=1,
    max_size=14,
) | st.lists(st.sampled_from(["葛", "葛\U000e0102", "葛\U000e0103", "辻\U000e0102", "が", "か\u3099"]), min_size=1).map("".join)


@cache
def _of_the_font() -> tuple[str, ...]:
    """Return every character and every variation sequence of the font."""
    with TTFont(FONTS_DEBIAN[0], lazy=True) as font:
        nominal = [chr(code) for code in font.getBestCmap()]
        variants = next(table for table in font["cmap"].tables if table.format == 14).uvsDict
        return (*nominal, *(chr(base) + chr(selector) for selector, pairs in variants.items() for base, _ in pairs))


def _rare() -> st.SearchStrategy[str]:
    return st.lists(st.integers(0, 2**20), min_size=1, max_size=24).map(
        lambda places: "".join(_of_the_font()[place % len(_of_the_font())] for place in places)
    )


CHOICES = st.sets(st.sampled_from(ALL)).map(lambda chosen: tuple(choice for choice in Choice if choice in chosen))


@pytest.mark.promise("C11")
@settings(max_examples=60, deadline=None)
@given(name=WRITTEN, kana=WRITTEN, address=WRITTEN, foreign=st.booleans(), choices=CHOICES, whole=st.booleans())
def test_whatever_is_composed_reads_back(
    name: str, kana: str, address: str, *, foreign: bool, choices: tuple[Choice, ...], whole: bool
) -> None:
    values = (FOREIGN if foreign else HEAD) | {Item.NAME: name, Item.NAME_KANA: kana, Item.PREVIOUS_ADDRESS: address}
    paper = record(values, HEAD, choices=choices, whole=whole)
    try:
        pdf = compose_jumin(paper, choices, FACE).pdf
    except (GlyphMissing, TextOverflow, RecordUnfit):
        return
    assert len(read_back_jumin(pdf, paper, choices, PRINTED).pages) == 1


@pytest.mark.promise("C11")
@settings(max_examples=60, deadline=None)
@given(honseki=_rare(), previous=_rare(), address=_rare())
def test_whatever_the_font_has_reads_back_or_refuses(honseki: str, previous: str, address: str) -> None:
    values = HEAD | {Item.HONSEKI: honseki, Item.PREVIOUS_ADDRESS: previous}
    paper = record(values, WIFE, address=address)
    try:
        pdf = compose_jumin(paper, ALL, FACE).pdf
    except (GlyphMissing, TextOverflow, RecordUnfit):
        return
    assert len(read_back_jumin(pdf, paper, ALL, PRINTED).pages) == 1


@pytest.mark.promise("C11")
@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from([*"ﾞﾟ-‐　 （）、。ыヵｶが葛", "か\u3099", "\U00025114", "葛\U000e0103"]), min_size=1, max_size=20))
def test_characters_that_programs_treat_otherwise_read_back_or_refuse(parts: list[str]) -> None:
    text = "".join(parts)
    paper = record(HEAD | {Item.NAME: text, Item.HONSEKI: text * 4})
    try:
        pdf = compose_jumin(paper, ALL, FACE).pdf
    except (GlyphMissing, TextOverflow, RecordUnfit):
        return
    assert len(read_back_jumin(pdf, paper, ALL, PRINTED).pages) == 1


@pytest.mark.promise("C4")
@settings(max_examples=40, deadline=None)
@given(data=st.data(), value=WRITTEN)
def test_any_other_value_of_any_item_is_found(data: st.DataObject, value: str) -> None:
    paper, choices = SHAPES["one, everything"]
    item = data.draw(st.sampled_from(items_for(choices)))
    assume(value != HEAD.get(item, ""))
    other = record(HEAD | {item: value})
    with pytest.raises(FileRefused):
        read_back_jumin(composed("one, everything").pdf, other, choices, PRINTED)
    assert read_back_jumin(composed("one, everything").pdf, paper, choices, PRINTED).pages


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_changed_bytes_of_a_file_read_back_or_refuse(data: st.DataObject) -> None:
    paper, choices = SHAPES["one, everything"]
    pdf = bytearray(composed("one, everything").pdf)
    for _ in range(data.draw(st.integers(1, 4))):
        pdf[data.draw(st.integers(0, len(pdf) - 1))] = data.draw(st.integers(0, 255))
    try:
        found = read_back_jumin(bytes(pdf), paper, choices, PRINTED)
    except FileRefused:
        return
    assert len(found.pages) == 1


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=400) | st.binary(max_size=400).map(lambda tail: b"%PDF-1.7\n" + tail + b"startxref\n0\n%%EOF"))
def test_any_bytes_refuse(untrusted: bytes) -> None:
    paper, choices = SHAPES["one, everything"]
    with pytest.raises(FileRefused):
        read_back_jumin(untrusted, paper, choices, PRINTED)


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=30))
def test_any_text_is_clusters_or_refused(text: str) -> None:
    try:
        clusters = FontChain(FONTS_DEBIAN).clusters(text, item="x")
    except GlyphMissing:
        return
    assert "".join(cluster.text for cluster in clusters) == text
    assert all(0 <= cluster.advance_em <= 2 for cluster in clusters)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300), st.sampled_from([b"", b"\x00\x01\x00\x00\x00\x06"]), st.integers(0, 70_000))
def test_any_bytes_are_a_font_or_refused(untrusted: bytes, start: bytes, gid: int) -> None:
    try:
        sfnt = Sfnt(start + untrusted)
        assert len(without_instructions(sfnt.glyph(gid))) % 4 == 0
        assert len(sfnt.metrics(gid)) == 2
    except SfntRefused:
        return
