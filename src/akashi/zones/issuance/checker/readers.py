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

from akashi.documents.read import PrintedFace
from akashi.rules.certificates import Forms
from akashi.wire.certificates import Choice, Kind
from akashi.wire.errors import WireCode
from akashi.wire.messages import AnyRecord, IssueOrder, JuminRecord
from akashi.zones.issuance.checker.errors import CheckerRefused
from akashi.zones.issuance.checker.finishing import Finished, finish_jumin


class Finish(Protocol):
    """Reads one kind's finished file back, compares it, makes it ready for the signature."""

    def __call__(
        self, untrusted_pdf: bytes, record: AnyRecord, order: IssueOrder, face: PrintedFace, *, time_ms: int
    ) -> Finished:
        """Return the finished file. Raises FileRefused where it does not say exactly what it must."""
        ...


@dataclass(frozen=True, slots=True)
class Reader:
    """How a kind is read back: the choices that its form knows, and the code."""

    choices: frozenset[Choice]
    finish: Finish


Readers = Mapping[Kind, Reader]


def _jumin(untrusted_pdf: bytes, record: AnyRecord, order: IssueOrder, face: PrintedFace, *, time_ms: int) -> Finished:
    if not isinstance(record, JuminRecord):
        raise CheckerRefused(WireCode.INTERNAL, "a record of another family")
    return finish_jumin(untrusted_pdf, record, order.choices, face, time_ms=time_ms)


READERS: Final[Readers] = MappingProxyType(
    {
        Kind.JUMINHYO: Reader(
            frozenset({Choice.RELATIONSHIP, Choice.HONSEKI, Choice.MY_NUMBER, Choice.JUMINHYO_CODE, Choice.FOREIGN}), _jumin
        )
    }
)
"""Every form that there is."""


def forms_of(readers: Readers) -> Forms:
    """Return what the rules need to know of these readers."""
    return {kind: reader.choices for kind, reader in readers.items()}
