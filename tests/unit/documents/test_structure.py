"""The gate: files that a taken-over issuer could write by hand, well-formed and drawn by PDFium, that only look composed."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from akashi.documents.compose import compose_jumin
from akashi.documents.read import FileRefused, Rule, read_back_jumin
from akashi.documents.read.glyphs import FONTS_DEBIAN, known_fonts
from akashi.documents.read.structure import check_form
from akashi.wire.certificates import Choice, Item
from akashi.wire.messages import JuminRecord
from unit.documents.people import (
    ALL,
    CHILD,
    FACE,
    FOREIGN,
    HEAD,
    NEIGHBOUR,
    PRINTED,
    SHAPES,
    WIFE,
    Values,
    composed,
    record,
)
from unit.documents.surgery import Opened, opened

pytestmark = pytest.mark.needs("fonts")

NAME_SHOWN = re.compile(rb"BT 0 Tr/f0 14 Tf 1 0 0 -1 0 0 Tm\[([^\n]*)\]TJ\nET")


def paper_of(name: str, previous: str = "辻町") -> JuminRecord:
    """Return a record in which the printed name stands once at its size, and 辻 in another place, so that the font has it."""
    return record(HEAD | {Item.NAME: name, Item.HITTOSHA: "丙", Item.PREVIOUS_ADDRESS: previous})


SHOWN, WANTED = paper_of("甲乙　丙"), paper_of("辻乙　丙")
"""What the paper shows; what the registry says and the attacker wants signed."""


def parts_of(paper: JuminRecord = SHOWN) -> Opened:
    return opened(compose_jumin(paper, ALL, FACE).pdf)


def rule_of(parts: Opened, paper: JuminRecord = WANTED) -> Rule:
    with pytest.raises(FileRefused) as caught:
        read_back_jumin(parts.pdf(), paper, ALL, PRINTED)
    return caught.value.rule


def with_name(parts: Opened, shown: bytes) -> Opened:
    """Return the file with other operators where the name is drawn."""
    found = NAME_SHOWN.search(parts.content_of(b"/MCID 0"))
    assert found is not None
    return parts.replaced(found[0], shown)


@pytest.mark.promise("C4", "C11")
def test_what_is_taken_apart_and_put_together_is_the_composed_file() -> None:
    for shape, (paper, choices) in SHAPES.items():
        pdf = opened(composed(shape).pdf).pdf()
        assert read_back_jumin(pdf, paper, choices, PRINTED) == composed(shape).page_count


@pytest.mark.promise("C4", "C11")
def test_a_map_with_a_code_of_five_digits_is_refused() -> None:
    """PDFium reads a code of any length; a search for four digits passes it by."""
    parts = parts_of()
    code = parts.code_of("甲")
    line, last = b"<" + code + b"> <7532>\n", parts.text_map.rindex(b"endbfchar")
    lying = (parts.text_map[:last] + b"<0" + code + b"> <8FBB>\n" + parts.text_map[last:]).replace(line, b"")
    assert rule_of(parts.replaced(parts.text_map, lying)) is Rule.TEXT_MAP


@pytest.mark.promise("C4", "C11")
def test_a_replacement_text_inside_a_string_hides_no_other_one() -> None:
    """A search through the bytes finds the span in the string; PDFium finds the other one, which is spelled otherwise."""
    parts = parts_of()
    wrong, right = parts.code_of("甲"), parts.code_of("辻")
    rest = b"".join(parts.code_of(char) for char in "乙　丙")
    decoy = b"(/Span<</ActualText<FEFF8FBB>>>BDC 0 Tr/f0 14 Tf 1 0 0 -1 0 0 Tm<" + right + b">Tj\nEMC) zz\n"
    spelled = b"BT 0 Tr/f0 14 Tf 1 0 0 -1 0 0 Tm /Span << /ActualText <feff8fbb> >> BDC <" + wrong + b">Tj EMC "
    after = b"1 0 0 -1 14 0 Tm[<" + rest + b">]TJ\nET"
    assert rule_of(with_name(parts, decoy + spelled + after)) is Rule.CONTENT
    assert rule_of(with_name(parts, spelled + after)) is Rule.CONTENT
    # The same lie in the composer's own spelling is the glyphs' matter.
    span = b"BT/Span<</ActualText<FEFF8FBB>>>BDC 0 Tr/f0 14 Tf 1 0 0 -1 0 0 Tm<" + wrong + b">Tj\nEMC 0 Tr/f0 14 Tf "
    assert rule_of(with_name(parts, span + after)) is Rule.GLYPHS


@pytest.mark.promise("C4", "C11")
def test_a_page_below_the_page_is_refused() -> None:
    """A reader that takes /Kids for pages looks at the fonts of a node that draws nothing."""
    parts = parts_of()
    at = parts.number_of(b"/Type/Page/")
    page = parts.objects[at - 1][0]
    lying_map = parts.text_map.replace(b"> <7532>", b"> <8FBB>")
    font, resources = parts.number_of(b"/Type0"), parts.number_of(b"/ProcSet")
    old_map = parts.number_of(b"beginbfchar")
    parts, new_map = parts.added(parts.objects[old_map - 1][0], lying_map)
    parts, new_font = parts.added(re.sub(rb"/ToUnicode \d+", b"/ToUnicode %d" % new_map, parts.objects[font - 1][0]))
    parts, new_resources = parts.added(re.sub(rb"/f0 \d+", b"/f0 %d" % new_font, parts.objects[resources - 1][0]))
    below = re.sub(rb"/Parent \d+", b"/Parent %d" % at, re.sub(rb"/Resources \d+", b"/Resources %d" % new_resources, page))
    parts, new_page = parts.added(below)
    node = page.replace(b"/Type/Page/", b"/Type/Pages/Count 1/Kids[%d 0 R]/" % new_page)
    assert rule_of(parts.with_object(at, node)) is Rule.FILE_FORM
    # Without a type, or as a plain node of the tree.
    assert rule_of(parts.with_object(at, b"<</Type/Pages/Count 1/Kids[%d 0 R]>>" % new_page)) is Rule.FILE_FORM
    assert rule_of(parts.with_object(at, node.replace(b"/Type/Pages", b""))) is Rule.FILE_FORM


@pytest.mark.promise("C4", "C11")
def test_a_second_font_program_beside_the_honest_one_is_refused() -> None:
    """PDFium prefers /FontFile to /FontFile2."""
    parts = parts_of(WANTED)
    known = known_fonts(FONTS_DEBIAN)[0]
    honest, wrong = (known.sfnt.glyph(known.glyph_of(char) or 0) for char in "辻甲")
    program = parts.content_of(honest)
    lying = program.replace(honest, (wrong + bytes(len(honest)))[: len(honest)])
    parts, number = parts.added(b"<</Length 1/Filter/FlateDecode>>", lying)
    for key in (b"/FontFile", b"/FontFile3"):
        beside = parts.replaced(b"/FontFile2 ", key + b" %d 0 R/FontFile2 " % number)
        assert rule_of(beside) is Rule.FILE_FORM


@pytest.mark.promise("C4", "C11")
@pytest.mark.parametrize(
    "shown",
    [
        b"1 1 1 RG 12 w BT 2 Tr/f0 14 Tf 1 0 0 -1 0 0 Tm[%b]TJ\nET",
        b"/c0 CS 1 SCN 12 w 4 M\nBT 2 Tr/f0 14 Tf 1 0 0 -1 0 0 Tm[%b]TJ\nET",
        b"BT 2 Tr/f0 14 Tf 1 0 0 -1 0 0 Tm[%b]TJ\nET",
        b"BT 3 Tr/f0 14 Tf 1 0 0 -1 0 0 Tm[%b]TJ\nET",
        b"BT 0 Tr/f0 0.05 Tf 1 0 0 -1 0 0 Tm[%b]TJ\nET",
        b"BT 0 Tr/f0 5 Tf 1 0 0 -1 0 0 Tm[%b]TJ\nET",
        b"BT 0 Tr/f0 14 Tf 0.01 0 0 -0.01 0 0 Tm[%b]TJ\nET",
        b"BT 0 Tr/f0 14 Tf 1 0 0 -1 0 0 Tm[%b -50000 %b]TJ\nET",
        b"BT 50 Tz 0 Tr/f0 14 Tf 1 0 0 -1 0 0 Tm[%b]TJ\nET",
        b"0 0 1 1 re W n\nBT 0 Tr/f0 14 Tf 1 0 0 -1 0 0 Tm[%b]TJ\nET",
        b"/g0 gs\nBT 0 Tr/f0 14 Tf 1 0 0 -1 0 0 Tm[%b]TJ\nET",
        b"%% no\nBT 0 Tr/f0 14 Tf 1 0 0 -1 0 0 Tm[%b]TJ\nET",
        b"BT 0 Tr/f0 14 Tf 1 0 0 -1 0 0 Tm[%b]TJ\nET\nBT\nET",
        b"BT 0 Tr/f1 14 Tf 1 0 0 -1 0 0 Tm[%b]TJ\nET",
        b"BT 0 Tr/f0 14 Tf 1 0 0 -1 0 0 Tm%b'\nET",
        b"BT 0 Tr/f0 14 Tf 1 0 0 -1 0 0 Tm[%b]Tj\nET",
    ],
)
def test_a_name_that_is_drawn_otherwise_is_refused(shown: bytes) -> None:
    """White strokes over it, no ink, too small to see, squeezed, clipped, transparent: the text in the file is the right one."""
    parts = parts_of()
    found = NAME_SHOWN.search(parts.content_of(b"/MCID 0"))
    assert found is not None
    assert rule_of(with_name(parts, shown.replace(b"%b", found[1]).replace(b"%%", b"%")), SHOWN) is Rule.CONTENT


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"/Type/Catalog", b"/Type/Catalog/OpenAction<</S/JavaScript/JS(app.alert\\(1\\))>>"),
        (b"/Type/Catalog", b"/Type/Catalog/AA<</WP<</S/JavaScript/JS(x)>>>>"),
        (b"/Type/Catalog", b"/Type/Catalog/AF[<</Type/Filespec/F(a)/UF(a)/AFRelationship/Data/EF<</F 1 0 R>>>>]"),
        (b"/Type/Catalog", b"/Type/Catalog/Names<</EmbeddedFiles<</Names[]>>>>"),
        (b"/Type/Catalog", b"/Type/Catalog/AcroForm<</Fields[]>>"),
        (b"/Type/Catalog", b"/Type/Catalog/OCProperties<</OCGs[]/D<<>>>>"),
        (b"/Type/Catalog", b"/Type/Catalog/Extensions<<>>"),
        (b"/Type/Catalog", b"/Type/Catalog/Version/2.0"),
        (b"/Type/Catalog/", b"/Type /Catalog/"),
        (b"/Lang(ja)", b"/Lang(xx)"),
        (b"/Type/Page/", b"/Type/Page/AA<</O<</S/Launch/F(x.exe)>>>>/"),
        (b"/Type/Page/", b"/Type/Page/Annots[]/"),
        (b"/Type/Page/", b"/Type/Page/Rotate 180/"),
        (b"/Type/Page/", b"/Type/Page/UserUnit 9/"),
        (b"/Type/Page/", b"/Type/Page/CropBox[0 0 9 9]/"),
        (b"/Type/Page/", b"/Type/Page/Group<</S/Transparency>>/"),
        (b"/Type/Page/", b"/Page/"),
        (b"/MediaBox[0 0 595.2756 841.8898]", b"/MediaBox[0 0 595.2756 841.8898]/MediaBox[0 0 9 9]"),
        (b"/Count 1/Kids", b"/Count 2/Kids"),
        (b"/Type/Pages", b"/Type/Pages/Resources<<>>"),
        (b"/ProcSet", b"/ExtGState<</g0<</ca 0>>>>/ProcSet"),
        (b"/ProcSet", b"/XObject<<>>/ProcSet"),
        (b"/Font<<", b"/Font<</f0 1 0 R"),
        (b"/Encoding/Identity-H", b"/Encoding/Identity-H/Encoding/UniJIS-UTF16-H"),
        (b"/DW 0", b"/DW 1000"),
        (b"/DW 0", b"/DW 0/W2[0 9 0 0 0]"),
        (b"/DW 0", b"/DW 0/DW2[0 0]"),
        (b"/ItalicAngle 0", b"/ItalicAngle 40"),
        (b"/N 1/Range[0 1]", b"/N 1/Range[1 0]"),
        (b"/N 1/Range", b"/N 1/Alternate/DeviceRGB/Range"),
        (b"/S/GTS_PDFA1", b"/S/GTS_PDFX"),
        (b"/First 2 0 R", b"/First 2 0 R/A<</S/URI/URI(x)>>"),
        (b"/S/H1/", b"/S/H1/ActualText(x)/"),
        (b"/S/Figure/", b"/S/Figure/E(x)/"),
        (b"/S/H1/P ", b"/S/H1/C/x/P "),
        (b"K[0]", b"K[1]"),
        (b"/Creator(Typst", b"/Trapped/True/Creator(Typst"),
        (b"<pdfaid:part>2</pdfaid:part>", b"<pdfaid:part>2</pdfaid:part><pdfaid:part>2</pdfaid:part>"),
        (b"/Filter/FlateDecode", b"/Filter[/FlateDecode]"),
        (b"/Filter/FlateDecode", b"/Filter/FlateDecode/DecodeParms<</Predictor 12>>"),
        (b"/Filter/FlateDecode", b"/F(x)/Filter/FlateDecode"),
    ],
)  # fmt: skip
def test_one_key_more_or_other_is_refused(before: bytes, after: bytes) -> None:
    assert rule_of(parts_of().replaced(before, after, times=1), SHOWN) is Rule.FILE_FORM


@pytest.mark.promise("C11")
def test_widths_and_heights_are_the_fonts_own() -> None:
    parts = parts_of()
    for before, after in ((b"W[0 8 1000", b"W[0 7 1000 8 8 0"), (b"/Ascent 8", b"/Ascent 4"), (b"/Descent -1", b"/Descent -3")):
        assert rule_of(parts.replaced(before, after), SHOWN) is Rule.GLYPHS


@pytest.mark.promise("C11")
@pytest.mark.parametrize(
    "spoil",
    [
        lambda program: program.replace(b"post", b"SVG "),
        lambda program: program.replace(b"name", b"EBDT"),
        lambda program: program.replace(b"fpgm", b"glyf", 1),
        lambda program: program[:4] + b"\x00\x0a" + program[6:],
        lambda program: program[:20] + b"\x7f" + program[21:],
        lambda program: program[:4],
        lambda program: b"OTTO" + program[4:],
        lambda program: _changed_table(program, b"head", 36),
        lambda program: _changed_table(program, b"hhea", 4),
        lambda program: _changed_table(program, b"maxp", 8),
        lambda program: _changed_table(program, b"prep", 0),
    ],
)
def test_another_font_program_is_refused(spoil: Callable[[bytes], bytes]) -> None:
    parts = parts_of()
    at = parts.number_of(b"fpgm")
    text, program = parts.objects[at - 1]
    assert program is not None
    assert rule_of(parts.with_object(at, text, spoil(program)), SHOWN) is Rule.GLYPHS


def _changed_table(program: bytes, tag: bytes, place: int) -> bytes:
    entry = program.index(tag)
    at = int.from_bytes(program[entry + 8 : entry + 12], "big") + place
    return program[:at] + bytes([program[at] ^ 1]) + program[at + 1 :]


@pytest.mark.promise("C11")
def test_a_text_pushed_over_the_edge_of_its_box_is_refused() -> None:
    """By a quarter of its height, so that the line hides the end of a stroke: the middle is still inside."""
    parts = parts_of()
    shown = NAME_SHOWN.search(parts.content_of(b"/MCID 0"))
    assert shown is not None
    content = parts.content_of(b"/MCID 0")
    before = content[content.rindex(b"\nq ", 0, shown.start()) : shown.start()]
    found = re.fullmatch(rb"\nq 1 0 0 -1 (\S+) (\S+) cm/c0 cs 0 scn\n", before)
    assert found is not None
    for down in (6.6, -6.6):
        moved = b"\nq 1 0 0 -1 %s %.4f cm/c0 cs 0 scn\n" % (found[1], float(found[2]) - down)
        assert rule_of(parts.replaced(before + shown[0], moved + shown[0]), SHOWN) is Rule.TEXT_PLACE


@pytest.mark.promise("C11")
@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"0 11.338583 m 510.2362 11.338583 l", b"0 11.338583 m 510.2362 11.338583 l 0 11.9 m 510.2362 11.9 l"),
        (b"0 11.338583 m 510.2362 11.338583 l", b"0 12 m 510.2362 12 l"),
        (b"0 11.338583 m 510.2362 11.338583 l", b"0 11.338583 m 510.2362 11.338583 l 0 11.338583 m 510.2362 11.338583 l"),
        (b"0 11.338583 m 510.2362 11.338583 l", b"0 11.338583 m 510.2362 35.716534 l"),
    ],
)
def test_a_line_beside_the_edge_or_drawn_twice_is_refused(before: bytes, after: bytes) -> None:
    assert rule_of(parts_of().replaced(before, after), SHOWN) is Rule.DRAWING


def test_a_heavy_line_stands_around_the_seal_only() -> None:
    parts = parts_of()
    heavy = re.search(rb"q 1 0 0 -1 \S+ \S+ cm/c0 CS 0 SCN 2\.2677166 w 4 M [^\n]*\n", parts.content_of(b"/MCID 0"))
    frame = re.search(rb"q (1 0 0 -1 \S+ \S+) cm/c0 CS 0 SCN 0\.8 w 4 M ([^\n]*)\n", parts.content_of(b"/MCID 0"))
    assert heavy is not None
    assert frame is not None
    around = b"q %s cm/c0 CS 0 SCN 2.2677166 w 4 M %s\n" % (frame[1], frame[2])
    assert rule_of(parts.replaced(heavy[0], around), SHOWN) is Rule.DRAWING


def test_objects_without_a_place_are_refused() -> None:
    parts = parts_of()
    for text, content in ((b"<</Length 1/Filter/FlateDecode>>", b"hidden"), (b"(hidden)", None), (b"<</Linearized 1>>", None)):
        assert rule_of(parts.added(text, content)[0], SHOWN) is Rule.FILE_FORM
    # One object in two places, or a place without its object.
    page, outline = parts.number_of(b"/Type/Page/"), parts.number_of(b"/Type/Outlines")
    twice = re.sub(rb"/Contents \d+", b"/Contents %d" % parts.number_of(b"FEFF"), parts.objects[page - 1][0])
    assert rule_of(parts.with_object(page, twice), SHOWN) is Rule.FILE_FORM
    assert rule_of(parts.with_object(outline, b"<</Type/Outlines/First 999 0 R/Last 999 0 R/Count 1>>"), SHOWN) is Rule.FILE_FORM
    assert rule_of(parts.with_object(outline, b"null"), SHOWN) is Rule.FILE_FORM


@pytest.mark.parametrize(
    "spoil",
    [
        lambda pdf: pdf.replace(b"\nendobj\n2 0 obj", b"\nendobj\n%x\n2 0 obj"),
        lambda pdf: pdf.replace(b"%PDF-1.7\n", b"%PDF-1.7\n%x\n"),
        lambda pdf: pdf.replace(b"%PDF-1.7", b"%PDF-2.0"),
        lambda pdf: pdf.replace(b"/Root ", b"/Prev 9/Root "),
        lambda pdf: pdf.replace(b"/Root ", b"/XRefStm 9/Root "),
        lambda pdf: pdf.replace(b"/Root ", b"/Encrypt 9 0 R/Root "),
        lambda pdf: re.sub(rb"/Size \d+", b"/Size 3", pdf),
        lambda pdf: re.sub(rb"/Root \d+", b"/Root 99999", pdf),
        lambda pdf: re.sub(rb"startxref\n\d+", b"startxref\n9", pdf),
        lambda pdf: re.sub(rb"xref\n0 \d+", b"xref\n1 9", pdf),
        lambda pdf: pdf.replace(b" 00000 n", b" 00001 n", 1),
        lambda pdf: pdf.replace(b"0000000016 00000 n", b"0000000017 00000 n"),
        lambda pdf: pdf.replace(b"\n1 0 obj\n", b"\n3 0 obj\n"),
        lambda pdf: pdf.replace(b"endstream\nendobj", b"endstream endobj", 1),
        lambda pdf: re.sub(rb"/Length 1(\d+)/", rb"/Length 2\1/", pdf),
        lambda pdf: pdf.replace(b"stream\nx", b"stream \nx", 1),
    ],
)
def test_one_byte_between_objects_or_in_the_table_is_refused(spoil: Callable[[bytes], bytes]) -> None:
    pdf = compose_jumin(SHOWN, ALL, FACE).pdf
    spoiled = spoil(pdf)
    assert spoiled != pdf
    with pytest.raises(FileRefused) as caught:
        read_back_jumin(spoiled, SHOWN, ALL, PRINTED)
    assert caught.value.rule in {Rule.FILE_FORM, Rule.FILE_PLAIN}


def test_a_compressed_content_with_something_behind_it_is_refused() -> None:
    pdf = compose_jumin(SHOWN, ALL, FACE).pdf
    length = re.search(rb"/Length (\d+)/Filter/FlateDecode>>\nstream\n", pdf)
    assert length is not None
    end = length.end() + int(length[1])
    parts = opened(pdf)
    at = next(number for number, (text, _) in enumerate(parts.objects, 1) if text.startswith(b"<</Length "))
    raw = pdf[length.end() : end] + b"behind"
    unzipped = (
        parts.with_object(at, b"<</Length 0/Filter/Flate>>", raw).pdf().replace(b"/Filter/Flate>>", b"/Filter/FlateDecode>>")
    )
    with pytest.raises(FileRefused) as caught:
        read_back_jumin(unzipped, SHOWN, ALL, PRINTED)
    assert caught.value.rule is Rule.FILE_FORM


@pytest.mark.promise("C11")
def test_tags_that_tell_another_order_are_refused() -> None:
    parts = parts_of()
    document = parts.number_of(b"/S/Document")
    text = parts.objects[document - 1][0]
    swapped = text.replace(b"9 0 R 10 0 R", b"10 0 R 9 0 R", 1)
    assert swapped != text
    assert rule_of(parts.with_object(document, swapped), SHOWN) is Rule.FILE_FORM
    parents = parts.number_of(b"[8 0 R 9 0 R")
    other = parts.objects[parents - 1][0].replace(b"[8 0 R 9 0 R", b"[9 0 R 8 0 R")
    assert rule_of(parts.with_object(parents, other), SHOWN) is Rule.FILE_FORM


def _many_shapes() -> list[tuple[str, tuple[Values, ...], tuple[Choice, ...]]]:
    """Return 48 shapes: one to seven persons, foreign and not, all sets of choices, texts of every spelling of strings."""
    rare = HEAD | {Item.NAME: "葛葛\U000e0103葛\U000e0102か\u3099が", Item.HONSEKI: "（四）丁目「四」" * 4}
    latin = FOREIGN | {Item.NAME_LATIN: "GARCIA LOPEZ (MARIA)\\A-B 'C' \"D\" <E> /F %G"}
    long = WIFE | {Item.PREVIOUS_ADDRESS: "東京都葛\U000e0102飾区立石五丁目12番14号　メゾン立石201" * 2}
    people = (HEAD, WIFE, CHILD, FOREIGN, NEIGHBOUR, rare, latin, long)
    sets = [tuple(choice for bit, choice in enumerate(Choice) if mask >> bit & 1) for mask in range(2 ** len(Choice))]
    shapes = []
    for index in range(48):
        count = 1 + index % 7
        chosen = sets[(index * 5) % len(sets)]
        shapes.append((f"{count} persons, {index}", tuple(people[(index + each) % len(people)] for each in range(count)), chosen))
    return shapes


@pytest.mark.promise("C11")
@pytest.mark.parametrize(
    ("people", "choices"), [shape[1:] for shape in _many_shapes()], ids=[shape[0] for shape in _many_shapes()]
)
def test_whatever_is_composed_passes_the_gate(people: tuple[Values, ...], choices: tuple[Choice, ...]) -> None:
    paper = record(*people, choices=choices, whole=len(people) % 2 == 0)
    done = compose_jumin(paper, choices, FACE)
    contents = check_form(done.pdf, FONTS_DEBIAN)
    assert len(contents) == done.page_count
    assert sum(shown.outlined for shown in contents[-1].shown) == len("証野市長之印")
    assert read_back_jumin(done.pdf, paper, choices, PRINTED) == done.page_count


@pytest.mark.promise("C11")
@pytest.mark.parametrize(
    ("city", "title"),
    [
        ("東京都証野市", "市長職務代理者副市長"),
        ("東京都𠮷市", "市長"),
        ("三重県津市", "市長"),
        ("東京都千代田区", "区長"),
        ("茨城県かすみがうら市", "市長職務代理者副市長"),
    ],
)
def test_every_seal_passes_the_gate(city: str, title: str) -> None:
    face = replace(FACE, city_name=city, officer_title=title)
    printed = replace(PRINTED, city_name=city, officer_title=title)
    assert read_back_jumin(compose_jumin(SHOWN, ALL, face).pdf, SHOWN, ALL, printed) == 1


def test_brackets_in_many_depths_and_many_pages_pass_the_gate() -> None:
    """The glyphs of 丁 and 目 have the codes of brackets here: strings with them nest as deep as a value can be long."""
    parts = parts_of()
    assert (parts.code_of("丁"), parts.code_of("目")) == (b"0028", b"0029")
    deep = record(HEAD | {Item.HONSEKI: "丁" * 20 + "目" * 20}, *(CHILD,) * 29)
    assert read_back_jumin(compose_jumin(deep, ALL, FACE).pdf, deep, ALL, PRINTED) == 8
