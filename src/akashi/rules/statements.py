"""
The certifying sentence (認証文) of each kind, as printed last, and the city's own wording where it has one.

Those of 住民票, 戸籍全部事項 and the tax certificates are confirmed by published forms; the others are the usual wording, which
the city compares with its ordinance before it switches the kind on (`statement` in the kind's table of city.toml).
Source: 住民記録システム標準仕様書 5.1; 戸籍法施行規則 付録第22号, 第24号; published forms of cities.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from akashi.rules.policy import CityPolicy
from akashi.wire.certificates import Kind

STATEMENTS: Final[Mapping[Kind, str]] = MappingProxyType(
    {
        Kind.JUMINHYO: "この写しは、住民票の原本と相違ないことを証明する。",
        Kind.JUMINHYO_KISAI: "住民票に記載された事項と相違ないことを証明する。",
        Kind.INKAN: "この写しは、登録された印影と相違ないことを証明する。",
        Kind.SHOTOKU: "上記のとおり相違ないことを証明します。",
        Kind.KAZEI: "上記のとおり相違ないことを証明します。",
        Kind.HIKAZEI: "上記のとおり相違ないことを証明します。",
        Kind.KOSEKI_ZENBU: "これは、戸籍に記録されている事項の全部を証明した書面である。",
        Kind.KOSEKI_KOJIN: "これは、戸籍中の一部の者について記録されている事項の全部を証明した書面である。",
        Kind.FUHYO: "この写しは、戸籍の附票の原本と相違ないことを証明する。",
    }
)
"""What is certified where the city set nothing. A whole household's 住民票 has its own sentence, which belongs to the form."""


def statement(policy: CityPolicy, kind: Kind) -> str:
    """Return the sentence that the city certifies by."""
    kind_policy = policy.kinds.get(kind)
    return kind_policy.statement if kind_policy and kind_policy.statement else STATEMENTS[kind]
