"""
What each kind of certificate is: which registry answers for it, whom it may name, what may be chosen.

The one table of kinds: kiosk, issuer, checker and registries all go by it. What it does not list cannot be asked for.
Source: requirements C1, C2, C4; 住民基本台帳法 第12条, 第20条; 戸籍法 第10条, 第120条; 地方税法 第20条の10.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from akashi.wire.certificates import Choice, Kind


class Registry(enum.StrEnum):
    """A registry, by its server's name in the topology."""

    RESIDENTS = "core/residents"
    """住民記録. Also says who the applicant is: the others believe its ticket."""
    SEALS = "core/seals"
    """印鑑登録."""
    TAXES = "core/taxes"
    """税務: the day before's data."""
    KOSEKI = "koseki/register"
    """戸籍 and 附票, in the city hall."""


class Service(enum.StrEnum):
    """What a card was used for at the kiosk; under the card's signature (`EligibilityRequest.service`)."""

    CERTIFICATES = "certificates"
    """Certificates of the city in which the holder lives."""
    HONSEKI = "honseki"
    """Certificates of the family register, of a city in which the holder does not live."""
    ENROL = "enrol"
    """利用登録 with that city."""


class About(enum.Enum):
    """Whom a certificate of a kind names, and so what `IssueOrder.members` holds."""

    SELF = "self"
    """The applicant alone; the order names nobody."""
    HOUSEHOLD = "household"
    """Chosen members of the applicant's household, one or more."""
    KOSEKI = "koseki"
    """Everybody in the applicant's family register; the order names nobody."""
    KOSEKI_MEMBERS = "koseki-members"
    """Chosen persons of the applicant's family register, one or more."""


@dataclass(frozen=True, slots=True)
class KindFacts:
    """
    What a kind is, whatever a city decides.

    Attributes:
        ja: the certificate's name.
        en: the same in English.
        registry: who answers for it.
        about: whom it names.
        choices: what an applicant can choose at all; the city allows some of them.
        yearly: it is about one 年度, which the order names; all others name year 0.
    """

    ja: str
    en: str
    registry: Registry
    about: About
    choices: tuple[Choice, ...] = ()
    yearly: bool = False

    @property
    def names_members(self) -> bool:
        """Whether an order must name at least one member; else it names none."""
        return self.about in {About.HOUSEHOLD, About.KOSEKI_MEMBERS}


_RESIDENT_CHOICES = (Choice.RELATIONSHIP, Choice.HONSEKI, Choice.MY_NUMBER, Choice.JUMINHYO_CODE, Choice.FOREIGN)

KINDS: Final[Mapping[Kind, KindFacts]] = MappingProxyType(
    {
        Kind.JUMINHYO: KindFacts(
            "住民票の写し",
            "copy of the resident record",
            Registry.RESIDENTS,
            About.HOUSEHOLD,
            (*_RESIDENT_CHOICES, Choice.INDIVIDUAL_SHEETS),
        ),
        Kind.JUMINHYO_KISAI: KindFacts(
            "住民票記載事項証明書",
            "certificate of what the resident record holds",
            Registry.RESIDENTS,
            About.HOUSEHOLD,
            (*_RESIDENT_CHOICES, Choice.INDIVIDUAL_SHEETS),
        ),
        Kind.INKAN: KindFacts("印鑑登録証明書", "seal registration certificate", Registry.SEALS, About.SELF),
        Kind.SHOTOKU: KindFacts("所得証明書", "income certificate", Registry.TAXES, About.SELF, yearly=True),
        Kind.KAZEI: KindFacts("課税証明書", "taxation certificate", Registry.TAXES, About.SELF, yearly=True),
        Kind.HIKAZEI: KindFacts("非課税証明書", "non-taxation certificate", Registry.TAXES, About.SELF, yearly=True),
        Kind.KOSEKI_ZENBU: KindFacts("戸籍全部事項証明書", "family register, all matters", Registry.KOSEKI, About.KOSEKI),
        Kind.KOSEKI_KOJIN: KindFacts(
            "戸籍個人事項証明書", "family register, matters of chosen persons", Registry.KOSEKI, About.KOSEKI_MEMBERS
        ),
        Kind.FUHYO: KindFacts(
            "戸籍の附票の写し",
            "family-register supplement (addresses)",
            Registry.KOSEKI,
            About.KOSEKI_MEMBERS,
            (Choice.HONSEKI, Choice.OVERSEAS_VOTER),
        ),
    }
)
"""Every kind there is."""


def kinds_of(registry: Registry) -> tuple[Kind, ...]:
    """Return the kinds for which that registry answers, in the order of `Kind`."""
    return tuple(kind for kind in Kind if KINDS[kind].registry is registry)
