"""印鑑登録証明書: read the finished file back and compare every printed word and every dot of the registered seal."""

from __future__ import annotations

from akashi.documents.read.face import PrintedFace
from akashi.documents.read.inkan_words import expected_inkan
from akashi.documents.read.reader import ReadFile, read_file
from akashi.wire.messages.records import SealRecord


def read_back_inkan(untrusted_pdf: bytes, record: SealRecord, face: PrintedFace) -> ReadFile:
    """
    Return what there is to fill in, in a file that says exactly what it must.

    Args:
        untrusted_pdf: the unsigned file, at most 2 MiB.
        record: as the registry signed it.
        face: number, dates, officer, sentence and fonts by the checker's own policy.

    Raises:
        FileRefused: with the rule, the page and the box; never a value.
        FontsUnfit: for the operator.

    Source: docs/spec/form-inkan.md section 5; docs/spec/protocol.md section 5.4.
    """
    return read_file(untrusted_pdf, expected_inkan(record, face), face.fonts)
