"""
The properties of a file and its XMP packet: title, city and day of issue, said twice, in one spelling.

Both follow from what the checker knows, so there is one right wording of each.
Source: docs/spec/certificate-file.md section 8; ISO 16684-1; ISO 19005-2 6.6; ISO 14289-1 5.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from xml.sax.saxutils import escape

_NAMESPACES = (
    ("dc", "http://purl.org/dc/elements/1.1/"),
    ("xmp", "http://ns.adobe.com/xap/1.0/"),
    ("pdfaid", "http://www.aiim.org/pdfa/ns/id/"),
    ("pdfuaid", "http://www.aiim.org/pdfua/ns/id/"),
    ("pdfaExtension", "http://www.aiim.org/pdfa/ns/extension/"),
    ("pdfaSchema", "http://www.aiim.org/pdfa/ns/schema#"),
    ("pdfaProperty", "http://www.aiim.org/pdfa/ns/property#"),
)
_START = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""'
    + "".join(f' xmlns:{name}="{address}"' for name, address in _NAMESPACES)
    + "><dc:format>application/pdf</dc:format>"
)
_END = (
    "<pdfaid:part>2</pdfaid:part><pdfaid:conformance>A</pdfaid:conformance><pdfuaid:part>1</pdfuaid:part>"
    '<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">'
    "<pdfaSchema:schema>PDF/UA Identification schema</pdfaSchema:schema>"
    "<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>"
    "<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>"
    '<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource"><pdfaProperty:category>internal</pdfaProperty:category>'
    "<pdfaProperty:description>Part Number of ISO 14289 (PDF/UA)</pdfaProperty:description>"
    "<pdfaProperty:name>part</pdfaProperty:name><pdfaProperty:valueType>Integer</pdfaProperty:valueType></rdf:li></rdf:Seq>"
    '</pdfaSchema:property></rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="r"?>'
)


@lru_cache(maxsize=64)
def properties(title: str, author: str, day: date) -> bytes:
    """Return the dictionary of the file's properties."""
    moment = f"D:{day:%Y%m%d}000000+09'00'"
    titled, authored = (text.encode("utf-16-be").hex().upper() for text in (title, author))
    return f"<</Title<FEFF{titled}>/Author<FEFF{authored}>/Creator(Akashi)/CreationDate({moment})/ModDate({moment})>>".encode()


@lru_cache(maxsize=64)
def packet(title: str, author: str, day: date) -> bytes:
    """Return the XMP packet."""
    moment = f"{day.isoformat()}T00:00:00+09:00"
    said = (
        f'<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{escape(title)}</rdf:li></rdf:Alt></dc:title>'
        f"<dc:creator><rdf:Seq><rdf:li>{escape(author)}</rdf:li></rdf:Seq></dc:creator>"
        "<dc:language><rdf:Bag><rdf:li>ja</rdf:li></rdf:Bag></dc:language><xmp:CreatorTool>Akashi</xmp:CreatorTool>"
        f"<xmp:CreateDate>{moment}</xmp:CreateDate><xmp:ModifyDate>{moment}</xmp:ModifyDate>"
    )
    return (_START + said + _END).encode()
