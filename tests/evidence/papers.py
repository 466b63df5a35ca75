"""A PDF that shows a name as real ones do: glyph numbers in a compressed page, and a map back to letters. Written by hand."""

from __future__ import annotations

import zlib


def pdf_with(text: str) -> bytes:
    """Return a PDF file of one page with this text; the text itself stands nowhere in its bytes."""
    return pdf_page([(50, 700, text)])


def pdf_page(pieces: list[tuple[int, int, str]]) -> bytes:
    """Return a PDF file of one page with these texts at (x, y), drawn in this order."""
    glyphs = {character: number for number, character in enumerate(dict.fromkeys("".join(text for _, _, text in pieces)), 1)}
    drawn = []
    for across, up, text in pieces:
        shown = "".join(f"{glyphs[character]:04x}" for character in text)
        drawn.append(f"BT /F1 12 Tf {across} {up} Td <{shown}> Tj ET")
    page = "\n".join(drawn).encode()
    pairs = "\n".join(f"<{number:04x}> <{character.encode('utf-16-be').hex()}>" for character, number in glyphs.items())
    letters = (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapType 2 def "
        f"1 begincodespacerange <0000> <ffff> endcodespacerange {len(glyphs)} beginbfchar\n{pairs}\nendbfchar endcmap end end"
    ).encode()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        _stream(page),
        b"<< /Type /Font /Subtype /Type0 /BaseFont /X /Encoding /Identity-H /DescendantFonts [6 0 R] /ToUnicode 7 0 R >>",
        (
            b"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /X /FontDescriptor 8 0 R"
            b" /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> >>"
        ),
        _stream(letters),
        (
            b"<< /Type /FontDescriptor /FontName /X /Flags 4 /FontBBox [0 0 1000 1000] /ItalicAngle 0 /Ascent 800 /Descent 0"
            b" /CapHeight 800 /StemV 80 >>"
        ),
    ]
    content = b"%PDF-1.7\n"
    places = []
    for number, one in enumerate(objects, 1):
        places.append(len(content))
        content += b"%d 0 obj\n%b\nendobj\n" % (number, one)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    start = len(content)
    content += b"xref\n0 %d\n0000000000 65535 f \n%b" % (len(objects) + 1, table)
    return content + b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)


def _stream(content: bytes) -> bytes:
    packed = zlib.compress(content)
    return b"<< /Length %d /Filter /FlateDecode >>\nstream\n%b\nendstream" % (len(packed), packed)
