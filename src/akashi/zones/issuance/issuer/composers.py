"""
Which kinds this build can draw: the one table from a kind to the code that composes it.

A kind that is not here is off at this server, whatever the city decided (`check_drawn`); the checker has its own table, of the
same kinds, from a kind to the code that reads the file back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Protocol

from akashi.documents.compose import (
    CertificateFace,
    Composed,
    compose_fuhyo,
    compose_inkan,
    compose_jumin,
    compose_koseki,
    compose_tax,
)
from akashi.rules.certificates import Forms
from akashi.wire.certificates import ITEMS_OF, Choice, Kind
from akashi.wire.errors import WireCode
from akashi.wire.messages import AnyRecord, FuhyoRecord, IssueOrder, JuminRecord, KosekiRecord, SealRecord, TaxRecord
from akashi.zones.issuance.issuer.errors import IssuerRefused


class Compose(Protocol):
    """Composes one certificate; a function of a module, so that a worker process can be told to run it."""

    def __call__(self, record: AnyRecord, order: IssueOrder, face: CertificateFace, *, fonts: tuple[str, ...]) -> Composed:
        """Return the unsigned file."""
        ...


@dataclass(frozen=True, slots=True)
class Composer:
    """How a kind is drawn: the choices that its form knows, and the code."""

    choices: frozenset[Choice]
    compose: Compose


Composers = Mapping[Kind, Composer]


def _jumin(record: AnyRecord, order: IssueOrder, face: CertificateFace, *, fonts: tuple[str, ...]) -> Composed:
    if not isinstance(record, JuminRecord):
        raise IssuerRefused(WireCode.INTERNAL, "a record of another family")
    return compose_jumin(record, order.choices, face, kind=order.kind, fonts=fonts)


def _inkan(record: AnyRecord, order: IssueOrder, face: CertificateFace, *, fonts: tuple[str, ...]) -> Composed:
    del order
    if not isinstance(record, SealRecord):
        raise IssuerRefused(WireCode.INTERNAL, "a record of another family")
    return compose_inkan(record, face, fonts=fonts)


def _koseki(record: AnyRecord, order: IssueOrder, face: CertificateFace, *, fonts: tuple[str, ...]) -> Composed:
    if not isinstance(record, KosekiRecord):
        raise IssuerRefused(WireCode.INTERNAL, "a record of another family")
    return compose_koseki(record, face, whole=order.kind is Kind.KOSEKI_ZENBU, fonts=fonts)


def _fuhyo(record: AnyRecord, order: IssueOrder, face: CertificateFace, *, fonts: tuple[str, ...]) -> Composed:
    if not isinstance(record, FuhyoRecord):
        raise IssuerRefused(WireCode.INTERNAL, "a record of another family")
    return compose_fuhyo(record, order.choices, face, fonts=fonts)


def _tax(record: AnyRecord, order: IssueOrder, face: CertificateFace, *, fonts: tuple[str, ...]) -> Composed:
    if not isinstance(record, TaxRecord):
        raise IssuerRefused(WireCode.INTERNAL, "a record of another family")
    return compose_tax(record, face, kind=order.kind, fonts=fonts)


_RESIDENT_CHOICES = frozenset((*[choice for choice, items in ITEMS_OF.items() if items], Choice.INDIVIDUAL_SHEETS))

COMPOSERS: Final[Composers] = MappingProxyType(
    {
        Kind.JUMINHYO: Composer(_RESIDENT_CHOICES, _jumin),
        Kind.JUMINHYO_KISAI: Composer(_RESIDENT_CHOICES, _jumin),
        Kind.INKAN: Composer(frozenset(), _inkan),
        Kind.SHOTOKU: Composer(frozenset(), _tax),
        Kind.KAZEI: Composer(frozenset(), _tax),
        Kind.HIKAZEI: Composer(frozenset(), _tax),
        Kind.KOSEKI_ZENBU: Composer(frozenset(), _koseki),
        Kind.KOSEKI_KOJIN: Composer(frozenset(), _koseki),
        Kind.FUHYO: Composer(frozenset({Choice.HONSEKI, Choice.OVERSEAS_VOTER}), _fuhyo),
    }
)
"""Every form that there is."""


def forms_of(composers: Composers) -> Forms:
    """Return what the rules need to know of these composers."""
    return {kind: composer.choices for kind, composer in composers.items()}
