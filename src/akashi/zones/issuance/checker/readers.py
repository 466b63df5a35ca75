"""
Which kinds this build can read back: the one table from a kind to the code that compares a finished file with the record.

A kind that is not here is not signed, whatever the city decided (`check_drawn`). Written apart from the issuer's table of
composers, and never made from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Protocol

from akashi.documents.read import (
    PrintedFace,
    ReadFile,
    read_back_fuhyo,
    read_back_inkan,
    read_back_jumin,
    read_back_koseki,
    read_back_tax,
)
from akashi.rules.certificates import Forms
from akashi.wire.certificates import Choice, Kind
from akashi.wire.errors import WireCode
from akashi.wire.messages import AnyRecord, FuhyoRecord, IssueOrder, JuminRecord, KosekiRecord, SealRecord, TaxRecord
from akashi.zones.issuance.checker.errors import CheckerRefused


class ReadBack(Protocol):
    """Compares one finished file."""

    def __call__(self, untrusted_pdf: bytes, record: AnyRecord, order: IssueOrder, face: PrintedFace) -> ReadFile:
        """Return what was read. Raises FileRefused where the file does not say exactly what it must."""
        ...


@dataclass(frozen=True, slots=True)
class Reader:
    """How a kind is read back: the choices that its form knows, and the code."""

    choices: frozenset[Choice]
    read_back: ReadBack


Readers = Mapping[Kind, Reader]


def _jumin(untrusted_pdf: bytes, record: AnyRecord, order: IssueOrder, face: PrintedFace) -> ReadFile:
    if not isinstance(record, JuminRecord):
        raise CheckerRefused(WireCode.INTERNAL, "a record of another family")
    return read_back_jumin(untrusted_pdf, record, order.choices, face, kind=order.kind)


def _inkan(untrusted_pdf: bytes, record: AnyRecord, order: IssueOrder, face: PrintedFace) -> ReadFile:
    del order
    if not isinstance(record, SealRecord):
        raise CheckerRefused(WireCode.INTERNAL, "a record of another family")
    return read_back_inkan(untrusted_pdf, record, face)


def _koseki(untrusted_pdf: bytes, record: AnyRecord, order: IssueOrder, face: PrintedFace) -> ReadFile:
    if not isinstance(record, KosekiRecord):
        raise CheckerRefused(WireCode.INTERNAL, "a record of another family")
    return read_back_koseki(untrusted_pdf, record, face, whole=order.kind is Kind.KOSEKI_ZENBU)


def _fuhyo(untrusted_pdf: bytes, record: AnyRecord, order: IssueOrder, face: PrintedFace) -> ReadFile:
    if not isinstance(record, FuhyoRecord):
        raise CheckerRefused(WireCode.INTERNAL, "a record of another family")
    return read_back_fuhyo(untrusted_pdf, record, order.choices, face)


def _tax(untrusted_pdf: bytes, record: AnyRecord, order: IssueOrder, face: PrintedFace) -> ReadFile:
    if not isinstance(record, TaxRecord):
        raise CheckerRefused(WireCode.INTERNAL, "a record of another family")
    return read_back_tax(untrusted_pdf, record, face, kind=order.kind)


_RESIDENT_CHOICES = frozenset(
    {
        Choice.RELATIONSHIP,
        Choice.HONSEKI,
        Choice.MY_NUMBER,
        Choice.JUMINHYO_CODE,
        Choice.FOREIGN,
        Choice.INDIVIDUAL_SHEETS,
    },
)

READERS: Final[Readers] = MappingProxyType(
    {
        Kind.JUMINHYO: Reader(_RESIDENT_CHOICES, _jumin),
        Kind.JUMINHYO_KISAI: Reader(_RESIDENT_CHOICES, _jumin),
        Kind.INKAN: Reader(frozenset(), _inkan),
        Kind.SHOTOKU: Reader(frozenset(), _tax),
        Kind.KAZEI: Reader(frozenset(), _tax),
        Kind.HIKAZEI: Reader(frozenset(), _tax),
        Kind.KOSEKI_ZENBU: Reader(frozenset(), _koseki),
        Kind.KOSEKI_KOJIN: Reader(frozenset(), _koseki),
        Kind.FUHYO: Reader(frozenset({Choice.HONSEKI, Choice.OVERSEAS_VOTER}), _fuhyo),
    }
)
"""Every form that there is."""


def forms_of(readers: Readers) -> Forms:
    """Return what the rules need to know of these readers."""
    return {kind: reader.choices for kind, reader in readers.items()}
