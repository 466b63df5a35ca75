"""A file whose text says one thing and whose drawing shows another is refused."""

from __future__ import annotations

import pickle
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
import uharfbuzz as hb
from fontTools.ttLib import TTFont

from akashi.documents.compose import GlyphMissing, compose_jumin
from akashi.documents.compose.fonts import FontChain
from akashi.documents.read import FONTS_DEBIAN, FontsUnfit, Rule, city_fonts, read_back_jumin
from akashi.documents.read.program import make_program
from akashi.documents.read.sfnt import Sfnt, SfntRefused, components, is_composite, without_instructions
from akashi.wire.certificates import Item
from akashi.wire.errors import WireCode
from akashi.wire.messages import JuminRecord
from unit.documents.hostile import Program, program_of, rule_of, with_program
from unit.documents.people import ALL, FACE, HEAD, PRINTED, record
from unit.documents.surgery import Opened, opened

pytestmark = pytest.mark.needs("fonts")
DEJAVU = Path("/usr/share/fonts/truetype/dejavu")


def named(name: str) -> JuminRecord:
    return record(HEAD | {Item.NAME: name})


def parts_of(paper: JuminRecord) -> Opened:
    return opened(compose_jumin(paper, ALL, FACE).pdf)


def with_line(parts: Opened, before: bytes, after: bytes) -> Opened:
    """Return the file with another line in the text map of its values."""
    number = parts.font() + 4
    assert before in parts.content(number)
    return parts.with_content(number, parts.content(number).replace(before, after))


@pytest.mark.promise("C4", "C11")
@pytest.mark.parametrize(
    ("shown", "said"), [("甲乙　丙", "由乙　丙"), ("葛\U000e0102　丙", "葛\U000e0104　丙"), ("葛　丙", "葛\U000e0102　丙")]
)
def test_a_text_layer_that_names_something_else_is_found(shown: str, said: str) -> None:
    """Another character, another variant, a variant for the plain character: map and words fit, the drawing does not."""
    lying = with_line(parts_of(named(shown)), b"> <%b>" % _written(shown[:-2]), b"> <%b>" % _written(said[:-2]))
    assert rule_of(lying, named(said)) in {Rule.GLYPHS, Rule.TEXT_MAP}


def _written(text: str) -> bytes:
    """Return the first cluster as maps write it."""
    first = text[: 2 if len(text) > 1 and text[1] > "\U000e0000" else 1]
    return first.encode("utf-16-be").hex().upper().encode()


def test_characters_that_share_a_drawing_each_read_back_as_what_they_are() -> None:
    paper = named("葛葛\U000e0103葛\U000e0103辻辻\U000e0103か\u3099が")
    assert read_back_jumin(parts_of(paper).pdf(), paper, ALL, PRINTED).pages


@pytest.mark.promise("C11")
def test_one_changed_bit_of_an_outline_is_found() -> None:
    """In a program that is well made otherwise: offsets, lengths and sums fit."""
    paper = named("甲乙　丙")
    parts = parts_of(paper)
    program = program_of(parts)
    assert with_program(parts, program) == parts
    outlines = program.outlines()
    gid = int(parts.codes_of("甲")[0], 16)
    for place in (4, len(outlines[gid]) // 2, len(outlines[gid]) - 3):
        spoiled = bytearray(outlines[gid])
        spoiled[place] ^= 1
        changed = program.with_outlines([*outlines[:gid], bytes(spoiled), *outlines[gid + 1 :]])
        assert rule_of(with_program(parts, changed), paper) is Rule.GLYPHS


@pytest.mark.promise("C4", "C11")
def test_another_persons_outline_is_found() -> None:
    """The outline of 甲 for 乙 and the other way round, in values and in labels."""
    paper = named("甲乙　丙")
    parts = parts_of(paper)
    for font, words in ((b"v0", "甲乙"), (b"f0", "住所")):
        program = program_of(parts, font)
        outlines = program.outlines()
        one, other = (int(code, 16) for code in parts.codes_of(words, font))
        outlines[one], outlines[other] = outlines[other], outlines[one]
        assert rule_of(with_program(parts, program.with_outlines(outlines), font), paper) is Rule.GLYPHS


@pytest.mark.promise("C11")
@pytest.mark.parametrize(
    "spoil",
    [
        lambda program: program.flipped(b"head", 36),
        lambda program: program.flipped(b"head", 18),
        lambda program: program.flipped(b"hhea", 4),
        lambda program: program.flipped(b"maxp", 8),
        lambda program: program.flipped(b"hmtx", 9),
        lambda program: program.flipped(b"hmtx", 3),
        lambda program: program.flipped(b"loca", 7),
        lambda program: program.with_table(b"prep", b"\xb0\x01"),
        lambda program: program.with_table(b"post", bytes(32)),
        lambda program: program.with_table(b"maxp", program.tables[b"maxp"] + b"\0"),
        lambda program: program.with_outlines([*program.outlines(), program.outlines()[3]]),
        lambda program: program.with_outlines([program.outlines()[3], *program.outlines()[1:]]),
        lambda program: Program(dict(reversed(program.tables.items()))),
    ],
)
def test_another_font_program_is_refused(spoil: Callable[[Program], Program]) -> None:
    paper = named("甲乙　丙")
    parts = parts_of(paper)
    assert rule_of(with_program(parts, spoil(program_of(parts))), paper) is Rule.GLYPHS


@pytest.mark.promise("C11")
@pytest.mark.parametrize(
    "spoil", [lambda data: data + b"\0", lambda data: data[:-4], lambda _: b"", lambda data: data[:20] + b"\x7f" + data[21:]]
)
def test_a_program_with_a_byte_more_or_other_is_refused(spoil: Callable[[bytes], bytes]) -> None:
    paper = named("甲乙　丙")
    parts = parts_of(paper)
    number = parts.font() + 3
    assert rule_of(parts.with_content(number, spoil(parts.content(number))), paper) is Rule.GLYPHS


@pytest.mark.promise("C4", "C11")
@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"<0002> <", b"<00002> <"),
        (b"<0002> <", b"<0003> <"),
        (b"<0002> <", b"<0002>  <"),
        (b"<0002> <", b"<0002> <0041"),
        (b"endbfchar\n", b"<0FFF> <8FBB>\nendbfchar\n"),
        (b"100 begin", b"99 begin"),
        (b"endbfchar", b"endbfrange"),
        (b"beginbfchar", b"beginbfrange"),
        (b"endcmap\n", b"/Other usecmap\nendcmap\n"),
        (b"end\nend\n", b"end\nend"),
        (b"<7532>", b"<7532D842>"),
        (b"<7532>", b"<753200410042004300440045>"),
        (b"> <0", b"> <0 "),
    ],
)
def test_a_map_written_otherwise_is_refused(before: bytes, after: bytes) -> None:
    """Codes of five digits, ranges, maps in maps: other programs read these maps loosely and each in its own way."""
    paper = named("甲乙　丙")
    assert rule_of(with_line(parts_of(paper), before, after), paper) in {Rule.TEXT_MAP, Rule.GLYPHS}


@pytest.mark.promise("C11")
def test_a_character_whose_text_is_missing_is_found() -> None:
    paper = named("甲乙　丙")
    parts = parts_of(paper)
    line = b"<" + parts.codes_of("甲")[0] + b"> <7532>\n"
    assert rule_of(with_line(parts, line, b""), paper) is Rule.TEXT_MAP


@pytest.mark.promise("C11")
def test_a_glyph_that_nothing_uses_is_found() -> None:
    """The fonts of a paper with another value, honest in themselves, under values that leave one character out."""
    longer, shorter = named("甲乙　丙龍"), named("甲乙　丙")
    parts = parts_of(longer)
    mark = parts.mark_of("甲乙　丙龍")
    value, code = parts.value(mark), parts.codes_of("龍")[0]
    content = parts.content(parts.values()).replace(value, value.replace(code + b">", b">"))
    assert rule_of(parts.with_content(parts.values(), content), shorter) is Rule.GLYPHS


@pytest.mark.parametrize(
    ("before", "after"),
    [(b"/W[1[", b"/W[1[1000 "), (b" 1000]]", b" 999]]"), (b" 1000]]", b"]]"), (b"/W[1[", b"/W[2["), (b" 1000]]", b" 1000.0]]")],
)
def test_widths_are_the_fonts_own(before: bytes, after: bytes) -> None:
    paper = named("甲乙　丙")
    parts = parts_of(paper)
    number = parts.font() + 1
    text = parts.objects[number - 1][0]
    assert before in text
    assert rule_of(parts.with_object(number, text.replace(before, after)), paper) is Rule.GLYPHS


def test_fonts_that_cannot_be_used_are_the_operators_matter(tmp_path: Path) -> None:
    (tmp_path / "x.ttf").write_bytes(b"\x00\x01\x00\x00" + bytes(400))
    for font in ("/nowhere.ttf", __file__, str(tmp_path / "x.ttf")):
        with pytest.raises(FontsUnfit) as caught:
            city_fonts((font,))
        again = pickle.loads(pickle.dumps(caught.value))  # noqa: S301 - our own bytes
        assert (again.code, again.detail) == (WireCode.INTERNAL, Path(font).name)


def test_the_city_font_finds_every_character_and_variant_as_others_do() -> None:
    """HarfBuzz and fontTools name the same glyph for each."""
    city = city_fonts(FONTS_DEBIAN)[0]
    font = hb.Font(hb.Face(hb.Blob.from_file_path(FONTS_DEBIAN[0])))
    with TTFont(FONTS_DEBIAN[0], lazy=True) as whole:
        nominal = whole.getBestCmap()
        variants = next(table for table in whole["cmap"].tables if table.format == 14).uvsDict
        order = whole.getReverseGlyphMap()
    assert len(nominal) > 50_000
    assert all(city.glyph_of(chr(code)) == order[name] == font.get_nominal_glyph(code) for code, name in nominal.items())
    sequences = [(base, selector, name) for selector, pairs in variants.items() for base, name in pairs]
    assert len(sequences) > 11_000
    for base, selector, name in sequences:
        gid = city.glyph_of(chr(base) + chr(selector))
        assert gid == (order[name] if name else order[nominal[base]]) == font.get_variation_glyph(base, selector)
    for text in ("", "葛\U000e01ef", "\U0010fffd", "か\u3099\u3099", "ab", "葛城", "\ud800"):
        assert city.drawing(text) is None
    assert city.drawing("か\u3099") == city.drawing("が")._replace(text="か\u3099")  # type: ignore[union-attr]  # it is there


@pytest.mark.skipif(not DEJAVU.exists(), reason="not run: no font with composite glyphs here")
def test_composites_are_made_with_their_parts() -> None:
    """The program made for them draws, in fontTools, what the whole font draws."""
    city = city_fonts((str(DEJAVU / "DejaVuSerif.ttf"),))[0]
    drawings = [city.drawing(char) for char in "éÄÉeü"]
    assert all(drawing is not None for drawing in drawings)
    sfnt = Sfnt(make_program([drawing for drawing in drawings if drawing], city))
    assert sfnt.glyph_count > len(drawings) + 1
    for gid, drawing in enumerate(drawings, 1):
        assert drawing is not None
        assert is_composite(sfnt.glyph(gid)) == drawing.composite
        assert sfnt.metrics(gid)[0] == drawing.advance
        if drawing.composite:
            for part, own in zip(components(sfnt.glyph(gid)), components(drawing.outline), strict=True):
                assert part.gid > len(drawings)
                assert without_instructions(city.sfnt.glyph(own.gid)) == sfnt.glyph(part.gid)


def test_sfnt_gives_nothing_outside_the_file() -> None:
    sfnt = city_fonts(FONTS_DEBIAN)[0].sfnt
    for gid in (-1, sfnt.glyph_count):
        with pytest.raises(SfntRefused):
            sfnt.glyph(gid)
        with pytest.raises(SfntRefused):
            sfnt.metrics(gid)
        with pytest.raises(FontsUnfit):
            city_fonts(FONTS_DEBIAN)[0].glyph(gid)
    with pytest.raises(SfntRefused):
        Sfnt(b"OTTO")
    assert sfnt.table("none") == b""
    for broken in (b"\x00", struct.pack(">h8x", 9), struct.pack(">h8xHH", -1, 0x21, 5)):
        with pytest.raises(SfntRefused):
            without_instructions(broken)


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
        assert read_back_jumin(compose_jumin(paper, ALL, FACE).pdf, paper, ALL, PRINTED).pages


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
