"""
The words of a computerised family register: titles of matters, labels of their lines, what a line of each label holds.

One table: what it does not list is no matter of a family register. Values are never changed; a date is only looked at.
Source: 戸籍法 第13条, 戸籍法施行規則 第30条, 第34条 to 第39条, 付録第22号様式, 第24号様式, 第25号記載例.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final


class Holds(enum.Enum):
    """What a line of a label holds."""

    DAY = "day"
    """A date as written; one that names no calendar day too."""
    TEXT = "text"
    """Anything else, at least one character."""
    NOTHING = "nothing"
    """No value: the lines below it, one level in, belong to it."""


_DAYS: Final = (
    "編製日 改製日 転籍日 氏変更日 名の変更日 更正日 訂正日 記録日 出生日 認知日 縁組日 離縁日 婚姻日 離婚日 死亡日 推定死亡日"
    " 死亡とみなされる日 配偶者の死亡日 分籍日 入籍日 帰化日 国籍取得日 復氏日 姻族関係終了日 親権者を定めた日 後見開始日 取消日"
    " 廃除日 除籍日 生年月日 配偶者の生年月日 届出日 送付を受けた日 嘱託を受けた日 証書提出日 許可日 裁判確定日 調停成立日"
    " 民法８１７条の２による裁判確定日 平成１５年法律第１１１号３条による裁判発効日"
)
_TEXTS: Final = (
    "改製事由 氏変更の事由 更正事項 更正事由 訂正事項 訂正事由 関連訂正事項 記録事由 除籍事由"
    " 取消事由 従前本籍 新本籍 本籍 氏 名 氏名 氏名の振り仮名 父 母 続柄 配偶者区分 出生地 届出人"
    " 受理者 特記事項 認知者氏名 認知者の戸籍 認知した子の氏名 認知した子の戸籍 養父氏名 養母氏名"
    " 養親の戸籍 養子氏名 養子の従前戸籍 代諾者 共同縁組者 配偶者氏名 配偶者の国籍 配偶者の戸籍"
    " 称する氏 従前戸籍 入籍戸籍 戸籍 死亡時分 死亡地 死亡とみなされる事由 親権者 後見人氏名"
    " 従前の国籍 従前の氏名 帰化の際の国籍 廃除された者の氏名 裁判所 許可を受けた者 父の国籍 母の国籍"
    " 養父の国籍 養母の国籍"
)

LABELS: Final[Mapping[str, Holds]] = MappingProxyType(
    {
        **dict.fromkeys(_DAYS.split(), Holds.DAY),
        **dict.fromkeys(_TEXTS.split(), Holds.TEXT),
        "従前の記録": Holds.NOTHING,
        "記録の内容": Holds.NOTHING,
    }
)
"""Every label, without its brackets 【】."""

NESTS: Final = frozenset(label for label, holds in LABELS.items() if holds is Holds.NOTHING)
"""Labels under which lines stand one level in."""

REGISTER_TITLES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "戸籍編製": "編製日",
        "戸籍改製": "改製日",
        "転籍": "転籍日",
        "氏の変更": "氏変更日",
        "更正": "更正日",
        "訂正": "訂正日",
        "記録": "記録日",
    }
)
"""戸籍事項: title to the label that it cannot do without."""

PERSON_TITLES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "出生": "出生日",
        "認知": "認知日",
        "養子縁組": "縁組日",
        "民法８１７条の２": "民法８１７条の２による裁判確定日",
        "養子離縁": "離縁日",
        "婚姻": "婚姻日",
        "離婚": "離婚日",
        "親権": "親権者",
        "未成年者の後見": "後見人氏名",
        "死亡": "死亡日",
        "失踪宣告": "死亡とみなされる日",
        "配偶者の死亡": "配偶者の死亡日",
        "復氏": "復氏日",
        "姻族関係の終了": "姻族関係終了日",
        "推定相続人廃除": "廃除された者の氏名",
        "入籍": "入籍日",
        "分籍": "分籍日",
        "帰化": "帰化日",
        "国籍取得": "国籍取得日",
        "氏の変更": "氏変更日",
        "名の変更": "名の変更日",
        "平成１５年法律第１１１号３条": "平成１５年法律第１１１号３条による裁判発効日",
        "転籍": "転籍日",
        "更正": "更正日",
        "訂正": "訂正日",
        "記録": "記録日",
        "取消": "取消日",
    }
)
"""身分事項: title to the label that it cannot do without."""

_ORDINALS: Final = ("長", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二", "十三", "十四", "十五")
RELATIONSHIPS: Final = frozenset(
    {*(f"{ordinal}{sex}" for ordinal in _ORDINALS for sex in "男女"), "男", "女", ""},
)
"""続柄 with father and mother; 男 and 女 alone: as children outside marriage were written until 2004. Empty: not known."""

ADOPTIVE_RELATIONSHIPS: Final = frozenset({"養子", "養女"})
"""続柄 with adoptive parents."""


class SpouseMark(enum.StrEnum):
    """配偶者区分."""

    NONE = ""
    """Not married, or not any more."""
    HUSBAND = "夫"
    """夫."""
    WIFE = "妻"
    """妻."""


class Sex(enum.StrEnum):
    """性別, as the supplement writes it. Empty for people who had left it before 11 January 2022, and until it is known."""

    UNKNOWN = ""
    """Not written."""
    MALE = "男"
    """男."""
    FEMALE = "女"
    """女."""


def child_relationship(number: int, sex: Sex) -> str:
    """Return the 続柄 of parents' `number`-th son or daughter, 1 to 15."""
    return f"{_ORDINALS[number - 1]}{sex.value}"
