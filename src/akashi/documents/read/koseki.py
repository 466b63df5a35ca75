"""戸籍全部事項証明書 and 戸籍個人事項証明書: read the finished file back and compare every printed word."""

from __future__ import annotations

from akashi.documents.read.face import PrintedFace
from akashi.documents.read.koseki_words import expected_koseki
from akashi.documents.read.reader import ReadFile, read_file
from akashi.wire.messages import KosekiRecord


def read_back_koseki(untrusted_pdf: bytes, record: KosekiRecord, face: PrintedFace, *, whole: bool) -> ReadFile:
    """
    Return what there is to fill in, in a file that says exactly what it must.

    Args:
        untrusted_pdf: the unsigned file, at most 2 MiB.
        record: as the register signed it.
        face: number, dates, officer, statement and fonts by the checker's own policy.
        whole: 戸籍全部事項証明書; else 戸籍個人事項証明書.

    Raises:
        FileRefused: with the rule, the page and the box; never a value.
        FontsUnfit: for the operator.

    Source: docs/spec/form-koseki.md section 7; docs/spec/protocol.md section 5.4.
    """
    return read_file(untrusted_pdf, expected_koseki(record, face, whole=whole), face.fonts)
