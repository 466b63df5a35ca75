"""
Where each text of the 印鑑登録証明書 and its image stand, written down from docs/spec/form-inkan.md.

This map is the reader's own. It is compared with the composer's geometry by tests only.
"""

from __future__ import annotations

from functools import lru_cache

from akashi.documents.read.places import PT_PER_MM, SHEET_MM, Box, Frame, PageMap, Role
from akashi.wire.certificates import Kind

IMPRINT = "imprint"
"""Name of the registered seal's box."""

LABELS: dict[str, str] = {
    "label number": "発行番号",
    "title": "印　鑑　登　録　証　明　書",
    "label imprint": "印影",
    "rest": "以下余白",
    "seal note": "この印は黒色です",
}
"""Words of the form that stand on every sheet."""

ROW_LABELS: dict[str, str] = {
    "name": "氏名",
    "name_kana": "氏名の片仮名表記",
    "former_name": "旧氏",
    "alias": "通称",
    "birth_date": "生年月日",
    "sex": "性別",
    "address": "住所",
    "registered_on": "登録年月日",
    "as_of": "記録の時点",
}
"""Words beside each value, from the top."""

_TALLER = {"name": 16.0, "address": 18.0}
_ROW_HEIGHT = 10.0
_LEFT, _MIDDLE, _RIGHT = 15.0, 45.0, 195.0
_IMPRINT_TOP, _ROWS_TOP, _REST_END = 36.0, 82.0, 246.0
_DOT_MM = 25.4 / 600
_INSIDE_MM = 0.001 / PT_PER_MM
_MAPS_KEPT_MAX = 128

_HEAD = (
    Box("label number", 131, 10.6, 144, 15, Role.LABEL),
    Box("number", 144, 10.6, 196, 15),
    Box("page", 144, 15.2, 196, 19.6),
    Box("title", 60, 21, 150, 32, Role.TITLE),
)
_IMPRINT_LABEL = Box("label imprint", _LEFT, _IMPRINT_TOP, _MIDDLE, _ROWS_TOP, Role.LABEL)
_IMPRINT_PLACE = Box("place of the imprint", _MIDDLE, _IMPRINT_TOP, _RIGHT, _ROWS_TOP)
_FOOT = (
    Box("statement", 49, 249.5, 167, 256.5),
    Box("issued_on", 59, 257.5, 119, 264.5),
    Box("certifier", 49, 267, 115, 276),
    Box("officer", 117, 267, 166, 276),
    Box("seal", 168, 255.5, 190, 277.5, Role.SEAL),
    Box("seal note", 169, 278, 193, 282, Role.LABEL),
)
_CODE_PT = (48.0, 46.2, 82.8)
"""The 2D code's left and lower edge, from the sheet's lower left corner, and its side."""
_CODE = Box(
    "code",
    _CODE_PT[0] / PT_PER_MM,
    SHEET_MM[1] - (_CODE_PT[1] + _CODE_PT[2]) / PT_PER_MM,
    (_CODE_PT[0] + _CODE_PT[2]) / PT_PER_MM,
    SHEET_MM[1] - _CODE_PT[1] / PT_PER_MM,
    Role.CODE,
)
_SEAL_FRAME = Frame(168.4, 255.9, 189.6, 277.1)


@lru_cache(maxsize=_MAPS_KEPT_MAX)
def inkan_map(width_dots: int, height_dots: int, *, sex: bool) -> PageMap:
    """Return the map of the sheet for an image of that size, with the row 性別 or without it."""
    rows: list[Box] = []
    top = _ROWS_TOP
    for name in ROW_LABELS:
        if name != "sex" or sex:
            bottom = top + _TALLER.get(name, _ROW_HEIGHT)
            rows.append(Box(f"label {name}", _LEFT, top, _MIDDLE, bottom, Role.LABEL))
            rows.append(Box(name, _MIDDLE, top, _RIGHT, bottom))
            top = bottom
    rest = Box("rest", _LEFT, top + 2, _RIGHT, _REST_END, Role.LABEL)
    left, upper = 2835 - width_dots // 2, 1394 - height_dots // 2
    imprint = Box(
        IMPRINT,
        left * _DOT_MM + _INSIDE_MM,
        upper * _DOT_MM + _INSIDE_MM,
        (left + width_dots) * _DOT_MM - _INSIDE_MM,
        (upper + height_dots) * _DOT_MM - _INSIDE_MM,
        Role.IMAGE,
    )
    return PageMap(
        name=(Kind.INKAN, width_dots, height_dots, sex),
        boxes=(*_HEAD, _IMPRINT_LABEL, imprint, *rows, rest, *_FOOT, _CODE),
        ruled=(_IMPRINT_LABEL, _IMPRINT_PLACE, *rows, rest),
        heavy=_SEAL_FRAME,
    )
