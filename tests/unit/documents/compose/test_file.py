"""The make of a stamped file: docs/spec/certificate-file.md, PDF/A-2a and PDF/UA-1, looked at by programs of others."""

from __future__ import annotations

import io
import re
import subprocess
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pikepdf
import pypdfium2
import pytest
from pyhanko.pdf_utils.reader import PdfFileReader

from akashi.documents.compose import FONTS_DEBIAN, compose_jumin
from akashi.documents.compose.jumin import stamper
from unit.documents.people import ALL, CHILD, FACE, FOREIGN, HEAD, SHAPES, WIFE, composed, record

pytestmark = pytest.mark.needs("fonts")


def form_part(pdf: bytes) -> bytes:
    root = re.search(rb"/Root (\d+) 0 R", pdf)
    assert root
    return pdf[: pdf.index(b"\n%d 0 obj\n" % int(root[1])) + 1]


def opened(pdf: bytes) -> Any:
    return pikepdf.open(io.BytesIO(pdf))


@pytest.mark.promise("C11")
@pytest.mark.parametrize("shape", SHAPES)
def test_every_byte_is_in_an_object_or_the_end(shape: str) -> None:
    pdf = composed(shape).pdf
    header = b"%PDF-1.7\n%\x80\x80\x80\x80\n\n"
    table_at = int(re.findall(rb"startxref\n(\d+)\n%%EOF$", pdf)[0])
    at, number = len(header), 0
    starts = []
    assert pdf.startswith(header)
    while at < table_at:
        number += 1
        length = re.compile(rb"%d 0 obj\n<</Length (\d+)" % number).match(pdf, at)
        inner = pdf.index(b"stream\n", at) + int(length[1]) if length else at
        starts.append(at)
        at = pdf.index(b"\nendobj\n", inner) + len(b"\nendobj\n")
    table = b"xref\n0 %d\n0000000000 65535 f\r\n" % (number + 1) + b"".join(b"%010d 00000 n\r\n" % start for start in starts)
    assert pdf[table_at:].startswith(table + b"trailer\n<</Size %d/Root " % (number + 1))


@pytest.mark.promise("C11")
@pytest.mark.parametrize("shape", SHAPES)
def test_other_programs_open_it_without_complaint(shape: str) -> None:
    composed_file = composed(shape)
    assert len(pypdfium2.PdfDocument(composed_file.pdf)) == composed_file.page_count
    reader = PdfFileReader(io.BytesIO(composed_file.pdf), strict=True)
    assert int(reader.root["/Pages"]["/Count"]) == composed_file.page_count
    with opened(composed_file.pdf) as pdf:
        assert pdf.check_pdf_syntax() == []
        assert len(pdf.pages) == composed_file.page_count


@pytest.mark.needs("poppler")
def test_poppler_draws_it_without_a_word(tmp_path: Path) -> None:
    path = tmp_path / "certificate.pdf"
    path.write_bytes(composed("six, two sheets").pdf)
    done = subprocess.run(["pdftocairo", "-png", "-r", "30", str(path), str(tmp_path / "page")], check=True, capture_output=True)
    assert done.stderr == b""
    assert len(list(tmp_path.glob("page*.png"))) == 2


def test_the_form_part_is_the_same_for_all_certificates_of_a_shape() -> None:
    one = composed("one, everything").pdf
    another = record(CHILD, choices=(), address="東京都証野市本町1番")
    later = replace(FACE, issue_number="139998-0000-0000-0000-0000", issued_on=FACE.issued_on + timedelta(days=1))
    assert form_part(compose_jumin(another, (), later).pdf) == form_part(one)
    others = [form_part(composed(shape).pdf) for shape in SHAPES if shape != "one, everything"]
    deputy = compose_jumin(record(HEAD), ALL, replace(FACE, officer_title="市長職務代理者副市長")).pdf
    assert form_part(one) not in (*others, form_part(deputy))


@pytest.mark.promise("C4")
def test_the_form_part_knows_nothing_of_the_record() -> None:
    part = form_part(composed("one, everything").pdf)
    codes = re.findall(rb"<[0-9A-F]{4}> <([0-9A-F]+)>\n", part)
    characters = {bytes.fromhex(code.decode()).decode("utf-16-be") for code in codes}
    assert {"住", "氏", "証", "印"} <= characters
    assert characters.isdisjoint("葛髙志緑丘昭0123456789")


def test_two_certificates_never_have_the_same_identity() -> None:
    papers = [record(HEAD), record(WIFE), record(HEAD, address="東京都証野市本町1番"), record(HEAD, WIFE)]
    identities = {re.findall(rb"/ID\[<([0-9A-F]{32})><\1>\]", compose_jumin(paper, ALL, FACE).pdf)[0] for paper in papers}
    assert len(identities) == len(papers)


@pytest.mark.promise("C11")
@pytest.mark.parametrize("shape", SHAPES)
def test_each_mark_has_one_tag_and_each_tag_its_mark(shape: str) -> None:
    with opened(composed(shape).pdf) as pdf:
        tree = pdf.Root.StructTreeRoot
        tagged: dict[int, list[int]] = {}
        for element in tree.K[0].K:
            assert element.S in ("/P", "/H1", "/Figure")
            assert (element.S == "/Figure") == ("/Alt" in element) == ("/A" in element)
            page = next(index for index, one in enumerate(pdf.pages) if one.obj.objgen == element.Pg.objgen)
            tagged.setdefault(page, []).append(int(element.K[0]))
            assert tree.ParentTree.Nums[2 * page + 1][int(element.K[0])].objgen == element.objgen
        for index, page in enumerate(pdf.pages):
            content = b"".join(part.read_bytes() for part in page.obj.Contents)
            marks = [int(mark) for mark in re.findall(rb"<</MCID (\d+)>>BDC", content)]
            assert marks == list(range(len(marks)))
            assert sorted(tagged[index]) == marks
            assert content.count(b"BDC\n") + content.count(b"BMC\n") == content.count(b"EMC\n")
            assert int(page.obj.StructParents) == index
            assert len(tree.ParentTree.Nums[2 * index + 1]) == len(marks)


@pytest.mark.promise("C11")
def test_the_file_keeps_the_rules_of_archives_and_of_accessibility() -> None:
    with opened(composed("six, two sheets").pdf) as pdf:
        root = pdf.Root
        assert (root.Lang, bool(root.MarkInfo.Marked), bool(root.ViewerPreferences.DisplayDocTitle)) == ("ja", True, True)
        assert root.OutputIntents[0].S == "/GTS_PDFA1"
        assert root.OutputIntents[0].DestOutputProfile.N == 3
        with pdf.open_metadata() as xmp:
            assert (xmp["pdfaid:part"], xmp["pdfaid:conformance"], xmp["pdfuaid:part"]) == ("2", "A", "1")
            assert xmp["dc:title"] == str(pdf.docinfo.Title) == "住民票の写し"
            assert xmp["dc:creator"] == [str(pdf.docinfo.Author)] == ["東京都証野市"]
            assert xmp["xmp:CreatorTool"] == str(pdf.docinfo.Creator) == "Akashi"
        assert {"/JavaScript", "/OpenAction", "/AA", "/Names", "/OCProperties"}.isdisjoint(root.keys())
        packed = [one for one in pdf.objects if isinstance(one, pikepdf.Stream) and "/Filter" in one]
        assert {str(one.Filter) for one in packed} == {"/FlateDecode"}
        assert len(packed) == 2 + len(pdf.pages) == len([one for one in packed if one.objgen < root.objgen])
        for page in pdf.pages:
            assert page.obj.Tabs == "/S"
            assert set(page.obj.Resources.keys()) == {"/ColorSpace", "/Font", "/XObject"}
            for font in page.obj.Resources.Font.values():
                descendant = font.DescendantFonts[0]
                assert (font.Encoding, descendant.CIDToGIDMap) == ("/Identity-H", "/Identity")
                assert re.fullmatch("/[A-Z]{6}\\+IPAmjMincho", str(font.BaseFont))
                assert font.BaseFont == descendant.BaseFont == descendant.FontDescriptor.FontName
                program = descendant.FontDescriptor.FontFile2
                assert int(program.Length1) == len(program.read_bytes())


def test_labels_and_values_have_fonts_of_different_names() -> None:
    """Programs keep fonts by name."""
    pdf = composed("one, everything").pdf + composed("three, everything").pdf
    names = set(re.findall(rb"/FontName/([A-Z]{6})\+", pdf))
    assert len(names) == 3  # the form's words are the same in both


@pytest.mark.parametrize("shape", ["one, everything", "six, two sheets"])
def test_there_is_room_for_the_2d_code_and_it_draws_nothing_yet(shape: str) -> None:
    with opened(composed(shape).pdf) as pdf:
        images = [page.obj.Resources.XObject["/q0"] for page in pdf.pages]
        assert len({image.objgen for image in images}) == len(pdf.pages)
        for image in images:
            assert (int(image.Width), int(image.Height), bool(image.ImageMask)) == (69, 69, True)
            assert image.read_raw_bytes() == bytes(69 * 9)
    number = b"/Width 69/Height 69/ImageMask true/Decode[1 0]/BitsPerComponent 1>>\nstream\n"
    pdf_bytes = composed(shape).pdf
    black = pdf_bytes.replace(number + bytes(69 * 9), number + b"\xff" * (69 * 9))
    blank, filled = (pypdfium2.PdfDocument(one)[0].render(scale=1).to_pil().convert("L") for one in (pdf_bytes, black))
    code = (50, 715, 128, 793)
    assert set(blank.crop(code).tobytes()) == {255}
    assert set(filled.crop(code).tobytes()) == {0}
    around = [(43, 708, 47, 800), (132, 708, 136, 800), (43, 708, 136, 711), (43, 797, 136, 800)]
    assert all(set(filled.crop(strip).tobytes()) == {255} for strip in around)


@pytest.mark.parametrize("shape", ["one, everything", "six, two sheets"])
def test_the_room_for_the_signature_is_where_its_range_says(shape: str) -> None:
    pdf = composed(shape).pdf
    found = re.search(rb"/ByteRange\[0000000000 (\d{10}) (\d{10}) (\d{10})\]/Contents", pdf)
    assert found
    opens, closes, rest = (int(number) for number in found.groups())
    assert pdf[opens:closes] == b"<" + b"0" * 6144 + b">"
    assert closes + rest == len(pdf)
    assert pdf.count(b"/M(D:00000000000000Z)") == 1
    with opened(pdf) as file:
        field = file.Root.AcroForm.Fields[0]
        assert field.objgen == file.pages[0].obj.Annots[0].objgen
        assert field.V.objgen == file.Root.Perms.DocMDP.objgen == (int(file.trailer.Size) - 1, 0)
        assert (field.F, [float(edge) for edge in field.Rect]) == (132, [0, 0, 0, 0])


@pytest.mark.promise("C4")
def test_nothing_of_a_document_stays_in_the_stamper_but_characters() -> None:
    compose_jumin(record(HEAD, FOREIGN), ALL, FACE)
    (font,) = stamper(FONTS_DEBIAN).plans.chain.fonts
    assert "葛\U000e0102" in font.found
    assert max(map(len, font.found)) == 2
