"""A file whose text says one thing and whose drawing shows another is refused."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

from akashi.documents.compose import GlyphMissing, compose_jumin
from akashi.documents.compose.fonts import FontChain
from akashi.documents.read import FileRefused, FontsUnfit, Rule, read_back_jumin
from akashi.documents.read.glyphs import FONTS_DEBIAN, check_glyphs, known_fonts
from akashi.documents.read.sfnt import Sfnt, SfntRefused, same_glyph
from akashi.wire.certificates import Item
from akashi.wire.errors import WireCode
from akashi.wire.messages import JuminRecord
from unit.documents.people import ALL, FACE, HEAD, PRINTED, record
from unit.documents.surgery import Opened, opened

pytestmark = pytest.mark.needs("fonts")


def named(name: str) -> JuminRecord:
    return record(HEAD | {Item.NAME: name})


def parts_of(paper: JuminRecord) -> Opened:
    """Return the composed file with nothing compressed, so that a test can change bytes in place."""
    return opened(compose_jumin(paper, ALL, FACE).pdf)


def rule_of(pdf: bytes, paper: JuminRecord) -> Rule:
    with pytest.raises(FileRefused) as caught:
        read_back_jumin(pdf, paper, ALL, PRINTED)
    return caught.value.rule


def test_an_opened_file_still_reads_back() -> None:
    paper = named("甲乙　丙")
    assert read_back_jumin(parts_of(paper).pdf(), paper, ALL, PRINTED) == 1


@pytest.mark.promise("C4", "C11")
def test_a_text_layer_that_lies_about_another_persons_drawing_is_found() -> None:
    lying = parts_of(named("甲乙　丙")).replaced(b"> <7532>", b"> <8FBB>")
    assert rule_of(lying.pdf(), named("辻乙　丙")) is Rule.GLYPHS


@pytest.mark.promise("C11")
def test_a_text_layer_that_names_another_variant_is_found() -> None:
    lying = parts_of(named("葛\U000e0102　丙")).replaced(b"<845BDB40DD02>", b"<845BDB40DD04>")
    assert rule_of(lying.pdf(), named("葛\U000e0104　丙")) is Rule.GLYPHS


def test_characters_that_share_a_drawing_each_read_back_as_what_they_are() -> None:
    paper = named("葛葛\U000e0103葛\U000e0103辻辻\U000e0103か\u3099が")
    assert read_back_jumin(parts_of(paper).pdf(), paper, ALL, PRINTED) == 1


@pytest.mark.promise("C11")
def test_a_replacement_text_that_lies_is_found() -> None:
    parts = parts_of(named("葛葛\U000e0103　丙"))
    lying = parts.replaced(b"FEFF845BDB40DD03", b"FEFF845BDB40DD02")
    assert rule_of(lying.pdf(), named("葛葛\U000e0102　丙")) is Rule.GLYPHS
    # The same replacement in a form that PDFium takes and the check of glyphs does not know.
    hidden = parts.replaced(b"/Span<</ActualText<FEFF845BDB40DD03>>>BDC", b"/Spam<</ActualText<FEFF845BDB40DD03>>>BDC")
    assert rule_of(hidden.pdf(), named("葛葛\U000e0103　丙")) is Rule.CONTENT


@pytest.mark.promise("C11")
def test_one_changed_bit_of_an_outline_is_found() -> None:
    paper = named("甲乙　丙")
    parts = parts_of(paper)
    font = known_fonts(FONTS_DEBIAN)[0]
    gid = font.glyph_of("甲")
    assert gid is not None
    outline = font.sfnt.glyph(gid)
    for place in (4, len(outline) // 2, len(outline) - 2):
        spoiled = outline[:place] + bytes([outline[place] ^ 1]) + outline[place + 1 :]
        assert rule_of(parts.replaced(outline, spoiled).pdf(), paper) is Rule.GLYPHS


def test_a_character_whose_text_is_missing_is_found() -> None:
    paper = named("甲乙　丙")
    parts = parts_of(paper)
    line = b"<" + parts.code_of("甲") + b"> <7532>\n"
    unmapped = parts.replaced(line, b"")
    assert rule_of(unmapped.pdf(), paper) is Rule.TEXT_MAP
    before, _, rest = parts.text_map.partition(line)
    section = before.rindex(b" beginbfchar")
    count = before[before.rindex(b"\n", 0, section) + 1 : section]
    counted = before.replace(b"\n" + count + b" begin", b"\n%d begin" % (int(count) - 1)) + rest
    assert rule_of(parts.replaced(parts.text_map, counted).pdf(), paper) is Rule.CONTENT


@pytest.mark.parametrize(
    ("before", "after", "rule"),
    [
        (b"/Identity-H", b"/Identity-V", Rule.FILE_FORM),
        (b"/CIDFontType2", b"/CIDFontType0", Rule.FILE_FORM),
        (b"/CIDToGIDMap/Identity", b"/CIDToGIDMap/Identitx", Rule.FILE_FORM),
        (b"endbfchar", b"endbfrang", Rule.TEXT_MAP),
        (b"beginbfchar", b"beginbfrange", Rule.TEXT_MAP),
    ],
)
def test_a_font_of_another_make_is_found(before: bytes, after: bytes, rule: Rule) -> None:
    paper = named("甲乙　丙")
    assert rule_of(parts_of(paper).replaced(before, after).pdf(), paper) is rule


def test_fonts_that_cannot_be_used_are_the_operators_matter() -> None:
    pdf = compose_jumin(named("甲"), ALL, FACE).pdf
    for fonts in (("/nowhere.ttf",), (__file__,)):
        with pytest.raises(FontsUnfit) as caught:
            check_glyphs(pdf, fonts)
        again = pickle.loads(pickle.dumps(caught.value))  # noqa: S301 - our own bytes
        assert (again.code, again.detail) == (WireCode.INTERNAL, Path(fonts[0]).name)


@pytest.mark.skipif(not Path("/usr/share/fonts/truetype/dejavu").exists(), reason="not run: no font with composite glyphs here")
def test_composites_are_compared_part_by_part() -> None:
    serif, sans = (known_fonts((f"/usr/share/fonts/truetype/dejavu/DejaVu{kind}.ttf",))[0] for kind in ("Serif", "Sans"))
    for char in "éÄ":
        gid = serif.glyph_of(char)
        assert gid is not None
        assert serif.sfnt.glyph(gid)[:1] >= b"\x80"
        assert serif.draws(char, serif.sfnt, gid)
    acute, grave = serif.glyph_of("é"), serif.glyph_of("è")
    assert acute is not None
    assert grave is not None
    assert not same_glyph(serif.sfnt, acute, serif.sfnt, grave)
    assert not serif.draws("é", sans.sfnt, sans.glyph_of("é") or 0)
    with pytest.raises(SfntRefused):
        same_glyph(serif.sfnt, acute, serif.sfnt, acute, depth=5)


def test_sfnt_gives_nothing_outside_the_file() -> None:
    sfnt = known_fonts(FONTS_DEBIAN)[0].sfnt
    for gid in (-1, sfnt.glyph_count):
        with pytest.raises(SfntRefused):
            sfnt.glyph(gid)
        with pytest.raises(SfntRefused):
            sfnt.metrics(gid)
    with pytest.raises(SfntRefused):
        Sfnt(b"OTTO")
    assert sfnt.table("none") == b""


def _sharing() -> list[list[str]]:
    """Return every group of texts for which the font has one drawing."""
    groups: dict[str, list[str]] = {}
    with TTFont(FONTS_DEBIAN[0], lazy=True) as font:
        nominal = font.getBestCmap()
        for code, name in nominal.items():
            groups.setdefault(name, []).append(chr(code))
        for selector, pairs in next(table for table in font["cmap"].tables if table.format == 14).uvsDict.items():
            for base, name in pairs:
                groups.setdefault(name or nominal[base], []).append(chr(base) + chr(selector))
    return [texts for texts in groups.values() if len(texts) > 1]


def _read_back_together(groups: list[list[str]]) -> None:
    chain = FontChain(FONTS_DEBIAN)
    for start in range(0, len(groups), 10):
        words = [text for texts in groups[start : start + 10] for text in texts if _is_drawable(text, chain)]
        paper = record(HEAD | {Item.HONSEKI: "".join(words), Item.PREVIOUS_ADDRESS: "".join(reversed(words))})
        assert read_back_jumin(compose_jumin(paper, ALL, FACE).pdf, paper, ALL, PRINTED) == 1


def _is_drawable(text: str, chain: FontChain) -> bool:
    try:
        return bool(chain.clusters(text, item="x")) and not text.isspace()
    except GlyphMissing:
        return False


@pytest.mark.promise("C11")
def test_signs_that_share_a_drawing_read_back_beside_each_other() -> None:
    signs = [texts for texts in _sharing() if any(len(text) == 1 and text < "\u3400" for text in texts)]
    assert len(signs) > 10
    _read_back_together(signs + _sharing()[::100])


@pytest.mark.nightly
@pytest.mark.promise("C11")
def test_all_that_share_a_drawing_read_back_beside_each_other() -> None:
    _read_back_together(_sharing())
