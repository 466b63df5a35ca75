"""所得証明書, 課税証明書, 非課税証明書: read the finished file back and compare every printed word."""

from __future__ import annotations

from akashi.documents.read.face import PrintedFace
from akashi.documents.read.reader import ReadFile, read_file
from akashi.documents.read.tax_words import expected_tax
from akashi.wire.certificates import Kind
from akashi.wire.messages import TaxRecord


def read_back_tax(untrusted_pdf: bytes, record: TaxRecord, face: PrintedFace, *, kind: Kind) -> ReadFile:
    """
    Return what there is to fill in, in a file that says exactly what it must.

    Args:
        untrusted_pdf: the unsigned file, at most 2 MiB.
        record: as the registry signed it.
        face: number, dates, officer and fonts by the checker's own policy, with years and day of the data.
        kind: one of the three.

    Raises:
        FileRefused: with the rule, the page and the box; never a value.
        FontsUnfit: for the operator.

    Source: docs/spec/form-tax.md section 5; docs/spec/protocol.md section 5.4.
    """
    return read_file(untrusted_pdf, expected_tax(record, kind, face), face.fonts)
