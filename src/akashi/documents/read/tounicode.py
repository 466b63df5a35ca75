"""
The text that a file gives for each glyph of a font (/ToUnicode), in the one spelling that the composer's typesetter has.

Programs read these maps loosely and each in its own way: codes of any number of digits, ranges, maps in maps. Here nothing is
searched: the whole map matches, or it refuses.
Source: docs/spec/form-juminhyo.md section 7; ISO 32000-1 9.10.3; Adobe Technical Note 5014.
"""

from __future__ import annotations

import re
from itertools import pairwise

from akashi.documents.read.errors import FileRefused, Rule

MAP_BYTES_MAX = 1024 * 1024
_HEAD = b"""\
%!PS-Adobe-3.0 Resource-CMap
%%DocumentNeededResources: procset CIDInit
%%IncludeResource: procset CIDInit
%%BeginResource: CMap Custom
%%Title: (Custom Adobe Identity 0)
%%Version: 1
%%EndComments
/CIDInit /ProcSet findresource begin
12 dict begin
begincmap
/CIDSystemInfo 3 dict dup begin
    /Registry (Adobe) def
    /Ordering (Identity) def
    /Supplement 0 def
end def
/CMapName /Custom def
/CMapVersion 1 def
/CMapType 0 def
/WMode 0 def
1 begincodespacerange
<0000> <FFFF>
endcodespacerange
"""
_TAIL = b"""\
endcmap
CMapName currentdict /CMap defineresource pop
end
end
%%EndResource
%%EOF"""
_SECTION = re.compile(rb"(\d{1,3}) beginbfchar\n((?:<[0-9A-F]{4}> <(?:[0-9A-F]{4}){1,4}>\n)+)endbfchar\n")
_LINE = re.compile(rb"<([0-9A-F]{4})> <([0-9A-F]+)>\n")
_SECTION_LINES_MAX = 100


def parse_to_unicode(untrusted_map: bytes) -> dict[int, str]:
    """
    Return glyph number to text.

    Raises:
        FileRefused: TEXT_MAP, for any byte more, less or other than the form; numbers not rising; a text that is no text.
    """
    at, end = len(_HEAD), len(untrusted_map) - len(_TAIL)
    if at > end or not untrusted_map.startswith(_HEAD) or not untrusted_map.endswith(_TAIL):
        raise FileRefused(Rule.TEXT_MAP)
    pairs: list[tuple[bytes, bytes]] = []
    while at < end:
        section = _SECTION.match(untrusted_map, at, end)
        if section is None:
            raise FileRefused(Rule.TEXT_MAP)
        lines = _LINE.findall(section[2])
        if len(lines) != int(section[1]) or len(lines) > _SECTION_LINES_MAX:
            raise FileRefused(Rule.TEXT_MAP)
        pairs += lines
        at = section.end()
    cids = [int(code, 16) for code, _ in pairs]
    if not cids or any(cid >= after for cid, after in pairwise(cids)):
        raise FileRefused(Rule.TEXT_MAP)
    try:
        return {cid: bytes.fromhex(text.decode()).decode("utf-16-be") for cid, (_, text) in zip(cids, pairs, strict=True)}
    except UnicodeDecodeError:
        raise FileRefused(Rule.TEXT_MAP) from None
