"""Files that a taken-over issuer could write by hand, well-formed and drawn by every program, that only look composed."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable

import pytest

from akashi.documents.compose import compose_jumin
from akashi.documents.read import FileRefused, ReadFile, Rule, read_back_jumin
from akashi.documents.read.forms import FormMemory
from akashi.documents.read.jumin_words import expected_jumin
from akashi.documents.read.reader import read_file
from akashi.wire.certificates import Item
from akashi.wire.messages import JuminRecord
from unit.documents.hostile import moved, rule_of
from unit.documents.people import ALL, CHILD, FACE, FOREIGN, HEAD, PRINTED, SHAPES, WIFE, composed, record
from unit.documents.surgery import Opened, opened

pytestmark = pytest.mark.needs("fonts")


def paper_of(name: str, previous: str = "辻町") -> JuminRecord:
    """Return a record in which the printed name stands once, and 辻 in another place, so that the font has it."""
    return record(HEAD | {Item.NAME: name, Item.HITTOSHA: "丙", Item.PREVIOUS_ADDRESS: previous})


SHOWN = paper_of("甲乙　丙")


def parts_of(paper: JuminRecord = SHOWN) -> Opened:
    return opened(compose_jumin(paper, ALL, FACE).pdf)


def with_name(parts: Opened, shown: Callable[[bytes], bytes]) -> Opened:
    """Return the file with another drawing of the name, which is `shown` of the value as it is."""
    mark = parts.mark_of("甲乙　丙")
    before, number = parts.value(mark), parts.values()
    after = shown(before)
    assert after != before
    return parts.with_content(number, parts.content(number).replace(before, after))


@pytest.mark.promise("C4", "C11")
@pytest.mark.parametrize("shape", SHAPES)
def test_what_is_taken_apart_and_put_together_still_reads_back(shape: str) -> None:
    paper, choices = SHAPES[shape]
    pdf = opened(composed(shape).pdf).pdf()
    assert len(read_back_jumin(pdf, paper, choices, PRINTED).pages) == composed(shape).page_count


@pytest.mark.promise("C4", "C11")
@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"/c0 cs 0 scn\nBT", b"/c0 cs 1 scn\nBT"),
        (b"/c0 cs 0 scn\nBT", b"1 1 1 rg\nBT"),
        (b"/c0 cs 0 scn\nBT", b"/c0 cs 0 scn /g0 gs\nBT"),
        (b"/c0 cs 0 scn\nBT", b"/c0 cs 0 scn 0 0 1 1 re W n\nBT"),
        (b"/c0 cs 0 scn\nBT", b"/c0 cs 0 scn % no\nBT"),
        (b"/c0 cs 0 scn\nBT", b"/c0 cs 0 scn /c0 CS 1 SCN 12 w 4 M\nBT"),
        (b"BT\n0 Tr", b"BT\n3 Tr"),
        (b"BT\n0 Tr", b"BT\n2 Tr"),
        (b"BT\n0 Tr", b"BT\n50 Tz 0 Tr"),
        (b" 14 Tf", b" 0.05 Tf"),
        (b" 14 Tf", b" 5 Tf"),
        (b" 14 Tf", b" 14.3 Tf"),
        (b" 14 Tf", b" 19.5 Tf"),
        (b"/v0", b"/f0"),
        (b"/v0", b"/v1"),
        (b"q 1 0 0 -1 ", b"q 0.01 0 0 -0.01 "),
        (b"q 1 0 0 -1 ", b"q 1 0.1 0 -1 "),
        (b"Tf 1 0 0 -1", b"Tf 0.01 0 0 -0.01"),
        (b"0 0 Tm<", b"0 0 Tm[<"),
        (b">Tj", b">Tj<0001>Tj"),
        (b">Tj", b"0>Tj"),
        (b">Tj", b"00>Tj"),
        (b">Tj", b"0FFF>Tj"),
        (b">Tj", b"D8420001>Tj"),
        (b">Tj", b">'"),
        (b"ET\nQ\nEMC", b"ET\nBT\nET\nQ\nEMC"),
        (b"ET\nQ\nEMC", b"ET\nQ\nQ\nEMC"),
        (b"ET\nQ\nEMC", b"ET\nQ\nEMC\nEMC"),
        (b"/Span<</MCID ", b"/Span<</MCID 0"),
        (b"/Span<</MCID ", b"/Span<</ActualText<FEFF8FBB>/MCID "),
        (b"/Span<</MCID ", b"/Artifact<</MCID "),
        (b"EMC\n", b""),
        (b"EMC\n", b"EMC\n "),
        (b"EMC\n", b"EMC\n/q0 Do\n"),
    ],
)
def test_a_name_that_is_drawn_otherwise_is_refused(before: bytes, after: bytes) -> None:
    """White, no ink, too small to see, squeezed, clipped, transparent, replaced: the text in the file is the right one."""
    changed = with_name(parts_of(), lambda value: value.replace(before, after))
    assert rule_of(changed, SHOWN) is Rule.CONTENT


@pytest.mark.promise("C4", "C11")
@pytest.mark.parametrize(("right", "up"), [(0, 6.6), (0, -6.6), (160, 0), (-20, 0), (0, 100), (400, 0), (0, -100)])
def test_a_text_that_does_not_stand_in_its_box_is_refused(right: float, up: float) -> None:
    """Pushed over the edge by a quarter of its height, so that the line hides the end of a stroke; or somewhere else."""
    changed = with_name(parts_of(), lambda value: moved(value, right=right, up=up))
    assert rule_of(changed, SHOWN) is Rule.TEXT_PLACE


def test_a_text_too_large_for_its_box_is_refused() -> None:
    long = paper_of("甲乙　丙" * 3)
    parts = parts_of(long)
    value = parts.value(parts.mark_of("甲乙　丙" * 3))
    larger = parts.with_content(parts.values(), parts.content(parts.values()).replace(value, value.replace(b" 14 Tf", b" 19 Tf")))
    assert rule_of(larger, long) is Rule.TEXT_PLACE


@pytest.mark.promise("C4", "C11")
def test_texts_over_each_other_are_refused() -> None:
    parts = parts_of()
    value = parts.value(parts.mark_of("甲乙　丙"))
    codes = parts.codes_of("甲乙　丙")
    piece = re.search(rb"q .*?\nQ\n", value, re.DOTALL)
    assert piece is not None
    joined = b"".join(codes)
    first, second = (piece[0].replace(joined, b"".join(half)) for half in (codes[:2], codes[2:]))
    found = re.search(rb"q 1 0 0 -1 (\S+) ", piece[0])
    assert found is not None

    def at(right: float, up: float = 0) -> bytes:
        return value.replace(piece[0], first + moved(second, right=right, up=up))

    beside, over, below, before = at(28), at(20), at(0, -14.2), at(-28)
    assert len(read_back_jumin(with_name(parts, lambda _: beside).pdf(), SHOWN, ALL, PRINTED).pages) == 1
    for wrong in (over, before, below.replace(b" 14 Tf", b" 14 Tf")):
        assert rule_of(with_name(parts, lambda _, wrong=wrong: wrong), SHOWN) is Rule.TEXT_PLACE  # type: ignore[misc]  # bound now


@pytest.mark.promise("C4", "C11")
def test_a_value_more_less_or_in_another_order_is_refused() -> None:
    parts = parts_of()
    number, mark = parts.values(), parts.mark_of("甲乙　丙")
    content, name, after = parts.content(number), parts.value(mark), parts.value(mark + 1)
    for changed in (
        content + name,
        content.replace(name, b""),
        content.replace(name, name + name),
        content.replace(name + after, after + name),
        content + name.replace(b"MCID %d" % mark, b"MCID 999"),
        name[len(b"/Span<</MCID 00>>BDC\n") :].replace(b"EMC\n", b"") + content,
        b"",
        b"q\n" + content + b"Q\n",
    ):
        assert rule_of(parts.with_content(number, changed), SHOWN) is Rule.CONTENT
    # The words of two boxes exchanged, each in the other's place.
    swapped = content.replace(name, b"@").replace(after, name.replace(b"MCID %d" % mark, b"MCID %d" % (mark + 1)))
    assert rule_of(
        parts.with_content(number, swapped.replace(b"@", after.replace(b"MCID %d" % (mark + 1), b"MCID %d" % mark))), SHOWN
    ) in {
        Rule.TEXT_PLACE,
        Rule.TEXT_WORDS,
    }


@pytest.mark.promise("C4", "C11")
@pytest.mark.parametrize(
    ("edit", "rule"),
    [
        (lambda content: content.replace(_label(content, 1), _label(content, 2)), Rule.CONTENT),
        (lambda content: _recoded(content, 1, 2), Rule.TEXT_WORDS),
        (lambda content: content.replace(_label(content, 3), moved(_label(content, 3), up=-30)), Rule.TEXT_PLACE),
        (lambda content: content.replace(_label(content, 3), moved(_label(content, 3), right=60)), Rule.TEXT_PLACE),
        (lambda content: content.replace(_label(content, 3), b""), Rule.CONTENT),
        (lambda content: content.replace(b"0 Tr", b"3 Tr", 1), Rule.CONTENT),
        (lambda content: content.replace(b"0 scn\nBT", b"1 scn\nBT", 1), Rule.CONTENT),
        (lambda content: content.replace(b"/q0 Do", b"/q0 Do /q0 Do"), Rule.CONTENT),
        (lambda content: content.replace(b"82.8 0 0 82.8 48 46.2", b"82.8 0 0 41.4 48 46.2"), Rule.CONTENT),
        (lambda content: content.replace(b"82.8 0 0 82.8 48 46.2", b"82.8 0 0 82.8 300 400"), Rule.TEXT_PLACE),
        (lambda content: content.replace(b"82.8 0 0 82.8 48 46.2", b"500 0 0 500 48 46.2"), Rule.TEXT_PLACE),
        (lambda content: content.replace(b"/Figure<<", _added(content, 30) + b"/Figure<<"), Rule.CONTENT),
        (lambda content: content.replace(b"/Figure<</MCID 30", _added(content, 30) + b"/Figure<</MCID 31"), Rule.FILE_FORM),
        (lambda content: content + b"/Artifact BMC\nEMC\n", Rule.CONTENT),
        (lambda content: content.replace(b"0.35 w", b"12 w", 1), Rule.CONTENT),
        (lambda content: content.replace(b"S\nQ\n", b"f\nQ\n", 1), Rule.CONTENT),
        (lambda content: _with_rule(content, b"0 12 m 510.2362 12 l\n"), Rule.DRAWING),
        (lambda content: _with_rule(content, b"73.7008 0 m 73.7008 20 l\n"), Rule.DRAWING),
        (lambda content: _with_rule(content, b"0 24.9448819 m 510.2362205 24.9448819 l\n"), Rule.DRAWING),
        (lambda content: _with_rule(content, b"0 0 m 100 43 l\n"), Rule.DRAWING),
        (lambda content: re.sub(rb"\n\S+ \S+ m \S+ \S+ l\n", b"\n", content, count=1), Rule.DRAWING),
        (lambda content: re.sub(rb"/Artifact BMC\n.*?EMC\n", b"", content, count=1, flags=re.DOTALL), Rule.DRAWING),
        (lambda content: content.replace(b"2.2677166 w", b"0.8 w"), Rule.DRAWING),
        (lambda content: content.replace(b"0.8 w", b"2.2677166 w", 1), Rule.DRAWING),
        (lambda content: content.replace(b" 26.", b" 40.", 1), Rule.TEXT_PLACE),
        (lambda content: content.replace(b"2 Tr", b"0 Tr", 1), Rule.CONTENT),
    ],
)  # fmt: skip
def test_a_form_with_another_line_or_label_is_refused(edit: Callable[[bytes], bytes], rule: Rule) -> None:
    parts = parts_of()
    before = parts.content(parts.fixed())
    after = edit(before)
    assert after != before
    assert rule_of(parts.with_content(parts.fixed(), after), SHOWN) is rule


def _label(content: bytes, mark: int) -> bytes:
    found = re.search(rb"/Span<</MCID %d>>BDC\n.*?EMC\n" % mark, content, re.DOTALL)
    assert found is not None
    return found[0]


def _added(content: bytes, mark: int) -> bytes:
    """Return one more label with that mark."""
    return _label(content, 3).replace(b"MCID 3", b"MCID %d" % mark)


def _recoded(content: bytes, one: int, other: int) -> bytes:
    """Return the content with the words of one label in the place of another."""
    words = [re.search(rb"Tm<[0-9A-F]+>", _label(content, mark)) for mark in (one, other)]
    assert words[0] is not None
    assert words[1] is not None
    return content.replace(_label(content, one), _label(content, one).replace(words[0][0], words[1][0]))


def _with_rule(content: bytes, line: bytes) -> bytes:
    """Return the content with one line more in the head of the form."""
    return content.replace(b" w 4 M\n", b" w 4 M\n" + line, 1)


@pytest.mark.promise("C4", "C11")
@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"/Type/Catalog", b"/Type/Catalog/OpenAction<</S/JavaScript/JS(x)>>"),
        (b"/Type/Catalog", b"/Type/Catalog/Names<<>>"),
        (b"/Type/Catalog", b"/Type/Catalog/OCProperties<<>>"),
        (b"/Lang(ja)", b"/Lang(en)"),
        (b"/OutputIntents[2 0 R]", b"/OutputIntents[2 0 R 2 0 R]"),
        (b"/SigFlags 3", b"/SigFlags 3/NeedAppearances true"),
        (b"/Tabs/S", b"/Tabs/S/AA<<>>"),
        (b"/Tabs/S", b"/Tabs/S/Rotate 180"),
        (b"/Tabs/S", b"/Tabs/S/UserUnit 2"),
        (b"/Type/Page/", b"/Type/Page/Group<</S/Transparency>>/"),
        (b"/MediaBox[0 0 595.2756 841.8898]", b"/MediaBox[0 0 595.2756 841.8898]/CropBox[0 0 9 9]"),
        (b"/MediaBox[0 0 595.2756 841.8898]", b"/MediaBox[0 0 595.2756 900]"),
        (b"/Type/Pages", b"/Type/Pages/Resources<<>>"),
        (b"/XObject<</q0", b"/ExtGState<</g0<</ca 0>>>>/XObject<</q0"),
        (b"/Font<</f0", b"/Font<</f1 4 0 R/f0"),
        (b"/Annots[", b"/Annots[1 0 R "),
        (b"/Encoding/Identity-H", b"/Encoding/Identity-V"),
        (b"/Encoding/Identity-H", b"/Encoding/Identity-H/Encoding/UniJIS-UTF16-H"),
        (b"/CIDToGIDMap/Identity", b"/CIDToGIDMap/Identitx"),
        (b"/DW 0", b"/DW 1000"),
        (b"/DW 0", b"/DW 0/W2[0 9 0 0 0]"),
        (b"/W[1[", b"/W[1[1"),
        (b"/ItalicAngle 0", b"/ItalicAngle 40"),
        (b"/Ascent 8", b"/Ascent 4"),
        (b"/FontFile2 ", b"/FontFile3 7 0 R/FontFile2 "),
        (b"/N 1/Range[0 1]", b"/N 1/Range[1 0]"),
        (b"/S/GTS_PDFA1", b"/S/GTS_PDFX"),
        (b"/S/H1/", b"/S/H1/ActualText(x)/"),
        (b"/S/H1/", b"/S/P/"),
        (b"/S/Figure/", b"/S/Figure/E(x)/"),
        (b"/Alt<FEFF516C", b"/Alt<FEFF516D"),
        (b"/Alt<FEFF507D", b"/Alt<FEFF507E"),
        (b"/BBox[48 ", b"/BBox[0 "),
        (b"/Creator(Akashi)", b"/Creator(Akashi)/Keywords(x)"),
        (b"/Creator(Akashi)", b"/Creator(Akashj)"),
        (b"/Title<FEFF4F4F", b"/Title<FEFF4F50"),
        (b"<pdfaid:part>2</pdfaid:part>", b"<pdfaid:part>2</pdfaid:part><pdfaid:part>2</pdfaid:part>"),
        (b"<dc:title>", b"<dc:rights>x</dc:rights><dc:title>"),
        (b"/Filter/FlateDecode", b"/Filter[/FlateDecode]"),
        (b"/Filter/FlateDecode", b"/Filter/FlateDecode/DecodeParms<</Predictor 12>>"),
        (b"/Filter/FlateDecode", b"/F(x)/Filter/FlateDecode"),
        (b"/Decode[1 0]", b"/Decode[0 1]"),
        (b"/Width 69", b"/Width 68"),
        (b"/ImageMask true", b"/ImageMask false"),
        (b"/F 132", b"/F 4"),
        (b"/Rect[0 0 0 0]", b"/Rect[0 0 99 99]"),
        (b"/T(Signature)", b"/T(Signature)/AP<<>>"),
        (b"/P 1/V/1.2", b"/P 3/V/1.2"),
        (b"/SubFilter/ETSI.CAdES.detached", b"/SubFilter/ETSI.CAdES.detached/Name(x)"),
    ],
)  # fmt: skip
def test_one_key_more_or_other_is_refused(before: bytes, after: bytes) -> None:
    rule = rule_of(parts_of().replaced(before, after, times=1), SHOWN)
    assert rule in {Rule.FILE_FORM, Rule.GLYPHS, Rule.TEXT_WORDS, Rule.TEXT_PLACE}


@pytest.mark.promise("C4", "C11")
def test_rooms_that_are_not_empty_are_refused() -> None:
    """A 2D code or a signature that the issuer drew itself, or a range that leaves something out."""
    parts = parts_of()
    number = parts.number_of(b"/ImageMask")
    for place in (0, 300, 620):
        drawn = bytearray(621)
        drawn[place] = 0x80
        assert rule_of(parts.with_content(number, bytes(drawn)), SHOWN) is Rule.FILE_FORM
    for before, after in (
        (b"/M(D:0", b"/M(D:2"),
        (b"/Contents<0", b"/Contents<3"),
        (b"0>>>", b"1>>>"),
        (b"/Contents<00", b"/Contents<"),
    ):
        assert rule_of(parts.replaced(before, after), SHOWN) is Rule.FILE_FORM
    pdf = parts.pdf()
    for change in (b"/ByteRange[0000000001", b"/ByteRange[0000000000 0"):
        wrong = pdf.replace(b"/ByteRange[0000000000", change)[: len(pdf)]
        with pytest.raises(FileRefused):
            read_back_jumin(wrong, SHOWN, ALL, PRINTED)


@pytest.mark.promise("C4", "C11")
def test_objects_without_a_place_are_refused() -> None:
    """Also where every number and the table fit: in front, between the parts, at the end."""
    parts = parts_of()
    for text, content in ((b"<</Length 1/Filter/FlateDecode>>", b"hidden"), (b"(hidden)", None), (b"<</Linearized 1>>", None)):
        assert rule_of(parts.added(text, content)[0], SHOWN) is Rule.FILE_FORM
        for at in (
            1,
            4,
            9,
            10,
            parts.root,
            parts.root + 1,
            parts.values(),
            parts.font(),
            len(parts.objects) - 1,
            len(parts.objects),
        ):
            assert rule_of(parts.inserted(at, text, content), SHOWN) in {Rule.FILE_FORM, Rule.GLYPHS, Rule.TEXT_MAP}
    page = parts.root + 2
    twice = re.sub(rb"/Contents\[(\d+ 0 R) \d+ 0 R\]", rb"/Contents[\1 \1]", parts.objects[page - 1][0])
    assert rule_of(parts.with_object(page, twice), SHOWN) is Rule.FILE_FORM
    assert rule_of(parts.with_object(page, b"null"), SHOWN) is Rule.FILE_FORM
    # A stream where none belongs, and none where one does.
    assert (
        rule_of(parts.with_object(parts.root, parts.objects[parts.root - 1][0] + b"/Length 9", b"hidden"), SHOWN)
        is Rule.FILE_FORM
    )
    assert rule_of(parts.with_object(parts.values(), b"<</Length 0/Filter/FlateDecode>>"), SHOWN) is Rule.FILE_FORM


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
        lambda pdf: re.sub(rb"/Root \d+", b"/Root 1", pdf),
        lambda pdf: re.sub(rb"/Info \d+", b"/Info 1", pdf),
        lambda pdf: re.sub(rb"startxref\n\d+", b"startxref\n9", pdf),
        lambda pdf: re.sub(rb"xref\n0 \d+", b"xref\n1 9", pdf),
        lambda pdf: pdf.replace(b" 00000 n", b" 00001 n", 1),
        lambda pdf: pdf.replace(b"0000000016 00000 n", b"0000000017 00000 n"),
        lambda pdf: pdf.replace(b"\n1 0 obj\n", b"\n3 0 obj\n"),
        lambda pdf: pdf.replace(b"endstream\nendobj", b"endstream endobj", 1),
        lambda pdf: re.sub(rb"/Length 1(\d+)/", rb"/Length 2\1/", pdf),
        lambda pdf: pdf.replace(b"stream\nx", b"stream \nx", 1),
        lambda pdf: pdf.replace(b"><", b">< ", 1),
        lambda pdf: pdf + b"\n1 0 obj\nnull\nendobj\nxref\n1 1\n0000000000 00000 n\r\n" + pdf[pdf.rindex(b"trailer") :],
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
    parts = parts_of()
    for compress in (
        lambda content: zlib.compress(content) + b"behind",
        lambda content: zlib.compress(content) + zlib.compress(b"more"),
        lambda content: zlib.compress(content)[:-1],
        lambda content: content,
        lambda content: zlib.compress(content + bytes(9 * 1024 * 1024)),
    ):
        with pytest.raises(FileRefused) as caught:
            read_back_jumin(parts.pdf(compress=compress), SHOWN, ALL, PRINTED)
        assert caught.value.rule in {Rule.FILE_FORM, Rule.FILE_READABLE}


@pytest.mark.promise("C11")
def test_tags_that_tell_another_order_are_refused() -> None:
    parts = parts_of()
    document = parts.number_of(b"/S/Document")
    text = parts.objects[document - 1][0]
    first = document + 2
    swapped = text.replace(b"%d 0 R %d 0 R" % (first, first + 1), b"%d 0 R %d 0 R" % (first + 1, first), 1)
    assert swapped != text
    assert rule_of(parts.with_object(document, swapped), SHOWN) is Rule.FILE_FORM
    parents = parts.objects[document][0].replace(b"[%d 0 R %d 0 R" % (first, first + 1), b"[%d 0 R %d 0 R" % (first + 1, first))
    assert parents != parts.objects[document][0]
    assert rule_of(parts.with_object(document + 1, parents), SHOWN) is Rule.FILE_FORM
    # Elements that take each other's marks, with parents that fit.
    one, other = parts.objects[first][0], parts.objects[first + 1][0]
    marks = [re.search(rb"/K\[\d+\]", each) for each in (one, other)]
    assert marks[0] is not None
    assert marks[1] is not None
    exchanged = parts.with_object(first + 1, one.replace(marks[0][0], marks[1][0])).with_object(
        first + 2, other.replace(marks[1][0], marks[0][0])
    )
    assert rule_of(exchanged, SHOWN) is Rule.FILE_FORM


class TestMemory:
    """What was read of a form once is never taken for another one."""

    def test_a_bad_form_is_never_remembered(self) -> None:
        memory, parts = FormMemory(), parts_of()
        for content in (_with_rule(parts.content(parts.fixed()), b"0 12 m 510.2362 12 l\n"), b""):
            with pytest.raises(FileRefused):
                self.read(parts.with_content(parts.fixed(), content).pdf(), memory)
        assert len(memory) == 0

    def test_a_form_before_a_bad_own_part_is_not_remembered(self) -> None:
        memory, parts = FormMemory(), parts_of()
        with pytest.raises(FileRefused):
            self.read(parts.with_content(parts.values(), b"").pdf(), memory)
        assert len(memory) == 0

    @pytest.mark.promise("C4", "C11")
    def test_a_remembered_form_vouches_for_its_own_bytes_only(self) -> None:
        memory, parts = FormMemory(), parts_of()
        assert len(self.read(parts.pdf(), memory).pages) == 1
        assert len(memory) == 1
        for number in (1, 2, parts.font(b"f0") + 3, parts.fixed(), parts.number_of(b"/S/H1"), parts.root - 1):
            text, content = parts.objects[number - 1]
            altered = parts.with_object(number, text, content[:-1] + bytes([content[-1] ^ 1])) if content else None
            altered = altered or parts.with_object(number, text.replace(b"/P", b"/Q", 1) if b"/P" in text else text + b" ")
            with pytest.raises(FileRefused):
                self.read(altered.pdf(), memory)
        pdf = parts.pdf()
        for place in range(20, pdf.index(b"%d 0 obj" % parts.root), 1499):
            with pytest.raises(FileRefused):
                self.read(pdf[:place] + bytes([pdf[place] ^ 1]) + pdf[place + 1 :], memory)
        assert len(memory) == 1
        assert len(self.read(pdf, memory).pages) == 1

    def test_the_form_of_another_shape_does_not_serve(self) -> None:
        memory = FormMemory()
        for people in ((HEAD,), (FOREIGN,), (HEAD, WIFE), (HEAD, WIFE, CHILD, FOREIGN, CHILD)):
            paper = record(*people)
            pdf = compose_jumin(paper, ALL, FACE).pdf
            for _ in range(2):
                assert read_file(pdf, expected_jumin(paper, ALL, PRINTED), PRINTED.fonts, memory).pages
            if len(people) > 1 or people[0] is FOREIGN:
                with pytest.raises(FileRefused):
                    read_file(pdf, expected_jumin(record(HEAD), ALL, PRINTED), PRINTED.fonts, memory)
        assert len(memory) == 4

    def test_the_one_longest_unused_goes_first(self) -> None:
        memory = FormMemory(kept_max=2)
        papers = [record(HEAD), record(FOREIGN), record(HEAD, WIFE)]
        for paper in (papers[0], papers[1], papers[0], papers[2]):
            pdf = compose_jumin(paper, ALL, FACE).pdf
            assert read_file(pdf, expected_jumin(paper, ALL, PRINTED), PRINTED.fonts, memory).pages
        assert len(memory) == 2

    @staticmethod
    def read(pdf: bytes, memory: FormMemory) -> ReadFile:
        return read_file(pdf, expected_jumin(SHOWN, ALL, PRINTED), PRINTED.fonts, memory)
