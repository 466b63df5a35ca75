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

from akashi.documents.read import PrintedFace, ReadFile, read_back_jumin
from akashi.rules.certificates import Forms
from akashi.wire.certificates import Choice, Kind
from akashi.wire.errors import WireCode
from akashi.wire.messages import AnyRecord, IssueOrder, JuminRecord
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
    return read_back_jumin(untrusted_pdf, record, order.choices, face)


READERS: Final[Readers] = MappingProxyType(
    {
        Kind.JUMINHYO: Reader(
            frozenset(
                {Choice.RELATIONSHIP, Choice.HONSEKI, Choice.MY_NUMBER, Choice.JUMINHYO_CODE, Choice.FOREIGN},
            ),
            _jumin,
        )
    }
)
"""Every form that there is."""


def forms_of(readers: Readers) -> Forms:
    """Return what the rules need to know of these readers."""
    return {kind: reader.choices for kind, reader in readers.items()}
