"""Font programs put together by hand: another program reads them, and finds the font's own outlines under the right texts."""

from __future__ import annotations

import io
import re
import struct
from functools import cache
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from fontTools.pens.recordingPen import DecomposingRecordingPen
from fontTools.ttLib import TTFont
from hypothesis import given, settings
from hypothesis import strategies as st

from akashi.documents.compose import FontsRefused, GlyphMissing, compose_jumin
from akashi.documents.compose.fonts import FONTS_DEBIAN, FontChain
from akashi.documents.compose.outlines import FontFile
from akashi.wire.certificates import Item
from unit.documents.people import ALL, FACE, FOREIGN, HEAD, WIFE, composed, record

pytestmark = pytest.mark.needs("fonts")
DEJAVU = "/usr/share/fonts/truetype/dejavu/DejaVuSerif.ttf"
needs_dejavu = pytest.mark.skipif(not Path(DEJAVU).exists(), reason="not run: this machine has no second TrueType font to chain")


@pytest.mark.promise("C11")
def test_every_embedded_outline_is_the_fonts_own_for_its_text() -> None:
    rare = HEAD | {Item.NAME: "葛葛\U000e0102葛\U000e0103辻辻\U000e0102邉\U000e010f斉\U000e0103﨑𠮷髙濵桒㐂"}
    drawn = _outlines(compose_jumin(record(rare, WIFE, FOREIGN), ALL, FACE).pdf)
    # 葛 and 葛+E0103 have one drawing in this font: each is in the file under its own text.
    assert {"葛", "葛\U000e0102", "葛\U000e0103", "辻\U000e0102", "𠮷", "髙"} <= set(drawn)
    assert drawn["葛"] == drawn["葛\U000e0103"] != drawn["葛\U000e0102"]
    for text, outline in drawn.items():
        assert outline == _own(FONTS_DEBIAN[0], text), ascii(text)


@needs_dejavu
def test_composite_glyphs_bring_their_parts() -> None:
    letters = "ẮỆŁǅÅÄẞṠđ"
    fonts = (*FONTS_DEBIAN, DEJAVU)
    chain = FontChain(fonts)
    clusters = [cluster for cluster in chain.clusters(letters, item="x") if cluster.font == 1]
    assert len(clusters) >= 4
    assert any(cluster.outline.parts for cluster in clusters)
    drawn = _outlines(compose_jumin(record(FOREIGN | {Item.NAME_LATIN: letters}), ALL, FACE, fonts=fonts).pdf)
    for cluster in clusters:
        assert drawn[cluster.text] == _own(DEJAVU, cluster.text)


@needs_dejavu
@pytest.mark.parametrize("hinted", [False, True])
@pytest.mark.parametrize("path", [FONTS_DEBIAN[0], DEJAVU])
def test_another_program_reads_a_font_program_and_its_check_sums(path: str, *, hinted: bool) -> None:
    own = _read(path)
    names = [own.getBestCmap()[ord(letter)] for letter in "AÄ Å1é"]
    file = FontFile(Path(path), hinted=hinted)
    program = file.program([file.outline(own.getGlyphID(name)) for name in names])
    read = TTFont(io.BytesIO(program), checkChecksums=2)
    hinting = [tag for tag in ("cvt ", "fpgm", "prep") if tag in own] if hinted else []
    assert sorted(read.keys()) == sorted(["GlyphOrder", "glyf", "head", "hhea", "hmtx", "loca", "maxp", *hinting])
    glyphs, order = read.getGlyphSet(), read.getGlyphOrder()
    for number, name in enumerate(names, 1):
        assert _outline(glyphs, order[number]) == _outline(own.getGlyphSet(), name)
        assert read["hmtx"][order[number]] == own["hmtx"][name]
        has_program = hasattr(read["glyf"][order[number]], "program") and bool(read["glyf"][order[number]].program.getBytecode())
        assert hinted or not has_program
    assert read["glyf"][order[0]].numberOfContours == 0
    total = sum(struct.unpack(f">{len(program) // 4}I", program)) & 0xFFFFFFFF
    assert total == 0xB1B0AFBA


@pytest.mark.promise("C11")
def test_each_text_has_one_number_and_they_rise_with_the_code_points() -> None:
    with pikepdf.open(io.BytesIO(composed("six, two sheets").pdf)) as pdf:
        for font in pdf.pages[0].obj.Resources.Font.values():
            pairs = _to_unicode(font.ToUnicode.read_bytes())
            texts = [text for _, text in pairs]
            assert [number for number, _ in pairs] == list(range(1, len(pairs) + 1))
            assert texts == sorted(set(texts))
            widths = list(font.DescendantFonts[0].W)
            program = TTFont(io.BytesIO(font.DescendantFonts[0].FontDescriptor.FontFile2.read_bytes()))
            assert widths[0] == 1
            assert [float(width) for width in widths[1]] == [
                1000 * program["hmtx"][name][0] / program["head"].unitsPerEm for name in program.getGlyphOrder()[1:]
            ]


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_broken_font_is_refused_and_nothing_else(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    if not Path(DEJAVU).exists():
        pytest.skip("not run: this machine has no small TrueType font to break")
    whole = bytearray(Path(DEJAVU).read_bytes())
    for _ in range(data.draw(st.integers(1, 12))):
        whole[data.draw(st.integers(0, 600))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.mktemp("font") / "broken.ttf"
    path.write_bytes(bytes(whole[: data.draw(st.sampled_from([0, 3, 40, 700, 9000, len(whole)]))]))
    try:
        chain = FontChain((str(path),))
        clusters = chain.clusters("AÄ1", item="x")
        chain.fonts[0].file.program([cluster.outline for cluster in clusters])
    except (FontsRefused, GlyphMissing):
        pass


@cache
def _read(path: str) -> Any:
    return TTFont(path, lazy=True)


@cache
def _font(path: str) -> tuple[Any, dict[int, str], dict[tuple[int, int], str | None]]:
    font = _read(path)
    variants = [table.uvsDict for table in font["cmap"].tables if table.format == 14]
    sequences = {(base, selector): glyph for table in variants for selector, pairs in table.items() for base, glyph in pairs}
    return font.getGlyphSet(), font.getBestCmap(), sequences


def _own(path: str, text: str) -> object:
    glyphs, nominal, sequences = _font(path)
    name = (sequences[ord(text[0]), ord(text[1])] or nominal[ord(text[0])]) if len(text) == 2 else nominal[ord(text)]
    return _outline(glyphs, name)


def _outline(glyphs: Any, name: str) -> object:
    pen = DecomposingRecordingPen(glyphs)
    glyphs[name].draw(pen)
    return pen.value


def _outlines(pdf: bytes) -> dict[str, object]:
    """Return text to outline for every glyph of every font in the file, by the file's own text layer."""
    found: dict[str, object] = {}
    with pikepdf.open(io.BytesIO(pdf)) as file:
        for page in file.pages:
            for font in page.obj.Resources.Font.values():
                program = TTFont(io.BytesIO(font.DescendantFonts[0].FontDescriptor.FontFile2.read_bytes()))
                glyphs, order = program.getGlyphSet(), program.getGlyphOrder()
                for number, text in _to_unicode(font.ToUnicode.read_bytes()):
                    found[text] = _outline(glyphs, order[number])
    assert found
    return found


def _to_unicode(cmap: bytes) -> list[tuple[int, str]]:
    sections = re.findall(rb"(\d+) beginbfchar\n(.*?)endbfchar", cmap, re.DOTALL)
    assert all(int(count) == lines.count(b"\n") <= 100 for count, lines in sections)
    pairs = re.findall(rb"<([0-9A-F]{4})> <([0-9A-F]+)>\n", b"".join(lines for _, lines in sections))
    return [(int(code, 16), bytes.fromhex(text.decode()).decode("utf-16-be")) for code, text in pairs]
