"""
What a file says about itself: properties, XMP, catalogue, pages, the room for a signature.

Nothing here is about a person: name of the certificate, city, day of issue. The same for all certificates of a plan and a day.
Source: docs/spec/certificate-file.md sections 8, 9; ISO 19005-2 6.6; ISO 14289-1 5.
"""

from __future__ import annotations

from datetime import date
from xml.sax.saxutils import escape

from akashi.documents.compose.objects import stream, text_string

PAGE_HEIGHT_PT = 841.8898
SIGNATURE_DIGITS = 6_144
"""Room for the signature in hexadecimal digits: a P-256 signature and one certificate need about 2,800."""
_BYTE_RANGE = b"/ByteRange[0000000000 %010d %010d %010d]/Contents<"
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_XMP = """\
<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{rdf}">\
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" \
xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/" \
xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/" xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" \
xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">\
<dc:format>application/pdf</dc:format>\
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>\
<dc:creator><rdf:Seq><rdf:li>{author}</rdf:li></rdf:Seq></dc:creator>\
<dc:language><rdf:Bag><rdf:li>ja</rdf:li></rdf:Bag></dc:language>\
<xmp:CreatorTool>Akashi</xmp:CreatorTool>\
<xmp:CreateDate>{day}T00:00:00+09:00</xmp:CreateDate><xmp:ModifyDate>{day}T00:00:00+09:00</xmp:ModifyDate>\
<pdfaid:part>2</pdfaid:part><pdfaid:conformance>A</pdfaid:conformance><pdfuaid:part>1</pdfuaid:part>\
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">\
<pdfaSchema:schema>PDF/UA Identification schema</pdfaSchema:schema>\
<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>\
<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>\
<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">\
<pdfaProperty:category>internal</pdfaProperty:category>\
<pdfaProperty:description>Part Number of ISO 14289 (PDF/UA)</pdfaProperty:description>\
<pdfaProperty:name>part</pdfaProperty:name><pdfaProperty:valueType>Integer</pdfaProperty:valueType>\
</rdf:li></rdf:Seq></pdfaSchema:property></rdf:li></rdf:Bag></pdfaExtension:schemas>\
</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="r"?>"""


def output_intent() -> bytes:
    """Return object 2, which names object 1 as the profile of the output."""
    return b"<</Type/OutputIntent/S/GTS_PDFA1/OutputConditionIdentifier(sRGB)/Info(sRGB)/DestOutputProfile 1 0 R>>"


def catalogue(*, root: int, pages: int, tags: int, last: int) -> bytes:
    """Return the catalogue; the objects of the file end with `last`."""
    return (
        f"<</Type/Catalog/Pages {root + 1} 0 R/Metadata {root + 3 + pages} 0 R/OutputIntents[2 0 R]/Lang(ja)"
        f"/StructTreeRoot {tags} 0 R/MarkInfo<</Marked true>>/ViewerPreferences<</DisplayDocTitle true>>"
        f"/AcroForm<</Fields[{last - 1} 0 R]/SigFlags 3>>/Perms<</DocMDP {last} 0 R>>>>"
    ).encode()


def page_tree(*, root: int, pages: int) -> bytes:
    """Return the list of the pages."""
    kids = " ".join(f"{root + 2 + index} 0 R" for index in range(pages))
    return f"<</Type/Pages/Count {pages}/Kids[{kids}]>>".encode()


def page(*, root: int, index: int, resources: str, contents: tuple[int, int], field: int) -> bytes:
    """Return a page; the first one holds the signature's field."""
    annotation = "" if index else f"/Annots[{field} 0 R]"
    return (
        f"<</Type/Page/Parent {root + 1} 0 R/MediaBox[0 0 595.2756 {PAGE_HEIGHT_PT}]/Resources<<{resources}>>"
        f"/Contents[{contents[0]} 0 R {contents[1]} 0 R]/StructParents {index}/Tabs/S{annotation}>>"
    ).encode()


def properties(title: str, author: str, day: date) -> bytes:
    """Return the properties (/Info)."""
    moment = f"(D:{day:%Y%m%d}000000+09'00')"
    return (
        f"<</Title{text_string(title)}/Author{text_string(author)}/Creator(Akashi)/CreationDate{moment}/ModDate{moment}>>"
    ).encode()


def xmp(title: str, author: str, day: date) -> bytes:
    """Return the XMP packet, which says the same as the properties."""
    text = _XMP.format(rdf=_RDF, title=escape(title), author=escape(author), day=day.isoformat())
    return stream("/Type/Metadata/Subtype/XML", text.encode())


def signature_field(*, root: int, last: int) -> bytes:
    """Return the invisible field of the signature, on page 1."""
    return (
        f"<</Type/Annot/Subtype/Widget/FT/Sig/T(Signature)/TU{text_string('電子署名')}/F 132/Rect[0 0 0 0]/P {root + 2} 0 R"
        f"/V {last} 0 R>>"
    ).encode()


def signature_bytes(number: int) -> int:
    """Return the length of the object of that number that has room for the signature."""
    return len(signature_room(start=0, number=number, after=0))


def signature_room(*, start: int, number: int, after: int) -> bytes:
    """
    Return the last object: room for a certifying signature (PAdES B-B) over the whole file, which may never be changed again.

    Args:
        start: where the object begins in the file.
        number: of the object.
        after: bytes that follow the object in the file.
    """
    head = (
        b"%d 0 obj\n<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/Reference[<</Type/SigRef"
        b"/TransformMethod/DocMDP/TransformParams<</Type/TransformParams/P 1/V/1.2>>>>]/M(D:00000000000000Z)" % number
    )
    tail = b">>\nendobj\n"
    open_at = start + len(head) + len(_BYTE_RANGE % (0, 0, 0)) - 1
    end_at = open_at + SIGNATURE_DIGITS + 2
    written = _BYTE_RANGE % (open_at, end_at, len(tail) + after)
    return b"".join((head, written, b"0" * SIGNATURE_DIGITS, b">", tail))
