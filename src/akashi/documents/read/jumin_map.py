"""
Where each text of the 住民票の写し and the 住民票記載事項証明書 stands, written down from docs/spec/form-juminhyo.md.

This map is the reader's own. It is compared with the composer's geometry by tests only.
"""

from __future__ import annotations

from functools import cache

from akashi.documents.read.places import PT_PER_MM, SHEET_MM, Box, Frame, PageMap, Role
from akashi.wire.certificates import Item, Kind

PERSONS_ON_SHEET_MAX = 4
_LEFT = 15.0
_RIGHT = 195.0
_FIRST_PERSON_Y = 38.0
_PERSON_PITCH = 52.8
_LAST_PERSON_END = 248.2
_ROW_HEIGHTS = (4.0, 4.3, 4.3, 6.0, 4.0, 4.0, 4.0, 4.6, 4.6, 4.0, 4.0, 4.0)

TITLES: dict[Kind, str] = {Kind.JUMINHYO: "住　民　票", Kind.JUMINHYO_KISAI: "住民票記載事項証明書"}
"""On the sheet."""

LABELS: dict[str, str] = {
    "label number": "発行番号",
    "label address": "住所",
    "label household_head": "世帯主",
    "label as_of": "記録の時点",
    "seal note": "この印は黒色です",
}
"""Words of the head and foot that never change."""

ITEM_LABELS: dict[Item, str] = {
    Item.NAME_KANA: "氏名の振り仮名",
    Item.MY_NUMBER: "個人番号",
    Item.NAME: "氏名",
    Item.JUMINHYO_CODE: "住民票コード",
    Item.RESIDENT_SINCE: "住民となった年月日",
    Item.NAME_LATIN: "氏名（アルファベット）",
    Item.ADDRESS_SINCE: "住所を定めた年月日",
    Item.FORMER_NAME: "旧氏",
    Item.NOTIFIED_ON: "届出の年月日",
    Item.ALIAS: "通称",
    Item.HITTOSHA: "筆頭者",
    Item.BIRTH_DATE: "生年月日",
    Item.SEX: "性別",
    Item.RELATIONSHIP: "世帯主との続柄",
    Item.HONSEKI: "本籍",
    Item.PREVIOUS_ADDRESS: "転入前住所",
    Item.NATIONALITY: "国籍・地域",
    Item.STATUS_30_45: "法第３０条の４５の区分",
    Item.RESIDENCE_STATUS: "在留資格",
    Item.RESIDENCE_PERIOD: "在留期間等",
    Item.RESIDENCE_EXPIRY: "在留期間の満了の日",
    Item.RESIDENCE_CARD: "在留カード等の番号",
}
"""Words beside each item."""

FOREIGN_RESIDENT_SINCE = "外国人住民となった年月日"

# x positions inside a person's block: where the label begins, where the value begins, where it ends
_LEFT_SIDE = (0.0, 26.0, 100.0)
_RIGHT_SIDE = (100.0, 130.0, 180.0)
_WHOLE = (0.0, 26.0, 180.0)
_BIRTH = (0.0, 26.0, 76.0)
_SEX = (76.0, 88.0, 100.0)

# item, its side, first row, number of rows
_PERSON: tuple[tuple[Item, tuple[float, float, float], int, int], ...] = (
    (Item.NAME_KANA, _LEFT_SIDE, 1, 1),
    (Item.MY_NUMBER, _RIGHT_SIDE, 1, 1),
    (Item.NAME, _LEFT_SIDE, 2, 2),
    (Item.JUMINHYO_CODE, _RIGHT_SIDE, 2, 1),
    (Item.RESIDENT_SINCE, _RIGHT_SIDE, 3, 1),
    (Item.NAME_LATIN, _LEFT_SIDE, 4, 1),
    (Item.ADDRESS_SINCE, _RIGHT_SIDE, 4, 1),
    (Item.FORMER_NAME, _LEFT_SIDE, 5, 1),
    (Item.NOTIFIED_ON, _RIGHT_SIDE, 5, 1),
    (Item.ALIAS, _LEFT_SIDE, 6, 1),
    (Item.HITTOSHA, _RIGHT_SIDE, 6, 1),
    (Item.BIRTH_DATE, _BIRTH, 7, 1),
    (Item.SEX, _SEX, 7, 1),
    (Item.RELATIONSHIP, _RIGHT_SIDE, 7, 1),
    (Item.HONSEKI, _WHOLE, 8, 1),
    (Item.PREVIOUS_ADDRESS, _WHOLE, 9, 1),
    (Item.NATIONALITY, _LEFT_SIDE, 10, 1),
    (Item.STATUS_30_45, _RIGHT_SIDE, 10, 1),
    (Item.RESIDENCE_STATUS, _LEFT_SIDE, 11, 1),
    (Item.RESIDENCE_PERIOD, _RIGHT_SIDE, 11, 1),
    (Item.RESIDENCE_EXPIRY, _LEFT_SIDE, 12, 1),
    (Item.RESIDENCE_CARD, _RIGHT_SIDE, 12, 1),
)

_TITLE = {
    Kind.JUMINHYO: Box("title", 76, 9, 122, 19, Role.TITLE),
    Kind.JUMINHYO_KISAI: Box("title", 69, 9, 129, 19, Role.TITLE),
}
_HEAD = (
    Box("label number", 131, 10.6, 144, 15, Role.LABEL),
    Box("number", 144, 10.6, 196, 15),
    Box("page", 144, 15.2, 196, 19.6),
    Box("label address", 15, 21.5, 41, 30.3, Role.LABEL),
    Box("address", 41, 21.5, 195, 30.3),
    Box("label household_head", 15, 30.3, 41, 36.8, Role.LABEL),
    Box("household_head", 41, 30.3, 115, 36.8),
    Box("label as_of", 115, 30.3, 145, 36.8, Role.LABEL),
    Box("as_of", 145, 30.3, 195, 36.8),
)
_RULED_HEAD = _HEAD[3:]
_FOOT = (
    Box("statement", 49, 249.5, 167, 256.5),
    Box("issued_on", 59, 257.5, 119, 264.5),
    Box("certifier", 49, 267, 115, 276),
    Box("officer", 117, 267, 166, 276),
    Box("seal", 168, 255.5, 190, 277.5, Role.SEAL),
    Box("seal note", 169, 278, 193, 282, Role.LABEL),
)
_CONTINUED = Box("statement", 49, 249.5, 167, 256.5, Role.LABEL)
_CODE_PT = (48.0, 46.2, 82.8)
"""The 2D code's left and lower edge, from the sheet's lower left corner, and its side: 69 modules of 1.2 pt."""
_CODE = Box(
    "code",
    _CODE_PT[0] / PT_PER_MM,
    SHEET_MM[1] - (_CODE_PT[1] + _CODE_PT[2]) / PT_PER_MM,
    (_CODE_PT[0] + _CODE_PT[2]) / PT_PER_MM,
    SHEET_MM[1] - _CODE_PT[1] / PT_PER_MM,
    Role.CODE,
)
_SEAL_FRAME = Frame(168.4, 255.9, 189.6, 277.1)


def box_of(slot: int, item: Item) -> str:
    """Return the name of an item's box; slots on a sheet count from 1."""
    return f"person-{slot} {item}"


@cache
def page_map(persons: int, *, last: bool, kind: Kind = Kind.JUMINHYO) -> PageMap:
    """Return the map of a page with 1 to 4 persons, which is the last one or not, of one of the two kinds."""
    inner = [box for slot in range(1, persons + 1) for box in _person_boxes(slot)]
    if persons < PERSONS_ON_SHEET_MAX:
        end = _FIRST_PERSON_Y + persons * _PERSON_PITCH
        inner.append(Box("rest", _LEFT, end, _RIGHT, _LAST_PERSON_END, Role.LABEL))
    return PageMap(
        name=(kind, persons, last),
        boxes=(_TITLE[kind], *_HEAD, *inner, *(_FOOT if last else (_CONTINUED,)), _CODE),
        ruled=(*_RULED_HEAD, *inner),
        heavy=_SEAL_FRAME if last else None,
    )


def _person_boxes(slot: int) -> list[Box]:
    top = _FIRST_PERSON_Y + (slot - 1) * _PERSON_PITCH
    boxes: list[Box] = []
    for item, (label, value, end), row, rows in _PERSON:
        upper = round(top + sum(_ROW_HEIGHTS[: row - 1]), 3)
        lower = round(top + sum(_ROW_HEIGHTS[: row - 1 + rows]), 3)
        name = box_of(slot, item)
        boxes.append(Box(f"label {name}", _LEFT + label, upper, _LEFT + value, lower, Role.LABEL))
        boxes.append(Box(name, _LEFT + value, upper, _LEFT + end, lower))
    return boxes
