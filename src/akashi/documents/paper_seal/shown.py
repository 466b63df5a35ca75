"""
What of a certificate its code says in words: whose it is, so that a receiver who has only paper can compare.

Chosen with data protection in mind: per kind as data, only what is printed on the same page, never a number that stands for a
person (個人番号, 住民票コード, 在留カード等の番号), never 本籍, address or family relations.
Source: docs/spec/paper-seal.md section 4; 個人情報保護法 第61条 (no more than the purpose needs).
"""

from __future__ import annotations

import enum
import re
import tomllib
import unicodedata
from bisect import bisect_left
from collections.abc import Sequence
from functools import cache, lru_cache
from importlib.resources import files
from typing import NamedTuple

from akashi.documents.paper_seal import cbor
from akashi.documents.paper_seal.errors import PaperMalformed

CUT = "…"
"""Stands at the end of a value that did not fit whole."""
_CUT_BYTES = len(CUT.encode())


class ShownItem(enum.IntEnum):
    """What a word in a code is. Numbers are part of the format: never change or reuse one."""

    NAME = 1
    """氏名."""
    BIRTH_DATE = 2
    """生年月日, as printed."""
    YEAR = 3
    """年度 of a tax certificate."""


class Shown(NamedTuple):
    """One word: what it is, and its text as printed (or its beginning and "…")."""

    item: ShownItem
    text: str


_ERAS = ("", "明治", "大正", "昭和", "平成", "令和")
_DATE = re.compile(rf"({'|'.join(_ERAS)})(元|[1-9][0-9]{{0,3}})年([1-9][0-9]?)月([1-9][0-9]?)日")
_ERA_STEP, _YEAR_STEP, _MONTH_STEP = 100_000_000, 10_000, 100


def encode_word(text: str) -> bytes:
    """
    Return a text as it stands in a code: a written date of the usual form as a number, anything else as text.

    Raises:
        PaperUnfit: no Unicode.
    """
    found = _DATE.fullmatch(text)
    if found is None:
        return cbor.encode(text)
    era, year, month, day = found.groups()
    number = _ERAS.index(era) * _ERA_STEP + (0 if year == "元" else int(year)) * _YEAR_STEP + int(month) * _MONTH_STEP + int(day)
    return cbor.encode(number)


def parse_word(value: cbor.Value) -> str:
    """
    Return the text that stands in a code.

    Raises:
        PaperMalformed: neither a text nor the number of a written date; a date as text.
    """
    if isinstance(value, int) and value >= 0:
        era, rest = divmod(value, _ERA_STEP)
        year, rest = divmod(rest, _YEAR_STEP)
        month, day = divmod(rest, _MONTH_STEP)
        text = f"{_ERAS[era]}{year or '元'}年{month}月{day}日" if era < len(_ERAS) else ""
    elif isinstance(value, str):
        text = value
    else:
        raise PaperMalformed("a word")
    # One text, one encoding: what would be written otherwise is no word.
    if encode_word(text) != cbor.encode(value):
        raise PaperMalformed("a word")
    return text


@cache
def _table() -> dict[str, tuple[tuple[str, ShownItem], ...]]:
    content = files("akashi.documents.paper_seal").joinpath("shown.toml").read_text("utf-8")
    kinds: dict[str, dict[str, str]] = tomllib.loads(content)
    return {kind: tuple((box, ShownItem[name.upper()]) for box, name in rows.items()) for kind, rows in kinds.items()}


def pick_shown(kind: str, words: Sequence[tuple[str, str]]) -> tuple[Shown, ...]:
    """
    Return what the code of this kind shows of a page, in the order of the page; nothing where the kind has no row.

    Args:
        kind: such as "juminhyo".
        words: name of each box on the page and its words; in names of boxes, "person-2 name" counts as "person name".
    """
    picked = [(_item_of(kind, box), text) for box, text in words]
    return tuple([Shown(item, text) for item, text in picked if item is not None and text not in _NO_WORDS])


@lru_cache(maxsize=8192)
def _item_of(kind: str, box: str) -> ShownItem | None:
    """Return what the code shows of a box; names of boxes are the forms' own, so there are few."""
    return dict(_table().get(kind, ())).get(_NUMBERED.sub("", box))


_NO_WORDS = frozenset({"", "＊＊＊", "（省略）"})
"""What the forms print where there is nothing to say (docs/spec/form-juminhyo.md section 3)."""
_NUMBERED = re.compile(r"-[0-9]+(?= )")


def fit_shown(words: Sequence[Shown], room_bytes: int) -> tuple[Shown, ...]:
    """
    Return the words, the longest ones cut so that their encoded form takes at most `room_bytes`.

    The rule, so that anybody can repeat it: all texts of more UTF-8 bytes than a common limit are cut to it, at the border of a
    character with its selectors and marks, and end in "…"; written dates are never cut. The limit is the largest with which all
    words fit. Where 12 bytes each do not fit, the last word is left out first.

    Raises:
        PaperUnfit: a text that is no Unicode.
    """
    if _cost(words, _NO_LIMIT) <= room_bytes:
        return tuple(words)
    kept = list(words)
    while kept:
        # The cost grows with the limit, so the largest limit that fits is found by halving.
        fits = bisect_left(range(_longest(kept) + 1), x=True, key=lambda limit: _cost(kept, limit) > room_bytes) - 1
        if fits >= _LIMIT_MIN:
            return tuple(Shown(word.item, _cut(word.text, fits)) for word in kept)
        kept.pop()
    return ()


_LIMIT_MIN = 12
_NO_LIMIT = 10_000


def _longest(words: Sequence[Shown]) -> int:
    return max(_LIMIT_MIN, *(len(word.text.encode()) for word in words))


def _cost(words: Sequence[Shown], limit: int) -> int:
    return sum(len(encode_word(_cut(word.text, limit))) + 1 for word in words)


def _cut(text: str, limit: int) -> str:
    if len(text.encode()) <= limit or _DATE.fullmatch(text):
        return text
    kept, used = "", 0
    for cluster in _clusters(text):
        used += len(cluster.encode())
        if used > limit - _CUT_BYTES:
            break
        kept += cluster
    return kept + CUT


def _clusters(text: str) -> list[str]:
    clusters: list[str] = []
    for char in text:
        joins = unicodedata.combining(char) or 0xFE00 <= ord(char) <= 0xFE0F or 0xE0100 <= ord(char) <= 0xE01EF  # noqa: PLR2004 - selectors
        if clusters and joins:
            clusters[-1] += char
        else:
            clusters.append(char)
    return clusters
